"""Time zones by name, as moderators type them."""

from __future__ import annotations

import functools
import zoneinfo
from difflib import get_close_matches

from bot.domain import texts
from bot.errors import InputError

NEAREST_SHOWN = 3
_NO_PLACES = frozenset({"Factory", "localtime"})
"""Names in some systems' lists that mean nothing elsewhere."""


@functools.cache
def zone_names() -> dict[str, str]:
    """Return the names of all time zones known on this machine, by lower-case name."""
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones() | {"UTC"}) if name not in _NO_PLACES}


def zone_named(typed: str) -> str:
    """Return a zone's name as the database has it. Raises InputError, with the nearest names, for an unknown one."""
    sought = "_".join(typed.split()).lower()
    names = zone_names()
    if sought in names:
        return names[sought]
    near = nearest_zones(sought)
    raise InputError(texts.nearest_zones(near) if near else texts.ZONE_EXAMPLE, "timezone")


def nearest_zones(typed: str) -> list[str]:
    """Return up to three zones whose city, or whole name, is nearest to what was typed."""
    names, sought = zone_names(), typed.lower()
    by_city: dict[str, list[str]] = {}
    for lower, name in names.items():
        by_city.setdefault(lower.rpartition("/")[2], []).append(name)
    city = sought.rpartition("/")[2]
    found = [name for near in get_close_matches(city, by_city, n=NEAREST_SHOWN, cutoff=0.7) for name in by_city[near]]
    found += [names[near] for near in get_close_matches(sought, names, n=NEAREST_SHOWN, cutoff=0.7)]
    return list(dict.fromkeys(found))[:NEAREST_SHOWN]
