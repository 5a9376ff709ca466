"""The form of one operation: asks for what a generation lacks, parsed by the catalogue like a command's options."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import discord

from bot.catalogue import Field, FieldKind, Operation, ProbeKind, Scalar
from bot.catalogue.catalogue import LINK_KINDS, kinds_of
from bot.catalogue.checks.values import take
from bot.catalogue.texts import counted
from bot.domain.models import MediaKind
from bot.domain.words.text import shortened
from bot.errors import InputError
from bot.generation.generation import Generation, SourceFile, nested
from bot.language import Text, tr
from cogs.ui.forms import (
    FILES_PER_UPLOAD,
    INPUT_CHARS,
    INPUTS,
    TITLE_CHARS,
    Form,
    MediaUpload,
)
from cogs.ui.interaction import Bot, Interaction
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_files
from cogs.workflows.asked.lines import Line, distinct, read, written

RadioInput: TypeAlias = discord.ui.RadioGroup[Any]

OPTIONS_MIN, OPTIONS_MAX = 2, 10
OPTION_CHARS = 100
LEFT_OUT = "-"
"""The choice that omits an optional field."""
YES, NO = "true", "false"


def radio_for(field: Field, text: str, *, model: str | None) -> RadioInput | None:
    """Return a radio group for a field, with the value that `text` is chosen; None if it has to be typed.

    `model` is the model of the request, None if it is not settled.
    """
    options = _options(field, model)
    values = [value for value, _ in options]
    if field.kind is FieldKind.BOOLEAN:
        text = {"yes": YES, "no": NO}.get(text, text)
    if not OPTIONS_MIN <= len(options) <= OPTIONS_MAX - (not field.required):
        return None
    if text and text not in values:
        return None
    if not field.required:
        options.append((LEFT_OUT, str(texts.LEAVE_OPEN)))
    chosen = text or (None if field.required else LEFT_OUT)
    return discord.ui.RadioGroup(
        required=field.required,
        options=[
            discord.RadioGroupOption(label=shortened(label, OPTION_CHARS), value=value, default=value == chosen)
            for value, label in options
        ],
    )


def chosen_in(radio: RadioInput) -> str:
    """Return the chosen value as text; '' for none."""
    return "" if radio.value in {None, LEFT_OUT} else str(radio.value)


def _options(field: Field, model: str | None) -> list[tuple[str, str]]:
    if field.kind is FieldKind.BOOLEAN:
        return [(YES, str(texts.YES_TO_FIELD)), (NO, str(texts.NO_TO_FIELD))]
    return [(str(value), _label(field, value)) for value in field.choices_for(model)]


def _label(field: Field, value: Scalar) -> str:
    return counted(value, field.unit) if field.unit else str(value)


TYPED = frozenset({FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.BOOLEAN})
MAIN_FIELDS = (
    "prompt", "text", "description", "motion", "model", "duration", "duration_seconds", "aspect_ratio", "resolution",
    "target_resolution", "upscale_factor", "style", "motion_scale", "negative_prompt",
)  # fmt: skip
"""Asked first, in this order; the rest follows in the catalogue's, as far as there is room."""
LONG_TEXTS = frozenset({"prompt", "text", "description", "negative_prompt"})
REST = "rest"
"""The custom id of the input with the lines."""
ABOUT_REQUEST = "@"
"""Begins the paths of fields of the request itself: no field has such a name."""
OWN_SENSE = frozenset({"model", "resolution"})
"""Fields whose values belong to their operation alone."""

Send: TypeAlias = Callable[[Interaction, Generation], Awaitable[None]]
"""Submits the form's values. Raises what `submit` raises."""
StillMay: TypeAlias = Callable[[Interaction], Awaitable[None]]
"""Raises a BotError if the form's sender has lost permission since opening it."""
TextInput: TypeAlias = discord.ui.TextInput[Any]


