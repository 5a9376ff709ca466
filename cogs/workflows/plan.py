"""From a row of the table, or an operation's fields alone, to a command's options within Discord's limits. Pure.

The limits are from https://discord.com/developers/docs/interactions/application-commands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.catalogue import Field, FieldKind, Operation
from bot.catalogue.catalogue import kinds_of
from bot.catalogue.fields import flag, text
from bot.domain.server.member_settings import STYLE_CHARS
from bot.domain.words import cast as of_cast
from bot.domain.words.text import shortened
from cogs.ui.texts import PRIVATE_OPTION, SPOILER_OPTION
from cogs.workflows import texts
from cogs.workflows.asked.form import MAIN_FIELDS, TYPED, is_flat
from cogs.workflows.table import BY_OPERATION, OPTIONS_MAX, CommandSpec, FileOptions

NAME_CHARS = 32
ABOUT_CHARS = 100
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
    FROM = "from"
    """A link or a job; several with spaces between for a list."""
    CHOICE = "choice"
    """One of the command's operations, or who pays."""


class Common(StrEnum):
    """The options that are not fields."""

    COUNT = "count"
    ENHANCE = "enhance"
    PRIVATE = "private"
    SPOILER = "spoiler"
    CAST = "cast"
    STYLE = "style"
    PRESET = "preset"
    REST = "more"
    FOR = "for"
    PAY = "pay"


_COMMON = {
    Common.COUNT: Field(
        name="count",
        kind=FieldKind.INTEGER,
        label=texts.COUNT_LABEL.message,
        help=texts.COUNT_OPTION,
        choices=(1, 2, 3, 4),
    ),
    Common.ENHANCE: flag("enhance", texts.ENHANCE_LABEL.message, texts.ENHANCE_OPTION.message),
    Common.PRIVATE: flag("private", "", PRIVATE_OPTION),
    Common.SPOILER: flag("spoiler", "", SPOILER_OPTION),
    Common.CAST: replace(
        text("cast", "", texts.CAST_OPTION), max_length=of_cast.PLAYERS_MAX * (of_cast.NAME_CHARS + len(", "))
    ),
    Common.STYLE: replace(text("style", "", texts.STYLE_OPTION), max_length=STYLE_CHARS),
    Common.PRESET: text("preset", "", texts.PRESET_OPTION),
    Common.REST: flag("more", "", texts.REST_OPTION),
    Common.PAY: text("pay", "", texts.PAY_OPTION),
    Common.FOR: text("for", "", texts.PROMPT_FOR_OPTION),
}
"""They are no fields, but Discord's options and our forms ask for them as for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOption:
    """One option: its name and description in Discord, and its field."""

    name: str
    about: str
    kind: OptionKind
    required: bool = False
    fields: tuple[Field, ...] = ()
    """Empty for a `Common` option; several for a file that may be of several kinds."""
    inside: str = ""
    """The object that contains the field; "" at the top level."""

    @property
    def field(self) -> Field | None:
        return self.fields[0] if self.fields else None

    @property
    def path(self) -> str:
        """The field as forms name it: `object.key`, or its name."""
        name = "" if self.field is None else self.field.name
        return f"{self.inside}.{name}" if self.inside else name


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPlan:
    """The command of a row: its options, and what its form asks."""

    spec: CommandSpec
    options: tuple[PlannedOption, ...]
    has_enhance: bool

    def has(self, word: Common) -> bool:
        return any(not option.fields and option.name == word for option in self.options)

    def operation(self, given: Mapping[str, object]) -> str:
        """Return the id of the operation that the given options choose."""
        return self.spec.instead.get(str(given.get(Common.FOR)), self.spec.operation)

    def left(self, operation: Operation) -> list[Field]:
        """Return the fields that no option gives. A list of files takes more than an option's one."""
        shown = {
            path
            for option in self.options
            for path in ([option.path] if option.inside else [field.name for field in option.fields])
        }
        found: list[Field] = []
        for each in operation.fields or self.spec.assumed:
            if each.probe is not None or not each.offered or each.name in self.spec.aliases:
                continue
            inner = tuple(key for key in each.item_fields if f"{each.name}.{key.name}" not in shown)
            if is_flat(each):
                found += [replace(each, item_fields=inner)] if inner else []
            elif each.name not in shown or each.kind is FieldKind.URLS:
                found.append(each)
        return found

    @property
    def left_common(self) -> list[Field]:
        """The `Common` options that the form asks for, as fields."""
        wanted = {Common.COUNT: self.spec.count, Common.ENHANCE: self.has_enhance}
        return [_COMMON[word] for word, is_wanted in wanted.items() if is_wanted and not self.has(word)]


