"""Write every message in every language on one page, and draw where it is shown: for reading before a release.

Each message has a bar for Discord's limit, the glossary's words marked, and a color where it is missing or fuzzy; it
links the cards, answers, panels, and forms in which it was seen. Those come from the bot itself: states of cards from
`card_states`, and what a member and a moderator of the demo are sent by its commands and their buttons. Run by
`make words`, which writes build/words.html; `ARGS="--languages de ja"` draws only these.
"""

from __future__ import annotations

import argparse
import asyncio
import gettext
import html
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from simcord.backend.errors import BackendError, SetupError

from bot.app.host.command_line import start_logs
from bot.language import LANGUAGES, SOURCE, own_name, speaking
from bot.language import messages as language_messages
from bot.language.catalogues import translations
from bot.language.po_files import is_final, read
from bot.settings import Settings
from sandbox.demo.demo import Demo

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

import card_states  # noqa: E402 - the module next to this one
from card_page import STYLE, drawn_controls, drawn_embed, marked  # noqa: E402 - the same
from glossary import Term, glossary  # noqa: E402 - the same
from message_limits import limits_of_labels  # noqa: E402 - the same
from translations import TEMPLATE, po_file  # noqa: E402 - the same

TARGET = ROOT / "build" / "words.html"
CARD_KINDS = ("one image", "recipe")
"""Of the kinds of cards, those that have all words between them."""
COMMANDS = (
    *(("member", name, {}) for name in ("help", "me", "jobs", "usage report", "presets list")),
    *(("moderator", f"studio {name}", {}) for name in ("settings", "setup", "status", "key", "review", "recipes")),
    *(("moderator", name, {}) for name in ("quota show", "quota grant", "audio voices")),
    ("member", "image generate", {"prompt": "a lighthouse", "more": True}),
    ("member", "video generate", {"prompt": "a lighthouse", "more": True}),
    ("member", "batch", {}),
)
"""Who uses which command; what Discord would not let them is left out."""
PRESSES_MAX = 12
BUTTON = 2
_AT_MOST = re.compile(r"At most (\d+) characters")
OWN_STYLE = """
table { border-collapse: collapse; width: 100% } td, th { padding: 6px 8px; vertical-align: top; text-align: left;
  border-bottom: 1px solid #3f4147; font-size: 14px; overflow-wrap: anywhere; white-space: pre-wrap }
th { color: #b5bac1; position: sticky; top: 0; background: #313338 } mark { color: #fff; background: #24804688 }
mark.missed { background: #da373c99 } td.missing { background: #da373c44 } td.fuzzy { background: #f0b23244 }
.bar { height: 4px; margin-top: 4px; background: #1e1f22; border-radius: 2px } .bar > i { display: block; height: 4px;
  background: #248046; border-radius: 2px } .bar > i.full { background: #f0b232 } .bar > i.over { background: #da373c }
.seen { min-width: 90px }
.seen a { margin-right: 8px; font-size: 12px } .shown { display: flex; gap: 20px; overflow-x: auto; padding: 8px 0 }
.shown > div { flex: 0 0 358px } .form { padding: 12px; background: #2b2d31; border-radius: 8px }
label { display: block; margin-top: 8px; font-weight: 600 }
.input { padding: 8px; color: #949ba4; background: #1e1f22; border-radius: 4px }
"""


class _Noting(gettext.NullTranslations):
    """A language that notes which messages are read."""

    def __init__(self, inner: gettext.NullTranslations, noted: set[str]) -> None:
        super().__init__()
        self._inner, self._noted = inner, noted

    def gettext(self, message: str) -> str:
        self._noted.add(message)
        return self._inner.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self._noted.add(msgid1)
        return self._inner.ngettext(msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        return self._inner.pgettext(context, message)


@dataclass
class Shown:
    """What was drawn: by its name, HTML in each language, and the messages in it."""

    drawn: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    messages: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, language: str, drawing: str, noted: set[str]) -> None:
        self.drawn[name][language] = drawing
        self.messages[name] |= noted
        noted.clear()


async def shown_in(language: str, shown: Shown) -> None:
    """Add what the bot shows in a language."""
    noted: set[str] = set()
    usual = translations
    setattr(language_messages, "translations", lambda each: _Noting(usual(each), noted))  # noqa: B010 - not exported
    try:
        async with Demo(lived_in=False, speed=60.0, language=language) as demo:
            with speaking(language):
                _cards(demo, language, shown, noted)
            for who, command, options in COMMANDS:
                await _command(demo, who, command, options, language, shown, noted)
    finally:
        setattr(language_messages, "translations", usual)  # noqa: B010 - the same


