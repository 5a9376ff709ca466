"""Hatchling's hook: compiles the translations, and writes down the commit that is built."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
from bot import COMMIT_FILE, commit  # noqa: E402 - found by the line above
from bot.language.catalogues import compiled  # noqa: E402 - the same
from bot.language.current import LOCALES  # noqa: E402 - the same
from bot.language.po_files import check  # noqa: E402 - the same

COMMIT_VARIABLE = "CANNON_BOT_COMMIT"
"""Names the commit where the build has no clone, as in the image's."""


class BuildHook(BuildHookInterface[Any]):
    """Adds what a distribution has and Git does not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the `.mo` files of a wheel, and the commit into a wheel or an sdist."""
        if self.target_name == "wheel":
            check(LOCALES)
            for left in LOCALES.rglob("*.mo"):  # of a language that is gone, or not of these sources
                left.unlink()
            for source in LOCALES.rglob("*.po"):
                compiled(source)
                source.with_suffix(".mo").stat()  # raises where the source tree is read-only
        if version != "editable":  # a clone is asked, whose commit changes
            self._folder = tempfile.TemporaryDirectory()
            path = Path(self._folder.name, COMMIT_FILE)
            path.write_text(f"{os.environ.get(COMMIT_VARIABLE) or commit()}\n", encoding="ascii")
            build_data["force_include"][str(path)] = f"bot/{COMMIT_FILE}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - Hatchling's signature
        """Remove the file that was packed."""
        if version != "editable":
            self._folder.cleanup()
