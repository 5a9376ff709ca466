"""Spans of time as moderators type them: `12h`, `7d`, `2w`."""

import re

from bot.errors import InputError

UNITS_S = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
SPAN_MAX_S = 3650 * 86_400
SPAN_CHARS = 10
_SPAN = re.compile(r"(?P<count>[0-9]{1,5}) ?(?P<unit>[hdw])", re.ASCII | re.IGNORECASE)


def seconds_of(typed: str, field: str) -> int:
    """Return how many seconds a span has. Raises InputError, about the option `field`, for what is none."""
    match = _SPAN.fullmatch(typed.strip())
    seconds = 0 if match is None else int(match["count"]) * UNITS_S[match["unit"].lower()]
    if not 0 < seconds <= SPAN_MAX_S:
        raise InputError(
            f"Give `{field}` as a number of hours, days or weeks, such as `12h`, `7d` or `2w`; ten years at most.",
            field,
        )
    return seconds
