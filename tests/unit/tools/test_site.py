"""The site of the documents: links move along with their documents, and nothing is loaded from other hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.site import LINK, gather, indented, links_outside, loaded_from_elsewhere, moved, places

KNOWN = {
    "README.md": "project/README.md",
    "docs/a.md": "a.md",
    "docs/guides/b.md": "guides/b.md",
    "docs/x.png": "x.png",
}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("README.md", "[a](docs/a.md#part)", "[a](../a.md#part)"),
        ("docs/guides/b.md", "[r](../../README.md)", "[r](../project/README.md)"),
        ("docs/a.md", '![p](x.png) <img src="x.png">', '![p](x.png) <img src="x.png">'),
        ("README.md", '<img src="docs/x.png">', '<img src="../x.png">'),
        ("README.md", "[e](.env.example)", "[e](env.example.txt)"),
        ("README.md", "[open an issue](../../issues/new/choose)", "open an issue"),
        ("README.md", "[![CI](../../actions/ci/badge.svg)](../../actions/ci) Python 3.11", " Python 3.11"),
        (
            "README.md",
            "`[a](docs/a.md)` [o](https://example.org/a.md)",
            "`[a](docs/a.md)` [o](https://example.org/a.md)",
        ),
        ("README.md", "```\n[a](docs/a.md)\n```\n", "```\n[a](docs/a.md)\n```\n"),
        ("docs/a.md", "at most <!-- = bot.x -->4 files", "at most 4 files"),
    ],
)
def test_a_link_moves_with_its_document(path: str, text: str, expected: str) -> None:
    assert moved(text, path, KNOWN)[0] == expected


def test_every_link_of_the_gathered_documents_leads_somewhere(tmp_path: Path) -> None:
    gather(tmp_path)
    wrong = [
        (page.name, match["path"])
        for page in tmp_path.rglob("*.md")
        for match in LINK.finditer(
            re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        )
        if not (page.parent / match["path"]).exists()
    ]
    assert wrong == []


def test_every_document_is_in_the_menu_or_among_the_decisions() -> None:
    menu = (Path(__file__).resolve().parents[3] / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {place for place in places().values() if place.endswith(".md")}
    assert {each for each in pages if each not in menu and not re.match(r"decisions/(archive/)?\d", each)} == set()


def test_links_that_leave_are_listed_with_their_document() -> None:
    assert ("https://discord.com/terms", "docs/terms.md") in set(links_outside())


def test_what_a_page_loads_from_elsewhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text('<script src="a.js"></script><a href="https://example.org">x</a>')
    assert loaded_from_elsewhere(tmp_path) == []
    (tmp_path / "bad.html").write_text(
        '<link rel="stylesheet" href="https://example.org/a.css"><img src="https://b.org/i">'
    )
    assert loaded_from_elsewhere(tmp_path) == ["bad.html: https://example.org/a.css", "bad.html: https://b.org/i"]


def test_blocks_in_items_are_indented_as_the_site_wants_them():
    page = """1. One
   goes on.

   ```sh
   run
   ```

   More.
2. Two
- a

  - nested
  ```
  code
  ```
text

```
  not in an item
1. nor this
   at all
```
"""
    assert (
        indented(page)
        == """1. One
    goes on.

    ```sh
    run
    ```

    More.

2. Two
- a

    - nested
    ```
    code
    ```
text

```
  not in an item
1. nor this
   at all
```
"""
    )


def test_each_picture_of_a_page_is_found_from_its_place_on_the_site():
    page = '<source srcset="docs/images/hero-light.webp"> <img src="docs/images/hero.webp">'
    text, linked = moved(page, "README.md", places())
    assert text == '<source srcset="../images/hero-light.webp"> <img src="../images/hero.webp">'
    assert linked == {"docs/images/hero-light.webp", "docs/images/hero.webp"}
