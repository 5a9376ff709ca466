"""What tells practice from the real thing: its keys, which begin like no other, and its address, which does not exist.

A practice key is answered by the sandbox alone, and everything else by Cannon Studio alone. The sandbox listens on a
port that changes; in links and in the database it is always this one name, which ends in a domain that never exists
(RFC 2606), so that no other program and no wrong turn reaches anything by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "cs_test_practice_"
HOST: Final = "practice.cannon-bot.invalid"
URL: Final = f"https://{HOST}"


def new_practice_key() -> str:
    """Return a new practice key: an account of its own in the sandbox."""
    return PREFIX + secrets.token_hex(16)


def is_practice_key(secret: str) -> bool:
    """Whether a key is one for practice."""
    return secret.strip().casefold().startswith(PREFIX)


def has_practice_link(value: object) -> bool:
    """Whether an input, or anything in it, links to a file of practice: nobody else can read that."""
    if isinstance(value, str):
        return HOST in value.casefold()
    if isinstance(value, Mapping):
        return any(map(has_practice_link, value.values()))
    return isinstance(value, list | tuple) and any(map(has_practice_link, value))
