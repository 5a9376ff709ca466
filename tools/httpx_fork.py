"""Run the tests of the API client on httpx2, the maintained fork of httpx: `make httpx-fork`.

The project is copied, its lines that name httpx are changed, and httpx2 precedes the environment's packages. This tests
the way out in docs/decisions/0025-leaving-httpx.md. Arguments are pytest's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements/httpx-fork.lock"
TESTS = ("tests/client", "tests/unit/runtime/test_logs.py")
"""The tests of requests over sockets, and of suppressing the library's log lines, which have links with secrets."""
CHANGES = (
    (re.compile(r"^import httpx$", re.MULTILINE), "import httpx2 as httpx"),
    (re.compile(r"^from httpx_aiohttp import", re.MULTILINE), "from httpx_aiohttp.httpx2 import"),
    (re.compile(r'(?<=[("])httpx(?="[,)])'), "httpx2"),  # names of loggers
    (re.compile(r'(?<=")httpcore(?=")'), "httpcore2"),
)


def change(tree: Path) -> int:
    """Change every line below `bot` and `tests` that names httpx; return the number of those in the bot."""
    of_the_bot = 0
    for folder in ("bot", "tests"):
        for path in sorted((tree / folder).rglob("*.py")):
            text = old = path.read_text(encoding="utf-8")
            for pattern, new in CHANGES:
                text = pattern.sub(new, text)
            if text != old:
                path.write_text(text, encoding="utf-8")
                pairs = zip(old.splitlines(), text.splitlines(), strict=True)
                of_the_bot += sum(before != after for before, after in pairs) if folder == "bot" else 0
    return of_the_bot


def main() -> int:
    """Copy, change, install, test; return pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        tree, fork = Path(folder) / "tree", Path(folder) / "fork"
        kept = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in {"build", "dist"}]
        tree.mkdir()
        for path in kept:
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, tree / path.name)
        print(f"{change(tree)} lines of the bot are changed", flush=True)
        options = ["--quiet", "--require-hashes", "--target", str(fork), "-r", str(LOCK)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options], check=True)  # noqa: S603 - our own command
        environment = {**os.environ, "PYTHONPATH": f"{fork}{os.pathsep}{tree}"}
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(sys.argv[1:] or ["-q"]), *TESTS]
        return subprocess.run(words, cwd=tree, env=environment, check=False).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main())
