"""Every documented field can be given by a command; the exceptions stand here with their reasons.

What an option gives is not read off a list: each command is called, and what it asks for is looked at.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import discord
import pytest
from discord import app_commands

import cogs
from bot.app.client import CannonBot
from bot.app.entry_points import describe_commands
from bot.catalogue import Catalogue, FieldKind
from bot.catalogue.catalogue import kinds_of
from bot.catalogue.fields import Field
from bot.domain.server.guild_rules import Rules
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.generation.own_defaults import PRESET
from bot.settings import Settings
from cogs.workflows.table import BY_OPERATION, OPTIONS_MAX
from cogs.workflows.table import COMMANDS as TABLE
from tests.support.command_rows import rows
from tests.support.workflows import COMMANDS

READ = "is read from the file itself"
FIRST = "is another model's name for image_url, which the option `start` gives"
CLIP = "is another model's name for source_video_url, which the option `start` gives"
LAST = "is another model's name for end_image_url, which the form asks for"
NOT_OFFERED = {
    ("video.generate", "first_frame_url"): FIRST,
    ("video.generate", "first_clip_url"): CLIP,
    ("video.generate", "last_frame_url"): LAST,
    ("lipsync.generate", "video_duration"): READ,
    ("lipsync.generate", "audio_duration"): READ,
    ("subtitles.generate", "duration"): READ,
    ("subtitles.generate", "file_name"): READ,
    ("subtitles.generate", "content_type"): READ,
    ("smartmotion.generate", "file_name"): READ,
    ("smartmotion.generate", "content_type"): READ,
    ("video.upscale", "duration_seconds"): READ,
    ("sora2.video.extend", "source_duration"): READ,
}
IN_A_FORM = {spec.operation for row in TABLE for spec in row.forms.values()}
"""Operations of which a command shows no option: it opens their form."""
ASKED = {name: operation for name, operation in COMMANDS.items() if operation not in IN_A_FORM}
WITHOUT_COMMAND = {"three_d.model.generate": "its fields are not public: `/studio request` takes it as JSON"}
"""Operations that have no command at all."""
OTHER_FILES = {
    ("finish lipsync", "video_url"): ("audio",),
    ("finish lipsync", "audio_url"): ("video",),
}
"""What a command needs as well before it takes a field's file."""


def catalogue() -> Catalogue:
    return Catalogue()


def names_of(fields: tuple[Field, ...], above: str = "") -> Iterator[str]:
    for each in fields:
        if each.item_fields:
            yield from names_of(each.item_fields, f"{above}{each.name}.")
        else:
            yield f"{above}{each.name}"


