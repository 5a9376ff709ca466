"""Run the unit and contract tests, and a walk through Discord, on each other supported Python of this machine.

Each gets an environment of its own in `.venv/`. Pythons are found on the path and among pyenv's and uv's; one that is
not here is named, and is no failure. A version of `PYTHONS` that must be here: `--need 3.11 --need 3.12`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Those that have wheels of everything in `requirements/dev.lock`."""
TESTS = ("tests/contract", "tests/unit", "tests/discord/setup", "tests/discord/words")
AS_ANOTHER_USER = ("that_takes_no_files_is_one_sentence", "may_not_write_is_one_sentence")
"""Parts of the names of tests that start the bot as a user without rights, who must be able to read its Python."""
ASK = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> Iterator[Path]:
    """Yield programs that may be the Python of `version`, those on the path first."""
    name = f"python{version}"
    if (found := shutil.which(name)) is not None:
        yield Path(found)
    home = Path.home()
    for place in (home / ".pyenv/versions", home / ".local/share/uv/python"):
        yield from sorted(place.glob(f"*/bin/{name}"))


def found(version: str) -> Path | None:
    """Return a Python of that version that runs and can make environments; None if there is none."""
    for program in candidates(version):
        done = subprocess.run([program, "-c", ASK], capture_output=True, text=True, check=False)  # noqa: S603 - a Python
        if done.stdout.strip() == version:
            return program
    return None


def is_for_everyone(program: Path) -> bool:
    """Whether users without rights can read a Python, which one in root's home keeps from them."""
    asked = [str(program), "-c", "import sys; print(sys.base_prefix)"]
    prefix = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())  # noqa: S603 - a Python
    return all(folder.stat().st_mode & 0o001 for folder in (prefix, *prefix.parents))


def tested(version: str, python: Path, workers: str) -> bool:
    """Set up the environment of a Python and run the tests in it; print what they say if they fail."""
    place = ROOT / ".venv" / f"python{version}"
    own = place / "bin" / "python"
    commands: list[Sequence[str | Path]] = [
        [python, "-m", "venv", place],
        [own, ROOT / "tools" / "install.py", ROOT / "requirements" / "dev.lock"],
        [own, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT],
        [own, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-n", workers, "--dist", "worksteal", *TESTS],
    ]
    if not is_for_everyone(python):
        commands[-1] = [*commands[-1], "-k", " and ".join(f"not {name}" for name in AS_ANOTHER_USER)]
    environment = {**os.environ, "WANTED_PYTHON": version}
    for command in commands:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            print(done.stdout, f"Python {version} ({python}): FAILED, its output is above", sep="\n")
            return False
    print(f"Python {version} ({python}): {done.stdout.splitlines()[-1]}", flush=True)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Test each; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--need", action="append", default=[], choices=PYTHONS, help="a version that must be here")
    parser.add_argument("--workers", default="2")
    asked = parser.parse_args(arguments)
    here = "{}.{}".format(*sys.version_info[:2])
    results = {}
    for version in PYTHONS:
        if version == here:
            continue
        if (python := found(version)) is None:
            print(f"Python {version}: not on this machine, so nothing was tested on it")
            results[version] = version not in asked.need
        else:
            results[version] = tested(version, python, asked.workers)
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
