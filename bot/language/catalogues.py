"""The catalogues: `.po` files that translators and their tools write, compiled for `gettext`."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gettext
import io
import os
from pathlib import Path

from bot.language.current import LANGUAGES, LOCALES, SOURCE, catalogue_names, parent_of


@functools.cache
def translations(language: str, domain: str = "") -> gettext.NullTranslations:
    """Return a language's translations; none for English, the code's language. Fuzzy ones are not used.

    What a region's catalogue leaves out comes from its language's. `domain` is a folder of other catalogues, which a
    language may lack; '' for the code's messages. Raises CatalogueError in a source tree.
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    source, parent = LOCALES / domain / f"{language}.po", parent_of(language, catalogue_names())
    found = gettext.NullTranslations() if parent is None else translations(parent, domain)
    if domain and not any(each.exists() for each in (source, source.with_suffix(".mo"))):
        return found
    made = gettext.GNUTranslations(io.BytesIO(compiled(source)))
    made.add_fallback(found)
    return made


def read_all() -> None:
    """Read every catalogue at a start, and not in the middle of an answer. Raises CatalogueError."""
    for language in LANGUAGES:
        translations(language)


def compiled(source: Path) -> bytes:
    """Return a `.po` file as `.mo`.

    A wheel has only the `.mo`. In a source tree it is written next to the `.po`, again when that has changed: the `.mo`
    has its time of change, as Python's own compiled files have their source's.
    """
    made = source.with_suffix(".mo")
    if not source.exists():
        return made.read_bytes()
    changed_ns = source.stat().st_mtime_ns
    if made.exists() and made.stat().st_mtime_ns == changed_ns:
        return made.read_bytes()
    content = _compile(source)
    with contextlib.suppress(OSError):  # a read-only source tree compiles at every start
        part = made.with_suffix(f".{os.getpid()}.mo")
        part.write_bytes(content)
        os.utime(part, ns=(changed_ns, changed_ns))
        part.replace(made)
    return content


def _compile(source: Path) -> bytes:
    from babel.messages import mofile  # noqa: PLC0415 - not loaded by a start that finds compiled files

    from bot.language.po_files import read  # noqa: PLC0415 - the same

    catalog = read(source)
    catalog.creation_date = dt.datetime.fromtimestamp(0, dt.UTC)  # equal sources make equal wheels
    into = io.BytesIO()
    mofile.write_mo(into, catalog)
    return into.getvalue()
