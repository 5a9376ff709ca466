"""Entry point of `cannon-bot`, under a unique name.

Others use the names `bot` and `cogs` too. In a shared environment another package may precede them on the path, or have
overwritten their files; then none of their code can be trusted, not even to report it. So this module compares first,
with the standard library alone, and only then loads them.
"""

from __future__ import annotations

import csv
import importlib.util
import stat
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PACKAGES = ("bot", "cogs", "sandbox")
POSIX_MODULES = ("fcntl", "resource")
"""Only Python on Linux, macOS and the BSDs has it."""
CANNOT_START = 78
"""The exit code for problems to fix first: `RESTART_CANNOT_HELP` of bot/errors.py, not loaded yet."""
HERE = Path(__file__).resolve()
NOT_NEEDED = ("click", "greenlet", "rich")
"""What structlog and httpx load wherever another tool has brought it: 90 modules, 6 MB."""
OWN_ENVIRONMENT = "Install cannon-bot into an environment of its own, as README.md shows."
WINDOWS = "cannon-bot does not run on Windows directly. Use WSL or Docker: README.md has the commands for both."


def main() -> int:
    """Run the command line; return the exit code. Prints one sentence if it cannot be loaded."""
    problem = problem_here()
    if problem is not None:
        print(f"cannon-bot: {problem}", file=sys.stderr)  # noqa: T201 - a command line prints
        return CANNOT_START
    keep_out()
    from bot.cli import main as command_line  # noqa: PLC0415 - only what was compared is loaded

    return command_line()


def keep_out() -> None:
    """Let libraries find none of the packages that color their output: an import fails, as without them."""
    for name in NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # what an import of it then meets


def problem_here() -> str | None:
    """Return why this installation cannot run, as a sentence; None if it can."""
    if any(importlib.util.find_spec(name) is None for name in POSIX_MODULES):
        return WINDOWS
    for package in PACKAGES:
        found = _folder(package)
        if found != HERE.parent / package:
            where = "is missing" if found is None else f"is taken by another one, in {found}"
            return f"The package {package} of cannon-bot {where}. {OWN_ENVIRONMENT}"
    changed = next(_changed_files(), None)
    if changed is not None:
        return f"{changed} is not cannon-bot's file: another package has overwritten or removed it. {OWN_ENVIRONMENT}"
    return None


def _folder(package: str) -> Path | None:
    """Return a package's folder on the path, without loading it; None if there is none."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _changed_files() -> Iterator[Path]:
    """Yield the files whose size differs from the installer's record.

    An editable installation records no file of the packages, and a source tree has no record: nothing is compared.
    """
    try:
        record = metadata.distribution("cannon-bot").read_text("RECORD") or ""
    except metadata.PackageNotFoundError:
        return
    rows = [row for row in csv.reader(record.splitlines()) if row[0].partition("/")[0] in PACKAGES and row[2]]
    place = metadata.distribution("cannon-bot").locate_file("")
    if Path(str(place)).resolve() != HERE.parent:
        return
    for name, _, size in rows:
        path = HERE.parent / name
        try:
            found = path.stat()
        except OSError:
            yield path
            continue
        if not stat.S_ISREG(found.st_mode) or found.st_size != int(size):
            yield path
