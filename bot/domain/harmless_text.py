"""Makes text of members, or of the API, harmless in Discord: it is shown as it was typed, and does nothing. Pure.

Discord's markdown is that of the library simple-markdown with rules added: whatever follows a backslash is shown as it
is, unless it is a letter, a digit or a space (its rule `escape`). All of this is linear in the length of the text.
"""

from __future__ import annotations

import re

from bot.domain.text import INVISIBLE, one_line, shortened

_SIGNS = "\\`*_~|[]()<>#-:/@"
"""Formatting, headings, subtext, lists and quotes; mentions, timestamps, emojis and commands; links, masked or not."""
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n"}
"""What a line may begin after, besides a line break."""
_ESCAPES = {**INVISIBLE, **_LINE_ENDS, **{ord(sign): f"\\{sign}" for sign in _SIGNS}}
_DROPPED = {**INVISIBLE, **_LINE_ENDS, **dict.fromkeys(map(ord, "\\`*_~|[]<>#@"), " ")}
_LIST_START = re.compile(r"^([^\S\n]*)(\+|[0-9]+(?=\.))", re.MULTILINE)
"""The start of a line that Discord shows as an entry of a list, other than the signs above."""
_FOR_ALL = re.compile(r"@(?=everyone|here)")
"""Discord looks for these two in the text as it is sent, whatever stands before the sign."""
_START_SIGNS = " +-.:"


def harmless(text: str) -> str:
    """Escape a text for a message or an embed: nothing of it formats, links, mentions, or looks like a part of Discord.

    It grows to at most twice its length and one more character for each `@everyone`: cut it before, or use
    `harmless_within`.
    """
    escaped = text.translate(_ESCAPES)
    escaped = _LIST_START.sub(_with_backslash, escaped)
    return _FOR_ALL.sub("@\u200b", escaped)


def harmless_within(text: str, limit: int) -> str:
    """Escape a text so that it has at most `limit` characters (at least one), with an ellipsis if anything was cut."""
    escaped = harmless(shortened(text, limit))
    if len(escaped) <= limit:
        return escaped
    cut = escaped[: limit - 1]
    if (len(cut) - len(cut.rstrip("\\"))) % 2:  # the sign that the last backslash was for is cut off
        cut = cut[:-1]
    return cut.rstrip() + "…"


def bare(text: str) -> str:
    """Return a text as one line without any sign that formats, links or mentions: for where nothing can be escaped."""
    return one_line(text.translate(_DROPPED).replace("://", " ")).lstrip(_START_SIGNS)


def _with_backslash(match: re.Match[str]) -> str:
    return f"{match[1]}\\{match[2]}" if match[2] == "+" else f"{match[0]}\\"
