"""Numbers, lists, dates and spans of time as they are written in the language that is spoken now; CLDR, by Babel."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from decimal import ROUND_UP, Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from bot.language.catalogues import translations
from bot.language.current import current

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