def is_needed(field: Field) -> bool:
    """Whether the command requires the field; if that is only inferred, the member is warned and may continue."""
    return field.required and not field.rule_inferred


def plan_of(operation: Operation) -> CommandPlan | None:
    """Return the command of an operation, by its row or its fields.

    None if the operation is not described.
    """
    spec = BY_OPERATION.get(operation.id) or described(operation)
    return None if spec is None else planned(spec, [operation])


def planned(spec: CommandSpec, operations: Sequence[Operation]) -> CommandPlan:
    fields = {field.name: field for each in reversed(operations) for field in _fields(spec, each)}
    in_all = set(fields).intersection(*({field.name for field in _fields(spec, each)} for each in operations))
    options = [_option(word, spec, fields, in_all) for word in spec.shows.split()]
    has_enhance = ENHANCED in fields and Common.ENHANCE not in fields and operations[0].workflow != "prompt"
    plan = CommandPlan(spec=spec, options=tuple(options), has_enhance=has_enhance)
    if Common.PAY not in fields:
        options.append(_common(Common.PAY, spec))
    if not spec.forms and (plan.left_common or any(plan.left(each) for each in operations)):
        options.append(_common(Common.REST, spec))
    options.sort(key=lambda option: not option.required)
    return replace(plan, options=tuple(options))


def _fields(spec: CommandSpec, operation: Operation) -> tuple[Field, ...]:
    return operation.fields or spec.assumed


def _option(word: str, spec: CommandSpec, fields: Mapping[str, Field], in_all: Collection[str]) -> PlannedOption:
    for source in spec.files:
        if word in {source.upload, source.link}:
            return _of_source(word, source, fields)
    outer, _, key = spec.paths.get(word, word).partition(".")
    field = fields.get(outer)
    if field is None:
        return _common(Common(word), spec)
    inner = next((each for each in field.item_fields if each.name == key), None)
    option = _of_value(field if inner is None else inner)
    return replace(
        option,
        name=word,
        about=spec.abouts.get(word, option.about),
        inside="" if inner is None else outer,
        required=outer in in_all and is_needed(field) and option.required,
    )


def _of_source(word: str, source: FileOptions, fields: Mapping[str, Field]) -> PlannedOption:
    is_upload = word == source.upload
    return PlannedOption(
        name=word,
        about=source.about if is_upload else source.link_about,
        kind=OptionKind.UPLOAD if is_upload else OptionKind.FROM,
        fields=tuple(fields[name] for name in source.fields),
    )


def _common(word: Common, spec: CommandSpec) -> PlannedOption:
    option = replace(_of_value(_COMMON[word]), fields=())
    if word in {Common.FOR, Common.PAY}:
        option = replace(option, kind=OptionKind.CHOICE, required=word is Common.FOR)
    return replace(option, about=spec.abouts.get(word, option.about))


def _of_value(field: Field) -> PlannedOption:
    kinds = {
        FieldKind.INTEGER: OptionKind.INTEGER,
        FieldKind.NUMBER: OptionKind.NUMBER,
        FieldKind.BOOLEAN: OptionKind.FLAG,
    }
    return PlannedOption(
        name=field.name,
        about=_about(field.help) or _about(field.label) or field.name,
        kind=kinds.get(field.kind, OptionKind.TEXT),
        required=is_needed(field),
        fields=(field,),
    )


def _about(text: str) -> str:
    return shortened(text.strip(), ABOUT_CHARS)


