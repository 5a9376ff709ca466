"""Build the pages about refusals: docs/troubleshooting.md in English, and the same on the site in each language."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
from refusals import Refusal, refusals  # noqa: E402 - found by the line above

from bot.language import LANGUAGES, SOURCE, ntr, speaking, tr  # noqa: E402 - the same
from bot.language.pages import WhyPage, page, texts, written  # noqa: E402 - the same

SEEN = ROOT / "bot" / "language" / "pages" / "seen.json"
DOCUMENT = ROOT / "docs" / "troubleshooting.md"
MANY = 5


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
    return "\n".join([f"\n## {title}\n", *map(_section, ids)])


def _section(why: str) -> str:
    shown, said = _page(why), sorted({_said(each) for each in refusals() if each.why == why})
    sentences = "".join(f"<li>{_as_html(each)}</li>\n" for each in said)
    return (
        f'<a id="{why}"></a>\n\n### {shown.title}\n\n{shown.cause}\n\n'
        f"**{texts.DO_NOW}**: {shown.do}\n\n**{texts.WHO_CAN}**: {shown.who}. `{why}`\n"
        + (f"\n<details><summary>{texts.YOU_MAY_SEE}</summary><ul>\n{sentences}</ul></details>\n" if said else "")
    )


def _said(refusal: Refusal) -> str:
    """Return a sentence in the current language, with … for what is filled in."""
    one, *many = refusal.forms
    places = re.findall(r"\{([a-z_]+)\}", "".join(many))
    said = ntr(one, many[0], MANY, **dict.fromkeys(places, "…")) if many else tr(one)
    return re.sub(r"\{[a-z_]+\}", "…", said)


def _as_html(sentence: str) -> str:
    plain = html.escape(sentence.replace("**", "").removeprefix("-# ").replace("\n", " "), quote=False)
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", plain)
