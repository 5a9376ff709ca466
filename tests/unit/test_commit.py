from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bot
from bot import install_line

SAY = "import bot; print(bot.commit(), end='')"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def said(folder: Path) -> str:
    return subprocess.run([sys.executable, "-c", SAY], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    package = tmp_path / "project" / "bot"
    package.mkdir(parents=True)
    shutil.copy(bot.__file__, package)
    return package.parent


def test_a_clone_says_its_commit_and_whether_its_files_were_changed(tree: Path) -> None:
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "One")
    git(tree, "tag", "v1.0.0")
    commit = git(tree, "rev-parse", "HEAD")[:12]
    assert said(tree) == commit
    (tree / "bot" / "__init__.py").write_text((tree / "bot" / "__init__.py").read_text() + "\n")
    assert said(tree) == f"{commit}-dirty"


def test_an_installation_in_another_projects_clone_does_not_say_that_projects_commit(tree: Path) -> None:
    git(tree.parent, "init", "--quiet")
    git(tree.parent, "commit", "--quiet", "--allow-empty", "--message", "Another")
    assert said(tree) == bot.UNKNOWN_COMMIT


# ---------------------------------------------------------------------- the tool that installed it


@pytest.mark.parametrize(
    ("mark", "begins"),
    [("uv-receipt.toml", "uv tool install --force "), ("pipx_metadata.json", "pipx install --force "), ("", "")],
)
@pytest.mark.parametrize(
    ("source", "named"),
    [
        (None, "'cannon-bot[demo]'"),
        (
            {"url": "https://example.org/bot.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "'cannon-bot[demo] @ git+https://example.org/bot.git'",
        ),
        (
            {"url": "https://example.org/cannon_bot-1-py3-none-any.whl", "archive_info": {}},
            "'cannon-bot[demo] @ https://example.org/cannon_bot-1-py3-none-any.whl'",
        ),
        ({"url": "file:///clone", "dir_info": {"editable": True}}, "'cannon-bot[demo] @ file:///clone'"),
    ],
)
def test_an_extra_is_added_by_the_tool_and_from_the_source_of_the_installation(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mark: str,
    begins: str,
    source: dict[str, object] | None,
    named: str,
) -> None:
    info = tmp_path / "cannon_bot-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: cannon-bot\nVersion: 1\n", encoding="utf-8")
    if source is not None:
        (info / "direct_url.json").write_text(json.dumps(source), encoding="utf-8")
    if mark:
        (tmp_path / mark).touch()
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: importlib.metadata.Distribution.at(info))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert install_line("demo") == (begins or f"{sys.executable} -m pip install ") + named
