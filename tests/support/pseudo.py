"""Languages that nobody speaks: every message in brackets with the language's name, so that what is not one stands out.

`⟦ja:New jobs are paused.⟧` came from a catalogue; what is outside brackets was written by nobody who translates.
"""

from __future__ import annotations

import gettext
import re

import pytest

from bot.language import LANGUAGES, SOURCE, formats, messages

OPEN, CLOSE = "⟦", "⟧"
_INNERMOST = re.compile(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


class PseudoTranslations(gettext.NullTranslations):
    """Translates everything, by brackets; what is filled in keeps its place."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def _said(self, message: str) -> str:
        return f"{OPEN}{self._language}:{message}{CLOSE}"

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
    """Return what of a text is in no message: what is filled into one counts as its part."""
    while (shorter := _INNERMOST.sub(" ", text)) != text:
        text = shorter
    return text


def spoken(text: str) -> set[str]:
    """Return the languages of the messages in a text."""
    return set(re.findall(rf"{OPEN}([a-zA-Z-]+):", text))
