"""The API's undocumented or changeable behaviour: a `Variant` and its effects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import IMAGE, Field, FieldKind, flag, link
from bot.catalogue.openapi import describe
from bot.catalogue.operation import Model, Operation, Output, bare
from bot.domain.models import MediaKind
from bot.errors import InputError
from sandbox import texts
from sandbox.studio.accounts import ApiError
from sandbox.studio.error_bodies import STYLES

_UPSCALE = Operation(
    id="image.upscale",
    title="Upscale Image",
    workflow="image",
    fields=(
        link("image_url", "image", "The image to enlarge", IMAGE, required=True),
        Field(name="scale", kind=FieldKind.INTEGER, label="scale", help="How many times larger", choices=(2, 4)),
        flag("face_enhance", "face repair", "Whether faces are repaired"),
    ),
    outputs=(Output(key="image_url", kind=MediaKind.IMAGE),),
)

UNDOCUMENTED: Mapping[str, Operation] = {_UPSCALE.id: _UPSCALE}
"""Invented, by id."""


SORA_WORKFLOW = "sora"
_NONE: Mapping[str, Any] = MappingProxyType({})
_FORMS: Mapping[type, type | tuple[type, ...]] = {
    bool: bool,
    float: (int, float),
    str: str,
    frozenset: (list, tuple, set, frozenset),
    Mapping: Mapping,
}
"""The accepted forms of an option, by its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A possible API. Operations are named by catalogue ids; docs/sandbox.md has the same table."""

    document_needs_key: bool = False
    renamed: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """The true ids of operations; the replaced ones are answered 400."""
    plan_without: frozenset[str] = frozenset()
    """Operations not included in the account's plan: answered 403."""
    vanished: frozenset[str] = frozenset()
    """Operations in no document and answered 400."""
    added: frozenset[str] = frozenset()
    """Undocumented operations, of UNDOCUMENTED."""
    required_fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NONE)
    """Fields that an operation requires, whether the catalogue knows them or not."""
    accepted: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=lambda: _NONE)
    """The only values, by operation and field: model ids, voices, modes. Not in the document."""
    model_ids: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """The true ids of models, by name; where there are any, no other model is accepted."""
    error_style: str = "message"
    """The form of an error's body: one of STYLES."""
    silent_estimates: bool = False
    """Whether the estimate tool answers without an estimate."""
    mcp_era: str = ""
    """What POST /mcp takes: `old` (up to 2025-11-25), `sessions` or `stateless` (2026-07-28); empty: calls of each."""
    mcp_stream: frozenset[str] = frozenset()
    """The form of its answers: `json`, `empty`, `before`, `after`, `lines` (docs/sandbox.md); empty: one event."""
    mcp_auth: str = ""
    """The only header for keys, `x-api-key` or `bearer`; empty: both."""
    mcp_faults: str = ""
    """How it refuses, `rpc` or `result`; empty: 401, and `isError` for a bad input."""
    mcp_demands: frozenset[str] = frozenset()
    """Fields without which there is no estimate, of operations that have them."""
    mcp_estimate: str = ""
    """Where the estimate is, `bare` or `response`; empty: in `estimatedCredits`, next to `ok`."""
    mcp_operation: str = ""
    """The form in which an operation is described: `schema`; empty: a list of fields."""
    mcp_names: frozenset[str] = frozenset()
    """Where the operations' ids are listed: `enum`, `toolkits`."""
    mcp_cold_s: float = 0.0
    """How long it takes to start after a quiet minute."""
    bills_failures: bool = False
    """Whether a failed request stays charged."""
    times: str = ""
    """Timestamps to report, `missing` or `now`; empty: the real ones."""
    poll_limit: str = ""
    """How a poll that comes too soon is answered, `bare` or `retry_after`; empty: as any other."""
    only_when_polled: bool = False
    """Whether a request starts and ends by a poll, which also sends its webhook."""
    new_account: str = ""
    """What a new account answers until its e-mail address is verified, `402` or `403`; empty: it needs none."""
    sora: str = ""
    """What happens to Sora's operations and models: `fails`, `bills`, `refuses`, `absent`; empty: they work."""
    at_once: frozenset[str] = frozenset()
    """Operations whose create is answered when they have ended."""
    at_once_s: float = 0.0
    """How long that takes."""
    signed_links: str = ""
    """Whether links to files have a signed query that ends, `once` or `renewed`; empty: they have none."""
    signed_links_s: float = 3600.0
    """How long such a query lasts."""

    def __post_init__(self) -> None:
        if self.error_style not in STYLES:
            raise ValueError(f"no style {self.error_style!r}; there are {', '.join(STYLES)}")
        if strange := set(self.added) - set(UNDOCUMENTED):
            raise ValueError(f"no operation {min(strange)!r} to add; there are {', '.join(UNDOCUMENTED)}")

    def changed(self, given: Mapping[str, Any]) -> Variant:
        """Return it with the options `given`, as JSON has them. Raises ValueError for an unknown one."""
        present: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in given.items():
            if name not in present:
                raise ValueError(f"no option {name!r}; there are {', '.join(present)}")
            listed = isinstance(present[name], frozenset)
            form = next(form for kind, form in _FORMS.items() if isinstance(present[name], kind))
            fits = isinstance(value, form)
            if not fits:
                raise ValueError(f"{name} has another form")
            present[name] = frozenset(value) if listed else value
        return Variant(**present)


