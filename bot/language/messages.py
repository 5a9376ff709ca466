"""Messages: an English text of the code becomes the text of the language that is spoken now.

`tools/translations.py` finds messages by the names of these functions, so their first arguments are literals. What is
filled in is in braces and is given by name: `tr("{name} is paused.", name=name)`. A message is a whole sentence or
a label that stands alone: fragments that are glued together cannot be translated.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from importlib import resources
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from bot.language.current import SOURCE, current

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


DECIMALS = "#,##0.###"
CENT = Decimal("0.01")
MANY = 2
MINUTE_S, HOUR_S = 60, 3600
SHORT_SPAN_S = 10
"""Below it a span has tenths of a second."""


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def amount(number: Decimal | float) -> str:
    """Return a number with the language's separators: `1,234.5`. At most three decimals."""
    return format_decimal(number, format=DECIMALS, locale=_locale(current()))


def plain_amount(number: Decimal | float) -> str:
    """Return a number with the language's decimal sign, but no other separators: `1234.5`. At most two decimals.

    So a sign before three digits never stands for decimals, and what wrote `1,234` can be told from `1,23`.
    """
    exact = Decimal(str(number)).quantize(CENT, rounding=ROUND_UP)
    return format_decimal(exact, format=DECIMALS, locale=_locale(current()), group_separator=False)


def counted_as(number: Decimal | float) -> int:
    """Return the whole number whose form gettext shall take: a fraction's own is that of 1 in French, of 2 in English.

    Source: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
    """
    if number == int(number):
        return int(number)
    return 1 if _locale(current()).plural_form(Decimal(str(number))) == "one" else MANY


def percent(share: float) -> str:
    """Return a share, 1 being all, in whole percent: `63%`."""
    return format_percent(share, locale=_locale(current()))


def either(items: Iterable[str]) -> str:
    """Return alternatives as a part of a sentence: `a, b or c`."""
    return format_list(list(items), style="or", locale=_locale(current()))


def both(items: Iterable[str]) -> str:
    """Return things that belong together as a part of a sentence: `a, b and c`."""
    return format_list(list(items), locale=_locale(current()))


def span(seconds: float) -> str:
    """Return a span of time in at most two units: `0.8 s`, `42 s`, `1 min 28 s`, `2 h 5 min`."""
    said = translations(current()).gettext
    if seconds < SHORT_SPAN_S:
        return said("{seconds} s").format(seconds=amount(round(seconds, 1)))
    whole = round(seconds)
    hours, rest = divmod(whole, HOUR_S)
    minutes, left = divmod(rest, MINUTE_S)
    parts = [
        *([said("{hours} h").format(hours=hours)] if hours else []),
        *([said("{minutes} min").format(minutes=minutes)] if minutes else []),
        *([said("{seconds} s").format(seconds=left)] if left and not hours else []),
    ]
    return " ".join(parts)


def ago(seconds: float) -> str:
    """Return how long ago something was, in its largest unit: `5 minutes ago`."""
    return format_timedelta(-round(seconds), add_direction=True, threshold=1, locale=_locale(current()))


def weekday(day: dt.date) -> str:
    """Return the name of a day of the week: `Monday`."""
    return format_date(day, "EEEE", locale=_locale(current()))


def month_day(day: dt.date) -> str:
    """Return a date without its year: `March 1`."""
    return format_skeleton("MMMMd", day, locale=_locale(current()))


def short_day(day: dt.date) -> str:
    """Return a date without its year where there is little room: `Mar 1`."""
    return format_skeleton("MMMd", day, locale=_locale(current()))


def tr(message: str, /, **values: object) -> str:
    """Return a message in the language that is spoken now, `values` filled in.

    A message without values is not formatted, so it may contain braces. Raises KeyError if a value is missing.
    """
    said = translations(current()).gettext(message) if message else ""  # gettext keeps its header there
    return said.format(**values) if values else said


def ptr(context: str, message: str, /, **values: object) -> str:
    """Return what `tr` returns, for a message that means several things; `context` says which, to translators only."""
    said = translations(current()).pgettext(context, message)
    return said.format(**values) if values else said


def ntr(one: str, many: str, count: Decimal | float, /, **values: object) -> str:
    """Return the form of a message that fits `count`, which is filled in as `{count}`, written as numbers are there."""
    said = translations(current()).ngettext(one, many, counted_as(count))
    return said.format(**{"count": amount(count), **values})


@dataclass(frozen=True, slots=True)
class Text:
    """A message as a constant; one with places in braces is a template, filled by calling it.

    It is no `str`, so that the type checker finds where one is needed: `str()`, an f-string or a call makes it one, in
    the language of that moment, and never while a module is imported.
    """

    message: str

    def __call__(self, **values: object) -> str:
        """Return the message with `values` filled in; tests/contract/test_texts.py checks their names."""
        return tr(self.message, **values)

    def __str__(self) -> str:
        return tr(self.message)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
