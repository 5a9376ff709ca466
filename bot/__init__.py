"""cannon-bot: Cannon Studio's media API as Discord slash commands."""

import functools
from pathlib import Path

__version__ = "0.1.0.dev0"
UNKNOWN_COMMIT = "unknown"
COMMIT_FILE = "commit.txt"
"""In a wheel and an sdist: the commit that they were built from."""


@functools.cache
def commit() -> str:
    """Return the commit of this code, 12 hex digits; with "-dirty" if a clone's files were changed; else "unknown"."""
    here = Path(__file__).resolve().parent
    built = here / COMMIT_FILE
    if built.is_file():
        return built.read_text(encoding="ascii").strip()
    if not (here.parent / ".git").exists():  # an installation may be inside another project's clone
        return UNKNOWN_COMMIT
    import subprocess  # noqa: PLC0415 - a start from a wheel needs none

    command = ["git", "-C", str(here.parent), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN_COMMIT
    return done.stdout.strip()
