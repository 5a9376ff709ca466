"""A release is rehearsed whole, and each of its steps can fail: each is broken once in a copy of the project."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.contract.test_packaging import project, tracked
from tests.install import release_rehearsal
from tests.install.release_rehearsal import Rehearsal
from tools import release as steps

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = re.compile(
    r"(?:\bpip3?|\bpipx|\buvx|\buv (?:pip|tool|add|run))\b[^\n`|]*?"
    r"(?<![\w./-])'?cannon-bot(?:\[[\w,]+\])?'?(?![\w./@-])"
)
"""An installation from an index. One of a wheel, a folder or `git+https://…` names a path."""


def clone(place: Path) -> Path:
    """A clone of the project as it is, with what is not committed."""
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(ROOT), str(place)], check=True)
    for path in tracked():
        target = place / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    release_rehearsal.git("add", "--all", cwd=place)
    release_rehearsal.git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message", "As it is", cwd=place)
    return place


def broken(release: Rehearsal, place: Path, file: str, old: str, new: str) -> Rehearsal:
    """A copy of a release with one text changed."""
    copy = place / "copy"
    shutil.copytree(release.copy, copy, symlinks=True)
    path = copy / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return Rehearsal(copy, release.version, release.without_network)


def with_metadata(wheel: Path, old: bytes, new: bytes) -> None:
    """Change a built wheel's metadata."""
    whole = wheel.with_suffix(".whole")
    wheel.rename(whole)
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(wheel, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(old, new) if name.endswith(".dist-info/METADATA") else data)
    whole.unlink()


@pytest.mark.long
def test_the_next_release_can_be_made_and_each_of_its_steps_can_fail(tmp_path: Path) -> None:
    source = clone(tmp_path / "project")
    release_rehearsal.fetch()
    release = release_rehearsal.copied(source, tmp_path / "release")
    assert release_rehearsal.STEPS[0] is release_rehearsal.prepare
    unprepared = release_rehearsal.copied(source, tmp_path / "unprepared")
    made = {step.__name__: step(release) for step in release_rehearsal.STEPS}
    assert made["install"].startswith(f"cannon-bot {release.version}")

    breaks = {
        release_rehearsal.prepare: ("CHANGELOG.md", "## [Unreleased]", "## Unreleased", "no section '## .Unreleased"),
        release_rehearsal.notes: ("CHANGELOG.md", f"## [{release.version}]", "## [9.9.9]", "no section"),
        release_rehearsal.wheel: (
            "pyproject.toml",
            'exclude = ["*.po",',
            'exclude = ["*.sql", "*.po",',
            "not in the wheel",
        ),
        release_rehearsal.sbom: (
            "tools/release.py",
            'DIST / "sbom.cdx.json"',
            'DIST.parent / "a.json"',
            "wrote no dist",
        ),
        release_rehearsal.digests: ("dist/another.whl", "", "a", "another.whl"),
    }
    for step, (file, old, new, complaint) in breaks.items():
        place = tmp_path / step.__name__
        place.mkdir()
        begun = unprepared if step is release_rehearsal.prepare else release
        if step is release_rehearsal.sbom:
            (release.dist / "sbom.cdx.json").unlink()
        with pytest.raises(SystemExit, match=complaint):
            step(broken(begun, place, file, old, new))
    (built,) = release.dist.glob("*.whl")
    with_metadata(built, b"Topic :: Multimedia :: Video", b"Topic :: Films")
    with pytest.raises(SystemExit, match="no index knows the classifiers Topic :: Films"):
        release_rehearsal.metadata(release)


def test_a_version_is_set_in_each_place_and_the_changelog_gets_its_section() -> None:
    today = dt.date(2026, 12, 1)
    assert steps.with_section("# C\n\n## [Unreleased]\n\n- A.\n", "1.2.0", today) == (
        "# C\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n- A.\n"
    )
    with pytest.raises(SystemExit, match="no section"):
        steps.with_section("# C\n", "1.2.0", today)


def test_nothing_is_called_released_before_it_is() -> None:
    version = str(project()["version"])
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    base = version.removesuffix(".dev0")
    assert (f"## [{base}] - " in changelog) == (version == base)
    assert changelog.index("## [Unreleased]") < (changelog.find(f"## [{base}] - ") % len(changelog))


def test_what_is_attested_is_a_wheel_an_sdist_and_an_sbom(tmp_path: Path) -> None:
    release = Rehearsal(tmp_path, "1.2.0", ())
    release.dist.mkdir()
    for name in ("a-1.2.0-py3-none-any.whl", "a-1.2.0.tar.gz"):
        (release.dist / name).write_bytes(b"a")
    with pytest.raises(SystemExit, match="a wheel, an sdist and an SBOM are attested"):
        release_rehearsal.digests(release)
    (release.dist / "sbom.cdx.json").write_text(json.dumps({}))
    assert release_rehearsal.digests(release) == "3 files"
    assert len((release.dist / "SHA256SUMS").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "is_by_name"),
    [
        ("pip install cannon-bot", True),
        ("uv tool install 'cannon-bot[demo]'", True),
        ("uvx --from 'cannon-bot[demo]' cannon-bot demo", True),
        ("pipx install --force cannon-bot", True),
        ("uv tool install ./cannon_bot-0.1.0-py3-none-any.whl", False),
        ("pip install '.[postgres]'", False),
        ("uv tool install git+https://example.com/owner/cannon-bot", False),
        ("/opt/cannon-bot/bin/pip install --no-deps .", False),
    ],
)
def test_an_installation_by_name_is_recognized(text: str, is_by_name: bool) -> None:
    assert (BY_NAME.search(text) is not None) == is_by_name


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
