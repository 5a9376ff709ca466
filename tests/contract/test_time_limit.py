"""No test may hang: each has a limit, past which it fails by its name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_MAX_S = 300
"""A limit that is never waited for is none."""
LONG_LIMIT_S = 1200
"""Past this a long test hangs: the longest take a minute of a quiet core, and a slow machine runs two for each core."""
ENDLESS = {
    "test_a_coroutine_waits": """
import asyncio

async def test_a_coroutine_waits():
    await asyncio.Event().wait()
""",
    "test_a_thread_waits": """
import threading

def test_a_thread_waits():
    threading.Event().wait()
""",
    "test_a_fixture_waits": """
import threading

import pytest

@pytest.fixture
def never():
    threading.Event().wait()

def test_a_fixture_waits(never):
    pass
""",
}
"""Tests that wait for ever for an event, by their names."""


def test_every_test_has_a_limit_in_seconds() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert 0 < options["timeout"] <= LIMIT_MAX_S
    assert options["timeout_func_only"] is False  # a fixture that hangs counts too


def test_the_limit_of_a_long_test_is_for_a_hang_alone() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^(?:LONG|BUILD) := --timeout=(\d+) ", makefile, re.MULTILINE) == [str(LONG_LIMIT_S)] * 2
    marked = [
        f"{path.relative_to(ROOT)}: {seconds}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for seconds in re.findall(r"mark\.timeout\((\d*)", path.read_text(encoding="utf-8"))
        if int(seconds or 0) < LONG_LIMIT_S
    ]
    assert marked == []


@pytest.mark.parametrize(
    "name", [each if number == 0 else pytest.param(each, marks=pytest.mark.long) for number, each in enumerate(ENDLESS)]
)
def test_a_test_that_hangs_fails_with_its_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "test_endless.py"
    file.write_text(ENDLESS[name], encoding="utf-8")
    command = ("-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, *command, "--timeout=1", str(file)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert re.search(rf"^(FAILED|ERROR) test_endless\.py::{name} - Failed: Timeout", said, re.MULTILINE), said
