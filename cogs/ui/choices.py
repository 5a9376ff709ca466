"""Discord's limits of a slash option's choices."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from discord import app_commands

from bot.errors import InputError, StoreError
from cogs.ui import texts

CHOICE_CHARS = 100
CHOICES_MAX = 25

T = TypeVar("T", bound=Callable[..., Awaitable[list[app_commands.Choice[Any]]]])


def or_none(complete: T) -> T:
    """Have an autocomplete offer nothing while the database fails: discord.py would not answer at all."""

    @functools.wraps(complete)
    async def answered(*arguments: Any) -> list[app_commands.Choice[Any]]:
        try:
            return await complete(*arguments)
        except StoreError:
            return []

    return answered  # type: ignore[return-value]  # the same parameters


UNITS_S = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
DURATION_MAX_S = 3650 * 86_400
SPAN_CHARS = 10
_DURATION = re.compile(r"(?P<count>[0-9]{1,5}) ?(?P<unit>[hdw])", re.ASCII | re.IGNORECASE)


def seconds_of(typed: str, field: str) -> int:
    """Return a duration's seconds. Raises InputError, about the option `field`, for anything else."""
    match = _DURATION.fullmatch(typed.strip())
    seconds = 0 if match is None else int(match["count"]) * UNITS_S[match["unit"].lower()]
    if not 0 < seconds <= DURATION_MAX_S:
        raise InputError(texts.NOT_A_DURATION(option=field), field)
    return seconds
