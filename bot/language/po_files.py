"""Reads `.po` files as Poedit, Weblate and gettext's own tools write them, or says what is wrong in which line.

Byte order marks, Windows' line ends, wrapped lines, comments, obsolete messages and earlier wordings are read. What a
lenient reader would take for something else is rejected: a catalogue is either whole or not there. Only a build, and a
source tree whose catalogues have changed, load this module.
"""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.language.current import DISCORD_LOCALES, SOURCE, CatalogueError

if TYPE_CHECKING:
    from babel.messages.catalog import Message

_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(
    r'(?:(?P<keyword>msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) +)?"(?P<text>(?:[^"\\]|\\[\\"ntr])*)"'
)
_FORMS = re.compile(r"(msgctxt )?msgid (msgstr |msgid_plural (?P<forms>(msgstr\[\d\] )+))")
_NUMBERS = (*range(1001), 10**6, 10**7)
"""Enough to see each plural form of each language."""


@dataclass
class _Entry:
    """A message as it is written: where, its keywords in order, and the texts of each, still escaped."""

    line: int
    keywords: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        named = dict(zip(self.keywords, self.texts, strict=True))
        return named.get("msgctxt", ""), named.get("msgid", "")


def read(source: Path) -> Catalog:
    """Return a language's catalogue; fuzzy translations are in it with their flag. Raises CatalogueError."""
    name = source.name
    lines = _lines(name, source.read_bytes())
    entries = list(_entries(name, lines))
    catalog = _parsed(source, lines)
    if catalog.charset.replace("-", "") != "utf8":
        raise _error(name, _header_line(lines, "Content-Type"), f"the charset is {catalog.charset}", "Save it as UTF-8")
    if catalog.locale_identifier and catalog.locale_identifier.partition("_")[0] != source.stem.partition("-")[0]:
        what = f"the header says that this is {catalog.locale_identifier}"
        raise _error(name, _header_line(lines, "Language"), what, "Correct the header, or the name of the file")
    _check_plural_rule(name, catalog, _header_line(lines, "Plural-Forms"))
    _check_entries(name, entries, catalog.num_plurals)
    _check_places(name, catalog)
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


def _entries(name: str, lines: Iterable[str]) -> Iterator[_Entry]:
    entry = _Entry(0)
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        keyword = found["keyword"] if found is not None else None
        if found is None or (keyword is None and not entry.keywords):
            what = f"this is no line of a .po file: {line[:60]}"
            raise _error(name, number, what, 'A text is in "…", and a quotation mark in it is \\"')
        if keyword is None:
            entry.texts[-1] += found["text"]
            continue
        if keyword == "msgctxt" or (keyword == "msgid" and entry.keywords != ["msgctxt"]):
            if entry.keywords:
                yield entry
            entry = _Entry(number)
        entry.keywords.append(keyword)
        entry.texts.append(found["text"])
    if entry.keywords:
        yield entry


def _parsed(source: Path, lines: Iterable[str]) -> Catalog:
    try:
        return read_po(lines, locale=source.stem.replace("-", "_"), abort_invalid=True)
    except PoFileError as error:
        what = str(error).removesuffix(f" on {error.lineno}")
        raise _error(source.name, error.lineno + 1, what, "Mend the message, or copy it from messages.pot") from None
    except ValueError as error:  # of a number, a date or a language
        raise _error(source.name, 1, f"the header can't be read: {error}", "Compare it with de.po's") from None


def _header_line(lines: Iterable[str], header: str) -> int:
    wanted = f'"{header}:'.casefold()
    return next((number for number, line in enumerate(lines, start=1) if wanted in line.casefold()), 1)


def _check_plural_rule(name: str, catalog: Catalog, line: int) -> None:
    try:
        form = gettext.c2py(catalog.plural_expr)
        used = {form(number) for number in _NUMBERS}
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        todo = "Copy the header from a file of the language that is read"
        raise _error(name, line, f"the rule for plurals can't be read: {error}", todo) from None
    if not used <= set(range(catalog.num_plurals)):
        what = f"the rule for plurals needs {max(used) + 1} forms, and nplurals is {catalog.num_plurals}"
        raise _error(name, line, what, "Correct nplurals")


def _check_entries(name: str, entries: Iterable[_Entry], plurals: int) -> None:
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        shape = _FORMS.fullmatch("".join(f"{each} " for each in entry.keywords))
        if shape is None:
            what = f"a message is made of {', '.join(entry.keywords)}"
            raise _error(
                name, entry.line, what, "It is msgid and msgstr, or msgid, msgid_plural and msgstr[0], msgstr[1] …"
            )
        forms = [f"msgstr[{number}]" for number in range(plurals)]
        if shape["forms"] and shape["forms"].split() != forms:
            what = f"this has {', '.join(shape['forms'].split())}, and the language has {plurals} forms"
            raise _error(name, entry.line, what, "Add or remove forms, or correct Plural-Forms")
        if entry.key in seen:
            what = f"this message is in line {seen[entry.key]}, too"
            raise _error(name, entry.line, what, "Keep one of them")
        seen[entry.key] = entry.line


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
