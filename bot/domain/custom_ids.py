"""The custom ids of controls: what Discord keeps of a button, and gives back when it is pressed.

`c1.<signature>:<action>:<subject>`, mostly with a job's id as its subject. The signature is that of the installation, a
random text made with its database; controls of earlier versions have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = 1
"""Incremented when custom ids change their meaning; those of other versions get the constant answer."""
CUSTOM_ID_CHARS = 100
"""Discord's limit."""
CUSTOM_ID = re.compile(
    r"c(?P<version>\d{1,3})(?:\.(?P<signature>[0-9A-Z]{6}))?:(?P<action>[a-z_]{1,32}):(?P<subject>[A-Za-z0-9._-]{1,60})"
)
"""Of any version, so that an old button is answered rather than dropped."""

JOB_ACTIONS: set[str] = set()
"""The actions whose subject is a job's id, as the controls register them."""


class Installation:
    """The bot of this process. There is one, but for tests: whoever makes a control need not hand it through."""

    signature = ""
    """What its controls carry; empty before its database is open."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the controls of a message say about who has made it."""

    signatures: frozenset[str]
    job_ids: frozenset[str]

    @property
    def is_foreign(self) -> bool:
        """Whether another installation has signed it."""
        own = Installation.signature
        return bool(own) and bool(self.signatures) and own not in self.signatures


def custom_id(action: str, subject: str) -> str:
    """Return the custom id of a control, signed if that fits. Raises ValueError if it would be invalid."""
    bare = f"c{VERSION}:{action}:{subject}"
    if CUSTOM_ID.fullmatch(bare) is None:
        raise ValueError(f"{bare!r} is no control's custom id")
    signed = f"c{VERSION}.{Installation.signature}:{action}:{subject}"
    return signed if Installation.signature and len(signed) <= CUSTOM_ID_CHARS else bare


def unsigned(name: str) -> str:
    """Return a custom id without its signature: what its control does, whoever has made it."""
    match = CUSTOM_ID.fullmatch(name)
    return name if match is None else f"c{match['version']}:{match['action']}:{match['subject']}"


def marks_of(names: Iterable[str]) -> Marks:
    """Return what the custom ids of a message say."""
    found = [match for name in names if (match := CUSTOM_ID.fullmatch(name)) is not None]
    return Marks(
        signatures=frozenset(match["signature"] for match in found if match["signature"]),
        job_ids=frozenset(match["subject"] for match in found if match["action"] in JOB_ACTIONS),
    )
