"""The translations: a gettext catalogue for each language but English, `locales/<language>.po`, read when first needed.

They are read as `make translations` writes them, so that there is no compiled copy that could be older than its source.
Babel would read any `.po` file, but takes ten times as long, and the commands need every language before the bot is
ready: docs/decisions/0031-what-a-start-loads.md.
"""

from __future__ import annotations

import functools
import gettext
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType

from bot.language.current import SOURCE

_SIMPLE = re.compile(r'\nmsg(?:ctxt "([^"\\\n]*)"\nmsg)?id "([^"\\\n]+)"\nmsgstr "([^"\\\n]*)"(?=\n\n|\n?\Z)')
"""A message of one line, as nearly all are: what it means is what is written."""
_QUOTED = r'"[^\n]*"(?:\n"[^\n]*")*'
_ENTRY = re.compile(
    rf"\nmsg(?:ctxt ({_QUOTED})\nmsg)?id ({_QUOTED})(\nmsgid_plural {_QUOTED})?((?:\nmsgstr(?:\[\d\])? {_QUOTED})+)"
)
_FORM = re.compile(rf"\nmsgstr(?:\[\d\])? ({_QUOTED})")
_PLURAL_RULE = re.compile(r"^Plural-Forms:.*\bplural=([^;\n]+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED: Mapping[str, str] = MappingProxyType({"n": "\n", "t": "\t", "r": "\r"})

_OF_CONTEXT = "\x04"
"""Between a context and its message, as in gettext's own files."""


class Translations(gettext.NullTranslations):
    """The messages of one language. What has no translation, or only a part of one, is left in English."""

    def __init__(self, source: str) -> None:
        """Take the text of a `.po` file."""
        super().__init__()
        self._said: dict[str, str] = {}
        self._counted: dict[str, Sequence[str]] = {}
        pieces = _SIMPLE.split(f"\n{source}")
        for context, message, form in zip(pieces[1::4], pieces[2::4], pieces[3::4], strict=True):
            if form:
                self._said[_key(context, message)] = form
        for context, one, many, said in _ENTRY.findall("".join(pieces[::4])):
            forms = [_plain(form) for form in _FORM.findall(said)]
            if not all(forms):
                continue
            key = _key(_plain(context), _plain(one))
            if many:
                self._counted[key] = forms
            else:
                self._said[key] = forms[0]
        rule = _PLURAL_RULE.search(self._said.get("", ""))
        self._form_of = gettext.c2py(rule[1] if rule else "n != 1")

    def gettext(self, message: str) -> str:
        """Return the translation of a message."""
        return self._said.get(message, message)

    def pgettext(self, context: str, message: str) -> str:
        """Return the translation of a message in its context."""
        return self._said.get(f"{context}{_OF_CONTEXT}{message}", message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form of a message that fits the number `n`."""
        forms = self._counted.get(msgid1)
        return super().ngettext(msgid1, msgid2, n) if forms is None else forms[self._form_of(n)]


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the translations into a language, one of LANGUAGES; none for English, the language of the code."""
    if language == SOURCE:
        return gettext.NullTranslations()
    file = resources.files("bot.language").joinpath("locales", f"{language}.po")
    return Translations(file.read_bytes().decode())


def _key(context: str | None, message: str) -> str:
    """Return under what a translation is kept; the same text for all languages, so that it is in memory once."""
    return sys.intern(f"{context}{_OF_CONTEXT}{message}" if context else message)


def _plain(quoted: str) -> str:
    """Return a text of a `.po` file, which may be several quoted lines, as the text that it means."""
    text = quoted[1:-1].replace('"\n"', "")
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text) if "\\" in text else text
