"""Translation: gettext catalogues, the current language, numbers and lists."""

from bot.language.current import LANGUAGES, NAMES, SOURCE, current, from_discord, speak, speaking
from bot.language.messages import (
    Text,
    ago,
    amount,
    both,
    either,
    month_day,
    ntr,
    percent,
    plain_amount,
    ptr,
    short_day,
    span,
    tr,
    weekday,
)

__all__ = [
    "LANGUAGES",
    "NAMES",
    "SOURCE",
    "Text",
    "ago",
    "amount",
    "both",
    "current",
    "either",
    "from_discord",
    "month_day",
    "ntr",
    "percent",
    "plain_amount",
    "ptr",
    "short_day",
    "span",
    "speak",
    "speaking",
    "tr",
    "weekday",
]
