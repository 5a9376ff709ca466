from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.patterns import modules
from tools import notices

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements/bot.lock", "requirements/demo.lock", "requirements/dev.lock")
GROUPS = {
    "docs": "requirements/docs.lock",
    "build": "requirements/build.lock",
    "tools": "requirements/tools.lock",
}
"""Each group of dependencies, and the lock that is its own."""
# Put together here, so that this file does not contain what it looks for.
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r"\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/[\w.-]+")
REGISTRIES = re.compile(
    "|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", "dev" + "pi", "arti" + "factory"))
)


def tracked() -> list[Path]:
    """The files that belong to the project: git's where there is git, else all but what is built."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    else:
        built = re.compile(r"\.venv|\.git|\.env|dist|data|\..*_cache|\.hypothesis|__pycache__|.*\.egg-info")
        found = [path for path in ROOT.rglob("*") if not any(map(built.fullmatch, path.relative_to(ROOT).parts))]
    return [path for path in found if path.is_file() and path.suffix not in {".png", ".pyc", ".xz"}]


def toml() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def project() -> dict[str, object]:
    return toml()["project"]


def lines_of(lock: str) -> list[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return text.replace("\\\n", " ").splitlines()


def pins(lock: str) -> dict[str, Requirement]:
    requirements = (Requirement(line.split("--hash")[0]) for line in lines_of(lock))
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


@pytest.mark.parametrize("lock", [*LOCKS, *GROUPS.values()])
def test_a_lock_has_nothing_but_exact_versions_with_hashes(lock: str) -> None:
    lines = lines_of(lock)
    assert len(lines) > (4 if lock == GROUPS["build"] else 20)
    for line in lines:
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w '<>=!.()]+)?", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_the_project_asks_for(lock: str) -> None:
    pinned = pins(lock)
    facts = project()
    extras: dict[str, list[str]] = facts["optional-dependencies"]  # type: ignore[assignment]  # TOML is not typed
    # What a host installs, and the image, can be told to use PostgreSQL.
    of_lock = {"bot": ["postgres"], "demo": ["demo"], "dev": ["postgres", "demo", "dev"]}[Path(lock).stem]
    wanted = [*facts["dependencies"], *(each for extra in of_lock for each in extras[extra])]  # type: ignore[misc]  # the same
    for requirement in map(Requirement, wanted):
        if requirement.name == "cannon-bot":
            continue
        (pin,) = pinned[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version), requirement


FETCHES = re.compile(r"^.*\bpip\b.*\b(?:install|wheel)\b.*$", re.MULTILINE)


@pytest.mark.parametrize("file", ["Dockerfile", "Makefile", "README.md", "docs/operations.md", "CONTRIBUTING.md"])
def test_nothing_is_installed_that_no_hash_pins(file: str) -> None:
    commands = FETCHES.findall((ROOT / file).read_text(encoding="utf-8"))
    assert commands or file.endswith(".md")
    for command in commands:
        is_built = re.search(r"--editable \.|--wheel-dir|install .*-build-isolation \.", command)
        needed = "--no-build-isolation" if is_built else r"--require-hashes|--no-deps .*--no-index"
        assert re.search(needed, command), command


def test_the_image_stands_on_a_digest() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}", "scratch"]
    assert "# syntax" not in text.splitlines()[0]
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.13-slim@sha256:[0-9a-f]{64}$", text, re.MULTILINE), (
        "pin it by its digest"
    )


@pytest.mark.parametrize(
    "pattern", [UNFINISHED, MACHINE_PATH, REGISTRIES], ids=["unfinished", "machine-path", "registry"]
)
def test_no_file_of_the_project_has_what_does_not_belong_in_it(pattern: re.Pattern[str]) -> None:
    found = []
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


def test_the_image_runs_as_nobody_with_hashed_packages_and_its_own_health_check() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert "--require-hashes -r requirements/bot.lock" in text
    for line in ('ENTRYPOINT ["cannon-bot"]', 'CMD ["run"]', "VOLUME /data", "DATABASE=/data/cannon-bot.db"):
        assert line in text
    assert re.search(r'^HEALTHCHECK .*CMD \["cannon-bot", "health"\]$', text, re.MULTILINE)


def test_no_field_has_a_default_that_python_3_11_takes_for_mutable() -> None:
    """Before Python 3.12 a mappingproxy has no hash, so that a module with such a field cannot be imported."""
    given = [
        f"{cls.__module__}.{cls.__name__}.{each.name}"
        for module in modules()
        for cls in vars(module).values()
        if isinstance(cls, type) and dataclasses.is_dataclass(cls)
        for each in dataclasses.fields(cls)
        if isinstance(each.default, MappingProxyType)
    ]
    assert given == []


def test_the_notices_are_what_the_packages_say() -> None:
    if sys.version_info >= (3, 13):
        assert notices.NOTICES.read_text(encoding="utf-8") == notices.notices(), "make lock"
    else:  # one of the image's packages is for Python 3.13 alone
        with pytest.raises(SystemExit, match=r"audioop-lts .* is not installed here"):
            notices.notices()


BY_NAME = re.compile(
    r"(?:\bpip3?|\bpipx|\buvx|\buv (?:pip|tool|add|run))\b[^\n`|]*?"
    r"(?<![\w./-])'?cannon-bot(?:\[[\w,]+\])?'?(?![\w./@-])"
)
"""An installation from an index. One of a wheel, a folder or `git+https://…` names a path."""


def test_no_text_installs_from_an_index_a_name_that_is_not_ours_yet() -> None:
    """docs/releasing.md, "Before the first one": anyone could publish under it."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path not in {Path(__file__).resolve(), ROOT / "tools" / "wheel_check.py"}  # the latter tries installers
        and path.suffix in {".md", ".py", ".po", ".yaml", ".toml", ".service", ""}
        for match in BY_NAME.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
