"""Hatchling's hook: compiles the translations before a wheel is packed or a source tree installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from bot.language.messages import compiled


class CompiledTranslations(BuildHookInterface[Any]):
    """Compiles each `.po` file next to it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - Hatchling's signature
        """Write the `.mo` files."""
        for source in Path(__file__).parent.glob("*.po"):
            compiled(source)
            source.with_suffix(".mo").stat()  # raises where the source tree is read-only
