"""The current language: a context variable, per interaction and per job's turn.

Commands, controls, forms and menus use their member's language. Public cards, the log channel and the gallery use the
server's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

SOURCE = "en"
"""The code's language, for untranslated texts."""
LANGUAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("en-US", "en-GB"),
        "de": ("de",),
        "fr": ("fr",),
        "es": ("es-ES", "es-419"),
        "pt-BR": ("pt-BR",),
        "ja": ("ja",),
    }
)
"""The supported languages, each with Discord's locales that map to it. Source:
https://docs.discord.com/developers/reference#locales."""
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "pt-BR": "Português (Brasil)",
        "ja": "日本語",
    }
)
"""Each language's own name, by language."""
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
