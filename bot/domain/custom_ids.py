"""Custom ids of controls: what Discord stores with a button and returns on a click.

`c1.<signature>:<action>:<subject>`, mostly with a job's id as subject. The signature is the installation's, a random
text from its database; controls of earlier versions have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = 1
"""Incremented when custom ids change meaning; other versions get a constant answer."""
CUSTOM_ID_CHARS = 100
"""Discord's limit."""
CUSTOM_ID = re.compile(
    r"c(?P<version>\d{1,3})(?:\.(?P<signature>[0-9A-Z]{6}))?:(?P<action>[a-z_]{1,32}):(?P<subject>[A-Za-z0-9._-]{1,60})"
)
"""Of any version, so that an old button is answered."""

JOB_ACTIONS: set[str] = set()
"""Actions with a job's id as subject, registered by the controls."""


class Installation:
    """This process's bot. A singleton except in tests, so that controls need no reference to it."""

    signature = ""
    """Its controls' signature; empty before the database is open."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Who made a message, by its controls."""

    signatures: frozenset[str]
    job_ids: frozenset[str]

    @property
    def is_foreign(self) -> bool:
        """Whether another installation signed it."""
        own = Installation.signature
        return bool(own) and bool(self.signatures) and own not in self.signatures


def custom_id(action: str, subject: str) -> str:
    """Return a control's custom id, signed if that fits. Raises ValueError if invalid."""
    bare = f"c{VERSION}:{action}:{subject}"
    if CUSTOM_ID.fullmatch(bare) is None:
        raise ValueError(f"{bare!r} is no control's custom id")
    signed = f"c{VERSION}.{Installation.signature}:{action}:{subject}"
    return signed if Installation.signature and len(signed) <= CUSTOM_ID_CHARS else bare


def unsigned(name: str) -> str:
    """Return a custom id without its signature."""
    match = CUSTOM_ID.fullmatch(name)
    return name if match is None else f"c{match['version']}:{match['action']}:{match['subject']}"


def marks_of(names: Iterable[str]) -> Marks:
    found = [match for name in names if (match := CUSTOM_ID.fullmatch(name)) is not None]
    return Marks(
        signatures=frozenset(match["signature"] for match in found if match["signature"]),
        job_ids=frozenset(match["subject"] for match in found if match["action"] in JOB_ACTIONS),
    )
