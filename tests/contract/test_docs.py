from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Settings, describe_settings, load_settings
from tools.readme_tables import commands_table, settings_table, with_commands, with_table
from tools.site import OF_REPOSITORY

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = Path("docs") / "decisions"
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


def test_the_table_of_settings_has_a_row_for_each() -> None:
    assert re.findall(r"^\| `([A-Z_]+)` \|", settings_table(), re.MULTILINE) == SETTINGS


def test_the_table_of_commands_puts_required_options_first_and_others_in_brackets() -> None:
    option = {"type": "text", "description": ""}
    options = [{**option, "name": "b", "required": False}, {**option, "name": "a", "required": True}]
    table = commands_table([{"name": "image edit", "description": "One | two.", "options": options}])
    assert table.splitlines()[2] == "| `/image edit` | One &#124; two. | `a` [`b`] |"


@pytest.mark.parametrize("text", ["nothing", "<!-- x -->\n", "<!-- x -->\n<!-- /x -->\n<!-- x -->\n<!-- /x -->\n"])
def test_a_readme_without_its_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once"):
        with_table(text, "x", "| table |\n")


def test_contributing_names_targets_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)
    named = re.findall(r"^\| `make ([a-z-]+)", read("CONTRIBUTING.md"), re.MULTILINE)
    assert set(named) <= set(targets)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert sorted(phony.split()) == sorted(targets)


def test_links_to_files_lead_somewhere() -> None:
    found = [
        (str(path), link)
        for path in DOCUMENTS
        for link in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", OF_REPOSITORY.sub("", read(path)))
        if not (ROOT / path.parent / link).exists()
    ]
    assert found == []


def test_files_that_documents_name_are_there() -> None:
    found = []
    for path in DOCUMENTS:
        text = read(path)
        named = set(re.findall(r"`((?:bot|cogs|docs|tests|tools)/[\w./-]*)`", text))
        to_be_made = set(re.findall(r"In the new file `([^`]+)`:", text))
        found += [(str(path), name) for name in sorted(named - to_be_made) if not (ROOT / name).exists()]
    assert found == []


def test_every_decision_is_in_the_index_with_its_number_and_title() -> None:
    rows = re.findall(
        r"^\| (\d+) \| \[(.+)\]\(((?:archive/)?\d{4}-[\w-]+\.md)\) \|$",
        read(DECISIONS / "README.md"),
        re.MULTILINE,
    )
    files = {path.relative_to(ROOT / DECISIONS).as_posix() for path in (ROOT / DECISIONS).rglob("[0-9]*.md")}
    assert [name for _, _, name in rows] == sorted(files, key=lambda name: Path(name).name)
    for number, title, name in rows:
        assert int(Path(name).name[:4]) == int(number)
        assert read(DECISIONS / name).startswith(f"# {number}. {title}\n")


def test_decisions_that_the_code_refers_to_are_there() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("bot", "cogs", "sandbox")
        for path in (ROOT / folder).rglob("*.py")
    )
    named = set(re.findall(r"[Dd]ecision (\d{4})", code))
    assert named <= {path.name[:4] for path in (ROOT / DECISIONS).rglob("[0-9]*.md")}


def test_the_changelog_knows_the_version_or_holds_it_as_unreleased() -> None:
    assert re.search(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", read("CHANGELOG.md"), re.MULTILINE)
