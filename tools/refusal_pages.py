"""Build the pages about refusals: docs/troubleshooting.md in English, and the same on the site in each language."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
from refusals import refusals  # noqa: E402 - found by the line above

from bot.language import LANGUAGES, SOURCE, speaking  # noqa: E402 - the same
from bot.language.pages import WhyPage, page, texts, written  # noqa: E402 - the same

SEEN = ROOT / "bot" / "language" / "pages" / "seen.json"
DOCUMENT = ROOT / "docs" / "troubleshooting.md"


def seen() -> str:
    """Return the sentences that lead to each page, as `seen.json` has them."""
    found = {why: sorted({each.forms for each in refusals() if each.why == why}) for why in sorted(written())}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def place(language: str) -> str:
    """Return the name of a language's document; `bot/delivery/answers/responses.py` links to it."""
    return DOCUMENT.name if language == SOURCE else f"{DOCUMENT.stem}.{language}.md"


def translated() -> Iterator[tuple[str, str]]:
    """Yield each other language's document with its name: all pages, without what the English one says besides."""
    for language in LANGUAGES:
        if language != SOURCE:
            with speaking(language):
                yield place(language), f"# {texts.TITLE}\n\n{texts.INTRODUCTION}\n{pages()}"


def pages() -> str:
    """Return all pages in the current language as Markdown, in their groups."""
    return "\n".join(_group(str(title), ids) for title, ids in grouped())


def contents() -> str:
    """Return links to the groups."""
    return "".join(f"- [{title}](#{_anchor(str(title))})\n" for title, _ in grouped())


def grouped() -> Iterator[tuple[object, list[str]]]:
    """Yield each group with the ids of its pages."""
    for title, areas in texts.GROUPS:
        yield title, [why for why in written() if why.partition(".")[0] in areas]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _page(why: str) -> WhyPage:
    found = page(why)
    if found is None:
        raise KeyError(why)
    return found


def _group(title: str, ids: Sequence[str]) -> str:
    return "\n".join([f"\n## {title}\n", *map(_line, ids), ""])


def _line(why: str) -> str:
    shown = _page(why)
    return f'- <a id="{why}"></a>**{shown.title}** (`{why}`). {shown.do}'