class TrueApi:
    """The true operations of this sandbox, and their inputs."""

    def __init__(self, documented: Catalogue, variant: Variant) -> None:
        self._documented = documented
        self.vary(variant)

    def know(self, documented: Catalogue) -> None:
        self._documented = documented
        self.vary(self.variant)

    def vary(self, variant: Variant) -> None:
        """Switch to `variant`."""
        self.variant = variant
        added = [UNDOCUMENTED[each] for each in sorted(variant.added)]
        known = [*self._documented.operations.values(), *added]
        gone = {each.id for each in known if variant.sora == "absent" and each.workflow == SORA_WORKFLOW}
        there = [_without_sora(each, variant) for each in known if each.id not in variant.vanished | gone]
        self._catalogue = Catalogue(there, allow_local=self._documented.allow_local)

    def document(self) -> dict[str, Any]:
        """Return the body of /api/v1/openapi."""
        return describe(Catalogue(self.offered()))

    def true_id(self, operation_id: str) -> str:
        return self.variant.renamed.get(operation_id, operation_id)

    def models(self, operation: Operation) -> list[Model]:
        """Return an offered operation's models with their true ids."""
        return self._models(self.operation(operation.id))

    def _models(self, operation: Operation) -> list[Model]:
        """Return the models by name, or by id where options name the accepted ones."""
        accepted = self.variant.accepted.get(operation.id, _NONE).get("model")
        if accepted is not None:
            return [Model(id=each, name=each) for each in accepted]
        true = self.variant.model_ids
        return [replace(each, id=true.get(each.name, each.id or bare(each.name))) for each in operation.models]

    def operation(self, name: str) -> Operation:
        """Return the operation accepted as `name`, with the catalogue's id. Raises ApiError."""
        for operation in self._catalogue.operations.values():
            if self.true_id(operation.id) == name:
                return operation
        raise ApiError(400, texts.UNKNOWN_OPERATION(name=name), "operation")

    def checked(self, name: str, given: Mapping[str, Any]) -> tuple[Operation, dict[str, Any]]:
        """Return the operation and its valid input. Raises ApiError, which names the field."""
        operation = self.operation(name)
        if operation.id in self.variant.plan_without:
            raise ApiError(403, texts.not_in_plan(operation.title))
        if self.variant.sora in {"refuses", "absent"} and is_sora(operation, given):
            raise ApiError(400, texts.SORA_ENDED, None if operation.workflow == SORA_WORKFLOW else "model")
        demanded = self.variant.required_fields.get(operation.id, ())
        for missing in (each for each in demanded if given.get(each) in {None, ""}):
            raise ApiError(400, texts.FIELD_REQUIRED(name=missing), missing)
        for name_, values in self.variant.accepted.get(operation.id, _NONE).items():
            if given.get(name_) is not None and given[name_] not in values:
                raise ApiError(400, texts.VALUE_NOT_ACCEPTED(name=name_, value=given[name_]), name_)
        model = given.get("model")
        if self.variant.model_ids and model is not None and model not in {each.id for each in self._models(operation)}:
            raise ApiError(400, texts.VALUE_NOT_ACCEPTED(name="model", value=model), "model")
        known = {each.name for each in operation.fields}
        extra = {each: given[each] for each in demanded if known and each not in known}
        try:
            rest = {key: value for key, value in given.items() if key not in extra}
            valid = self._catalogue.check(operation.id, rest)
        except InputError as error:
            raise ApiError(400, error.sentence, error.field) from None
        return operation, valid | extra

    def offered(self) -> list[Operation]:
        """Return the operations with their true ids and required fields."""
        return [
            replace(each, id=self.true_id(each.id), fields=_with(each, self.variant.required_fields.get(each.id, ())))
            for each in self._catalogue.operations.values()
        ]


def is_sora(operation: Operation, given: Mapping[str, Any]) -> bool:
    """Whether a request is for Sora, by its operation or its model."""
    return operation.workflow == SORA_WORKFLOW or "sora" in str(given.get("model", "")).casefold()


def _without_sora(operation: Operation, variant: Variant) -> Operation:
    if variant.sora != "absent":
        return operation
    return replace(operation, models=tuple(each for each in operation.models if "sora" not in each.name.casefold()))


def _with(operation: Operation, demanded: Collection[str]) -> tuple[Field, ...]:
    known = {each.name for each in operation.fields}
    given = [replace(each, required=each.required or each.name in demanded) for each in operation.fields]
    more = (
        Field(name=name, kind=FieldKind.TEXT, required=True, label=bare(name), help=texts.DEMANDED_FIELD(name=name))
        for name in demanded
        if name not in known
    )
    return (*given, *more)
