"""Invented languages: every message in brackets with its language's name, so what is not one stands out.

`⟦ja:New jobs are paused.⟧` came from a catalogue; text outside was not translated. What is filled
into a message is outside, too: `⟦ja:⟧Ada⟦ is paused.⟧`.
"""

from __future__ import annotations

import gettext
import re

import pytest

from bot.language import LANGUAGES, SOURCE, messages
from bot.language import messages as formats

OPEN, CLOSE = "⟦", "⟧"
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


def outside(text: str) -> str:
    """Return what of a text is in no message; code that begins in one and ends in another stays code."""
    while (shorter := _INNERMOST.sub(lambda inner: "`" * inner[0].count("`") or " ", text)) != text:
        text = shorter
    return text


def spoken(text: str) -> set[str]:
    """Return the languages of the messages in a text."""
    return set(re.findall(rf"{OPEN}([a-zA-Z-]+):", text))
