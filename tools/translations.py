"""Update the translations from the code; `--check` only reports whether `messages.pot` is current.

The template has every message. Each `<language>.po` keeps existing translations, drafts marked fuzzy, and translators'
comments and names; it gets new messages without a translation, and loses removed ones. A translation is never guessed
from a similar message. The pages about refusals have catalogues of their own, in the folder `pages`. Run by
`make translations`.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from bot.language import CatalogueError
from bot.language.current import DISCORD_LOCALES, LOCALES, catalogue_names, parent_of
from bot.language.messages import PAGES
from bot.language.po_files import is_final, read

sys.path.insert(0, str(Path(__file__).resolve().parent))
from found_messages import Found, all_found, limits_of_labels, of_pages

TEMPLATE = LOCALES / "messages.pot"
DOMAINS = {"": all_found, PAGES: of_pages}
"""The folders of catalogues, each with its messages."""
COMMENTS_MAX = 3
"""A word such as `image` is at fifty places: a translator needs to know of three."""
WIDTH_CHARS = 10_000
"""No line breaks: a longer translation changes one line."""
TRANSLATED = tuple(sorted(catalogue_names()))
NEW = sorted({*DISCORD_LOCALES} - {*TRANSLATED, "en-US", "es-ES"})
REVISED, TRANSLATOR = "2026-11-30 00:00+0000", "cannon-bot"
"""What a header has that no translator's tool has written."""
_HEADER = '{comment}msgid ""\nmsgstr ""\n{lines}\n\n'
_EARLIER = re.compile(r"^# \|\s?", re.MULTILINE)
"""An earlier wording, which Babel reads as a comment."""


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


def updated(catalog: Catalog, made: Catalog) -> Catalog:
    """Return a language's catalogue for the template; new messages have no translation."""
    catalog.update(made, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        if message.id and message.pluralizable is not isinstance(message.string, list | tuple):
            message.string = ("",) * catalog.num_plurals if message.pluralizable else ""
            message.flags.discard("fuzzy")
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
    for message in catalog:
        message.flags -= {"python-format"} if language else {"fuzzy", "python-format"}
        # our messages have places in braces; a `%` is a percent sign
    written = io.BytesIO()
    write_po(written, catalog, width=WIDTH_CHARS, omit_header=True, sort_output=True, include_lineno=False)
    text = _header(catalog, language) + written.getvalue().decode()
    return _EARLIER.sub("#| ", text)


def _header(catalog: Catalog, language: str) -> str:
    lines = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    if not language:
        return _HEADER.format(comment="", lines="\n".join(f'"{line}\\n"' for line in lines))
    locale = language.replace("-", "_")
    written = dict(catalog.mime_headers)
    team, last, revised = (written.get(each, "") for each in ("Language-Team", "Last-Translator", "PO-Revision-Date"))
    lines = [
        "Project-Id-Version: cannon-bot",
        f"PO-Revision-Date: {REVISED if 'YEAR' in revised else revised}",
        f"Last-Translator: {TRANSLATOR if 'FULL NAME' in last else last}",
        f"Language: {locale}",
        f"Language-Team: {Locale.parse(locale).english_name if 'LL@li.org' in team else team}",
        f"Plural-Forms: {catalog.plural_forms}",
        *lines,
    ]
    comment = catalog.header_comment.strip()
    is_own = comment and "PROJECT" not in str(catalog._header_comment)  # noqa: SLF001 - what Babel writes where there is none
    return _HEADER.format(comment=f"{comment}\n" if is_own else "", lines="\n".join(f'"{line}\\n"' for line in lines))


def missing(catalog: Catalog) -> list[Message]:
    """Return the messages without a translation that is shown."""
    return [each for each in catalog if each.id and not is_final(each)]


def po_file(language: str, domain: str = "") -> Path:
    """Return the path of a language's translations."""
    return LOCALES / domain / f"{language}.po"


def pot_file(domain: str = "") -> Path:
    """Return the path of the template."""
    return TEMPLATE.parent / domain / TEMPLATE.name


def current(language: str, made: Catalog, domain: str = "") -> Catalog:
    """Return the translations of the messages that there are now."""
    catalog = updated(read(po_file(language, domain)), made)
    parent = parent_of(language, catalogue_names())
    return catalog if parent is None else without_same(catalog, current(parent, made, domain))


def begin(language: str) -> None:
    """Write the files of a new language, which `write` then fills."""
    for domain in DOMAINS:
        catalog = Catalog(locale=language.replace("-", "_"), header_comment="")
        po_file(language, domain).write_text(text_of(catalog, language), encoding="utf-8")


def write(made: Catalog, domain: str = "") -> None:
    """Write the template and every language; print how many are missing."""
    pot_file(domain).write_text(text_of(made), encoding="utf-8")
    for language in sorted(catalogue_names(LOCALES / domain)):
        catalog = current(language, made, domain)
        po_file(language, domain).write_text(text_of(catalog, language), encoding="utf-8")
        name = " ".join(each for each in (language, domain) if each)
        sys.stdout.write(f"{name}: {len(missing(catalog))} of {len(catalog)} messages are not translated\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Write, or with `--check` return 1 if a template is outdated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", metavar="LANGUAGE", choices=NEW, help="begin a language, by Discord's code for it")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a messages.pot is out of date")
    arguments = parser.parse_args(argv)
    made = {domain: template(found()) for domain, found in DOMAINS.items()}
    if not arguments.check:
        try:
            if arguments.new:
                begin(arguments.new)
            for domain, catalog in made.items():
                write(catalog, domain)
        except CatalogueError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0
    paths = {pot_file(domain): text_of(catalog) for domain, catalog in made.items()}
    old = [path for path, text in paths.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in old:
        sys.stderr.write(f"{path.relative_to(LOCALES.parents[2])} is out of date: run `make translations`\n")
    return len(old) and 1


if __name__ == "__main__":
    sys.exit(main())
