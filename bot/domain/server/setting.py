"""A server setting without its value: label, kind, and where moderators change it.

Each field of `Rules` carries its `Setting`, from which JSON, panel, forms and the text of a change derive.
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Any, get_type_hints

from bot.domain import texts
from bot.domain.models import credits_of, credits_words
from bot.domain.words.text import WordList, harmless_within, one_line, shortened, stamp, with_decimal_point
from bot.errors import InputError
from bot.language import Text, listed

NEAREST_SHOWN = 3
_NO_PLACES = frozenset({"Factory", "localtime"})
"""Entries of some systems' zone lists that mean nothing elsewhere."""


@functools.cache
def zone_names() -> dict[str, str]:
    """Return this machine's time zones by lower-case name."""
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones() | {"UTC"}) if name not in _NO_PLACES}


def zone_named(typed: str) -> str:
    """Return a zone's canonical name. Raises InputError with the nearest names if unknown."""
    sought = "_".join(typed.split()).lower()
    names = zone_names()
    if sought in names:
        return names[sought]
    near = nearest_zones(sought)
    raise InputError(texts.NO_SUCH_ZONE(zones=[f"`{each}`" for each in near or ["Europe/Berlin"]]), "timezone")


def nearest_zones(typed: str) -> list[str]:
    """Return up to three zones whose city or name is nearest to the input."""
    names, sought = zone_names(), typed.lower()
    by_city: dict[str, list[str]] = {}
    for lower, name in names.items():
        by_city.setdefault(lower.rpartition("/")[2], []).append(name)
    city = sought.rpartition("/")[2]
    found = [name for near in get_close_matches(city, by_city, n=NEAREST_SHOWN, cutoff=0.7) for name in by_city[near]]
    found += [names[near] for near in get_close_matches(sought, names, n=NEAREST_SHOWN, cutoff=0.7)]
    return list(dict.fromkeys(found))[:NEAREST_SHOWN]


COUNT_MAX = 1000
DAYS_MAX = 36_500
WORDS_MAX = 200
WORD_CHARS = 60
WORDS_SHOWN_CHARS = 900
VOICE_CHARS = 64
MODELS_SHOWN_CHARS, MODEL_SHOWN_CHARS = 700, 100
_CREDITS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,4}", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,5}", re.ASCII)


class Widget(Enum):
    """A setting's control on the panel."""

    BUTTON = auto()
    SELECT = auto()
    SEVERAL = auto()
    """A select of any number of its choices."""
    ROLE = auto()
    CHANNEL = auto()
    HOME = auto()
    """A channel or forum where the bot posts results."""
    PLACES = auto()
    """Channels, threads and categories where the bot may be used."""
    OPERATION = auto()
    """Selects the operation whose entry is typed next."""
    INPUT = auto()
    ELSEWHERE = auto()
    """Not on the panel: another command changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """How a setting is typed into a form."""

    hint: Callable[[], str]
    chars: int | None
    """Maximum length; None: Discord's, on several lines."""
    write: Callable[[Any], str]
    read: Callable[[str, str, str], Any]
    """Parses input for the setting of this label and name. Raises InputError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Behaviour shared by settings of one kind."""

    widget: Widget
    parse: Callable[[Any], Any]
    """Parses the result of `to_json`. Raises TypeError, ValueError or OverflowError."""
    to_json: Callable[[Any], Any] = lambda value: value
    show: Callable[[Any], str]
    show_more: Callable[[Any, float], str] = lambda _value, _now: ""
    """Returns the panel's addition for moderators; the last argument is now, in Unix seconds."""
    show_change: Callable[[Any, Any], str] = lambda _old, _new: ""
    """Returns the audit record's addition to both values of a change."""
    choices: Sequence[Any] = ()
    show_choice: Callable[[Any], str] = str
    typing: Typing | None = None


SWITCH = Kind(widget=Widget.BUTTON, parse=bool, show=texts.on_off)


def choice(words: Mapping[Any, Text | str | Callable[[], str]], *, prefix: Text) -> Kind:
    """Return the kind of these values, an enum's or plain ones, each with its text or a function returning it.

    `prefix` precedes the text in the select, where nothing else names the setting.
    """
    values = {str(each): each for each in words}

    def parse(data: Any) -> Any:
        if data not in values:
            raise ValueError(data)
        return values[data]

    def show(value: Any) -> str:
        said = words[value]
        return said() if callable(said) else str(said)

    return Kind(
        widget=Widget.SELECT,
        parse=parse,
        show=show,
        choices=tuple(words),
        show_choice=lambda value: texts.chosen(str(prefix), show(value)),
    )


def several(values: type[StrEnum], label: Callable[[Any], str], show: Callable[[Any], str]) -> Kind:
    """Return the kind of a set of an enum's values, each with its label in the select."""
    return Kind(
        widget=Widget.SEVERAL,
        parse=lambda data: frozenset(map(values, data)),
        to_json=sorted,
        show=show,
        choices=tuple(values),
        show_choice=label,
    )


