"""Which language is spoken now: a context variable, so that each interaction and each turn of a job has its own.

A command, control, form or menu speaks the language of the member who used it. A card that everybody sees, the log
channel and the gallery speak the language of the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

SOURCE = "en"
"""The language of the code: a text without a translation is read in it."""
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
"""The languages that the bot speaks, each with Discord's locales that are answered in it.

Source: https://docs.discord.com/developers/reference#locales
"""
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
"""What each language is called by those who speak it, by language."""
_OF_LOCALE = {locale: language for language, locales in LANGUAGES.items() for locale in locales}
_current: ContextVar[str] = ContextVar("language", default=SOURCE)


def current() -> str:
    """Return the language that is spoken now, one of LANGUAGES."""
    return _current.get()


def from_discord(locale: str) -> str:
    """Return the language for one of Discord's locales; a language itself is returned as it is. English for others."""
    return locale if locale in LANGUAGES else _OF_LOCALE.get(locale, SOURCE)


def speak(language: str) -> None:
    """Speak a language from here on, until the running task ends. Raises KeyError for a language that is not known."""
    if language not in LANGUAGES:
        raise KeyError(language)
    _current.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the `with` block. Raises KeyError for a language that is not known."""
    if language not in LANGUAGES:
        raise KeyError(language)
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
