"""The languages that there are, and the current one: a context variable, per interaction and per job's turn.

A language is a file in `locales`, named by Discord's code: `ko.po`, `pt-BR.po`. A file for one region, such as
`es-419.po` next to `es.po`, has only what differs; `es.po` has the rest, and serves the other regions.

Commands, controls, forms and menus use their member's language. Public cards, the log channel and the gallery use the
server's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType

SOURCE = "en"
"""The code's language, for untranslated texts."""
LOCALES = Path(__file__).with_name("locales")
DISCORD_LOCALES = (
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"),
    *("ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
)
"""Source: https://docs.discord.com/developers/reference#locales."""


class CatalogueError(Exception):
    """A catalogue that can't be used. The message has its file, the line, what is wrong, and what to do."""


def catalogue_names(folder: Path = LOCALES) -> frozenset[str]:
    """Return the names of the catalogues in a source tree or in a wheel, which has only compiled ones."""
    for ending in (".po", ".mo"):
        found = frozenset(each.stem for each in folder.glob(f"*{ending}") if "." not in each.stem)
        if found:
            return found
    return frozenset()


def parent_of(language: str, names: Collection[str]) -> str | None:
    """Return the catalogue that has what a region's one leaves out: `es` of `es-419`; None if it is whole."""
    parent = language.partition("-")[0]
    return parent if parent != language and parent in names else None


def served(names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Return each language with Discord's locales that it serves: its own, and those of its regions without a file."""
    made: dict[str, tuple[str, ...]] = {SOURCE: ()}
    known = {SOURCE, *names}
    for locale in sorted(DISCORD_LOCALES, key=lambda each: ("-419" in each, each != "en-US", each)):
        language = locale if locale in known else locale.partition("-")[0]
        if language in known:
            made[language] = (*made.get(language, ()), locale)
    return MappingProxyType(made)


LANGUAGES = served(catalogue_names())
"""The supported languages, each with Discord's locales that map to it."""
_OF_LOCALE = {locale: language for language, locales in LANGUAGES.items() for locale in locales}
_current: ContextVar[str] = ContextVar("language", default=SOURCE)


def current() -> str:
    return _current.get()


def from_discord(locale: str) -> str:
    """Map Discord's locale to a language; languages map to themselves, others to English."""
    return locale if locale in LANGUAGES else _OF_LOCALE.get(locale, SOURCE)


def speak(language: str) -> None:
    """Set the language until the running task ends. Raises KeyError for an unknown one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    _current.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Set the language inside the `with` block. Raises KeyError for an unknown one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
