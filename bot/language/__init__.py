"""Text for people in their own language: gettext catalogues, the language of the moment, numbers and lists."""

from bot.language.current import LANGUAGES, NAMES, SOURCE, current, from_discord, speak, speaking
from bot.language.formats import amount, both, either, percent, span
from bot.language.messages import Text, ntr, ptr, tr

__all__ = [
    "LANGUAGES",
    "NAMES",
    "SOURCE",
    "Text",
    "amount",
    "both",
    "current",
    "either",
    "from_discord",
    "ntr",
    "percent",
    "ptr",
    "span",
    "speak",
    "speaking",
    "tr",
]