def _optional_id(data: Any) -> int | None:
    return None if data is None else int(data)


ROLE = Kind(
    widget=Widget.ROLE,
    parse=_optional_id,
    show=lambda value: str(texts.NO_ROLE) if value is None else f"<@&{value}>",
)
CHANNEL = Kind(
    widget=Widget.CHANNEL,
    parse=_optional_id,
    show=lambda value: str(texts.NO_CHANNEL) if value is None else f"<#{value}>",
)


HOME = replace(CHANNEL, widget=Widget.HOME)


def places(without: Text) -> Kind:
    """Return the kind of a set of places; `without` is the text of an empty set."""
    return Kind(
        widget=Widget.PLACES,
        parse=lambda data: frozenset(int(each) for each in data),
        to_json=sorted,
        show=lambda value: listed(f"<#{each}>" for each in sorted(value)) or str(without),
    )


def _named(value: Mapping[str, str], without: Text) -> str:
    named = [f"`{key}` {harmless_within(each, MODEL_SHOWN_CHARS)}" for key, each in sorted(value.items())]
    return shortened(listed(named), MODELS_SHOWN_CHARS) or str(without)


MODELS = Kind(
    widget=Widget.OPERATION,
    parse=lambda data: MappingProxyType({str(operation): str(model) for operation, model in dict(data).items()}),
    to_json=dict,
    show=lambda value: _named(value, texts.NO_MODELS),
)


def labels(most: int) -> Kind:
    return Kind(
        widget=Widget.ELSEWHERE,
        parse=lambda data: MappingProxyType({str(key): str(each) for key, each in list(dict(data).items())[:most]}),
        to_json=dict,
        show=lambda value: _named(value, texts.NO_LABELS),
    )


def _read_voice(typed: str, label: str, name: str) -> str:
    voice = one_line(typed)
    if not voice.isprintable():
        raise InputError(texts.NOT_PRINTABLE(setting=label), name)
    return voice


VOICE = Kind(
    widget=Widget.INPUT,
    parse=str,
    show=lambda value: harmless_within(value, VOICE_CHARS) if value else str(texts.NO_VOICE),
    typing=Typing(hint=texts.voice_hint, chars=VOICE_CHARS, write=str, read=_read_voice),
)
"""A voice id, '' for none."""


def counts(low: int, most: int, hint: Callable[[], str]) -> Kind:
    """Return the kind of a whole number of these bounds."""

    def parse(data: Any) -> int:
        if not low <= int(data) <= most:
            raise ValueError(f"a count from {low} to {most} is needed")
        return int(data)

    def read(typed: str, label: str, name: str) -> int:
        if _COUNT.fullmatch(typed) is None or not low <= int(typed) <= most:
            raise InputError(texts.not_a_count(label, most, low), name)
        return int(typed)

    return Kind(
        widget=Widget.INPUT,
        parse=parse,
        show=str,
        typing=Typing(hint=hint, chars=len(str(most)), write=str, read=read),
    )


COUNT = counts(1, COUNT_MAX, lambda: texts.COUNT_HINT(limit=COUNT_MAX))


def _days(data: Any) -> int | None:
    if data is None:
        return None
    if not 1 <= int(data) <= DAYS_MAX:
        raise ValueError(f"a number of days from 1 to {DAYS_MAX} is needed")
    return int(data)


def _read_days(typed: str, label: str, name: str) -> int | None:
    if not typed:
        return None
    if _DAYS.fullmatch(typed) is None or not 1 <= int(typed) <= DAYS_MAX:
        raise InputError(texts.not_a_count(label, DAYS_MAX), name)
    return int(typed)


def days(without: Text) -> Kind:
    """Return the kind of a number of days or None; `without` is the text of None."""
    return Kind(
        widget=Widget.INPUT,
        parse=_days,
        show=lambda value: str(without) if value is None else texts.DAYS(count=value),
        typing=Typing(
            hint=lambda: texts.days_hint(DAYS_MAX),
            chars=5,
            write=lambda value: "" if value is None else str(value),
            read=_read_days,
        ),
    )


def credits_in(typed: str) -> Decimal | None:
    """Parse an amount of credits; None for anything else."""
    amount = with_decimal_point(typed)
    return None if _CREDITS.fullmatch(amount) is None else credits_of(amount)


def threshold_typed(typed: str, label: str, name: str) -> Decimal | None:
    """Parse an amount of credits for the input of this label and name; None if empty. Raises InputError."""
    if not typed:
        return None
    amount = credits_in(typed)
    if amount is None:
        raise InputError(texts.AMOUNT(field=label, low=0, high=texts.CREDITS_MOST), name)
    return amount


def threshold(without: Text) -> Kind:
    """Return the kind of an amount of credits or None; `without` is the text of None."""
    return Kind(
        widget=Widget.INPUT,
        parse=lambda data: None if data is None else credits_of(data),
        to_json=lambda value: None if value is None else str(value),
        show=lambda value: str(without) if value is None else credits_words(value),
        typing=Typing(
            hint=lambda: texts.THRESHOLD_HINT(meaning=str(without)),
            chars=13,
            write=lambda value: "" if value is None else f"{value.normalize():f}",
            read=threshold_typed,
        ),
    )