def _cards(demo: Demo, language: str, shown: Shown, noted: set[str]) -> None:
    noted.clear()
    names = {card_states.AUTHOR: "Ada"}
    for kind, state, embed, rows in card_states.drawn(demo.bot):
        if kind in CARD_KINDS:
            drawing = drawn_embed(embed, card_states.NOW, names) + "".join(map(drawn_controls, rows))
            shown.add(f"card: {kind}, {state}", language, drawing, noted)
        noted.clear()


async def _command(
    demo: Demo, who: str, command: str, options: Mapping[str, Any], language: str, shown: Shown, noted: set[str]
) -> None:
    actor = demo.preview.viewers[0 if who == "member" else 1]
    name = f"/{command}"
    noted.clear()
    result = await _sent(demo, actor.slash(demo.preview.channel, command, **options), name, language, shown, noted)
    message = None if result is None else result.response
    for number, custom in enumerate(_pressable(demo)[:PRESSES_MAX] if message is not None else []):
        press = actor.click(message, custom_id=custom)
        await _sent(demo, press, f"{name}, button {number + 1}", language, shown, noted)


async def _sent(demo: Demo, doing: Any, name: str, language: str, shown: Shown, noted: set[str]) -> Any:
    number = len(demo.env.http_requests)
    try:
        async with demo.turn:
            result = await doing
    except (SetupError, BackendError):
        return None
    bodies = [call.json for call in demo.env.http_requests[number:] if isinstance(call.json, dict)]
    drawing = "".join(_drawn(each.get("data") or each) for each in bodies)
    if drawing:
        shown.add(name, language, drawing, noted)
    return result


def _pressable(demo: Demo) -> list[str]:
    """Return the ids of the buttons of the newest answer."""
    for call in reversed(demo.env.http_requests):
        body = call.json.get("data", call.json) if isinstance(call.json, dict) else {}
        if isinstance(body, dict) and body.get("components"):
            return [
                each["custom_id"]
                for each in _parts(body["components"])
                if each.get("type") == BUTTON and "custom_id" in each
            ]
    return []


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict):
            yield each
            for key in ("components", "component", "accessory"):
                yield from _parts(each.get(key))


def _drawn(body: Mapping[str, Any]) -> str:
    """Return a message or a form as HTML."""
    now, names = card_states.NOW, {card_states.AUTHOR: "Ada"}
    parts = [marked(body["content"], now, names)] if body.get("content") else []
    parts += [drawn_embed(discord.Embed.from_dict(each), now, names) for each in body.get("embeds") or ()]
    components = "".join(map(_component, body.get("components") or ()))
    if "custom_id" in body and "title" in body:
        return f'<div class="form"><b>{html.escape(body["title"])}</b>{components}</div>'
    return "".join(parts) + components


def _component(part: Mapping[str, Any]) -> str:
    match part.get("type"):
        case 10:
            return marked(part["content"], card_states.NOW, {})
        case 2:
            words = f"{(part.get('emoji') or {}).get('name') or ''} {part.get('label') or ''}"
            return f' <span class="button">{html.escape(words.strip())}</span>'
        case 3 | 5 | 6 | 7 | 8:
            options = "".join(
                f"<div>{html.escape(each['label'])}<small>{html.escape(each.get('description') or '')}</small></div>"
                for each in part.get("options") or ()
            )
            return f'<div class="select">{html.escape(part.get("placeholder") or "")}{options}</div>'
        case 4:
            label = f"<label>{html.escape(part['label'])}</label>" if part.get("label") else ""
            return f'{label}<div class="input">{html.escape(part.get("placeholder") or part.get("value") or "")}</div>'
        case 18:
            about = html.escape(part.get("description") or "")
            inner = _component(part["component"])
            return f"<label>{html.escape(part['label'])}</label><small>{about}</small>{inner}"
        case _:
            within = [*(part.get("components") or ()), *([part["accessory"]] if part.get("accessory") else ())]
            return "".join(map(_component, within))


# ---------------------------------------------------------------------- the table


