"""Invented languages: every message in brackets with its language's name, so what is not one stands out.

`⟦ja:New jobs are paused.⟧` came from a catalogue; text outside was not translated. What is filled
into a message is outside, too: `⟦ja:⟧Ada⟦ is paused.⟧`.
"""

from __future__ import annotations

import functools
import gettext
import re
from collections.abc import Mapping

import pytest
from babel.messages.pofile import read_po

from bot.language import LANGUAGES, SOURCE, messages
from bot.language import messages as formats
from tools.found_messages import limits_of_labels
from tools.translations import TEMPLATE

OPEN, CLOSE = "⟦", "⟧"
ROOM = 4
"""The brackets and the marks."""
_PLACE = re.compile(r"\{[a-z_]+\}")
_INNERMOST = re.compile(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


class PseudoTranslations(gettext.NullTranslations):
    """Translates everything, by brackets; what is filled in keeps its place, and is outside them."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def _said(self, message: str) -> str:
        inner = _PLACE.sub(lambda place: f"{CLOSE}{place[0]}{OPEN}", message)
        return f"{OPEN}{self._language}:{inner}{CLOSE}"

    def gettext(self, message: str) -> str:
        return self._said(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._said(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._said(message)


def speak_pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every language but English say its messages in brackets."""
    made = {each: PseudoTranslations(each) for each in LANGUAGES if each != SOURCE}
    made[SOURCE] = gettext.NullTranslations()  # type: ignore[assignment]  # English is what the code says
    for module in (messages, formats):
        monkeypatch.setattr(module, "translations", made.__getitem__)


NEXT_SENTENCE = "\u2005"
"""A space that nothing else writes: it is between sentences that `sentences` has joined."""
MARK, PADDING = "\u200f", "ø"
LONGER = 0.4
"""As much as German has more than English, and then some."""


@functools.cache
def _limits() -> Mapping[str, int]:
    """Return what translators read of limits: of labels, and of what the template says at a message."""
    with TEMPLATE.open("rb") as lines:
        said = {
            each.id: int(found[-1])
            for each in read_po(lines)
            if isinstance(each.id, str)
            and (found := re.findall(r"At most (\d+) characters", " ".join(each.auto_comments)))
        }
    return {**said, **limits_of_labels()}


class LongTranslations(gettext.NullTranslations):
    """Translates everything into a long language that is read from the right; what is filled in is inside brackets."""

    def _said(self, message: str) -> str:
        limit = _limits().get(message, len(message) * 2 + ROOM)
        added = max(0, min(round(len(message) * LONGER), limit - len(message) - ROOM))
        return f"{OPEN}{MARK}{message}{PADDING * added}{MARK}{CLOSE}" if added else message

    def gettext(self, message: str) -> str:
        return self._said(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._said(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return message if context == formats.NAME else self._said(message)


def speak_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every language but English be long, in brackets and with marks of those that are read from the right."""
    made = {each: gettext.NullTranslations() if each == SOURCE else LongTranslations() for each in LANGUAGES}
    monkeypatch.setattr(messages, "translations", made.__getitem__)
    monkeypatch.setattr(messages, "BETWEEN_SENTENCES", NEXT_SENTENCE)


def outside(text: str) -> str:
    """Return what of a text is in no message; code that begins in one and ends in another stays code."""
    while (shorter := _INNERMOST.sub(lambda inner: "`" * inner[0].count("`") or " ", text)) != text:
        text = shorter
    return text


def spoken(text: str) -> set[str]:
    """Return the languages of the messages in a text."""
    return set(re.findall(rf"{OPEN}([a-zA-Z-]+):", text))
