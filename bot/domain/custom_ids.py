"""Custom ids of controls: what Discord stores with a button and returns on a click.

`c1:<action>:<subject>`, mostly with a job's id as subject.
"""

from __future__ import annotations

import re

VERSION = 1
"""Incremented when custom ids change meaning; other versions get a constant answer."""
CUSTOM_ID = re.compile(r"c(?P<version>\d{1,3}):(?P<action>[a-z_]{1,32}):(?P<subject>[A-Za-z0-9._-]{1,60})")
"""Of any version, so that an old button is answered. Below Discord's limit of 100 characters."""


def custom_id(action: str, subject: str) -> str:
    """Return a control's custom id. Raises ValueError if invalid."""
    made = f"c{VERSION}:{action}:{subject}"
    if CUSTOM_ID.fullmatch(made) is None:
        raise ValueError(f"{made!r} is no control's custom id")
    return made