def page(shown: Shown, languages: Sequence[str]) -> str:
    """Return the page: what is shown, then all messages."""
    catalogs = {each: read(po_file(each)) for each in languages if each != SOURCE}
    places = defaultdict(list)
    for number, name in enumerate(shown.drawn):
        for message in shown.messages[name]:
            places[message].append(number)
    with TEMPLATE.open("rb") as lines:
        made = read_po(lines)
    limits = limits_of_labels()
    rows = [row_of(each, catalogs, limits, places) for each in sorted(made, key=_place) if each.id]
    heads = "".join(f"<th>{html.escape(own_name(each))}</th>" for each in (SOURCE, *catalogs))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Words</title><style>{STYLE}{OWN_STYLE}</style>'
        f"<h1>{len(rows)} messages, {len(catalogs) + 1} languages</h1>"
        f"{''.join(_drawings(shown, languages))}<h2>Messages</h2>"
        f"<table><tr>{heads}<th>Seen in</th></tr>{''.join(rows)}</table></html>"
    )


def _place(message: Message) -> tuple[str, str]:
    return (message.locations[0][0] if message.locations else "", str(message.id))


def _drawings(shown: Shown, languages: Sequence[str]) -> Iterator[str]:
    for number, (name, drawn) in enumerate(shown.drawn.items()):
        inner = "".join(
            f'<div class="phone" lang="{each}"><small>{html.escape(own_name(each))}</small>{drawn[each]}</div>'
            for each in languages
            if each in drawn
        )
        title = f"<summary>{html.escape(name)}</summary>"
        yield f'<details id="p{number}">{title}<div class="shown">{inner}</div></details>'


def row_of(
    message: Message, catalogs: Mapping[str, Catalog], limits: Mapping[str, int], places: Mapping[str, Sequence[int]]
) -> str:
    """Return a message's row: its English, each translation, and where it was seen."""
    one = message.id if isinstance(message.id, str) else message.id[0]
    found = _AT_MOST.search(" ".join(message.auto_comments))
    limit = limits.get(one) or (int(found[1]) if found else None)
    terms = [each for each in glossary() if each.used_in(one)]
    cells = [f"<td>{_text(message.id, [each.name for each in terms])}{_bar(message.id, limit)}</td>"]
    cells += [_cell(message, catalog, language, terms, limit) for language, catalog in catalogs.items()]
    seen = " ".join(f'<a href="#p{each}">{each}</a>' for each in places.get(one, ())[:6])
    return f'<tr>{"".join(cells)}<td class="seen">{seen}</td></tr>'


def _cell(message: Message, catalog: Catalog, language: str, terms: Sequence[Term], limit: int | None) -> str:
    said = catalog.get(message.id, message.context)
    if said is None or not any(said.string or ()):
        is_region = "-" in language and language.partition("-")[0] in LANGUAGES
        return "<td></td>" if is_region else '<td class="missing"></td>'
    text = said.string or ""
    words = " ".join(text) if not isinstance(text, str) else text
    forms = [form for each in terms for form in each.forms.get(language, ())]
    missed = [each.name for each in terms if message.context is None and not each.is_in(words, language)]
    note = f' <mark class="missed">{html.escape(", ".join(missed))}</mark>' if missed else ""
    state = "" if is_final(said) else ' class="fuzzy"'
    return f"<td{state}>{_text(text, forms)}{note}{_bar(text, limit)}</td>"


def _text(said: Any, words: Sequence[str]) -> str:
    text = html.escape(said if isinstance(said, str) else "\n".join(said))
    found = "|".join(re.escape(html.escape(each)) for each in sorted(words, key=len, reverse=True) if each)
    return re.sub(f"({found})", r"<mark>\1</mark>", text, flags=re.IGNORECASE) if found else text


def _bar(said: Any, limit: int | None) -> str:
    if limit is None:
        return ""
    length = max(map(len, [said] if isinstance(said, str) else said))
    kind = "over" if length > limit else "full" if length > 0.9 * limit else ""
    width = min(100, round(100 * length / limit))
    return f'<div class="bar" title="{length} of {limit}"><i class="{kind}" style="width:{width}%"></i></div>'


async def _page(languages: Sequence[str]) -> str:
    shown = Shown()
    for each in languages:
        await shown_in(each, shown)
    return page(shown, languages)


def main() -> int:
    """Write the page; return the exit code."""
    parser = argparse.ArgumentParser(description="Write every message in every language on one page.")
    parser.add_argument("--languages", nargs="+", choices=list(LANGUAGES), default=list(LANGUAGES))
    parser.add_argument("--output", type=Path, default=TARGET, help="where to write the page")
    arguments = parser.parse_args()
    start_logs(Settings(log_level="ERROR"))
    text = asyncio.run(_page([SOURCE, *(each for each in arguments.languages if each != SOURCE)]))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")
    print(f"{arguments.output}: {text.count('<tr>') - 1} messages, {text.count('<details')} drawings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