class OperationForm(Form):
    """Asks for what a generation lacks, prefilled: files, one operation's main fields, and a line for each other field.

    Given values are not asked. `prefilled` maps fields (`object.key` inside an object) to the text in their input. With
    `also`, the member chooses between the generation's operation and those; then only common fields are asked. `source`
    is the kind of the generation's file. `kept` are values of fields that the form does not ask for. `still_may` raises
    if the sender lost permission: filling it in takes minutes. With `only`, just these fields are asked, and with
    `about_request` these of the request itself (`Common` options). `send` submits. The catalogue parses typed values,
    as for a command's options.
    """

    def __init__(
        self,
        bot: Bot,
        generation: Generation,
        *,
        prefilled: Mapping[str, str] | None = None,
        also: Sequence[str] = (),
        title: str | None = None,
        source: MediaKind | None = None,
        kept: Mapping[str, Any] | None = None,
        still_may: StillMay | None = None,
        only: Sequence[Field] | None = None,
        about_request: Sequence[Field] = (),
        send: Send,
    ) -> None:
        operations = [bot.catalogue.resolve(each) for each in (generation.operation, *also)]
        super().__init__(bot, title=shortened(title or tr(operations[0].title), TITLE_CHARS), name="operation")
        self.generation = generation
        self.kept = kept or {}
        self.still_may = still_may
        self.submit = send
        self.choice: discord.ui.Select[Any] | None = None
        self.inputs: dict[str, TextInput] = {}
        self.radios: dict[str, RadioInput] = {}
        self.uploads: list[tuple[Field, MediaUpload, TextInput | None]] = []
        self.lines: list[Line] = []
        self.rest: TextInput | None = None
        self.about_request = {f"{ABOUT_REQUEST}{each.name}": each for each in about_request}
        self.parsed: dict[str, Field] = dict(self.about_request)
        if also:
            self._add_choice(operations)
        taken = {file.field for file in generation.files if not file.into_list}
        self._add_media(operations[0], taken, only or ())
        known = {*generation.values, *taken}
        asked = _fields_to_ask(operations, known, source) if only is None else _paths(only)
        model = None if also else _settled_model({**self.kept, **generation.values}, asked)
        self.parsed |= {path: each for path, each in asked if _is_parsed(each, operations[0], inside="." in path)}
        self._add_values([*asked, *self.about_request.items()], prefilled or {}, model)

    @property
    def has_inputs(self) -> bool:
        """Whether there is anything to ask; Discord takes no empty form."""
        return bool(self.children)

    async def answer(self, interaction: Interaction) -> None:
        """Submit what was typed. Raises what `submit` raises, and what the form's own check does."""
        if self.still_may is not None:
            await self.still_may(interaction)
        generation, values = self.generation, self._values()
        chosen = self.choice.values[0] if self.choice is not None else generation.operation
        about = {field.name: values.pop(path) for path, field in self.about_request.items() if path in values}
        files = [file for field, upload, link in self.uploads for file in self._given(field, upload, link, values)]
        await self.submit(
            interaction,
            replace(
                generation,
                operation=chosen,
                values={**generation.values, **values},
                files=[*generation.files, *files],
                **about,
            ),
        )

    def _given(
        self, field: Field, upload: MediaUpload, link: TextInput | None, values: dict[str, Any]
    ) -> list[SourceFile]:
        typed = values.pop(field.name, "") if link is None else link.value.strip()
        return offered_files([field], upload.values, typed, required=link is not None)

    def _add(self, label: str | Text, about: str | Text, item: discord.ui.Item[Any]) -> None:
        self.ask(_capital(str(label)), item, about)

    def _add_choice(self, operations: Sequence[Operation]) -> None:
        options = [discord.SelectOption(label=tr(each.title), value=each.id) for each in operations]
        options[0].default = True
        self.choice = discord.ui.Select(options=options)
        self._add(texts.CHOOSE_OPERATION, texts.CHOOSE_OPERATION_HELP, self.choice)

    def _add_media(self, operation: Operation, taken: Collection[str | None], only: Sequence[Field]) -> None:
        """Add the uploads: of a required file with an input for its link, of any other with a line for it."""
        required = [
            field
            for field in operation.fields or only
            if field.kind in LINK_KINDS and field.required and field.name not in taken
        ]
        for field in required:
            link = discord.ui.TextInput[Any](required=False, max_length=INPUT_CHARS, custom_id=f"{field.name}+link")
            self._add_upload(field, link=link)
        others = [each for each in only if each.kind in LINK_KINDS and each.name not in {*taken, *_named(required)}]
        for field in others[: max(0, INPUTS - 1 - len(self.children))]:
            self._add_upload(field, link=None)
        self.lines = [Line(path=each.name, label=_capital(tr(each.label))) for each in others]

    def _add_upload(self, field: Field, *, link: TextInput | None) -> None:
        is_list = field.kind is FieldKind.URLS
        upload = MediaUpload(kinds_of(field), max_values=FILES_PER_UPLOAD if is_list else 1, custom_id=field.name)
        self._add(tr(field.label), texts.UPLOADS_HELP(count=FILES_PER_UPLOAD) if is_list else texts.UPLOAD_HELP, upload)
        if link is not None:
            self._add(texts.LINK_OR_JOB(file=tr(field.label)), texts.LINKS_HELP if is_list else texts.LINK_HELP, link)
        self.uploads.append((field, upload, link))

    def _add_values(self, asked: Sequence[tuple[str, Field]], prefilled: Mapping[str, str], model: str | None) -> None:
        """Add an input for each field while there is room, and one with a line for each other."""
        room = INPUTS - len(self.children)
        singles = room if not self.lines and len(asked) <= room else room - 1
        for path, field in asked[:singles]:
            self._add_value(path, field, prefilled.get(path, ""), model)
        self.lines += [_line(path, field, prefilled.get(path, "")) for path, field in asked[max(0, singles) :]]
        self._add_rest()

    def _add_rest(self) -> None:
        """Add the input with the lines, without the longest values if it can't hold them all: those are kept."""
        self.lines = distinct(self.lines)
        while len(written(self.lines)) > INPUT_CHARS:
            self.lines.remove(max(self.lines, key=lambda line: len(line.written)))
        if not self.lines or len(self.children) >= INPUTS:
            return
        self.rest = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            default=written(self.lines),
            required=False,
            max_length=INPUT_CHARS,
            custom_id=REST,
        )
        self._add(texts.OTHER_FIELDS, texts.OTHER_FIELDS_HELP, self.rest)

    def _add_value(self, path: str, field: Field, text: str, model: str | None) -> None:
        """Add the field's input: a choice for a short closed list of values, else text.

        Raises InputError for a text that an input does not hold.
        """
        radio = radio_for(field, text, model=model)
        if radio is not None:
            radio.custom_id = path
            self._add(tr(field.label), tr(field.help), radio)
            self.radios[path] = radio
            return
        if len(text) > INPUT_CHARS:
            raise InputError(texts.TOO_LONG_FOR_FORM(length=len(text), limit=INPUT_CHARS))
        item = self.ask_text(
            _capital(tr(field.label)),
            tr(field.help),
            text=text,
            chars=min(field.longest, INPUT_CHARS),
            long=field.name in LONG_TEXTS,
            required=field.required,
        )
        item.custom_id = path
        self.inputs[path] = item

    def _values(self) -> dict[str, Any]:
        """Return the form's values and the kept values that it did not ask for, inside objects too."""
        values, asked = self._typed(), {*self.inputs, *self.radios, *(line.path for line in self.lines)}
        for name, value in self.kept.items():
            if isinstance(value, Mapping):
                unasked = {key: each for key, each in value.items() if f"{name}.{key}" not in asked}
                if unasked or name in values:
                    values[name] = {**unasked, **values.get(name, {})}
            elif name not in asked:
                values.setdefault(name, value)
        return values

    def _typed(self) -> dict[str, Any]:
        given = {path: chosen_in(radio) for path, radio in self.radios.items()}
        given |= {path: item.value for path, item in self.inputs.items()}
        given |= {} if self.rest is None else read(self.rest.value, self.lines)
        return nested({path: self._parsed(path, text) for path, text in given.items() if text.strip()})

    def _parsed(self, path: str, text: str) -> Any:
        words = {str(texts.YES_TO_FIELD).casefold(): YES, str(texts.NO_TO_FIELD).casefold(): NO}
        if path not in self.parsed:
            return text
        field = self.parsed[path]
        is_switch = field.kind is FieldKind.BOOLEAN
        return take(field, words.get(text.strip().casefold(), text) if is_switch else text, allow_local=True)


