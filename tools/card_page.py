"""A page of embeds and controls as Discord draws them, in a desktop's and a phone's width."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import discord
import simcord

DrawnCard = tuple[str, str, discord.Embed, list[list[discord.ui.Item[Any]]]]
"""Kind, state, embed, rows of controls."""

EMOJIS = Path(simcord.__file__).parent / "preview" / "static" / "fonts" / "noto-color-emoji-v2.051.ttf"
"""A font of the simulated Discord: a machine without a desktop has none."""
STYLE = (Path(__file__).parent / "card_page.css").read_text(encoding="utf-8").replace("EMOJIS", EMOJIS.as_uri())
TIME = re.compile(r"&lt;t:(\d+)(?::([a-zA-Z]))?&gt;")
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def page(cards: Sequence[DrawnCard], *, now: float, names: Mapping[int, str]) -> str:
    """Return the page of all cards as HTML, in sections by kind. `now` is the base of relative times."""
    kinds = {kind: list(of_kind) for kind, of_kind in groupby(cards, key=lambda card: card[0])}
    links = "".join(f'<a href="#{_anchor(kind)}">{html.escape(kind)}</a>' for kind in kinds)
    parts = [f"<h1>{len(cards)} cards</h1><nav>{links}</nav>"]
    for kind, of_kind in kinds.items():
        parts.append(f'<h2 id="{_anchor(kind)}">{html.escape(kind)}</h2>')
        parts += [_section(state, embed, rows, now, names) for _, state, embed, rows in of_kind]
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title><style>{STYLE}</style>{body}</html>'
    )


def _anchor(kind: str) -> str:
    return kind.replace(" ", "-")


def _section(
    state: str,
    embed: discord.Embed,
    rows: Sequence[Sequence[discord.ui.Item[Any]]],
    now: float,
    names: Mapping[int, str],
) -> str:
    drawn = drawn_embed(embed, now, names) + "".join(map(drawn_controls, rows))
    both = "".join(f'<div class="{width}">{drawn}</div>' for width in ("desktop", "phone"))
    return f"<section><h3>{html.escape(state)}</h3>{both}</section>"


def drawn_embed(embed: discord.Embed, now: float, names: Mapping[int, str]) -> str:
    parts = [f'<div class="author">{html.escape(embed.author.name)}</div>'] if embed.author.name else []
    if embed.title:
        parts.append(f'<div class="title">{html.escape(_plain(embed.title))}</div>')
    if embed.description:
        parts.append(f"<div>{marked(embed.description, now, names)}</div>")
    fields = "".join(
        f'<div class="field {"inline" if each.inline else ""}"><div class="name">{html.escape(each.name or "")}</div>'
        f"{marked(each.value or '', now, names)}</div>"
        for each in embed.fields
    )
    parts.append(f'<div class="fields">{fields}</div>')
    if embed.footer.text:
        parts.append(f'<div class="footer">{html.escape(embed.footer.text)}</div>')
    colour = f"#{embed.colour.value:06x}" if embed.colour else "#1e1f22"
    return f'<div class="embed" style="border-color:{colour}">{"".join(parts)}</div>'


def drawn_controls(controls: Sequence[discord.ui.Item[Any]]) -> str:
    shown = []
    for control in controls:
        item = getattr(control, "item", control)
        if isinstance(item, discord.ui.Select):
            off = " off" if item.disabled else ""
            shown.append(f'<div class="select{off}">{html.escape(item.placeholder or "")}</div>')
        elif isinstance(item, discord.ui.Button):
            words = " ".join(str(each) for each in (item.emoji, item.label) if each)
            off = " off" if item.disabled else ""
            shown.append(f'<span class="button {item.style.name}{off}">{html.escape(words)}</span>')
    return f'<div class="controls">{"".join(shown)}</div>' if shown else ""


def marked(text: str, now: float, names: Mapping[int, str]) -> str:
    """Return Discord's markup as HTML, as far as cards use it."""
    blocks = re.split(r"```(?:\w*\n)?(.*?)```", text, flags=re.DOTALL)
    return "".join(
        f"<pre>{html.escape(_plain(part))}</pre>" if number % 2 else _lines(part, now, names)
        for number, part in enumerate(blocks)
    )


def _lines(text: str, now: float, names: Mapping[int, str]) -> str:
    drawn = []
    for start, lines in groupby(text.strip("\n").split("\n"), key=_start_of):
        inner = "<br>".join(_inline(line.removeprefix(start), now, names) for line in lines)
        tag = {"> ": "blockquote", "-# ": "small", "### ": "b"}.get(start, "div")
        drawn.append(f"<{tag}>{inner}</{tag}>")
    return "".join(drawn)


def _start_of(line: str) -> str:
    return next((start for start in ("> ", "-# ", "### ") if line.startswith(start)), "")


def _inline(line: str, now: float, names: Mapping[int, str]) -> str:
    text = html.escape(line, quote=False)
    text = TIME.sub(lambda found: f"<time>{_when(float(found[1]) - now)}</time>", text)
    text = re.sub(
        r"&lt;@!?(\d+)&gt;", lambda found: f'<span class="mention">@{names.get(int(found[1]), "member")}</span>', text
    )
    text = re.sub(r"(?<!\\)`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r'<a href="\2">\1</a>', text)
    return _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", text)


def _when(seconds: float) -> str:
    length, unit = next((each for each in UNITS if abs(seconds) >= each[0]), UNITS[-1])
    count = round(abs(seconds) / length)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"
