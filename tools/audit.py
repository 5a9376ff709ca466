"""Check every locked package for known vulnerabilities: exits with 1 if there is one, 0 if there is none.

Run by `make audit`, with pip-audit next to this Python. Without a reachable source of advisories it says so in one line
and exits with 3: nothing was audited, which is not a clean audit.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (
    "requirements/dev.lock",
    "requirements/build.lock",
    "requirements/tools.lock",
    "requirements/docs.lock",
)
"""Together they have every package, the bot's own in the first. One at a time: pip-audit takes no package twice."""
SERVICES = ("pypi", "osv")
"""pip-audit's names of its sources: the package index, and the OSV database."""
TIMEOUT_S = 15
UNREACHABLE = re.compile(r"Could not connect|(Client|Server|Connection|Proxy|SSL)\s?Error|Timeout", re.IGNORECASE)
NO_SOURCE = 3
"""The exit code then; 2 is that of make and of a wrong command line."""
NOT_AUDITED = "No source of advisories can be reached from here, so no package was audited."


def pip_audit(service: str, lock: Path) -> subprocess.CompletedProcess[str]:
    """Run pip-audit on a lock's pins, without resolving or installing anything."""
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    place = ["--timeout", str(TIMEOUT_S), "-s", service, "-r", str(lock)]
    command = [str(Path(sys.executable).parent / "pip-audit"), *options, *place]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def packages(service: str, lock: Path) -> list[dict[str, Any]] | None:
    """Return the service's report on a lock; None if unreachable. Exits on any other fault."""
    done = pip_audit(service, lock)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        if UNREACHABLE.search(done.stderr):
            return None
        sys.exit(f"{done.stderr}\npip-audit failed with {done.returncode}")
    return found if any("skip_reason" not in each for each in found) else None


def audited(service: str, lock: str) -> list[dict[str, Any]]:
    """Return a reachable service's report on a lock. Exits if it stops answering."""
    found = packages(service, ROOT / lock)
    if found is None:
        sys.exit(f"{lock} could not be audited: {service} does not answer any more. Try again.")
    return found


def is_reachable(service: str) -> bool:
    """Whether the service answers for one package, instead of failing once for each."""
    text = (ROOT / LOCKS[0]).read_text(encoding="utf-8")
    first, *_ = re.findall(r"^[a-z0-9-]+==[^;]*?(?=^[a-z0-9])", text, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "one.lock"
        lock.write_text(first, encoding="utf-8")
        return packages(service, lock) is not None


def report(found: Sequence[dict[str, Any]]) -> int:
    """Print vulnerabilities and unchecked packages; return the exit code."""
    skipped = sorted({each["name"] for each in found if "skip_reason" in each})
    lines = set()
    for each in found:
        for known in each.get("vulns", ()):
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            lines.add(f"{each['name']} {each['version']}: {known['id']}, fixed in {fixed}")
    names = {each["name"] for each in found if "skip_reason" not in each}
    print("\n".join(sorted(lines)) or f"{len(names)} packages without a known vulnerability")
    if skipped:
        print(f"could not be looked up: {', '.join(skipped)}")
    return 1 if lines else 0


def main() -> int:
    """Audit with the first service that can be reached; return the exit code."""
    for service in SERVICES:
        if is_reachable(service):
            return report([each for lock in LOCKS for each in audited(service, lock)])
    print(NOT_AUDITED)
    return NO_SOURCE


if __name__ == "__main__":
    sys.exit(main())
