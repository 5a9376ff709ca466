"""Messages: translates the code's English texts into the current language.

`tools/translations.py` finds messages by these functions' names, so their first arguments are literals. Values are in
braces and given by name: `tr("{name} is paused.", name=name)`. A message is a whole sentence or a label: concatenated
fragments cannot be translated.

A message names a command as "`/audio voices`" and an option as "`period`": the names that Discord shows in the current
language are filled in. What is sent passes `bot/app/connection/names.py`, which makes commands clickable. A control is
named as "**Post it**", its label's own message, in translations too: the label's translation is filled in.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any, ParamSpec, Self

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from bot.language.catalogues import translations
from bot.language.current import current

PAGES = "pages"
"""The catalogues of the pages that explain refusals."""
NAME = "name"
"""The context of names of commands and options in the catalogues."""
_NAMED = re.compile(r"(?<!`)`(?P<path>/[a-z0-9_-]+(?: [a-z0-9_-]+){0,2}|[a-z][a-z0-9_]*)`(?!`)")
_LABEL = re.compile(r"\*\*[^*\n]+\*\*")
DECIMALS = "#,##0.###"
CENT = Decimal("0.01")
BETWEEN_SENTENCES = " "
MANY = 2
MINUTE_S, MINUTES_OF_HOUR = 60, 60
SHORT_SPAN_S = 10
"""Below it a span has tenths of a second."""


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@functools.cache
def own_name(language: str) -> str:
    """Return a language's name in itself: `Português (Brasil)`."""
    locale = _locale(language)
    name = str(locale.get_display_name())
    return name[:1].upper() + name[1:]


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


def listed(items: Iterable[str]) -> str:
    """Join values with the language's comma, without a last `and`: `a, b, c`."""
    pattern: str = _locale(current()).list_patterns["standard"]["middle"]
    return pattern.format("", "").join(items)


def aside(said: object, note: object) -> str:
    """Add a note in the language's brackets: `Image (100%)`."""
    return tr("{said} ({note})", said=said, note=note)


def sentences(*parts: object) -> str:
    """Join sentences, leaving out empty ones: `A. B.`, and in Japanese without spaces, `A。B。`.

    The page of the first that has one explains the whole.
    """
    joined, why = "", why_of(*map(str, parts))
    for part in filter(None, map(str, parts)):
        is_close = not joined or _is_wide_mark(joined[-1]) or _is_wide_mark(part[0])
        joined += part if is_close else f"{BETWEEN_SENTENCES}{part}"
    return _explained(joined, why, {})


def _is_wide_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "P" and unicodedata.east_asian_width(letter) in "FW"


def span(seconds: float) -> str:
    """Format a duration in at most two units: `0.8 s`, `42 s`, `1 min 28 s`, `2 h 5 min`."""
    said = translations(current()).gettext
    if seconds < SHORT_SPAN_S:
        return said("{seconds} s").format(seconds=amount(round(seconds, 1)))
    minutes, left = divmod(round(seconds), MINUTE_S)
    hours, rest = divmod(minutes, MINUTES_OF_HOUR)
    if hours:
        form = said("{hours} h {minutes} min") if rest else said("{hours} h")
    elif minutes:
        form = said("{minutes} min {seconds} s") if left else said("{minutes} min")
    else:
        form = said("{seconds} s")
    return form.format(hours=hours, minutes=rest, seconds=left)


def ago(seconds: float) -> str:
    """Format an age in its largest unit: `5 minutes ago`."""
    return format_timedelta(-round(seconds), add_direction=True, threshold=1, locale=_locale(current()))


def weekday(day: dt.date) -> str:
    """Return a weekday's name: `Monday`."""
    return format_date(day, "EEEE", locale=_locale(current()))


def month_day(day: dt.date) -> str:
    """Format a date without its year: `March 1`."""
    return format_skeleton("MMMMd", day, locale=_locale(current()))


def whole_day(iso: str) -> str:
    """Format an ISO date with its year: `Mar 1, 2026`."""
    return format_date(dt.date.fromisoformat(iso), "medium", locale=_locale(current()))


def short_day(day: dt.date) -> str:
    """Format a short date without its year: `Mar 1`."""
    return format_skeleton("MMMd", day, locale=_locale(current()))


def tr(message: str, /, **values: object) -> str:
    """Translate a message into the current language and fill in `values`.

    Without values it is not formatted, so it may contain braces. Raises KeyError if a value is missing.
    """
    said = (
        _with_names(translations(current()).gettext(message), message) if message else ""
    )  # gettext's header is there
    return said.format(**values) if values else said


