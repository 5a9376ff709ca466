"""Learns from the live OpenAPI document, and describes the catalogue as one.

`document` reads three standard forms, `tools` the answers of the keyless tools; `merging` makes a catalogue of their
facts. Unreadable parts change nothing.
"""

from __future__ import annotations

from bot.catalogue.openapi.describing import describe
from bot.catalogue.openapi.merging import merge

__all__ = ["describe", "merge"]
