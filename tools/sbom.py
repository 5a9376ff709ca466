"""List the contents of the wheel in `dist/` and its dependencies as CycloneDX: `make sbom`, after `make wheel-check`.

The list is read off an environment with exactly what `requirements/bot.lock` pins, so it has licenses and who needs
whom.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from wheel_check import PIP, ROOT, environment, run

DIST = ROOT / "dist"
CYCLONEDX = ROOT / ".venv" / "tools" / "bin" / "cyclonedx-py"


def main() -> None:
    """Write `dist/sbom.cdx.json`."""
    wheels = sorted(DIST.glob("*.whl"))
    if len(wheels) != 1:
        sys.exit("dist/ must have exactly one wheel: make wheel-check ARGS='--keep dist'")
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "environment", "requirements/bot.lock")
        run([python, *PIP, "install", "--no-deps", "--no-index", wheels[0]], Path(folder))
        listing = ["environment", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application"]
        command = [CYCLONEDX, *listing, "--output-reproducible", "--output-file", DIST / "sbom.cdx.json", python]
        subprocess.run([str(word) for word in command], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