# ---------------------------------------------------------------------- operations without a row


def described(operation: Operation) -> CommandSpec | None:
    """Return the row of an operation that has none, by its fields; None without public ones."""
    fields = [each for each in operation.fields if each.probe is None and each.offered and not _is_raw(each)]
    fields.sort(key=lambda field: (not is_needed(field), field.kind in TYPED and field.name not in MAIN_FIELDS))
    if not fields:
        return None
    common = _common_words(operation, fields)
    names, sources, paths, taken = list[str](), list[FileOptions](), dict[str, str](), {*common, Common.REST.value}
    for field in fields:
        files, values = _shown(field, taken, has_from="from" in names)
        added = [each for source in files for each in (source.upload, source.link)] or list(values)
        if len(names) + len(added) > OPTIONS_MAX - len(common) - 1:
            continue
        names += added
        taken |= {*added}
        sources += files
        paths |= values
    return CommandSpec(
        operation.id,
        called(operation).whole,
        _about(operation.title) or operation.id[:ABOUT_CHARS],
        " ".join((*names, *common)),
        files=tuple(sources),
        paths=paths,
        # Finishing a file again gives the same.
        count=not any(each.name == Common.COUNT or (is_needed(each) and kinds_of(each)) for each in fields),
    )


def _is_raw(field: Field) -> bool:
    """Whether it takes JSON: the form and `/studio request` do, the list of commands has none."""
    return field.kind in {FieldKind.JSON, FieldKind.OBJECTS} or (field.kind is FieldKind.OBJECT and not is_flat(field))


def _shown(field: Field, taken: Collection[str], *, has_from: bool) -> tuple[list[FileOptions], dict[str, str]]:
    """Return a field's options: of a file, or the values' paths by name."""
    if kinds_of(field):
        name = _LINK_ENDING.sub("", option_name(field.name)) or "file"
        upload = option_name(name, taken)
        link = option_name(f"{upload}_from" if has_from else "from", {*taken, upload})
        about = _about(texts.OF_FILE.format(label=field.label))
        link_about = texts.FROM_OPTION if not has_from else _about(texts.OF_LINK.format(label=field.label))
        return [FileOptions(upload, (field.name,), about, link=link, link_about=link_about)], {}
    if not is_flat(field):
        return [], {option_name(field.name, taken): field.name}
    paths: dict[str, str] = {}
    for inner in field.item_fields:
        paths[option_name(inner.name, {*taken, *paths})] = f"{field.name}.{inner.name}"
    return [], paths


def _common_words(operation: Operation, fields: Collection[Field]) -> list[str]:
    """Return the `Common` options of its command, except those with a field's name: the form's always have room."""
    own = {option_name(field.name) for field in fields}
    wanted = [Common.PRESET, Common.PRIVATE, *([] if operation.workflow == "prompt" else [Common.SPOILER])]
    return [word.value for word in wanted if word is Common.PRIVATE or word.value not in own]


def option_name(wire: str, taken: Collection[str] = ()) -> str:
    """Return a valid option name: `visualStyle` as `visual_style`; numbered if it is `taken`."""
    name = _NO_NAME.sub("_", _CAPITAL.sub("_", wire).lower()).strip("_") or "value"
    free, number = name[:NAME_CHARS], 1
    while free in taken:
        number += 1
        ending = f"_{number}"
        free = name[: NAME_CHARS - len(ending)] + ending
    return free


# ---------------------------------------------------------------------- names of generated commands

OVERFLOW = "more"
"""Fallback group when the own group is full."""
GROUP_OF: Mapping[str, str] = dict.fromkeys(("prompt", "sora"), OVERFLOW) | {
    each: each for each in ("image", "video", "audio", "3d")
}
"""The group of each workflow, where it is not `finish`; `/prompt` and `/sora` are commands of their own."""
_FAMILIES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image"}),
    "video": frozenset({"video"}),
    "audio": frozenset({"audio"}),
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
    """Return the command's names: `image.tile.generate` is `tile` in `/image`."""
    group = GROUP_OF.get(operation.workflow, "finish")
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
