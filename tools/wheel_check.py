"""Test what is shipped: build the wheel and the sdist, install the wheel in a clean environment, run it elsewhere.

The wheel is built as the image does it: by what `requirements-build.lock` pins, and nothing else.

Run by `make wheel-check`. Ends with a non-zero exit code and the command's own output at the first failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_TOKEN = "0" * 18 + "." + "0" * 6 + "." + "0" * 38  # the form of a bot token; `check` needs no more
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
FORBIDDEN = ("tests/", "data/", ".env", ".venv/", "tools/")


def run(command: list[str | Path], cwd: Path, **environment: str) -> str:
    """Run `command` in `cwd` without our environment except for what is passed in; return what it printed."""
    # The installer's own variables are kept: a certificate or a cache of this machine.
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_")) or name == "HOME"}
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, "PATH": os.defpath, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def environment(place: Path, lock: str) -> Path:
    """Make a clean environment at `place` with what `lock` pins; return its Python."""
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    run([python, *PIP, "install", "--require-hashes", "-r", ROOT / lock], place)
    return python


def build(into: Path) -> Path:
    """Build both distributions, check their contents, return the wheel."""
    builder = environment(into / "builder", "requirements-build.lock")
    run([builder, *PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", into, ROOT], into)
    run([sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", into], ROOT)
    (wheel,), (sdist,) = into.glob("*.whl"), into.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    sources = {path.relative_to(ROOT).as_posix() for top in ("bot", "cogs") for path in (ROOT / top).rglob("*")}
    expected = {name for name in sources if name.endswith((".py", ".sql", "py.typed"))}
    if missing := expected - set(names):
        sys.exit(f"not in the wheel: {', '.join(sorted(missing))}")
    with tarfile.open(sdist) as archive:
        members = [name.partition("/")[2] for name in archive.getnames()]
    if "LICENSE" not in members:
        sys.exit("the sdist lacks LICENSE")
    if extra := [name for name in [*names, *members] if name.startswith(FORBIDDEN) and name != ".env.example"]:
        sys.exit(f"does not belong in a distribution: {', '.join(extra[:10])}")
    return wheel


def main() -> None:
    """Build, install, run."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        wheel = build(place / "dist")
        python = environment(place / "environment", "requirements.lock")
        bot = python.with_name("cannon-bot")
        elsewhere = place / "elsewhere"
        elsewhere.mkdir()
        run([python, *PIP, "install", "--no-deps", "--no-index", wheel], elsewhere)
        run([python, "-m", "pip", "check"], elsewhere)
        print(run([bot, "--version"], elsewhere).strip())
        commands = json.loads(run([bot, "commands", "--json"], elsewhere))
        if not commands:
            sys.exit("`cannon-bot commands --json` lists nothing")
        print(f"{len(commands)} commands")
        print(run([bot, "check"], elsewhere, DISCORD_TOKEN=SAMPLE_TOKEN).strip())
        if left := sorted(path.name for path in elsewhere.iterdir()):
            sys.exit(f"`check` changed the directory: {', '.join(left)}")


if __name__ == "__main__":
    main()
