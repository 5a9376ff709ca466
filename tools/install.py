"""Install what a lock pins, with one line of progress: `python tools/install.py requirements/demo.lock`.

A lock is complete, so nothing is resolved; and Python compiles a module when it is first imported, not all of them now.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PIP = ("-m", "pip", "install", "--no-deps", "--no-compile", "--require-hashes", "--progress-bar=off", "--requirement")
FETCHED = re.compile(r"(?:Collecting|Requirement already satisfied:|Ignoring) (?P<name>[\w.-]+)")
CLEAR = "\r\033[K"


def main(lock: Path) -> int:
    """Run pip; return its exit code. What it printed is shown if it failed."""
    total, fetched, printed = lock.read_text(encoding="utf-8").count("=="), 0, []
    with subprocess.Popen(  # noqa: S603 - this Python's own pip
        [sys.executable, *PIP, str(lock)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            printed.append(line)
            if (found := FETCHED.match(line)) is not None:
                fetched += 1
                show(f"{fetched} of {total} packages: {found['name']}")
            elif line.startswith("Installing"):
                show(f"unpacking {total} packages")
    show("")
    sys.stderr.writelines(printed if pip.returncode else ())
    return pip.returncode


def show(text: str) -> None:
    """Replace the line of progress, on a terminal only."""
    if sys.stdout.isatty():
        sys.stdout.write(f"{CLEAR}  {text}" if text else CLEAR)
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
