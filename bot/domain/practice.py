"""Practice mode's markers: keys with a unique prefix, and an address that does not exist.

Practice keys go only to the sandbox, all others only to Cannon Studio. The sandbox's port changes; links and the
database have one name in a domain that never exists (RFC 2606), so that no other program is reached by it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "cs_test_practice_"
HOST: Final = "practice.cannon-bot.invalid"
URL: Final = f"https://{HOST}"

_NAMED: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])")


def new_practice_key() -> str:
    return PREFIX + secrets.token_hex(16)


def is_practice_key(secret: str) -> bool:
    return secret.strip().casefold().startswith(PREFIX)


def has_practice_link(value: object) -> bool:
    """Whether an input contains a link to a practice file, readable only by the sandbox."""
    if isinstance(value, str):
        return HOST in value.casefold()
    if isinstance(value, Mapping):
        return any(map(has_practice_link, value.values()))
    return isinstance(value, list | tuple) and any(map(has_practice_link, value))


def named_requests(text: str) -> set[str]:
    """Return the ids of the sandbox's requests that an address or an input may be about.

    Links to a request's files and the ids of its tasks have the same twelve characters as its id.
    """
    return {f"req_{tail}" for tail in _NAMED.findall(text)}


def needed_requests(values: Mapping[str, object]) -> set[str]:
    """Return the ids of the requests of whose results an input may be."""
    return named_requests(json.dumps(values, default=str))
