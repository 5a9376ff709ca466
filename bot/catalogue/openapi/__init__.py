"""Learns from the live OpenAPI document, and describes the catalogue as one.

The document's form is not public, so it is searched rather than trusted. `entries` collects what it says about each
operation, wherever it stands; `merging` makes a catalogue of that. What cannot be read changes nothing.
"""

from __future__ import annotations

from bot.catalogue.openapi.describing import describe
from bot.catalogue.openapi.merging import merge

__all__ = ["describe", "merge"]
