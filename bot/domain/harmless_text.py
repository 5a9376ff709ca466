"""Makes text of members, or of the API, harmless in Discord: it is shown as it was typed, and does nothing. Pure.

Discord's markdown is that of the library simple-markdown with rules added: whatever follows a backslash is shown as it
is, unless it is a letter, a digit or a space (its rule `escape`). All of this is linear in the length of the text.
"""

from __future__ import annotations

import re

from bot.domain.reading_time import reads_foreign_text
from bot.domain.text import INVISIBLE, one_line, shortened, without_controls

BACKTICKS = "\u02cb" * 3
"""Shown instead of those that would end a block."""
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n"}
"""What a line may begin after, besides a line break."""
_ESCAPES = {**INVISIBLE, **_LINE_ENDS, **{ord(sign): f"\\{sign}" for sign in "\\`*_~|[]()<>#"}}
"""Formatting, code, quotes, headings, links, and all that stands in `<>`: mentions, timestamps, commands, emojis."""
_LINE_START = re.compile(
    r"^((?:[^\S\n]|[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff])*)([+-]|[0-9]+(?=\.))", re.MULTILINE
)
"""Subtext and lists. Whether a character that is not shown may stand before them is up to the client."""
_INSIDE_LINE = re.compile(
    r":(?=/|[^\s:]{1,64}:)"  # a link's scheme, an emoji by its name
    r"|(?:(?<=discord)|(?<=discordapp))\.(?=gg|com)"  # an invitation is one without a scheme, too
    r"|@(?!everyone|here)",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(r"@(?=everyone|here)")
"""Discord looks for these two in the text as it is sent, whatever stands before the sign."""

_REPLACED = {**INVISIBLE, **_LINE_ENDS, **dict.fromkeys(map(ord, "\\`*<>"), " "), ord("["): "(", ord("]"): ")"}
_PAIRS = ("||", "~~", "://")
_AROUND_WORDS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_]|…)|__+")
"""Underscores that format; one inside a word, as in `aspect_ratio`, does not."""
_STARTS = " #-+.:"
_ALL = re.compile(r"(?<!@)@+(?=everyone|here)")
_DROPPED = dict.fromkeys(map(ord, "_~|#@"), " ")


@reads_foreign_text("harmless")
def harmless(text: str) -> str:
    """Escape a text for a message or an embed: nothing of it formats, links, mentions, or looks like a part of Discord.

    It grows to at most twice its length and one more character for each `@everyone`: cut it before, or use
    `harmless_within`.
    """
    escaped = _LINE_START.sub(_not_at_start, text.translate(_ESCAPES))
    return _FOR_ALL.sub("@\u200b", _INSIDE_LINE.sub(r"\\\g<0>", escaped))


def harmless_within(text: str, limit: int) -> str:
    """Escape a text so that it has at most `limit` characters (at least one), with an ellipsis if anything was cut."""
    escaped = harmless(shortened(without_controls(text), limit))
    if len(escaped) <= limit:
        return escaped
    cut = escaped[: limit - 1]
    if (len(cut) - len(cut.rstrip("\\"))) % 2:  # the sign that the last backslash was for is cut off
        cut = cut[:-1]
    return cut.rstrip() + "…"


@reads_foreign_text("tame")
def tame(text: str) -> str:
    """Return a text as one line for a sentence of ours: what would format, link or mention is left out.

    Nothing is escaped, because the sentence may be, as a whole. Names of fields and numbers stay what they are.
    """
    text = text.translate(_REPLACED).replace("https://", "").replace("http://", "")
    for pair in _PAIRS:
        text = text.replace(pair, " ")
    return _ALL.sub("", one_line(_AROUND_WORDS.sub(" ", text)).lstrip(_STARTS))


def bare(text: str) -> str:
    """Return a text as one line of words without any sign of Discord's: for descriptions of files."""
    return one_line(tame(text).translate(_DROPPED)).lstrip(_STARTS)


def in_block(text: str) -> str:
    """Return a text as a block of code, which shows it as it was typed. Cut it before: a block that is cut is open."""
    return f"```\n{without_controls(text).replace('`' * 3, BACKTICKS)}\n```"


def _not_at_start(match: re.Match[str]) -> str:
    is_number = match[2].isdigit()  # the full stop after it is escaped: a backslash before a digit would be shown
    return f"{match[0]}\\" if is_number else f"{match[1]}\\{match[2]}"
