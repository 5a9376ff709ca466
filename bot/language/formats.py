"""Numbers, lists and spans of time as they are written in the language that is spoken now; CLDR's rules, by Babel."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from decimal import Decimal

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from bot.language.catalogues import translations
from bot.language.current import current

DECIMALS = "#,##0.###"
MINUTE_S, HOUR_S = 60, 3600
SHORT_SPAN_S = 10
"""Below it a span has tenths of a second."""


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def amount(number: Decimal | float) -> str:
    """Return a number with the language's separators: `1,234.5`. At most three decimals."""
    return format_decimal(number, format=DECIMALS, locale=_locale(current()))


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
