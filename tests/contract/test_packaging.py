from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import __version__

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")
LOCKS = ("requirements.lock", "requirements-dev.lock")
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
    return [path for path in found if path.is_file() and path.suffix not in {".png", ".pyc"}]


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lines_of(lock: str) -> list[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return text.replace("\\\n", " ").splitlines()


def pins(lock: str) -> dict[str, Requirement]:
    requirements = (Requirement(line.split("--hash")[0]) for line in lines_of(lock))
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_nothing_but_exact_versions_with_hashes(lock: str) -> None:
    lines = lines_of(lock)
    assert len(lines) > 20
    for line in lines:
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w '<>=!.]+)?", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_the_project_asks_for(lock: str) -> None:
    pinned = pins(lock)
    facts = project()
    wanted = list(facts["dependencies"])  # type: ignore[call-overload]  # TOML is not typed
    if lock == "requirements-dev.lock":
        extras = facts["optional-dependencies"]
        wanted += [*extras["demo"], *extras["dev"]]  # type: ignore[index]  # TOML is not typed
    for requirement in map(Requirement, wanted):
        if requirement.name == "cannon-bot":
            continue
        (pin,) = pinned[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version), requirement


def test_both_locks_pin_the_same_versions() -> None:
    development = pins("requirements-dev.lock")
    for name, requirement in pins("requirements.lock").items():
        assert development[name] == requirement


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_fits_every_supported_python(python: str) -> None:
    facts = {"python_version": python[:4], "python_full_version": python, "platform_python_implementation": "CPython"}
    chosen = {
        name for name, pin in pins("requirements.lock").items() if pin.marker is None or pin.marker.evaluate(facts)
    }
    # discord.py needs the module audioop, which Python has until 3.12.
    assert ("audioop-lts" in chosen) == (python >= "3.13")
    assert {"discord-py", "cffi", "typing-extensions"} <= chosen


def test_the_runtime_needs_no_other_packages_than_those_agreed_on() -> None:
    names = {Requirement(one).name for one in project()["dependencies"]}  # type: ignore[attr-defined]  # TOML is not typed
    agreed = "discord.py httpx httpx-aiohttp aiosqlite python-dotenv pydantic-settings structlog cryptography"
    assert names == {*agreed.split(), "prometheus-client", "pillow"}  # pillow: docs/decisions/0006-pillow-for-charts.md


def test_the_versions_agree() -> None:
    assert project()["version"] == __version__


@pytest.mark.parametrize(
    "pattern", [UNFINISHED, MACHINE_PATH, REGISTRIES], ids=["unfinished", "machine-path", "registry"]
)
def test_no_file_of_the_project_has_what_does_not_belong_in_it(pattern: re.Pattern[str]) -> None:
    found = []
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


def test_there_is_no_package_marker_below_tests_and_no_name_twice() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py")]
    assert "__init__.py" not in names
    assert sorted(name for name in set(names) if names.count(name) > 1 and name != "conftest.py") == []


def test_the_image_runs_as_nobody_with_hashed_packages_and_its_own_health_check() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert "--require-hashes -r requirements.lock" in text
    for line in ('ENTRYPOINT ["cannon-bot"]', 'CMD ["run"]', "VOLUME /data", "DATABASE=/data/cannon-bot.db"):
        assert line in text
    assert re.search(r'^HEALTHCHECK .*CMD \["cannon-bot", "health"\]$', text, re.MULTILINE)


def test_what_the_image_copies_is_let_through_to_its_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    for name in " ".join(copied).split():
        assert f"!{name}" in ignored
        assert (ROOT / name).exists()


def test_what_make_runs_is_there() -> None:
    programs = re.findall(r"\$\(BIN\)/python (\S+\.py)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert programs
    assert [name for name in programs if not (ROOT / name).exists()] == []


def test_the_build_script_may_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
