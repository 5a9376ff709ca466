"""Messages: translates the code's English texts into the current language.

`tools/translations.py` finds messages by these functions' names, so their first arguments are literals. Values are in
braces and given by name: `tr("{name} is paused.", name=name)`. A message is a whole sentence or a label: concatenated
fragments cannot be translated.
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
"""A message of one line without escapes, as nearly all are."""
_QUOTED = r'"[^\n]*"(?:\n"[^\n]*")*'
_ENTRY = re.compile(
    rf"\nmsg(?:ctxt ({_QUOTED})\nmsg)?id ({_QUOTED})(\nmsgid_plural {_QUOTED})?((?:\nmsgstr(?:\[\d\])? {_QUOTED})+)"
)
_FORM = re.compile(rf"\nmsgstr(?:\[\d\])? ({_QUOTED})")
_PLURAL_RULE = re.compile(r"^Plural-Forms:.*\bplural=([^;\n]+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED: Mapping[str, str] = MappingProxyType({"n": "\n", "t": "\t", "r": "\r"})

_OF_CONTEXT = "\x04"
"""Gettext's separator between a context and its message."""


class Translations(gettext.NullTranslations):
    """One language's messages. Untranslated ones stay English."""

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
        """Return a message's plural form for `n`."""
        forms = self._counted.get(msgid1)
        return super().ngettext(msgid1, msgid2, n) if forms is None else forms[self._form_of(n)]


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Return a language's translations; none for English, the code's language."""
    if language == SOURCE:
        return gettext.NullTranslations()
    file = resources.files("bot.language").joinpath("locales", f"{language}.po")
    return Translations(file.read_bytes().decode())


def _key(context: str | None, message: str) -> str:
    """Return the lookup key, interned across languages to save memory."""
    return sys.intern(f"{context}{_OF_CONTEXT}{message}" if context else message)


def _plain(quoted: str) -> str:
    """Unquote a text of a `.po` file, which may span lines."""
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
    """Format with the language's separators: `1,234.5`. At most three decimals."""
    return format_decimal(number, format=DECIMALS, locale=_locale(current()))


def plain_amount(number: Decimal | float) -> str:
    """Format with the language's decimal sign only: `1234.5`. At most two decimals.

    So a sign before three digits never means decimals, and `1,234` differs from `1,23`.
    """
    exact = Decimal(str(number)).quantize(CENT, rounding=ROUND_UP)
    return format_decimal(exact, format=DECIMALS, locale=_locale(current()), group_separator=False)


def counted_as(number: Decimal | float) -> int:
    """Return the integer that selects gettext's plural: a fraction takes the form of 1 in French, of 2 in English.

    Source: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
    """
    if number == int(number):
        return int(number)
    return 1 if _locale(current()).plural_form(Decimal(str(number))) == "one" else MANY


def percent(share: float) -> str:
    """Format a share, 1 being all, in whole percent: `63%`."""
    return format_percent(share, locale=_locale(current()))


def either(items: Iterable[str]) -> str:
    """Join alternatives: `a, b or c`."""
    return format_list(list(items), style="or", locale=_locale(current()))


def both(items: Iterable[str]) -> str:
    """Join items: `a, b and c`."""
    return format_list(list(items), locale=_locale(current()))


def span(seconds: float) -> str:
    """Format a duration in at most two units: `0.8 s`, `42 s`, `1 min 28 s`, `2 h 5 min`."""
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
    """Format an age in its largest unit: `5 minutes ago`."""
    return format_timedelta(-round(seconds), add_direction=True, threshold=1, locale=_locale(current()))


def weekday(day: dt.date) -> str:
    """Return a weekday's name: `Monday`."""
    return format_date(day, "EEEE", locale=_locale(current()))


def month_day(day: dt.date) -> str:
    """Format a date without its year: `March 1`."""
    return format_skeleton("MMMMd", day, locale=_locale(current()))


def short_day(day: dt.date) -> str:
    """Format a short date without its year: `Mar 1`."""
    return format_skeleton("MMMd", day, locale=_locale(current()))


def tr(message: str, /, **values: object) -> str:
    """Translate a message into the current language and fill in `values`.

    Without values it is not formatted, so it may contain braces. Raises KeyError if a value is missing.
    """
    said = translations(current()).gettext(message) if message else ""  # gettext keeps its header there
    return said.format(**values) if values else said


def ptr(context: str, message: str, /, **values: object) -> str:
    """Like `tr`, for an ambiguous message; translators see `context`."""
    said = translations(current()).pgettext(context, message)
    return said.format(**values) if values else said


def ntr(one: str, many: str, count: Decimal | float, /, **values: object) -> str:
    """Translate with the plural form for `count`, filled in as `{count}` in the language's format."""
    said = translations(current()).ngettext(one, many, counted_as(count))
    return said.format(**{"count": amount(count), **values})


@dataclass(frozen=True, slots=True)
class Text:
    """A constant message; one with braces is a template, filled by calling it.

    No `str`, so that the type checker finds conversions: `str()`, an f-string or a call translates it then, never
    at import.
    """

    message: str

    def __call__(self, **values: object) -> str:
        """Return the message with `values` filled in; tests/contract/test_texts.py checks their names."""
        return tr(self.message, **values)

    def __str__(self) -> str:
        return tr(self.message)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
