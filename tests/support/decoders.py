"""Programs that run as, or next to, the process that decodes films."""

from __future__ import annotations

import ctypes
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

from bot.media import film

ROOT = Path(__file__).resolve().parents[2]
LANDLOCK_CREATE_RULESET, VERSION_ONLY = 444, 1
"""The number of the system call on every architecture of Linux (man 2 landlock_create_ruleset)."""
FILES_SINCE, NETWORK_SINCE = 1, 4
"""The versions of Landlock that can close files, and connections."""


def landlock() -> int:
    """Return the kernel's version of Landlock, 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION_ONLY))


def with_code(folder: Path, code: str) -> Path:
    """Write a copy of the package whose decoder runs `code` once it is restricted; return where it is."""
    copied = shutil.copytree(ROOT / "bot", folder / "code" / "bot")
    source = inspect.getsource(film)
    assert "    confine(LIMITS)\n" in source
    (copied / "media" / "film.py").write_text(
        source.replace("    confine(LIMITS)\n", f"    confine(LIMITS)\n    {code}\n")
    )
    return folder / "code"


def as_bot(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program as the bot's own process would be run, with a token in its environment."""
    given = {"PYTHONPATH": str(ROOT), "DISCORD_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38, **environment}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
