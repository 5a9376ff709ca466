"""From an operation's fields to its command's options, within Discord's limits. Pure.

The limits are from https://discord.com/developers/docs/interactions/application-commands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.catalogue import Field, FieldKind, Operation
from bot.catalogue.catalogue import LINK_KINDS, kinds_of
from bot.domain.words.text import shortened
from cogs.described import texts
from cogs.ui.forms import INPUTS
from cogs.ui.texts import PRIVATE_OPTION, SPOILER_OPTION
from cogs.workflows.asked.form import MAIN_FIELDS, TYPED
from cogs.workflows.texts import COUNT_OPTION, ENHANCE_OPTION, JOB_OPTION, PRESET_OPTION, URL_OPTION

OPTIONS_MAX = 25
NAME_CHARS = 32
ABOUT_CHARS = 100
LIST_UPLOADS = 2
"""Uploads offered for a list of files; links are unlimited."""
ENHANCED = "prompt"

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LINK_ENDING = re.compile(r"_(?:url|uri|link)s?$")


class OptionKind(StrEnum):
    """What an option takes."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    UPLOAD = "upload"
    LINK = "link"
    """A link to a file; several with spaces between for a list."""
    JOB = "job"


class Common(StrEnum):
    """The options that are not fields."""

    COUNT = "count"
    ENHANCE = "enhance"
    PRIVATE = "private"
    SPOILER = "spoiler"
    PRESET = "preset"
    REST = "more"


_KINDS = {Common.COUNT: OptionKind.INTEGER, Common.PRESET: OptionKind.TEXT}
"""The `Common` options that are not booleans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOption:
    """One option: its name and description in Discord, and its field."""

    name: str
    about: str
    kind: OptionKind
    required: bool = False
    field: Field | None = None
    """None for a `Common` option."""
    inside: str = ""
    """The object that contains the field; "" at the top level."""

    @property
    def path(self) -> str:
        """The field as forms name it: `object.key`, or its name."""
        name = "" if self.field is None else self.field.name
        return f"{self.inside}.{name}" if self.inside else name


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPlan:
    """The command of an operation: its options, and the fields without room."""

    operation: str
    about: str
    options: tuple[PlannedOption, ...]
    left: tuple[Field, ...] = ()

    def of_field(self, name: str) -> list[PlannedOption]:
        return [each for each in self.options if each.field is not None and name in {each.field.name, each.inside}]


def plan_of(operation: Operation) -> CommandPlan | None:
    """Return the command; None if the operation is not described, or Discord has no input for a required field."""
    fields = [field for field in operation.fields if field.probe is None and field.offered]
    fields.sort(key=lambda field: (not is_needed(field), _can_wait(field)))
    if not fields:
        return None
    common = _common(operation, fields)
    groups = [(field, _of_field(field, sole=_is_sole_medium(field, fields))) for field in fields]
    if sum(len(group) for _, group in groups) > OPTIONS_MAX - len(common):
        # Fields come first; without room for all, the server's rule decides about spoilers.
        common = [_rest(), *(each for each in common if each.name != Common.SPOILER.value)]
    options: list[PlannedOption] = []
    left: list[Field] = []
    for field, group in groups:
        fits = len(options) + len(group) <= OPTIONS_MAX - len(common)
        options += group if fits else []
        left += [] if fits else [field]
    if not _can_be_asked(left):
        return None
    options.sort(key=lambda option: not option.required)
    return CommandPlan(
        operation=operation.id,
        about=_about(operation.title) or operation.id[:ABOUT_CHARS],
        options=(*_named_apart(options, {each.name for each in common}), *common),
        left=tuple(left),
    )


def is_needed(field: Field) -> bool:
    """Whether the command requires the field; if that is only inferred, the member is warned and may continue."""
    return field.required and not field.rule_inferred


def option_name(wire: str, taken: Collection[str] = ()) -> str:
    """Return a valid option name: `visualStyle` as `visual_style`; numbered if it is `taken`."""
    name = _NO_NAME.sub("_", _CAPITAL.sub("_", wire).lower()).strip("_") or "value"
    free, number = name[:NAME_CHARS], 1
    while free in taken:
        number += 1
        ending = f"_{number}"
        free = name[: NAME_CHARS - len(ending)] + ending
    return free


def _can_wait(field: Field) -> bool:
    return field.kind in TYPED and field.name not in MAIN_FIELDS


def _can_be_asked(left: Collection[Field]) -> bool:
    needed = [field for field in left if is_needed(field)]
    inputs = sum(2 if field.kind in LINK_KINDS else 1 for field in needed)
    return inputs <= INPUTS and all(field.kind in TYPED or field.kind in LINK_KINDS for field in needed)


def _common(operation: Operation, fields: Collection[Field]) -> list[PlannedOption]:
    """Return the common options, except those with a field's name."""
    wanted = {
        Common.COUNT: COUNT_OPTION,
        Common.ENHANCE: ENHANCE_OPTION,
        Common.PRIVATE: PRIVATE_OPTION,
        Common.SPOILER: SPOILER_OPTION,
        Common.PRESET: PRESET_OPTION,
    }
    if operation.workflow == "prompt" or not any(field.name == ENHANCED for field in fields):
        del wanted[Common.ENHANCE]
    if any(is_needed(field) and kinds_of(field) for field in fields):
        del wanted[Common.COUNT]  # repeating a finishing job gives the same file
    if operation.workflow == "prompt":
        del wanted[Common.SPOILER]
    own = {option_name(field.name) for field in fields}
    return [
        PlannedOption(name=word.value, about=about, kind=_KINDS.get(word, OptionKind.FLAG))
        for word, about in wanted.items()
        if word is Common.PRIVATE or word.value not in own
    ]


