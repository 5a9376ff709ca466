"""The build runs all of its parts, says which failed with what they printed, and fails if one did."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {"check", "wheel-check", "docs", "test-collection"}
AFTER = ["test ALL=1", "test-quiet"]
MAKE = """#!/bin/sh
echo "$@" >>made
echo "what $1 prints"
[ "$1" != "$BROKEN" ]
"""


@pytest.mark.parametrize("broken", ["", "docs", "test"])
def test_every_part_is_run_and_one_that_fails_is_named(tmp_path: Path, broken: str) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "chromium", "ffmpeg"):  # nothing is installed
        (tools / name).write_text(MAKE, encoding="utf-8")
        (tools / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "BROKEN": broken}
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    made = (tmp_path / "made").read_text(encoding="utf-8").splitlines()
    assert made[0] == ".venv/.ready .venv/tools/.ready"
    assert (set(made[1:-2]), made[-2:]) == (BESIDE, AFTER)
    assert done.returncode == (1 if broken else 0)
    assert done.stderr == (f"FAILED: {broken}\n" if broken else "")
    for part in BESIDE - {broken}:
        assert f"make {part}: passed" in done.stdout
        assert f"what {part} prints" not in done.stdout
    if broken in BESIDE:
        assert f"what {broken} prints\nmake {broken}: FAILED" in done.stdout


def test_its_parts_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [part for part in (*BESIDE, *AFTER) if f"\n{part.split()[0]}: " not in makefile] == []
