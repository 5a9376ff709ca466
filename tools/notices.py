"""Write the licenses of all that the image and an installation ship into `requirements/NOTICES.txt`: `make lock`.

Each package that `requirements/bot.lock` pins has its name, version and license there, as its own metadata says, and
the texts of its license files; so do the files of others in `bot/`. `--check` compares, and writes nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICES = ROOT / "requirements" / "NOTICES.txt"
PIN = re.compile(r"^([a-z0-9-]+)==([\w.]+)", re.MULTILINE)
LICENSE_FILE = re.compile(r"(?:^|/)(?:licen[sc]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
ELSEWHERE = {"tzdata"}
"""Pins for Windows alone, where the bot does not run."""
BY_TEXT = {"httpx-aiohttp": "BSD-3-Clause"}
"""Packages whose metadata has the text of the license instead of its name."""
CARRIED = (("WenQuanYi Micro Hei, a subset", "Apache-2.0", "bot/media/fonts/LICENSE-wqy-microhei.txt"),)
"""Files of others that are kept in this repository."""
HEAD = """Licenses of what cannon-bot ships
=================================

cannon-bot itself is under the MIT license, in LICENSE. It is installed with the packages below, each under its own
license; their texts follow. Written by `make lock` from the packages' own metadata.

"""
RULE = "-" * 80


@dataclass(frozen=True)
class Part:
    """Something of others: its name with version, its license by name, and the texts of its license."""

    name: str
    license: str
    texts: tuple[str, ...]


def license_of(package: metadata.PackageMetadata) -> str:
    """Return a package's license as its metadata names it: an SPDX expression, a short name, or its classifiers."""
    expression, named = package.get("License-Expression"), package.get("License") or ""
    if expression is not None:
        return expression
    classified = [each.rpartition(" :: ")[2] for each in package.get_all("Classifier") or () if "License ::" in each]
    short = named.strip().splitlines()[0] if named.strip() and len(named) < 80 else ""
    found = short or ", ".join(classified)
    found = found or BY_TEXT.get(package["Name"], "")
    if not found:
        sys.exit(f"{package['Name']} names no license: look it up, and whether it can be shipped")
    return found


def texts_of(files: Iterator[metadata.PackagePath]) -> Iterator[str]:
    """Yield the texts of a package's license files, in the order of their names."""
    for path in sorted(files, key=str):
        if ".dist-info/" in str(path) and LICENSE_FILE.search(str(path)):
            yield "\n".join(line.rstrip() for line in path.read_text(encoding="utf-8").strip().splitlines())


def packages() -> Iterator[Part]:
    """Yield the packages of the lock, as they are installed here. Exits if one is another version, or not here."""
    for name, version in PIN.findall((ROOT / "requirements/bot.lock").read_text(encoding="utf-8")):
        if name in ELSEWHERE:
            continue
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            sys.exit(f"{name} of requirements/bot.lock is not installed here: use Python 3.13, as the image does")
        if found.version != version:
            sys.exit(f"{name} is {found.version} here, and {version} in requirements/bot.lock")
        texts = tuple(texts_of(iter(found.files or ())))
        if not texts:
            sys.exit(f"{name} {version} ships no text of its license")
        yield Part(f"{name} {version}", license_of(found.metadata), texts)


def carried() -> Iterator[Part]:
    """Yield the files of others in this repository."""
    for name, license_name, path in CARRIED:
        text = (ROOT / path).read_text(encoding="utf-8").strip()
        yield Part(name, license_name, ("\n".join(line.rstrip() for line in text.splitlines()),))


def notices() -> str:
    """Return the whole file. A text that several have is there once, with all their names."""
    parts = [*packages(), *carried()]
    width = max(len(part.name) for part in parts) + 2
    table = "".join(f"{part.name:{width}}{part.license}\n" for part in parts)
    owners: dict[str, list[str]] = {}
    for part in parts:
        for text in part.texts:
            owners.setdefault(text, []).append(part.name)
    bodies = (f"{RULE}\n{', '.join(dict.fromkeys(names))}\n{RULE}\n\n{text}\n" for text, names in owners.items())
    return HEAD + table + "\n" + "\n".join(bodies)


def main() -> int:
    """Write the file, or compare with `--check`; return the exit code."""
    text = notices()
    if "--check" in sys.argv[1:]:
        is_same = NOTICES.exists() and NOTICES.read_text(encoding="utf-8") == text
        print("requirements/NOTICES.txt is up to date" if is_same else "requirements/NOTICES.txt is not: make lock")
        return not is_same
    NOTICES.write_text(text, encoding="utf-8")
    print(f"requirements/NOTICES.txt: {text.count(RULE) // 2} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
