"""Update the translations from the code; `--check` only reports whether `messages.pot` is current.

The template has every message. Each `<language>.po` keeps existing translations, gets new messages without one, and
loses removed ones; a translation is never guessed from a similar message. Run by `make translations`.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.language.current import LOCALES, catalogue_names, parent_of

sys.path.insert(0, str(Path(__file__).resolve().parent))
from found_messages import Found, all_found
from message_limits import limits_of_labels

TEMPLATE = LOCALES / "messages.pot"
COMMENTS_MAX = 3
"""A word such as `image` is at fifty places: a translator needs to know of three."""
WIDTH_CHARS = 10_000
"""No line breaks: a longer translation changes one line."""
TRANSLATED = tuple(sorted(catalogue_names()))
REGIONS = {each: parent for each in TRANSLATED if (parent := parent_of(each, TRANSLATED))}
"""Catalogues of one region, each with the one that has the rest."""
_HEADER = 'msgid ""\nmsgstr ""\n{lines}\n\n'


def template(found: Iterable[Found]) -> Catalog:
    """Return the messages as a template, equal ones merged."""
    catalog, limits = Catalog(), limits_of_labels()
    for each in found:
        known = catalog.get(each.one, each.context)
        comments = [] if known is not None and len(known.auto_comments) >= COMMENTS_MAX else [each.comment]
        if each.one in limits and each.context is None:
            comments.append(f"At most {limits[each.one]} characters.")
        catalog.add(
            each.id,
            locations=[(each.place, None)] if each.place else (),  # type: ignore[list-item]  # without line numbers
            auto_comments=[comment for comment in comments if comment],
            context=each.context,
        )
    return catalog


def updated(source: bytes, made: Catalog, language: str) -> Catalog:
    """Return a language's translations for the template; new messages have none."""
    catalog = read_po(io.BytesIO(source), locale=language.replace("-", "_"))
    catalog.update(made, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        if message.id and (message.fuzzy or message.pluralizable is not isinstance(message.string, list | tuple)):
            message.string = ("",) * catalog.num_plurals if message.pluralizable else ""
    return catalog


def without_same(catalog: Catalog, parent: Catalog) -> Catalog:
    """Return a region's catalogue with only what it says in another way than its language's."""
    for message in list(catalog):
        known = parent.get(message.id, message.context) if message.id else None
        if message.id and (not any(message.string or ()) or (known is not None and known.string == message.string)):
            catalog.delete(message.id, message.context)
    return catalog


def text_of(catalog: Catalog, language: str = "") -> str:
    """Return a catalogue as its file: sorted, and reproducible."""
    lines = [f"Language: {language.replace('-', '_')}", f"Plural-Forms: {catalog.plural_forms}"] if language else []
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    for message in catalog:
        message.flags -= {"fuzzy", "python-format"}  # our messages have places in braces; a `%` is a percent sign
    written = io.BytesIO()
    write_po(written, catalog, width=WIDTH_CHARS, omit_header=True, sort_output=True, include_lineno=False)
    return _HEADER.format(lines="\n".join(f'"{line}\\n"' for line in lines)) + written.getvalue().decode()


def missing(catalog: Catalog) -> list[Message]:
    """Return the messages without a whole translation."""
    return [each for each in catalog if each.id and not _is_whole(each)]


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, list | tuple) else bool(message.string)


def po_file(language: str) -> Path:
    """Return the path of a language's translations."""
    return LOCALES / f"{language}.po"


def current(language: str, made: Catalog) -> Catalog:
    """Return the translations of the messages that there are now."""
    catalog = updated(po_file(language).read_bytes(), made, language)
    return without_same(catalog, current(REGIONS[language], made)) if language in REGIONS else catalog


def write(made: Catalog) -> None:
    """Write the template and every language; print how many are missing."""
    TEMPLATE.write_text(text_of(made), encoding="utf-8")
    for language in TRANSLATED:
        catalog = current(language, made)
        po_file(language).write_text(text_of(catalog, language), encoding="utf-8")
        sys.stdout.write(f"{language}: {len(missing(catalog))} of {len(catalog)} messages are not translated\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Write, or with `--check` return 1 if the template is outdated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if messages.pot is out of date")
    made = template(all_found())
    if not parser.parse_args(argv).check:
        write(made)
        return 0
    if TEMPLATE.exists() and TEMPLATE.read_text(encoding="utf-8") == text_of(made):
        return 0
    sys.stderr.write("bot/language/locales/messages.pot is out of date: run `make translations`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
