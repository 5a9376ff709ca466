"""The steps of a release, one subcommand each: `python tools/release.py ci-passed`. docs/releasing.md has their order.

`ci-passed` needs GitHub's `gh`, `sbom` the tools' environment and a wheel in `dist/`; the others the standard library.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
import tomllib
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


def ci_passed() -> None:
    """Print the run that passed. Exits if there is none."""
    commit = output("git", "rev-parse", "HEAD").strip()
    runs = json.loads(output(*RUNS, "--commit", commit))
    passed = [each["url"] for each in runs if each["conclusion"] == "success"]
    if not passed:
        ended = ", ".join(each["conclusion"] or "still running" for each in runs) or "no run"
        sys.exit(f"CI has not passed on main for {commit} ({ended}). Wait for it or correct it, then run this again.")
    print(f"CI has passed for {commit}: {passed[0]}")


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the version's section. Exits if the tag does not match, or the section is not ready."""
    if tag != f"v{version}":
        sys.exit(f"the tag {tag} is not v{version}, which pyproject.toml says")
    heading = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)
    if heading is None:
        sys.exit(f"CHANGELOG.md has no section '## [{version}] - DATE'")
    text = re.split(r"^## ", changelog[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not text:
        sys.exit(f"CHANGELOG.md says nothing of {version}")
    return text


def release_notes() -> None:
    """Check the command line's tag, and print its section."""
    if len(sys.argv) != 2:
        sys.exit("usage: release_notes.py TAG")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if "Source" not in project["urls"]:
        sys.exit("[project.urls] in pyproject.toml lacks Source, the address of the repository")
    print(notes(sys.argv[1], project["version"], (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))


PLACES = (
    ("pyproject.toml", re.compile(r'^(version = ")[^"]+(")$', re.MULTILINE)),
    ("bot/__init__.py", re.compile(r'^(__version__ = ")[^"]+(")$', re.MULTILINE)),
)
VERSION = re.compile(r"\d+\.\d+\.\d+(?:\.dev0)?")
UNRELEASED = re.compile(r"^## \[Unreleased\]\n", re.MULTILINE)


def with_section(changelog: str, version: str, today: dt.date) -> str:
    """Return the changelog with what is unreleased as the section of `version`. Exits if there is nothing."""
    if len(UNRELEASED.findall(changelog)) != 1:
        sys.exit("CHANGELOG.md has no section '## [Unreleased]'")
    text = UNRELEASED.sub(f"## [Unreleased]\n\n## [{version}] - {today:%Y-%m-%d}\n", changelog)
    return re.sub(r"^This will be .*?\n\n", "", text, count=1, flags=re.MULTILINE | re.DOTALL)


def set_version() -> None:
    """Write the command line's version into each place."""
    if len(sys.argv) != 2 or VERSION.fullmatch(sys.argv[1]) is None:
        sys.exit("usage: set_version.py X.Y.Z, or X.Y.Z.dev0 between two releases")
    version = sys.argv[1]
    changed = {}
    for name, pattern in PLACES:
        text = (ROOT / name).read_text(encoding="utf-8")
        if len(pattern.findall(text)) != 1:
            sys.exit(f"{name} does not say the version once")
        changed[name] = pattern.sub(rf"\g<1>{version}\g<2>", text)
    if not version.endswith(".dev0"):
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        changed["CHANGELOG.md"] = with_section(changelog, version, dt.datetime.now(tz=dt.UTC).date())
    for name, text in changed.items():
        (ROOT / name).write_text(text, encoding="utf-8")
    print(f"{version} is written into {', '.join(changed)}")


DIST = ROOT / "dist"
CYCLONEDX = ROOT / ".venv" / "tools" / "bin" / "cyclonedx-py"


def sbom() -> None:
    """List the wheel in `dist/` and what it needs as CycloneDX, in `dist/sbom.cdx.json`, off a fresh environment."""
    from wheel_check import PIP, environment, run  # noqa: PLC0415 - the other steps need no environment

    wheels = sorted(DIST.glob("*.whl"))
    if len(wheels) != 1:
        sys.exit("dist/ must have exactly one wheel: make wheel-check ARGS='--keep dist'")
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "environment", "requirements/bot.lock")
        run([python, *PIP, "install", "--no-deps", "--no-index", wheels[0]], Path(folder))
        listing = ["environment", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application"]
        command = [CYCLONEDX, *listing, "--output-reproducible", "--output-file", DIST / "sbom.cdx.json", python]
        subprocess.run([str(word) for word in command], check=True)  # noqa: S603 - our own command


STEPS = {"ci-passed": ci_passed, "notes": release_notes, "set-version": set_version, "sbom": sbom}

if __name__ == "__main__":
    STEPS[sys.argv.pop(1)]()
