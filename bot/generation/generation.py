"""A member's request: one operation with its values and files, from a command, form or control."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue import OPERATIONS, Catalogue, Field, Operation, label_of, undocumented_field
from bot.catalogue.checks.cautions import Caution, needed_key, undocumented_key
from bot.domain.jobs.card_spec import JobSpec
from bot.domain.models import JOBS_PER_CARD, PROMPT_FIELDS, SOURCE_KINDS, MediaKind
from bot.domain.money.spend_request import TYPED, Consent, Pays, ShownPrice
from bot.domain.plain import from_plain, to_plain
from bot.domain.server.shootouts import MODELS_MIN
from bot.domain.words.orders import OWN, Derivation
from bot.domain.words.templates import output_of_step
from bot.domain.words.text import one_line
from bot.errors import InputError
from bot.generation import texts
from bot.generation.rewrites import enhancing
from bot.generation.sources import SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file for the field `field`, or, with `by_kind`, for the field that fits its kind."""

    ref: SourceRef
    label: str
    field: str | None = None
    by_kind: Mapping[MediaKind, str] = dataclasses.field(default_factory=dict)
    kinds: frozenset[MediaKind] = SOURCE_KINDS
    """Possible kinds if the catalogue does not know the field's."""
    into_list: bool = False
    """Whether the field takes a list of links."""
    last_frame: bool = False
    """Whether the field takes the last frame of this film."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A request: one operation with its values and files, `count` times."""

    operation: str
    values: Mapping[str, Any]
    files: Sequence[SourceFile] = ()
    count: int = 1
    private: bool = False
    spoiler: bool = False
    """Whether its files are spoilers."""
    enhance: bool = False
    parent_id: str | None = None
    before: Sequence[JobSpec] = ()
    """Earlier steps on its card."""
    fill: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Fields filled from earlier steps' outputs, as in JobSpec."""
    reseed: bool = False
    """Whether each gets a random seed, if the operation has one."""
    derivation: Derivation = OWN
    repeats: str = ""
    """The unconfirmed job that this retries, as in JobSpec."""
    label: str = ""
    """The recipe of this run."""
    consent: Consent = TYPED
    extra: Sequence[str] = dataclasses.field(default_factory=list)
    """Undocumented fields of its input, as in JobSpec."""
    raw: bool = False
    """Whether its input is sent as a moderator typed it, as in JobSpec."""
    sample_of: str = ""
    """The voice of which it is the sample, as in CardSpec."""
    shootout_minutes: int = 0
    """How long members vote on its jobs, which differ by model; 0: they don't."""
    typed: bool = False
    """Whether a member typed it, so that their preset and defaults apply."""
    style: str = ""
    """Added to its prompt, which is still to be typed."""

    def first(self, jobs: int) -> Generation:
        """Return the first of its jobs alone, none of which depends on another."""
        if jobs > len(self.before):
            return replace(self, count=jobs - len(self.before))
        *before, last = self.before[:jobs]
        minutes = self.shootout_minutes if jobs >= MODELS_MIN else 0
        return replace(
            self,
            operation=last.operation,
            values=last.input,
            derivation=last.derivation,
            before=before,
            extra=last.extra,
            count=1,
            shootout_minutes=minutes,
        )

    def accepting(self, cautions: Collection[str], *, may_pay_twice: bool = False) -> Generation:
        """Return it with consent to these cautions' keys, and to a second payment."""
        given = self.consent
        consent = replace(
            given,
            accepted=[*given.accepted, *cautions],
            may_pay_twice=given.may_pay_twice or may_pay_twice,
        )
        return replace(self, consent=consent)

    def paid_by(self, pays: Pays) -> Generation:
        return replace(self, consent=replace(self.consent, pay=pays.value))

    def to_draft(self, shown: ShownPrice | None = None) -> dict[str, Any]:
        """Return it as JSON values; links of checked files are in the values already.

        `shown` is the price that a yes to the draft accepts.
        """
        plain: dict[str, Any] = to_plain(replace(self, consent=replace(self.consent, agreed=shown, labelled=None)))
        return plain

    @classmethod
    def from_draft(cls, data: Mapping[str, Any]) -> Generation:
        """Return a draft's generation, with a yes to the shown price."""
        return from_plain(cls, data)