def unoffered(operations: Catalogue, reached: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return the fields that no command gives as an option or in its form, of the nineteen operations with a page."""
    return {
        (operation.id, name)
        for operation in operations.operations.values()
        if operation.id in set(COMMANDS.values())
        for name in names_of(operation.fields)
        if name not in reached.get(operation.id, set())
    }


# ---------------------------------------------------------------------- what the commands give


def value_of(option: app_commands.transformers.CommandParameter) -> Any:
    kind = option.type
    if kind is discord.AppCommandOptionType.attachment:
        return types.SimpleNamespace(url=f"https://cdn.example/{option.name}", filename=option.name)
    values: dict[Any, Any] = {
        discord.AppCommandOptionType.string: f"{option.name}-value",
        discord.AppCommandOptionType.integer: 2,
        discord.AppCommandOptionType.number: 2.5,
        discord.AppCommandOptionType.boolean: True,
    }
    return values[kind]


class Commands:
    """The commands of the table without a Discord, each with what it asks for when it is called."""

    def __init__(self, bot: CannonBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bot = bot
        self._asked: list[Any] = []  # of a class that each loading of the surface makes anew

        async def submit(_interaction: object, request: Any) -> None:
            self._asked.append(request)

        async def rules(_guild_id: int) -> Rules:
            return Rules()

        hooks = importlib.import_module("cogs.workflows.hooks")
        monkeypatch.setattr(hooks, "submit", submit)
        monkeypatch.setattr(hooks, "use", lambda *_: types.SimpleNamespace(get=rules))
        every = {command.qualified_name: command for command in bot.tree.walk_commands()}
        self.by_name = {name: every[name.partition(" for:")[0]] for name in ASKED}

    def options(self, name: str) -> dict[str, Any]:
        """Return a value for each option; without `more`, which asks in a form, and `preset`, read at the end."""
        found = {str(o.display_name): value_of(o) for o in self.by_name[name].parameters}
        found = {option: value for option, value in found.items() if option not in {"more", PRESET}}
        _, _, chosen = name.partition(" for:")
        return found | ({"for": chosen} if chosen else {})

    def required(self, name: str) -> set[str]:
        return {str(each.display_name) for each in self.by_name[name].parameters if each.required}

    async def asks(self, name: str, given: dict[str, Any]) -> Any:
        """Return what the command asks for with these options, or the sentence with which it refuses."""
        interaction: Any = types.SimpleNamespace(
            client=self.bot, guild_id=1, _integration_owners={}, namespace=types.SimpleNamespace(**given)
        )
        try:
            await self.by_name[name].callback(interaction)
        except InputError as error:
            return error.sentence
        return self._asked.pop()

    def form(self, operation_id: str) -> Any:
        """Return the form that `more` opens."""
        form = importlib.import_module("cogs.workflows.asked.form").OperationForm
        plan = self.plan(operation_id)
        values: dict[str, Any] = {}
        left = plan.left(self.bot.catalogue.resolve(operation_id))
        request = Generation(operation=operation_id, values=values)
        return form(self.bot, request, only=left, about_request=plan.left_common, send=None)

    def plan(self, operation_id: str) -> Any:
        planned = importlib.import_module("cogs.workflows.plan").planned
        spec = BY_OPERATION[operation_id]
        return planned(spec, [self.bot.catalogue.resolve(each) for each in spec.operations])


@pytest.fixture
async def called(monkeypatch):
    async with CannonBot(Settings(), run_worker=False, serve_http=False) as bot:
        await cogs.setup(bot)  # not as an extension: closing the bot would then unload its modules for all other tests
        yield Commands(bot, monkeypatch)


def given_by(request: Any) -> set[str]:
    """Return the wire names, inner ones with a dot, that a request fills in."""
    names = set()
    for name, value in request.values.items():
        names |= {f"{name}.{inner}" for inner in value} if isinstance(value, dict) else {name}
    for file in request.files:
        names |= {file.field} if file.field is not None else set(file.by_kind.values())
    return names


async def reached_by(called: Commands) -> dict[str, set[str]]:
    reached: dict[str, set[str]] = {}
    for name, operation_id in COMMANDS.items():
        reached[operation_id] = set()
        if name in ASKED:
            request = await called.asks(name, called.options(name))
            assert not isinstance(request, str), (name, request)
            assert request.operation == operation_id
            reached[operation_id] = given_by(request)
        if name not in ASKED or called.plan(operation_id).has("more"):
            form = called.form(operation_id)
            files = (field.name for field, *_ in form.uploads)
            reached[operation_id] |= {*form.inputs, *form.radios, *files, *(line.path for line in form.lines)}
    return reached


# ---------------------------------------------------------------------- the contract


async def test_every_documented_field_is_given_by_a_command_or_has_its_reason_here(called: Commands):
    missing = unoffered(catalogue(), await reached_by(called))
    assert missing - NOT_OFFERED.keys() == set(), "offer these fields, or say here why not"
    assert NOT_OFFERED.keys() - missing == set(), "these exceptions are no longer needed"


async def test_a_new_field_in_the_catalogue_is_in_the_form_at_once(called: Commands):
    operation = catalogue().get("image.edit")
    grown = replace(operation, fields=(*operation.fields, Field(name="mask", kind=FieldKind.TEXT, label="m", help="m")))
    assert "mask" in {field.name for field in called.plan("image.edit").left(grown)}


def test_every_operation_has_a_row_or_its_reason_here():
    others = {each.id for each in catalogue().operations.values()} - BY_OPERATION.keys()
    assert others == WITHOUT_COMMAND.keys()
    assert set(COMMANDS.values()) <= BY_OPERATION.keys()


def test_what_is_read_from_the_file_has_a_file_to_be_read_from():
    for (operation_id, name), reason in NOT_OFFERED.items():
        field = catalogue().get(operation_id).field(name)
        assert (field.probe is not None) == (reason is READ), (operation_id, name)


async def test_commands_give_only_fields_that_their_operation_has(called: Commands):
    for operation_id, names in (await reached_by(called)).items():
        operation = catalogue().get(operation_id)
        if operation.fields and not operation_id.startswith("prompt."):  # one command has the options of all four
            assert {name for name in names if not name.startswith("@")} <= set(names_of(operation.fields)), operation_id


@pytest.mark.parametrize("name", ASKED)
async def test_no_option_is_without_effect(called: Commands, name: str):
    everything = called.options(name)
    whole = await called.asks(name, everything)
    for option in everything.keys() - called.required(name):
        without = {key: value for key, value in everything.items() if key != option}
        assert await called.asks(name, without) != whole, option


def test_the_commands_are_registered_under_their_names_within_discords_limits():
    listed = {row["name"]: row for row in rows(describe_commands())}
    assert listed.keys() >= {spec.name for spec in TABLE}
    for spec in TABLE:
        *options, pays = [each for each in listed[spec.name]["options"] if each["name"] != "more"]
        assert pays["name"] == "pay"
        assert len(options) <= OPTIONS_MAX or spec.reason, spec.name
        for option in options:
            assert 1 <= len(option["description"]) <= 100
            assert option["description"] != "…", (spec.name, option["name"])
        names = [option["name"] for option in options]
        shown = sorted(spec.shows.split(), key=lambda name: name not in needed_of(options))
        assert names == shown
        assert set(names) >= ({"private", PRESET} if spec.operation else {"private"})


def needed_of(options: list[dict[str, Any]]) -> set[str]:
    return {option["name"] for option in options if option["required"]}


def test_what_an_operation_requires_is_required_by_its_command():
    listed = {row["name"]: row for row in rows(describe_commands())}
    for spec in TABLE:
        for field in catalogue().get(spec.operation).fields if spec.operation else ():
            if field.required and not field.rule_inferred and not kinds_of(field):
                names = {option for option, path in spec.paths.items() if path == field.name} or {field.name}
                assert names <= needed_of(listed[spec.name]["options"]), spec.name


async def test_every_command_with_a_prompt_can_have_it_rewritten_first(called: Commands):
    for name, operation_id in COMMANDS.items():
        plan = called.plan(operation_id)
        if not name.startswith("prompt ") and any(each.path == "prompt" for each in plan.options):
            assert "enhance" in {field.name for field in plan.left_common}, name


def test_a_batch_can_have_its_prompts_rewritten_first():
    listed = {row["name"]: {option["name"] for option in row["options"]} for row in rows(describe_commands())}
    assert "enhance" in listed["batch"]


JOB = "7AB2CD3EF4"
MEDIA_FIELDS = [
    (name, field.name)
    for name, operation_id in ASKED.items()
    for field in catalogue().get(operation_id).fields
    if kinds_of(field) and (operation_id, field.name) not in NOT_OFFERED
]


@pytest.mark.parametrize(("name", "field"), MEDIA_FIELDS)
async def test_every_medium_can_be_an_earlier_job_a_link_or_an_upload(called: Commands, name: str, field: str):
    options = called.options(name)
    needed = {key: value for key, value in options.items() if key in called.required(name)}
    ways = {option: await given_for(called, name, field, needed, option) for option in options.keys() - needed.keys()}
    uploads = {key for key, value in options.items() if not isinstance(value, str | int | float)}
    found = [ref for refs in ways.values() for ref in refs]
    if found:
        assert any(ref.job_id == JOB for ref in found), "offer an option for an earlier job"
        assert any(ref.url == JOB.lower() + ".png" for ref in found)
        assert any(refs for option, refs in ways.items() if option in uploads)
        return
    form = called.form(COMMANDS[name])
    assert field in {each.name for each, _, _ in form.uploads}, "ask for an upload in the form"
    assert field in {line.path for line in form.lines}, "and for a link or a job"


async def given_for(called: Commands, name: str, field: str, needed: dict[str, Any], option: str) -> list[Any]:
    """Return how the field's file is given if this option is: a job's id where it takes text, and a link."""
    everything = called.options(name)
    value = everything[option]
    refs = []
    for each in (JOB, JOB.lower() + ".png") if isinstance(value, str) else (value,):
        others = {key: everything[key] for key in OTHER_FILES.get((name, field), ())}
        request = await called.asks(name, needed | others | {option: each})
        files = [] if isinstance(request, str) else request.files
        refs += [file.ref for file in files if field in {file.field, *file.by_kind.values()}]
    return refs