ZONE = Kind(
    widget=Widget.INPUT,
    parse=str,
    show=lambda value: f"`{value}`",
    show_more=lambda _value, now: texts.zone_now(stamp(now, "f")),
    typing=Typing(
        hint=texts.zone_hint,
        chars=60,
        write=str,
        read=lambda typed, _label, _name: zone_named(typed) if typed else "UTC",
    ),
)


def _show_word_list(words: tuple[str, ...], _now: float) -> str:
    return f": ||{harmless_within(', '.join(words), WORDS_SHOWN_CHARS)}||" if words else ""


def _read_word_list(typed: str, _label: str, name: str) -> tuple[str, ...]:
    words = dict.fromkeys(one_line(word).lower() for word in re.split(r"[,;\n]", typed) if word.strip())
    fit = all(len(word) <= WORD_CHARS and WordList.of([word]).first_in([word]) is not None for word in words)
    if len(words) > WORDS_MAX or not fit:
        raise InputError(texts.WORDS_FIT(limit=WORDS_MAX, length=WORD_CHARS), name)
    return tuple(words)


WORD_LIST = Kind(
    widget=Widget.INPUT,
    parse=lambda data: tuple(str(word) for word in data)[:WORDS_MAX],
    to_json=list,
    # Only the panel shows the words: others may read the log channel.
    show=lambda words: texts.word_count(len(words)),
    show_more=_show_word_list,
    show_change=lambda old, new: texts.words_changed(len(set(new) - set(old)), len(set(old) - set(new))),
    typing=Typing(
        hint=texts.word_list_hint,
        chars=None,
        write="\n".join,
        read=_read_word_list,
    ),
)
"""Distinct words in lower case."""


class SettingsPage(StrEnum):
    """The pages of the panel."""

    SETUP = "setup"
    ACCESS = "access"
    CHANNELS = "channels"
    REVIEW = "review"
    GALLERY = "gallery"
    LIMITS = "limits"
    APPROVAL = "approval"
    RESULTS = "results"
    WORDS = "words"
    PRICES = "prices"
    BLOCKED = "blocked"
    REACTIONS = "reactions"
    OPERATIONS = "operations"


PAGES: Mapping[SettingsPage, tuple[Text, Text]] = {
    SettingsPage.SETUP: texts.SETUP_PAGE,
    SettingsPage.ACCESS: texts.ACCESS_PAGE,
    SettingsPage.CHANNELS: texts.CHANNELS_PAGE,
    SettingsPage.REVIEW: texts.REVIEW_PAGE,
    SettingsPage.GALLERY: texts.GALLERY_PAGE,
    SettingsPage.LIMITS: texts.LIMITS_PAGE,
    SettingsPage.APPROVAL: texts.APPROVAL_PAGE,
    SettingsPage.RESULTS: texts.RESULTS_PAGE,
    SettingsPage.WORDS: texts.WORDS_PAGE,
    SettingsPage.PRICES: texts.PRICES_PAGE,
    SettingsPage.BLOCKED: texts.BLOCKED_PAGE,
    SettingsPage.REACTIONS: texts.REACTIONS_PAGE,
    SettingsPage.OPERATIONS: texts.OPERATIONS_PAGE,
}
"""Each page's title and description, in order."""
FIRST_PAGES = tuple(SettingsPage)[:5]
"""The pages of the setup."""


def page_after(page: SettingsPage) -> SettingsPage | None:
    """Return the setup's next page, after the last one the first; None for a page that is not of the setup."""
    return (FIRST_PAGES * 2)[FIRST_PAGES.index(page) + 1] if page in FIRST_PAGES else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpec:
    """A form for one or more settings of a page."""

    id: str
    page: SettingsPage
    title: Text
    button: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting."""

    label: Text
    """A heading, also used in sentences."""
    kind: Kind
    page: SettingsPage | None = None
    """None: changed by its own command, on no page."""
    form: FormSpec | None = None
    """The form on the same page that it is typed into, if any."""

    def change(self, old: Any, new: Any) -> str:
        kind = self.kind
        return texts.CHANGED(
            setting=str(self.label), old=kind.show(old), new=f"{kind.show(new)}{kind.show_change(old, new)}"
        )


def settings_of(rules: type) -> Mapping[str, Setting]:
    """Return the settings of a dataclass's fields in order. Raises TypeError for a field without one."""
    return _settings_of(rules)


@functools.cache
def _settings_of(rules: type) -> Mapping[str, Setting]:
    hints = get_type_hints(rules, include_extras=True)
    return MappingProxyType({each.name: _setting(each.name, hints[each.name]) for each in fields(rules)})


def _setting(name: str, hint: Any) -> Setting:
    found = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Setting)]
    if len(found) != 1:
        raise TypeError(f"the field {name} needs one Setting, and has {len(found)}")
    return found[0]
