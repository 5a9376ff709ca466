"""Job engines on PostgreSQL under the bot's workload, each beside our leases: `make bench-engines`.

Starts a PostgreSQL of its own. Options: `--only ours,dbos`; `--parts looks,cut` of what is measured; `--quick` runs all
with tiny sizes, which shows that it works and says nothing about speed; `--keep FILE` puts the figures into a JSON file
and prints them beside those that it has of other engines, so that a run can be cut into parts. What came of it is in
docs/decisions/0034-the-engine-of-a-fleet.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from adapters import MODULES, PACKAGES, USUAL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(1, str(Path(__file__).resolve().parents[3]))

from measures import PARTS, QUICK, Measures, Sizes

from tests.support.postgres import running


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure job engines on PostgreSQL under the bot's workload.")
    parser.add_argument("--only", type=_names, default=USUAL, metavar="ours,dbos", help="these engines")
    parser.add_argument("--parts", type=_parts, default=PARTS, metavar="looks,cut", help="these parts")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the figures beside those of other runs")
    arguments = parser.parse_args()
    found: dict[str, dict[str, str]] = {}
    if arguments.keep is not None and arguments.keep.exists():
        found = json.loads(arguments.keep.read_text(encoding="utf-8"))
    with running() as server, tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            sizes = QUICK if arguments.quick else Sizes()
            figures = dict(Measures(name, server, Path(folder), sizes).figures(arguments.parts))
            found[name] = {**found.get(name, {}), **figures, **_weight(name)}
    if arguments.keep is not None:
        arguments.keep.write_text(json.dumps(found, indent=1), encoding="utf-8")
    sys.stdout.write(_told(found) + "\n")
    return int(any(figure.startswith("failed") for figures in found.values() for figure in figures))


def _names(text: str) -> list[str]:
    return _known(text, MODULES)


def _parts(text: str) -> list[str]:
    return _known(text, PARTS)


def _known(text: str, known: Collection[str]) -> list[str]:
    names = text.split(",")
    if unknown := set(names).difference(known):
        raise argparse.ArgumentTypeError(f"not known: {', '.join(sorted(unknown))}")
    return names


def _weight(name: str) -> dict[str, str]:
    """Return what a bot with the engine would install: packages and their size."""
    seen, left = set[tuple[str, str]](), [(PACKAGES[name], "")]
    while left:
        if (one := left.pop()) in seen:
            continue
        seen.add(one)
        for requirement in map(Requirement, importlib.metadata.requires(one[0]) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                left += [(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)]
    packages = {package for package, _ in seen}
    size = sum(
        path.locate().stat().st_size
        for package in packages
        for path in importlib.metadata.files(package) or ()
        if path.locate().exists()
    )
    version = importlib.metadata.version(PACKAGES[name])
    return {"depends on": f"{PACKAGES[name]} {version}", "packages, MB": f"{len(packages)}, {size / 1e6:.0f}"}


def _told(found: dict[str, dict[str, str]]) -> str:
    figures = list(dict.fromkeys(figure for of_one in found.values() for figure in of_one))
    rows = [["figure", *found], ["---"] * (len(found) + 1)]
    rows += [[figure, *(of_one.get(figure, "") for of_one in found.values())] for figure in figures]
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    machine = f"{os.cpu_count()} cores, load {load}, {platform.machine()}, Python {platform.python_version()}"
    return "\n".join([f"| {' | '.join(row)} |" for row in rows] + ["", machine])


if __name__ == "__main__":
    sys.exit(main())
