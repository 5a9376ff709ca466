"""Reads `.po` files as Poedit, Weblate and gettext's own tools write them, or says what is wrong in which line.

Byte order marks, Windows' line ends, wrapped lines, comments, obsolete messages and earlier wordings are read. Only a
build, and a source tree whose catalogues have changed, load this module.
"""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.language.current import DISCORD_LOCALES, SOURCE, CatalogueError

if TYPE_CHECKING:
    from babel.messages.catalog import Message

_LINE_END = re.compile(r"\r\n|\r|\n")


def read(source: Path) -> Catalog:
    """Return a language's catalogue; fuzzy translations are in it with their flag. Raises CatalogueError."""
    catalog = _parsed(source, _lines(source.name, source.read_bytes()))
    _check_places(source.name, catalog)
    return catalog


def check(folder: Path) -> None:
    """Read all catalogues of a folder. Raises CatalogueError for the first that no build may have."""
    known = {*DISCORD_LOCALES, *(each.partition("-")[0] for each in DISCORD_LOCALES)} - {SOURCE}
    for source in sorted(folder.glob("*.po")):
        if source.stem not in known:
            raise _error(source.name, 1, "Discord has no such language", f"The names are: {', '.join(sorted(known))}")
        if not any(is_final(each) for each in read(source) if each.id):
            raise _error(source.name, 1, "no message is translated", "Translate it, or remove the file")


def is_final(message: Message) -> bool:
    """Whether a translation is shown: it has all of its forms, and is not marked for a second look."""
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(forms) and not message.fuzzy


def _error(name: str, line: int, what: str, todo: str) -> CatalogueError:
    return CatalogueError(f"{name}:{line}: {what}. {todo}.")


def _lines(name: str, content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(name, line, "this is not UTF-8", "Save the file as UTF-8") from None
    lines = [each.strip() for each in _LINE_END.split(text)]
    return ["" if each.startswith("#~") else each for each in lines]  # obsolete: of messages that are gone


def _parsed(source: Path, lines: Iterable[str]) -> Catalog:
    try:
        catalog = read_po(lines, locale=source.stem.replace("-", "_"), abort_invalid=True)
        gettext.c2py(catalog.plural_expr)
    except PoFileError as error:
        what = str(error).removesuffix(f" on {error.lineno}")
        raise _error(source.name, error.lineno + 1, what, "Mend the message, or copy it from messages.pot") from None
    except ValueError as error:  # of a number, a date, a language or a rule for plurals
        raise _error(source.name, 1, f"the header can't be read: {error}", "Compare it with de.po's") from None
    return catalog


def _check_places(name: str, catalog: Catalog) -> None:
    """Reject a translation with a place in braces that its message has no value for: it could not be shown."""
    for message in catalog:
        if not message.id or "python-brace-format" not in message.flags or not is_final(message):
            continue
        originals = message.id if isinstance(message.id, list | tuple) else (message.id,)
        forms = message.string if isinstance(message.string, list | tuple) else (message.string or "",)
        known = set().union(*map(_places, originals))
        for form in forms:
            try:
                wrong = _places(form) - known
            except ValueError as error:
                raise _error(name, message.lineno or 1, f"{error}: {form[:60]}", "Write a brace as {{ or }}") from None
            if wrong:
                what = f"{', '.join(f'{{{each}}}' for each in sorted(wrong))} is not in the message"
                raise _error(name, message.lineno or 1, what, "Take what is in braces from the message as it is")


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
