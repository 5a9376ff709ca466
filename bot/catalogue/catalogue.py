"""The catalogue: Cannon Studio's operations, and validation of inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from bot.catalogue.checks.cautions import Caution, cautions_of, raw_caution
from bot.catalogue.checks.suggest import OFFER_LIMIT, OFFER_LIMIT_CHARS, Offer, suggest
from bot.catalogue.checks.validation import check_input
from bot.catalogue.checks.values import clean_text, plain
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation, undocumented
from bot.catalogue.operations import OPERATIONS
from bot.catalogue.texts import (
    ENDED_VALUE,
    OFFERED_BEFORE,
    SPELLED_OTHERWISE,
    echo,
    no_document_names,
    no_operation,
    printable,
)
from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.errors import InputError
from bot.language import tr

NEAR = 0.5
"""How alike an operation that is proposed instead is at least, as `difflib` counts; below, it is another thing."""


class Catalogue:
    """The known operations, immutable. `openapi.merge` makes one that includes the live document."""

    __slots__ = ("_aliases", "_allow_local", "_operations")

    def __init__(
        self,
        operations: Iterable[Operation] = OPERATIONS,
        *,
        aliases: Mapping[str, str] | None = None,
        allow_local: bool = False,
    ) -> None:
        """Hold `operations`; `aliases` maps former ids to current ones.

        `allow_local` allows links to http://127.0.0.1: for the sandbox and tests.
        """
        self._operations = MappingProxyType({operation.id: operation for operation in operations})
        self._aliases = MappingProxyType(dict(aliases or {}))
        self._allow_local = allow_local

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by id, in display order."""
        return self._operations

    @property
    def aliases(self) -> Mapping[str, str]:
        """The current ids by the deduced ones they replaced."""
        return self._aliases

    @property
    def allow_local(self) -> bool:
        """Whether links to http://127.0.0.1 are allowed."""
        return self._allow_local

    def knows_model(self, text: str) -> bool:
        """Whether the text is a known model's id or name: members may send any text."""
        return any(operation.knows_model(text) for operation in self.operations.values())

    def get(self, operation_id: str) -> Operation:
        """Return the operation with that id. Raises InputError, which names the nearest one."""
        operation = self._operations.get(operation_id)
        if operation is not None:
            return operation
        raise InputError(no_operation(operation_id, self._nearest(operation_id)), "operation")

    def _nearest(self, operation_id: str) -> str | None:
        return next(iter(get_close_matches(echo(operation_id), self._operations, n=1, cutoff=NEAR)), None)

    def resolve(self, key: str) -> Operation:
        """Return the operation by its id or a replaced built-in id.

        The returned `id` is the one that the API accepts. Raises InputError.
        """
        return self.get(self._aliases.get(key, key))

    def find(self, key: str) -> Operation | None:
        """Like `resolve`, but None if there is none: a job's may have been withdrawn."""
        return self._operations.get(self._aliases.get(key, key))

    def check(
        self,
        operation_id: str,
        values: Mapping[str, object],
        *,
        pending: Collection[str] = (),
        extra: Collection[str] = (),
    ) -> dict[str, Any]:
        """Return `values` in wire form: cleaned, without empty ones, and valid.

        `pending` fields are filled by an earlier step and not missing; `extra` fields are undocumented. Raises
        InputError with one sentence that names the field, the rule and the nearest value.
        """
        operation = self.resolve(operation_id)
        return check_input(operation, values, allow_local=self._allow_local, pending=pending, extra=extra)

    def cautions(
        self, operation_id: str, taken: Mapping[str, object], *, pending: Collection[str] = ()
    ) -> list[Caution]:
        """Return the cautions about a checked input. Raises InputError for no operation."""
        return cautions_of(self.resolve(operation_id), taken, pending)

    def resolve_raw(self, key: str) -> Operation:
        """Like `resolve`, but accept an undocumented id of plausible form.

        Raises InputError for others.
        """
        return self.find(key) or undocumented(key) or self.get(key)

    def check_raw(self, operation_id: str, values: Mapping[str, object]) -> tuple[dict[str, Any], list[Caution]]:
        """Return `values` as typed, with cautions.

        Raises InputError for values that JSON cannot carry, and impossible operation ids.
        """
        operation = self.resolve_raw(operation_id)
        typed = plain(values)
        if self.find(operation_id) is None:
            return typed, [raw_caution(operation, no_document_names(operation.id, self._nearest(operation.id)))]
        try:
            taken = check_input(operation, values, allow_local=self._allow_local)
        except InputError as error:
            return typed, [raw_caution(operation, error.sentence)]
        if taken != typed:
            return typed, [raw_caution(operation, SPELLED_OTHERWISE)]
        return typed, cautions_of(operation, taken)

    def suggest(
        self,
        operation_id: str,
        field: str,
        typed: str,
        given: Mapping[str, object] | None = None,
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Offer]:
        """Return up to 25 (label, value) pairs for autocomplete; `given` are the other options.

        `labels` are more values, with their names or ''. The typed text itself precedes them unless the list is
        closed. Empty for an unknown operation or field.
        """
        try:
            operation = self.resolve(operation_id)
            return suggest(operation, operation.field(field), typed, given or {}, labels)
        except (InputError, KeyError):
            return []

    def suggest_operations(self, typed: str, without: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return up to 25 (label, id) pairs of operations whose title or id contains the typed text.

        Omits `without`. Withdrawn and ended operations come last and say so.
        """
        word = clean_text(typed).casefold()
        known = sorted(self._operations.values(), key=lambda each: (each.end is not None, not each.offered))
        offers = [(each, f"{printable(tr(each.title), 60)} ({each.id})") for each in known if each.id not in without]
        found = [
            (_marked(each, label), each.id)
            for each, label in offers
            if word in label.casefold() and len(each.id) <= OFFER_LIMIT_CHARS
        ]
        return [(label[:OFFER_LIMIT_CHARS], key) for label, key in found[:OFFER_LIMIT]]

    def replaced(self, operations: Iterable[Operation], aliases: Mapping[str, str]) -> Catalogue:
        """Return a catalogue with other operations and added `aliases`."""
        return Catalogue(operations, aliases={**self._aliases, **aliases}, allow_local=self._allow_local)


def _marked(operation: Operation, label: str) -> str:
    if operation.end is not None:
        return ENDED_VALUE(value=label, date=operation.end.date)
    return label if operation.offered else OFFERED_BEFORE(operation=label)


LINK_KINDS = frozenset({FieldKind.URL, FieldKind.URLS})
NATIVE_ID = "sora_video_id"
"""The field of Sora's operations for a video by Sora's id rather than a link."""

_WORDS = {
    MediaKind.IMAGE: ("image", "picture", "photo"),
    MediaKind.VIDEO: ("video", "clip", "movie"),
    MediaKind.AUDIO: ("audio", "music", "sound", "voice", "speech"),
}
"""Marks fields only the live document has, which names no media kinds."""
_ANY_WORDS = ("file", "media", "source", "reference", "asset")
"""Marks those among them that take any file."""


def field_for(operation: Operation, kind: MediaKind) -> Field | None:
    """Return the field for a medium of `kind`: a required one, else the first; None if none.

    None also if other media are required: an image is no source for a video operation with a thumbnail.
    """
    links = [field for field in operation.fields if field.kind in LINK_KINDS]
    taking = [field for field in links if _takes(field, kind)]
    required = [field for field in links if field.required]
    return next((field for field in taking if field in required), None if required else next(iter(taking), None))


def fitting(catalogue: Catalogue, kinds: Collection[MediaKind], *, native: bool) -> list[Operation]:
    """Return the operations that accept a medium of one of `kinds`, in order.

    `native`: a Sora video with a known id.
    """
    return [
        operation
        for operation in catalogue.operations.values()
        if any(field_for(operation, kind) is not None for kind in kinds)
        and (native or NATIVE_ID not in operation.names)
    ]


def kinds_of(field: Field) -> frozenset[MediaKind]:
    """Return the media that a link field takes; () if none or unknown."""
    if field.kind not in LINK_KINDS:
        return frozenset()
    return field.media or kinds_named(field.name)


def kinds_named(name: str) -> frozenset[MediaKind]:
    """Return the media that a field's wire name implies: all for one such as `file_url`."""
    word = name.casefold()
    named = frozenset(kind for kind, words in _WORDS.items() if any(each in word for each in words))
    return named or frozenset(kind for kind in SOURCE_KINDS if any(each in word for each in _ANY_WORDS))


def _takes(field: Field, kind: MediaKind) -> bool:
    return kind in kinds_of(field)
