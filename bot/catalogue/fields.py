"""One input of an operation: its kind, its rules and the words that a member reads about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TypeAlias

from bot.domain.models import MediaKind

TEXT_LIMIT_CHARS = 6000
"""The longest slash-command option that Discord accepts; the API documents no limit of its own."""

HELP_LIMIT_CHARS = 100
"""The longest description of a slash-command option."""

NAMED_IDS = frozenset({"voice_id"})
"""Ids that providers choose freely, such as a first name."""

Scalar: TypeAlias = str | int | float


class FieldKind(StrEnum):
    """The form of a field's value on the wire."""

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
    """How a text has to look that is no free text."""

    RATIO = "ratio"
    """Width to height: `16:9`, `1.78`, or a word such as `auto`."""
    ID = "id"
    """An id that a provider gave: no spaces, and not as short as a word that somebody made up."""


class ProbeKind(StrEnum):
    """What can be read from a source file instead of asking the member."""

    DURATION = "duration"
    CONTENT_TYPE = "content_type"
    FILE_NAME = "file_name"


@dataclass(frozen=True, slots=True)
class Probe:
    """Says that a value is the `kind` (a duration in seconds, a MIME type …) of the file in the field `source`."""

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
    """Whether `required` is only deduced from the docs: then the member is warned where it is missing, not refused."""
    label: str
    """A short human name that fits behind "the": `aspect ratio`."""
    help: str
    """What to give, at most 100 characters, with an example where one helps: a Discord option's description."""
    unit: str = ""
    """What a number counts, in the plural: `seconds`."""
    choices: tuple[Scalar, ...] = ()
    """The closed list for every model, empty if any value is valid."""
    choices_by_model: Mapping[str, tuple[Scalar, ...]] = default(default_factory=lambda: MappingProxyType({}))
    """Closed lists for some models, by model id in any spelling; `*` in a key stands for any characters."""
    suggestions: tuple[Scalar, ...] = ()
    """Values that were seen or are likely: suggested, never enforced."""
    minimum: float | None = None
    maximum: float | None = None
    usual: tuple[float, float] | None = None
    """The range in which a number makes sense, deduced where the docs give none.

    Beyond it the member is warned; far beyond it (`values.BEYOND_USUAL`) the number is refused.
    """
    shape: TextShape | None = None
    """How a text has to look where there is no closed list."""
    max_length: int = TEXT_LIMIT_CHARS
    """The longest text, in characters."""
    media: frozenset[MediaKind] = frozenset()
    """The media that a link may refer to, for the kinds URL and URLS."""
    probe: Probe | None = None
    """Where the value is read from when the member does not give it."""
    item_fields: tuple[Field, ...] = ()
    """The keys of an object, or of each object in a list."""
    extra_keys: bool = False
    """Whether an object may have keys beyond `item_fields`."""
    offered: bool = True
    """False if the live document lists the operation's fields without this one."""
    known: Field | None = None
    """The field as it was known before the live document described it otherwise: what fits that is never refused."""

    @property
    def longest(self) -> int:
        """The longest text that is taken, in characters: a document may only allow more."""
        return self.max_length if self.known is None else max(self.max_length, self.known.max_length)

    @property
    def judges_by_usual(self) -> bool:
        """Whether a number is judged by `usual`: nothing else is known of its range."""
        return self.usual is not None and self.minimum is None and self.maximum is None and not self.choices

    def choices_for(self, model: str | None) -> tuple[Scalar, ...]:
        """Return the closed list of values for `model`, empty if any value is valid."""
        if model is not None:
            for pattern, choices in self.choices_by_model.items():
                if fnmatchcase(_bare_model(model), _bare_model(pattern)):
                    return choices
        return self.choices


def _bare_model(text: str) -> str:
    """Return a model's id, or a pattern of one, without case and punctuation: `gpt-image-2` is `gptimage2`."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == "*")
