"""The engines by their names. Each has a module, which is imported when it is needed: some take seconds."""

from __future__ import annotations

import importlib

from turns import Engine

MODULES = {
    "ours": "ours",
    "procrastinate": "procrastinate_engine",
    "pgqueuer": "pgqueuer_engine",
    "dbos": "dbos_engine",
    "pgqueuer-retry": "pgqueuer_engine",
}
USUAL = ("ours", "procrastinate", "pgqueuer", "dbos")
"""Those that are measured unless others are named."""
PACKAGES = {
    "ours": "asyncpg",
    "procrastinate": "procrastinate",
    "pgqueuer": "pgqueuer",
    "dbos": "dbos",
    "pgqueuer-retry": "pgqueuer",
}
"""What a bot that used it would depend on."""


def engine_of(name: str) -> Engine:
    engine: Engine = importlib.import_module(MODULES[name]).Adapter()
    return engine