def nested(texts: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path, text in texts.items():
        name, inside, key = path.partition(".")
        if inside:
            values.setdefault(name, {})[key] = text
        else:
            values[name] = text
    return values


def flattened(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values by field as texts by path, without lists: a form has no input for them."""
    texts: dict[str, str] = {}
    for name, value in values.items():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, Mapping) else {name: value}
        texts |= {path: _typed(each) for path, each in inner.items() if isinstance(each, str | int | float)}
    return texts


def _typed(value: str | float) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def missing_fields(operation: Operation, names: Collection[str], accepted: Collection[str] = ()) -> list[Field]:
    """Return the operation's fields of these names, in its order; other names as text fields.

    A field may be empty if `accepted` has the caution that it is needed.
    """
    known = {field.name: field for field in operation.fields}
    there = [
        replace(field, required=needed_key(operation, field.name) not in accepted)
        for field in operation.fields
        if field.name in names
    ]
    return [
        *there,  # of the others the API's own name is all that there is
        *(undocumented_field(name, label_of(name).replace("_", " ")) for name in names if name not in known),
    ]


def described_as_needed(operation: Operation, cautions: Collection[Caution]) -> list[str]:
    """Return fields required only by Cannon Studio's document, and without an option."""
    built_in = {field.name for each in OPERATIONS if each.id == operation.id for field in each.fields}
    doubts = {each.key for each in cautions}
    names = [field.name for field in operation.fields if needed_key(operation, field.name) in doubts]
    return [name for name in names if built_in and name not in built_in]


def named_as_missing(operation: Operation, names: Collection[str], given: Collection[str | None]) -> list[Field]:
    """Return the fields that the API named as missing, without those given."""
    known = operation.names
    fitting = [name for name in names if name not in given]
    return missing_fields(operation, [name for name in fitting if name in known or name.isidentifier()])


def asked_again(generation: Generation, operation: Operation, fields: Collection[Field]) -> Generation:
    """Return the generation with room for fields that the API named; no caution about those remains."""
    known = operation.names
    extra = [field.name for field in fields if field.name not in known]
    keys = [undocumented_key(operation, name) for name in extra]
    return replace(generation.accepting(keys), extra=[*generation.extra, *extra])


def undocumented_names(operation: Operation | None, values: Mapping[str, Any]) -> list[str]:
    """Return the names in an input without a field in the operation; [] if its fields are not public."""
    if operation is None or not operation.fields:
        return []
    known = operation.names
    return [name for name in values if name not in known]


_SEPARATOR = re.compile(r"[\n|]")
ENHANCED = "prompt"
"""The field that is rewritten first; spoken text is not."""
FLAG = re.compile(
    r"(?:^|\s)(?:(?:--|—)(?:(?:ar|aspect)[ =](?P<ratio>\d{1,2}[:x×/]\d{1,2}(?!\d))|seed[ =](?P<seed>\d+)"
    r"|(?:v|version|q|quality|s|stylize|c|chaos|w|weird|iw|stop|niji)[ =](?:\d*\.)?\d+)"
    r"|--no[ =](?P<negative_prompt>.+?)(?=\s--[a-z]|$)|--(?:style|sref|cref|p)[ =][^\s-]\S*),?",
    re.IGNORECASE | re.DOTALL,
)
"""A flag that people bring from other bots, with its value: what `--no` avoids is all words up to the next one."""
_RATIO_FIELDS = ("aspect_ratio", "aspectRatio")


def unsupported(catalogue: Catalogue) -> set[str]:
    """Return the ids of operations without batches."""
    return {operation.id for operation in catalogue.operations.values() if _prompt_field(operation) is None}


def operation_typed(catalogue: Catalogue, typed: str) -> Operation:
    """Return a batch's operation as a member named it. Raises InputError if it cannot run one."""
    operation = catalogue.resolve(typed.strip())
    if _prompt_field(operation) is None:
        raise InputError(texts.NO_BATCH(operation=operation.title), "operation")
    return operation


def batch(
    catalogue: Catalogue,
    operation: Operation,
    prompts: Sequence[str],
    *,
    model: str | None,
    aspect_ratio: str | None,
    private: bool,
    enhance: bool = False,
) -> Generation:
    """Return one generation with a job for each prompt, rewritten first with `enhance`.

    Raises InputError, which names the invalid prompt.
    """
    steps = _steps(catalogue, operation, prompts, model, aspect_ratio)
    if enhance:
        steps = _enhanced(catalogue, operation, steps)
    *before, last = steps
    return Generation(
        operation=last.operation, values=last.input, before=before, fill=last.fill, private=private, typed=True
    )


def _enhanced(catalogue: Catalogue, operation: Operation, steps: Sequence[JobSpec]) -> list[JobSpec]:
    if _prompt_field(operation) != ENHANCED or operation.workflow == "prompt":
        raise InputError(texts.NOT_ENHANCED(operation=operation.title), "enhance")
    most = JOBS_PER_CARD // 2
    if len(steps) > most:
        raise InputError(texts.PROMPTS(most=most, count=len(steps)), "prompts")
    found: list[JobSpec] = []
    for step in steps:
        fill = {ENHANCED: str(output_of_step(len(found), "enhancedPrompt"))}
        found += [enhancing(catalogue, operation, step.input), replace(step, fill=fill)]
    return found


def split_prompts(text: str, *, in_file: bool) -> list[str]:
    """Split a text into prompts, one per line; outside files also at `|`. Raises InputError."""
    found = [one_line(line) for line in (text.split("\n") if in_file else _SEPARATOR.split(text))]
    prompts = [line for line in found if line]
    if not 1 <= len(prompts) <= JOBS_PER_CARD:
        raise InputError(texts.PROMPTS(most=JOBS_PER_CARD, count=len(prompts)), "prompts")
    return prompts


def _steps(
    catalogue: Catalogue, operation: Operation, prompts: Sequence[str], model: str | None, aspect_ratio: str | None
) -> list[JobSpec]:
    shared: dict[str, Any] = {}
    if model:
        shared["model"] = model
    if aspect_ratio:
        shared[ratio_field(operation)] = aspect_ratio
    name = _prompt_field(operation) or PROMPT_FIELDS[0]
    made = []
    for number, prompt in enumerate(prompts, start=1):
        values = {**shared, name: prompt}
        try:
            catalogue.check(operation.id, values)
        except InputError as error:
            if error.field != name:
                raise  # the other fields are the same for every prompt
            raise InputError(texts.IN_PROMPT(number=number, problem=error.sentence), "prompts") from None
        made.append(JobSpec(operation=operation.id, input=values))
    return made


def _prompt_field(operation: Operation) -> str | None:
    found = next((name for name in PROMPT_FIELDS if name in operation.names), None)
    required = {field.name for field in operation.fields if field.required}
    return found if found is not None and required <= {found} else None


def ratio_field(operation: Operation) -> str:
    return next((name for name in _RATIO_FIELDS if name in operation.names), _RATIO_FIELDS[0])


def unflagged(generation: Generation, operation: Operation) -> Generation:
    """Return a request without the flags of what a member typed: as options, else for its author to do without."""
    if not generation.typed:
        return generation
    left: list[str] = []
    values = _unflagged(generation.values, operation, left)
    before = [replace(step, input=_unflagged(step.input, operation, left)) for step in generation.before]
    consent = replace(generation.consent, left_out=" ".join(dict.fromkeys(left)))
    return replace(generation, values=values, before=before, consent=consent)


def _unflagged(values: Mapping[str, Any], operation: Operation, left: list[str]) -> Mapping[str, Any]:
    prompt = values.get("prompt")
    if not isinstance(prompt, str):
        return values
    options: dict[str, str] = {}
    for found in FLAG.finditer(prompt):
        name = ratio_field(operation) if found.lastgroup == "ratio" else found.lastgroup or ""
        if name in operation.names:
            options[name] = found[found.lastgroup or 0]
        else:
            left.append(found[0].strip(" ,\n"))
    return {**options, **values, "prompt": FLAG.sub("", prompt).strip(" ,") if options or left else prompt}
