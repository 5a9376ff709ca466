"""The colours of our embeds, each with its meaning."""

from __future__ import annotations

NEUTRAL = 0x5865F2
"""Discord's own blurple: panels, lists, and cards whose jobs still run."""
SUCCESS = 0x3BA55D
FAILURE = 0xD83C3E
STOPPED = 0x80848E
"""Cancelled: nobody's fault, and nothing to do."""
ATTENTION = 0xF0B232
"""Somebody has to act: a decision to take, a result that could not be posted."""
GALLERY = 0xF5C542
