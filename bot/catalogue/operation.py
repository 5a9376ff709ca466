"""Operations: Cannon Studio's workflows, with fields, outputs and models.

The facts are from https://www.cannonstudio.app/developers/docs; each operation names its page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain

from bot.catalogue.fields import Field
from bot.domain.models import MediaKind
from bot.language import tr

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:\.[A-Za-z0-9_-]{1,40}){1,4}", re.ASCII)

_POINT_ZERO = re.compile(r"(?<=\d)\.0(?![\d.])")


@dataclass(frozen=True, slots=True)
class End:
    """The end of a provider's product: `date` is its last day, as an ISO date."""

    product: str
    date: str

    def has_passed(self, now: float) -> bool:
        """Whether the last day is over at `now`, Unix seconds."""
        return datetime.fromtimestamp(now, UTC).date().isoformat() > self.date


SORA_END = End("Sora 2", "2026-09-24")
"""OpenAI switched off its models and their API: https://developers.openai.com/api/docs/models/sora-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An operation's model. `id` is the API's own, None if not public."""

    id: str | None
    name: str
    end: End | None = None
    offered: bool = True
    """False if the live document lists the operation's models without this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output key. `kind` None means text for the member."""

    key: str
    kind: MediaKind | None
    temporary: bool = False
    """Whether the links expire too soon to be useful."""
    echo: bool = False
    """Whether the key only repeats an input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A workflow of Cannon Studio, as data."""

    id: str
    title: str
    workflow: str
    """The slash group it belongs to: image, video, audio, prompt, finish, sora or 3d."""
    fields: tuple[Field, ...] = ()
    """Empty if the fields are not public: then any input is accepted."""
    outputs: tuple[Output, ...] = ()
    """Empty if the outputs are not public."""
    fixed_credits: Decimal | None = None
    """The price of every run in credits, None if it depends on the input."""
    models: tuple[Model, ...] = ()
    id_documented: bool = True
    """False if the id was deduced: the live document then replaces it."""
    offered: bool = True
    """False if the live document lists the operations without this one: usable after a confirmation."""
    is_open: bool = False
    """Whether unlisted fields are accepted: only the live document, which may be wrong, lists any."""
    end: End | None = None

    def is_over(self, now: float) -> bool:
        """Whether its end has passed and the live document does not name it: only `/studio request` reaches it."""
        return not self.offered and self.end is not None and self.end.has_passed(now)

    def knows_model(self, text: str) -> bool:
        return any(same_name(text, each) for model in self.models for each in (model.id or "", model.name))

    @property
    def names(self) -> frozenset[str]:
        """The wire names of its fields."""
        return frozenset(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """Return the field with that wire name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def labels_of(operation: Operation | None) -> dict[str, str]:
    """Return the operation's field labels by wire name; none if unknown."""
    return {} if operation is None else {field.name: tr(field.label) for field in operation.fields}


def undocumented(operation_id: str) -> Operation | None:
    """Return a stub for an undocumented operation; None for an impossible id."""
    if not _ID.fullmatch(operation_id):
        return None
    return Operation(id=operation_id, title=operation_id, workflow="finish", id_documented=False)


def same_name(first: str, second: str) -> bool:
    """Compare names ignoring case, spaces and punctuation: `sora-2` and `Sora 2`."""
    return bare(first) == bare(second) != ""


def bare(name: str) -> str:
    """Return the letters and digits of `name`, case-folded; of a version such as 2.0 the 2, as ids have it."""
    return "".join(letter for letter in _POINT_ZERO.sub("", name).casefold() if letter.isalnum())


def model_name(operation: Operation, model: str) -> str:
    """Return the display name of `model`; the id itself if it has none."""
    wire_id = model_id(operation, model)
    for known in operation.models:
        if known.id is not None and known.id == wire_id:
            return known.name
    return next((known.name for known in operation.models if same_name(known.name, model)), model)


def model_id(operation: Operation, typed: str) -> str:
    """Return the id of the model `typed` as id or name, in any spelling; else `typed` itself.

    Models of the live document come first, exact spellings before others: it may list two that differ by
    punctuation only.
    """
    known = [model for model in operation.models if model.id is not None]
    word = typed.casefold()
    for models in ([each for each in known if each.offered], known):
        by_id = (each.id for each in models if each.id is not None and each.id.casefold() == word)
        by_name = (each.id for each in models if each.name.casefold() == word)
        alike = (each.id for each in models if same_name(each.id or "", typed) or same_name(each.name, typed))
        found = next(chain(by_id, by_name, alike), None)
        if found is not None:
            return found
    return typed