def name_of(path: str) -> str:
    """Return a command or an option as Discord shows it in the current language: `/audio voices`, `period`."""
    slash, words = ("/", path[1:]) if path.startswith("/") else ("", path)
    return slash + " ".join(ptr(NAME, word) for word in words.split())


def named(path: str) -> str:
    """Return a command or an option as a text names it, in backticks: a command can then be clicked."""
    return f"`{name_of(path)}`"


def _with_names(said: str, message: str) -> str:
    """Return a translation with the names of commands, options and controls; `message` is the English one."""
    said = with_names(said) if "`" in said else said
    return _LABEL.sub(lambda found: _with_label(found[0], message), said) if "**" in said else said


def _with_label(named: str, message: str) -> str:
    return f"**{translations(current()).gettext(named[2:-2])}**" if named in message else named


def with_names(message: str) -> str:
    """Return a message with its names of commands and options as Discord shows them in the current language."""
    return _NAMED.sub(lambda found: named(found["path"]), message)


def page_text(why: str, text: str) -> str:
    """Translate a text of the page `why` about refusals."""
    return translations(current(), PAGES).pgettext(why, text)


def ptr(context: str, message: str, /, **values: object) -> str:
    """Like `tr`, for an ambiguous message; translators see `context`."""
    said = translations(current()).pgettext(context, message)
    return said.format(**values) if values else said


def ntr(one: str, many: str, count: Decimal | float, /, **values: object) -> str:
    """Translate with the plural form for `count`, filled in as `{count}` in the language's format."""
    said = _with_names(translations(current()).ngettext(one, many, counted_as(count)), one + many)
    return said.format(**{"count": amount(count), **values})


P = ParamSpec("P")


class Explained(str):
    """A message for members with the id of the page that explains it: `key.none`. Pages: bot/language/pages."""

    __slots__ = ("why",)

    why: str

    def __new__(cls, said: str, why: str = "") -> Self:
        made = super().__new__(cls, said)
        made.why = why or why_of(said)
        return made

    def __str__(self) -> str:
        return self


def why_of(*parts: object) -> str:
    """Return the id of the page that explains a message or the first of its parts that has one; '' for none."""
    return next((each.why for each in parts if isinstance(each, Explained)), "")


def because(why: str) -> Callable[[Callable[P, str]], Callable[P, str]]:
    """Return a decorator of a function that makes a message: the page `why` explains it."""

    def decorated(make: Callable[P, str]) -> Callable[P, str]:
        @functools.wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> str:
            return Explained(make(*args, **kwargs), why)

        return made

    return decorated


def _explained(said: str, why: str, values: Mapping[str, object]) -> str:
    """Return a message with its page: its own, or that of a message filled in."""
    why = why or why_of(*values.values())
    return Explained(said, why) if why else said


Format = Callable[[Any], object]
"""Makes of a value what is filled in: `amount`, `", ".join`."""


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """A constant message; one with braces is a template, filled by calling it.

    No `str`, so that the type checker finds conversions: `str()`, an f-string or a call translates it then, never
    at import.
    """

    message: str
    why: str = field(compare=False)
    formats: Mapping[str, Format] = field(compare=False)

    def __init__(self, message: str, /, *, why: str = "", **formats: Format) -> None:
        """Take the id of a refusal's page, and the formats of values by the names of their places."""
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "why", why)
        object.__setattr__(self, "formats", formats)

    def __call__(self, **values: object) -> str:
        """Return the message with `values` filled in; tests/contract/test_texts.py checks their names."""
        return _explained(tr(self.message, **_formatted(values, self.formats)), self.why, values)

    def __str__(self) -> str:
        return _explained(tr(self.message), self.why, {})

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class Plural:
    """A template with a plural form, chosen by its value `count`, which is written in the language's format."""

    def __init__(self, one: str, many: str, /, *, why: str = "", **formats: Format) -> None:
        """Take both English forms, the id of a refusal's page, and the formats of other values by their places."""
        self._one, self._many, self._why, self._formats = one, many, why, formats

    def __call__(self, *, count: Decimal | float, **values: object) -> str:
        """Return the form for `count` with all values filled in."""
        said = ntr(self._one, self._many, count, **_formatted(values, self._formats))
        return _explained(said, self._why, values)


def _formatted(values: Mapping[str, object], formats: Mapping[str, Format]) -> dict[str, object]:
    return {name: formats[name](value) if name in formats else value for name, value in values.items()}