def _is_parsed(field: Field, operation: Operation, *, inside: bool) -> bool:
    """Whether the form parses the value: a switch, which rules read before the catalogue does, or an assumed field."""
    return field.kind is FieldKind.BOOLEAN or not (inside or field.name in _named(operation.fields))


def _capital(label: str) -> str:
    return f"{label[:1].upper()}{label[1:]}"


def _named(fields: Iterable[Field]) -> set[str]:
    return {field.name for field in fields}


def _line(path: str, field: Field, text: str) -> Line:
    is_long = field.name in LONG_TEXTS or field.kind not in TYPED
    return Line(path=path, label=_capital(tr(field.label)), text=text, is_long=is_long)


def _fields_to_ask(
    operations: Sequence[Operation], known: Collection[str | None], source: MediaKind | None
) -> list[tuple[str, Field]]:
    """Return the fields to ask for with their paths: required ones first, then the main ones."""
    first, *others = operations
    shared = [
        field
        for field in first.fields
        if field.name not in known and not _is_read(field, source) and all(_has(other, field) for other in others)
    ]
    return [(path, field) for path, field in _paths(shared) if field.kind in TYPED]


def is_flat(field: Field) -> bool:
    """Whether it is an object whose keys are asked one by one."""
    return (
        field.kind is FieldKind.OBJECT
        and bool(field.item_fields)
        and all(key.kind in TYPED for key in field.item_fields)
    )


def _paths(fields: Sequence[Field]) -> list[tuple[str, Field]]:
    """Return the fields with their paths, keys of objects each for itself, without files."""
    found = [
        (f"{field.name}.{inner.name}" if is_flat(field) else field.name, inner)
        for field in fields
        for inner in (field.item_fields if is_flat(field) else (field,))
        if inner.kind not in LINK_KINDS
    ]
    return sorted(found, key=lambda each: (not each[1].required, _rank(each[0])))


def _settled_model(values: Mapping[str, Any], asked: Sequence[tuple[str, Field]]) -> str | None:
    model = values.get("model")
    return model if isinstance(model, str) and "model" not in dict(asked) else None


def _has(operation: Operation, field: Field) -> bool:
    """Whether the operation has the field in the same sense: models and resolutions are each operation's own."""
    return field.name not in OWN_SENSE and any(other.name == field.name for other in operation.fields)


def _is_read(field: Field, source: MediaKind | None) -> bool:
    """Whether the field is read from a file; an image has no duration, so that is asked."""
    if field.probe is None:
        return False
    return field.probe.kind is not ProbeKind.DURATION or source is not MediaKind.IMAGE


def _rank(path: str) -> int:
    return MAIN_FIELDS.index(path) if path in MAIN_FIELDS else len(MAIN_FIELDS)
