"""Check that CI has passed on main for the commit that is checked out: `python tools/ci_passed.py`, with GitHub's `gh`.

Run by the release workflow before anything is built. Standard library only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = ("gh", "run", "list", "--workflow", "ci.yaml", "--branch", "main", "--event", "push", "--json", "conclusion,url")


def output(*command: str) -> str:
    """Return what a command prints. Exits with its complaint if it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed here, so the runs of CI cannot be read.")
    if done.returncode:
        sys.exit(f"{done.stderr.strip()}\n{' '.join(command)} failed with {done.returncode}")
    return done.stdout


def main() -> None:
    """Print the run that passed. Exits if there is none."""
    commit = output("git", "rev-parse", "HEAD").strip()
    runs = json.loads(output(*RUNS, "--commit", commit))
    passed = [each["url"] for each in runs if each["conclusion"] == "success"]
    if not passed:
        ended = ", ".join(each["conclusion"] or "still running" for each in runs) or "no run"
        sys.exit(f"CI has not passed on main for {commit} ({ended}). Wait for it or correct it, then run this again.")
    print(f"CI has passed for {commit}: {passed[0]}")


if __name__ == "__main__":
    main()
