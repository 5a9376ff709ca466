"""Learns from the live OpenAPI document, and describes the catalogue as one.

The document's form is not public, so it is searched heuristically: `document` collects facts per operation, `merging`
makes a catalogue of them. Unreadable parts change nothing.
"""

from __future__ import annotations

from bot.catalogue.openapi.describing import describe
from bot.catalogue.openapi.merging import merge

__all__ = ["describe", "merge"]
