"""An operation's input field: kind, rules and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as default
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TypeAlias

from bot.catalogue.texts import ASKED_BY_THE_API
from bot.domain.models import MediaKind

TEXT_LIMIT_CHARS = 6000
"""Discord's longest slash-command option; the API documents no limit."""

HELP_LIMIT_CHARS = 100
"""The longest description of a slash-command option."""

MODEL = "model"
VOICE = "voice_id"
OWN_IDS = frozenset({MODEL, VOICE, "persona_id"})
"""Fields with account or API ids that no document need list."""
NAMED_IDS = frozenset({VOICE})
"""Ids that providers choose freely, such as a first name."""

Scalar: TypeAlias = str | int | float


class FieldKind(StrEnum):
    """The wire form of a field's value."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    URL = "url"
    URLS = "urls"
    OBJECT = "object"
    OBJECTS = "objects"
    JSON = "json"
    """Any JSON value: only for fields that the live document describes in an unknown form."""


class TextShape(StrEnum):
    """The required form of a non-free text."""

    RATIO = "ratio"
    """Width to height: `16:9`, `1.78`, or a word such as `auto`."""
    ID = "id"
    """A provider's id: no spaces, and longer than an invented word."""


class ProbeKind(StrEnum):
    """Facts a source file can supply instead of the member."""

    DURATION = "duration"
    CONTENT_TYPE = "content_type"
    FILE_NAME = "file_name"


@dataclass(frozen=True, slots=True)
class Probe:
    """The value is the `kind` (a duration in seconds, a MIME type …) of the file in the field `source`."""

    kind: ProbeKind
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of an operation."""

    name: str
    """The name on the wire."""
    kind: FieldKind
    required: bool = False
    rule_inferred: bool = False
    """Whether `required` is only deduced from the docs: a missing value is a caution, not an error."""
    label: str
    """A short human name that fits behind "the": `aspect ratio`."""
    help: str
    """What to give, at most 100 characters, perhaps with an example: a Discord option's description."""
    unit: str = ""
    """What a number counts, in the plural: `seconds`."""
    choices: tuple[Scalar, ...] = ()
    """The closed list for every model, empty if any value is valid."""
    choices_by_model: Mapping[str, tuple[Scalar, ...]] = default(default_factory=lambda: MappingProxyType({}))
    """Closed lists for some models, by model id in any spelling; `*` matches any characters."""
    suggestions: tuple[Scalar, ...] = ()
    """Seen or likely values: suggested, never enforced."""
    minimum: float | None = None
    maximum: float | None = None
    usual: tuple[float, float] | None = None
    """The range in which a number makes sense, deduced where the docs give none.

    Beyond it the member is warned; far beyond it (`values.BEYOND_USUAL`) the number is refused.
    """
    shape: TextShape | None = None
    """The form of a text without a closed list."""
    max_length: int = TEXT_LIMIT_CHARS
    """The longest text, in characters."""
    media: frozenset[MediaKind] = frozenset()
    """The media a link may refer to, for the kinds URL and URLS."""
    probe: Probe | None = None
    """Where to read the value if the member does not give it."""
    item_fields: tuple[Field, ...] = ()
    """The keys of an object, or of each object in a list."""
    extra_keys: bool = False
    """Whether an object may have keys beyond `item_fields`."""
    offered: bool = True
    """False if the live document's operation lacks this field."""
    known: Field | None = None
    """The field before the live document changed it: what fits that is never rejected."""

    @property
    def longest(self) -> int:
        """Maximum length in characters; a document may only raise it."""
        return self.max_length if self.known is None else max(self.max_length, self.known.max_length)

    @property
    def has_listed_values(self) -> bool:
        return bool(self.choices or self.choices_by_model or self.suggestions)

    @property
    def judges_by_usual(self) -> bool:
        """Whether a number's only known range is `usual`."""
        return self.usual is not None and self.minimum is None and self.maximum is None and not self.choices

    def choices_for(self, model: str | None) -> tuple[Scalar, ...]:
        """Return the closed list of values for `model`, empty if any value is valid."""
        if model is not None:
            for pattern, choices in self.choices_by_model.items():
                if fnmatchcase(_bare_model(model), _bare_model(pattern)):
                    return choices
        return self.choices


def _bare_model(text: str) -> str:
    """Normalise a model's id or pattern: `gpt-image-2` is `gptimage2`."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == "*")


IMAGE = frozenset({MediaKind.IMAGE})
VIDEO = frozenset({MediaKind.VIDEO})
AUDIO = frozenset({MediaKind.AUDIO})

SORA_SECONDS = (4, 8, 12, 16, 20)
"""Documented on the pages of `video.generate` and `sora2.video.extend`."""

SORA_SECONDS_BY_MODEL: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({"*sora*": SORA_SECONDS})
"""The id of Sora 2 on `video.generate` is not public; every id seen for it contains this word."""

GPT_IMAGE_RESOLUTIONS: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({"gptimage2": ("1K", "2K", "4K")})
"""Documented on the pages of `image.generate` and `image.edit`."""

SHARE = (0.0, 1.0)
"""A weight's usual range, none to all. Covers the docs' examples."""

ASPECT_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
"""The first three are documented on the pages; the same models accept the other two elsewhere."""


def text(name: str, label: str, about: str, *, required: bool = False, seen: tuple[str, ...] = ()) -> Field:
    """A text field; `seen` are suggestions."""
    return Field(name=name, kind=FieldKind.TEXT, required=required, label=label, help=about, suggestions=seen)


def ratio(name: str, label: str, about: str, *, seen: tuple[str, ...]) -> Field:
    """An aspect ratio field; `seen` are suggestions."""
    return replace(text(name, label, about, seen=seen), shape=TextShape.RATIO)


def identifier(name: str, label: str, about: str, *, required: bool = False) -> Field:
    return replace(text(name, label, about, required=required), shape=TextShape.ID)


def number(
    name: str,
    label: str,
    about: str,
    *,
    unit: str = "",
    seen: tuple[float, ...] = (),
    probe: Probe | None = None,
    usual: tuple[float, float] | None = None,
) -> Field:
    """A number field in `unit`; `probe` is the file to read it from; `usual` is as in Field."""
    return Field(
        name=name, kind=FieldKind.NUMBER, label=label, help=about, unit=unit, suggestions=seen, probe=probe, usual=usual
    )


def link(name: str, label: str, about: str, media: frozenset[MediaKind], *, required: bool = False) -> Field:
    """A link field to a file of one of the kinds `media`."""
    return Field(name=name, kind=FieldKind.URL, required=required, label=label, help=about, media=media)


def links(name: str, label: str, about: str, media: frozenset[MediaKind]) -> Field:
    """A field for a list of links to files of the kinds `media`."""
    return Field(name=name, kind=FieldKind.URLS, label=label, help=about, media=media)


def flag(name: str, label: str, about: str) -> Field:
    return Field(name=name, kind=FieldKind.BOOLEAN, label=label, help=about)


def seed(about: str) -> Field:
    """The field `seed`."""
    return Field(name="seed", kind=FieldKind.INTEGER, label="seed", help=about)


def undocumented_field(name: str, label: str) -> Field:
    """A required text field known only from the API's error."""
    return text(name, label, ASKED_BY_THE_API.message, required=True)
