"""The one way from the core to `bot.fleet`: PostgreSQL, and several processes that share its database."""

from __future__ import annotations

import importlib
from typing import Any

from bot import install_line
from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.store import texts


def fleet_module(name: str) -> Any:
    """Import a module of `bot.fleet` by name: a process on SQLite never loads one.

    Raises StoreError without the extra `postgres`.
    """
    try:
        return importlib.import_module(f"bot.fleet.{name}")
    except ImportError as error:
        missing = texts.POSTGRES_MISSING(command=install_line("postgres"))
        raise StoreError(missing, exit_code=RESTART_CANNOT_HELP) from error


def server_module(name: str) -> Any:
    """Import a module of `bot.fleet.postgresql`, as `fleet_module`."""
    return fleet_module(f"postgresql.{name}")