def _rest() -> PlannedOption:
    return PlannedOption(name=Common.REST.value, about=texts.REST_OPTION, kind=OptionKind.FLAG)


def _is_sole_medium(field: Field, fields: Collection[Field]) -> bool:
    return [each.name for each in fields if kinds_of(each)] == [field.name] and field.kind is FieldKind.URL


def _of_field(field: Field, *, sole: bool) -> list[PlannedOption]:
    if kinds_of(field):
        return list(_of_media(field, sole=sole))
    if field.kind is FieldKind.OBJECT and field.item_fields and all(each.kind in TYPED for each in field.item_fields):
        return [
            replace(_of_value(inner), inside=field.name, required=is_needed(field) and is_needed(inner))
            for inner in field.item_fields
        ]
    return [_of_value(field)]


def _of_media(field: Field, *, sole: bool) -> Iterator[PlannedOption]:
    """Return an upload, a link and a job; the only file of an operation has `url` and `job` as elsewhere."""
    name = _LINK_ENDING.sub("", option_name(field.name)) or "file"
    is_list = field.kind is FieldKind.URLS
    label = field.label
    uploads = [name, *(f"{name}_{number}" for number in range(2, LIST_UPLOADS + 1))] if is_list else [name]
    for each in uploads:
        yield PlannedOption(name=each, about=_about(texts.OF_FILE(label=label)), kind=OptionKind.UPLOAD, field=field)
    link = "url" if sole else f"{name}_url{'s' * is_list}"
    about = texts.LINKS_OPTION if is_list else URL_OPTION if sole else texts.OF_LINK(label=label)
    yield PlannedOption(name=link, about=_about(about), kind=OptionKind.LINK, field=field)
    about = JOB_OPTION if sole else texts.OF_JOB(label=label)
    yield PlannedOption(name="job" if sole else f"{name}_job", about=_about(about), kind=OptionKind.JOB, field=field)


def _of_value(field: Field) -> PlannedOption:
    kinds = {
        FieldKind.INTEGER: OptionKind.INTEGER,
        FieldKind.NUMBER: OptionKind.NUMBER,
        FieldKind.BOOLEAN: OptionKind.FLAG,
    }
    is_json = field.kind in {FieldKind.JSON, FieldKind.OBJECT, FieldKind.OBJECTS}
    return PlannedOption(
        name=field.name,
        about=_about(texts.as_json(field.help) if is_json else field.help) or _about(field.label) or field.name,
        kind=kinds.get(field.kind, OptionKind.TEXT),
        required=is_needed(field),
        field=field,
    )


def _about(text: str) -> str:
    return shortened(text.strip(), ABOUT_CHARS)


def _named_apart(options: Collection[PlannedOption], taken: Collection[str]) -> Iterator[PlannedOption]:
    names = set(taken)
    for option in options:
        name = option_name(option.name, names)
        names.add(name)
        yield replace(option, name=name)


OVERFLOW = "more"
"""Fallback group when the own group is full."""
GROUPS_OF_WORKFLOWS = frozenset({"image", "video", "audio", "prompt", "finish", "sora", "3d"})
"""The group of each workflow."""
_FAMILIES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image"}),
    "video": frozenset({"video"}),
    "audio": frozenset({"audio"}),
    "prompt": frozenset({"prompt"}),
    "sora": frozenset({"sora", "sora2"}),
    "3d": frozenset({"three_d", "3d"}),
}
"""First parts of ids that repeat the group."""
_VERBS = frozenset({"generate", "create", "make", "run"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The possible names of an operation's command: short and full."""

    operation: Operation
    group: str
    short: str
    whole: str


def called(operation: Operation) -> Called:
    """Return the command's names: `image.tile.generate` is `/image tile`."""
    group = operation.workflow if operation.workflow in GROUPS_OF_WORKFLOWS else "finish"
    parts = [part for part in operation.id.split(".") if part]
    own = parts[1:] if len(parts) > 1 and parts[0].casefold() in _FAMILIES.get(group, frozenset()) else parts
    short = own[:-1] if len(own) > 1 and own[-1].casefold() in _VERBS else own
    return Called(
        operation=operation, group=group, short=option_name("_".join(short)), whole=option_name("_".join(own))
    )


def named(operations: Iterable[Operation], taken: Mapping[str, Collection[str]]) -> list[tuple[Called, str]]:
    """Return each operation with its command's name; `taken` are names in use.

    Equal short names become full ones; equal full names are numbered by id.
    """
    found = [called(each) for each in operations]
    uses = Counter((each.group, each.short) for each in found)
    names: dict[str, str] = {}
    used = {group: set(each) for group, each in taken.items()}
    for each in sorted(found, key=lambda one: (one.short != one.whole, one.operation.id)):
        own = used.setdefault(each.group, set())
        is_free = uses[each.group, each.short] == 1 and each.short not in own
        names[each.operation.id] = option_name(each.short if is_free else each.whole, own)
        own.add(names[each.operation.id])
    return [(each, names[each.operation.id]) for each in found]
