"""Remove from the image what the bot never reads, and say how large the rest is. Run in the Dockerfile, as root.

It is run by the bot's own Python, so that the languages whose locales are kept are those that the bot has. Ends with 1
if the image is larger than `LIMIT_MB`.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.core import Locale, get_global

from bot.language import LANGUAGES

LIMIT_MB = 200
"""The largest image, unpacked, in 1,000,000 bytes."""
LIBRARY = (
    "ensurepip",
    "idlelib",
    "pydoc_data",
    "tkinter",
    "turtledemo",
    "site-packages/pip",
    "site-packages/pip-*.dist-info",
)
"""Below Python's standard library: installers, teaching programs and their windows."""
SOURCES = (".c", ".cpp", ".dll", ".h", ".pxd", ".pyx")
"""What libraries ship besides what is loaded on Linux."""
SYSTEM = (
    "usr/local/bin/pip*",
    "usr/local/bin/idle*",
    "usr/local/include",
    "usr/bin/apt*",
    "usr/bin/perl*",
    "usr/bin/sqv",
    "usr/lib/apt",
    "usr/lib/*-linux-gnu/gconv",  # Python has encodings of its own
    "usr/lib/*-linux-gnu/libapt-*",
    "usr/lib/*-linux-gnu/perl-base",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/*",
    "var/lib/apt/lists/*",
)
"""Of Debian: what installs packages, and what only such tools use. Its list of packages stays, and its licenses."""
NOT_STORED = ("proc", "sys", "dev", "tmp")


def kept_locales() -> set[str]:
    """Return the names of the locales that the bot formats dates and numbers in, and those they inherit from."""
    names = {*LANGUAGES, *(locale for of in LANGUAGES.values() for locale in of)}
    kept, parents = {"root"}, get_global("parent_exceptions")
    for each in names:
        name = str(Locale.parse(each, sep="-"))
        while name and name not in kept:
            kept.add(name)
            name = str(parents.get(name) or name.rpartition("_")[0])
    return kept


def unneeded(packages: Path, library: Path, system: Path) -> Iterator[Path]:
    """Yield the files and folders to remove of the bot's packages, Python's library, and the root of the system."""
    kept = kept_locales()
    yield from (path for path in (packages / "babel/locale-data").glob("*.dat") if path.stem not in kept)
    yield from (path for path in packages.rglob("*") if path.suffix in SOURCES or path.name == "__pycache__")
    yield from (path for pattern in LIBRARY for path in library.glob(pattern))
    yield from (path for pattern in SYSTEM for path in system.glob(pattern))


def remove(paths: Iterable[Path]) -> None:
    """Remove each; what lies on a read-only disk, as in a rehearsal, stays."""
    for path in list(paths):
        if not os.access(path.parent, os.W_OK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def size(folder: Path, skipped: Iterable[str] = ()) -> int:
    """Return the bytes of the files below a folder, each once, without the folders of those names in it."""
    seen, total = set(), 0
    skip = {folder / name for name in skipped}
    for here, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if Path(here, each) not in skip]
        for name in names:
            facts = Path(here, name).lstat()
            if facts.st_ino not in seen:
                seen.add(facts.st_ino)
                total += facts.st_size
    return total


def main() -> int:
    """Prune and measure; return the exit code."""
    packages, library = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))
    remove(unneeded(packages, library, Path("/")))
    if not os.access("/usr", os.W_OK):
        print("A rehearsal: the system is another one's, and not measured.")
        return 0
    megabytes = size(Path("/"), NOT_STORED) / 1e6
    print(f"The image has {megabytes:.0f} MB; {LIMIT_MB} are allowed.")
    return megabytes > LIMIT_MB


if __name__ == "__main__":
    sys.exit(main())
