from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Settings, describe_settings, load_settings
from tests.contract.test_command_names import commands
from tools.readme_tables import settings_table, with_commands, with_table
from tools.site import OF_REPOSITORY

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [path.relative_to(ROOT) for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])]
SETTINGS = [name for name, _, _ in describe_settings()]


def read(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_stands_in_the_example_once_and_nothing_else_does() -> None:
    named = re.findall(r"^#?([A-Z][A-Z_]+)=", read(".env.example"), re.MULTILINE)
    assert sorted(named) == sorted(SETTINGS)


def test_the_example_shows_the_real_defaults() -> None:
    shown = dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", read(".env.example"), re.MULTILINE))
    assert shown == {name: default for name, default, _ in describe_settings()}


def test_the_example_can_be_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)
    assert load_settings(ROOT / ".env.example") == Settings()
    assert set(dotenv_values(ROOT / ".env.example")) == {"DISCORD_TOKEN"}


def test_the_example_with_every_line_switched_on_is_read_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)
    (tmp_path / ".env").write_text(re.sub(r"^#(?=[A-Z_]+=)", "", read(".env.example"), flags=re.MULTILINE))
    assert load_settings(tmp_path / ".env") == Settings()


def test_the_page_of_settings_has_those_that_the_code_has() -> None:
    text = read("docs/settings.md")
    assert with_table(text, "settings", settings_table()) == text, "write them with: make readme"


def test_the_page_of_commands_has_those_that_the_code_has() -> None:
    text = read("docs/commands.md")
    assert with_commands(text) == text, "write them with: make readme"


def test_every_command_is_in_a_group_of_the_page() -> None:
    groups, _, _ = read("docs/commands.md").partition("<!-- commands -->")
    assert set(re.findall(r"`/([a-z]+)`", groups)) == commands().keys()


def test_links_to_files_lead_somewhere() -> None:
    found = [
        (str(path), link)
        for path in DOCUMENTS
        for link in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", OF_REPOSITORY.sub("", read(path)))
        if not (ROOT / path.parent / link).exists()
    ]
    assert found == []
