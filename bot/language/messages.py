"""Messages: an English text of the code becomes the text of the language that is spoken now.

`tools/translations.py` finds messages by the names of these functions, so their first arguments are literals. What is
filled in is in braces and is given by name: `tr("{name} is paused.", name=name)`. A message is a whole sentence or
a label that stands alone: fragments that are glued together cannot be translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.language.catalogues import translations
from bot.language.current import current
from bot.language.formats import amount, counted_as


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
    """A message as a constant.

    It is no `str`, so that the type checker finds where one is needed: `str()` or an f-string makes it one, in the
    language of that moment, and never while a module is imported.
    """

    message: str

    def __str__(self) -> str:
        return tr(self.message)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
