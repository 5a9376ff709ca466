"""The translations: a gettext catalogue for each language but English, `locales/<language>.po`, read when first needed.

Babel reads them, so that there is no compiled copy that could be older than its source; 2,000 messages take 30 ms.
`make translations` brings them up to date with the code.
"""

from __future__ import annotations

import functools
import gettext
import io
from importlib import resources

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.language.current import SOURCE


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the translations into a language, one of LANGUAGES; none for English, the language of the code."""
    if language == SOURCE:
        return gettext.NullTranslations()
    source = resources.files("bot.language").joinpath("locales", f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=language.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
