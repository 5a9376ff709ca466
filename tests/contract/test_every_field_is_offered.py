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
from bot.app.connection.commands import rows
from bot.app.entry_points import describe_commands
from bot.catalogue import Catalogue, FieldKind
from bot.catalogue.catalogue import kinds_of
from bot.catalogue.fields import Field
from bot.errors import InputError
from bot.generation.own_defaults import PRESET
from bot.settings import Settings
from cogs.described.plan import OptionKind, plan_of
from tests.support.workflows import COMMANDS

READ = "is read from the file itself"
FIRST = "is another model's name for image_url, which the option `start` gives"
CLIP = "is another model's name for source_video_url, which the option `start` gives"
LAST = "is another model's name for end_image_url, which the option `end_image` gives"
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
WITHOUT_COMMAND = {"three_d.model.generate": "its fields are not public: `/studio request` takes it as JSON"}
"""Operations that have no command at all: neither in the code nor made of their data."""
ABOUT_THE_JOB = {"count", "private", "enhance"}
EITHER_OR = {"sora edit": "job", "sora extend": "job", "sora remix": "job"}
"""Options that exclude another one already in the command: left out when everything is given at once."""
OTHER_FILES = {
    ("finish lipsync", "video_url"): ("audio",),
    ("finish lipsync", "audio_url"): ("video",),
    ("finish upscale", "thumbnail_url"): ("video",),
    **{(f"sora {name}", "source_video_url"): ("sora_video_id",) for name in ("edit", "extend", "remix")},
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
    """Return the fields that no command gives, of the operations that have one in the code."""
    by_hand = set(COMMANDS.values())
    return {
        (operation.id, name)
        for operation in operations.operations.values()
        if operation.id in by_hand
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
    """The nineteen commands without a Discord, each with what it asks for when it is called."""

    def __init__(self, bot: CannonBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bot = bot
        self._asked: list[Any] = []  # of a class that each loading of the surface makes anew

        async def submit(_interaction: object, request: Any) -> None:
            self._asked.append(request)

        for name in ("image", "video", "audio", "prompt", "finish", "sora"):
            monkeypatch.setattr(importlib.import_module(f"cogs.workflows.{name}"), "submit", submit)
        monkeypatch.setattr(importlib.import_module("cogs.workflows.image"), "submit_usual", submit)
        every = {command.qualified_name: command for command in bot.tree.walk_commands()}
        self.by_name = {name: every[name] for name in COMMANDS}

    def options(self, name: str) -> dict[str, Any]:
        return {option.name: value_of(option) for option in self.by_name[name].parameters}

    async def asks(self, name: str, given: dict[str, Any]) -> Any:
        """Return what the command asks for with these options, or the sentence with which it refuses."""
        command = self.by_name[name]
        defaults = {p.name: p.default for p in command.parameters if not p.required}
        interaction: Any = types.SimpleNamespace(client=self._bot, namespace=types.SimpleNamespace(**given))
        try:
            await command.callback(command.binding, interaction, **(defaults | given))
        except InputError as error:
            return error.sentence
        return self._asked.pop()


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
        everything = called.options(name)
        everything.pop(EITHER_OR.get(name, ""), None)
        request = await called.asks(name, everything)
        assert not isinstance(request, str), (name, request)
        assert request.operation == operation_id
        reached[operation_id] = given_by(request)
    return reached


# ---------------------------------------------------------------------- the contract


async def test_every_documented_field_is_given_by_a_command_or_has_its_reason_here(called: Commands):
    missing = unoffered(catalogue(), await reached_by(called))
    assert missing - NOT_OFFERED.keys() == set(), "offer these fields, or say here why not"
    assert NOT_OFFERED.keys() - missing == set(), "these exceptions are no longer needed"


async def test_a_new_field_in_the_catalogue_would_be_noticed(called: Commands):
    known = catalogue()
    operation = known.get("image.edit")
    grown = replace(operation, fields=(*operation.fields, Field(name="mask", kind=FieldKind.TEXT, label="m", help="m")))
    grown_catalogue = Catalogue([grown if each.id == grown.id else each for each in known.operations.values()])
    missing = unoffered(grown_catalogue, await reached_by(called))
    assert missing - NOT_OFFERED.keys() == {("image.edit", "mask")}


async def test_a_new_key_of_an_object_would_be_noticed(called: Commands):
    reached = await reached_by(called)
    reached["smartmotion.generate"].discard("camera_control.roll")
    assert ("smartmotion.generate", "camera_control.roll") in unoffered(catalogue(), reached)


def test_every_operation_has_a_command_in_the_code_or_of_its_data_or_its_reason_here():
    others = [each for each in catalogue().operations.values() if each.id not in set(COMMANDS.values())]
    assert {each.id for each in others if plan_of(each) is None} == WITHOUT_COMMAND.keys()
    assert any(plan_of(each) for each in others)


def test_a_command_that_is_made_of_data_gives_every_field_of_its_operation():
    for operation in catalogue().operations.values():
        plan = plan_of(operation)
        if plan is not None and operation.id not in set(COMMANDS.values()):
            given = {option.field.name for option in plan.options if option.field is not None and not option.inside}
            given |= {option.inside for option in plan.options} | {field.name for field in plan.left}
            assert {field.name for field in operation.fields if field.probe is None} <= given, operation.id
            assert plan.left == (), "a built-in operation needs no second form"


def test_what_is_read_from_the_file_has_a_file_to_be_read_from():
    for (operation_id, name), reason in NOT_OFFERED.items():
        field = catalogue().get(operation_id).field(name)
        assert (field.probe is not None) == (reason is READ), (operation_id, name)


async def test_commands_give_only_fields_that_their_operation_has(called: Commands):
    for operation_id, names in (await reached_by(called)).items():
        fields = catalogue().get(operation_id).fields
        if fields:
            assert names <= set(names_of(fields)), operation_id


@pytest.mark.parametrize("name", COMMANDS)
async def test_no_option_is_without_effect(called: Commands, name: str):
    everything = called.options(name)
    everything.pop(EITHER_OR.get(name, ""), None)
    everything.pop(PRESET, None)  # read where the request is submitted, as what a member left out is
    whole = await called.asks(name, everything)
    for option in everything:
        if called.by_name[name].get_parameter(option).required:
            continue
        assert await called.asks(name, {key: value for key, value in everything.items() if key != option}) != whole, (
            option
        )


def test_the_commands_are_registered_under_their_names_within_discords_limits():
    listed = {row["name"]: row for row in rows(describe_commands())}
    assert listed.keys() >= COMMANDS.keys()
    for name, operation_id in COMMANDS.items():
        options = listed[name]["options"]
        assert len(options) <= 25
        for option in options:
            assert 1 <= len(option["description"]) <= 100
            assert option["description"] != "…", (name, option["name"])
        needed = [f for f in catalogue().get(operation_id).fields if f.required and not f.rule_inferred]
        required = {f.name for f in needed if f.kind is FieldKind.TEXT}
        asked = {option["name"] for option in options if option["required"]}
        assert asked >= required - {"sora_video_id"}
        assert ABOUT_THE_JOB - {"count", "enhance"} <= {option["name"] for option in options}


def test_every_command_with_a_prompt_can_have_it_rewritten_first():
    listed = {row["name"]: {option["name"] for option in row["options"]} for row in rows(describe_commands())}
    for name in COMMANDS:
        if not name.startswith("prompt ") and "prompt" in listed[name]:
            assert "enhance" in listed[name], name
    assert "enhance" in listed["batch"]


JOB = "7AB2CD3EF4"
MEDIA_FIELDS = [
    (name, field.name)
    for name, operation_id in COMMANDS.items()
    for field in catalogue().get(operation_id).fields
    if kinds_of(field) and (operation_id, field.name) not in NOT_OFFERED
]


@pytest.mark.parametrize(("name", "field"), MEDIA_FIELDS)
async def test_every_medium_can_be_an_earlier_job_a_link_or_an_upload(called: Commands, name: str, field: str):
    options = called.options(name)
    needed = {key: value for key, value in options.items() if called.by_name[name].get_parameter(key).required}
    uploads = {key: value for key, value in options.items() if not isinstance(value, str | int | float)}
    ways = {option: await given_for(called, name, field, needed, option) for option in options.keys() - needed.keys()}
    found = [ref for refs in ways.values() for ref in refs]
    assert any(ref.job_id == JOB for ref in found), "offer an option for an earlier job"
    assert any(ref.url == JOB.lower() + ".png" for ref in found)
    assert any(refs for option, refs in ways.items() if option in uploads)


async def given_for(called: Commands, name: str, field: str, needed: dict[str, Any], option: str) -> list[Any]:
    """Return how the field's file is given if this option is: a job's id where it takes text, and a link."""
    value = called.options(name)[option]
    refs = []
    for each in (JOB, JOB.lower() + ".png") if isinstance(value, str) else (value,):
        everything = called.options(name)
        others = {key: everything[key] for key in OTHER_FILES.get((name, field), ())}
        request = await called.asks(name, needed | others | {option: each})
        files = [] if isinstance(request, str) else request.files
        refs += [file.ref for file in files if field in {file.field, *file.by_kind.values()}]
    return refs


def test_the_media_of_commands_that_are_made_of_data_have_a_job_each():
    for operation in catalogue().operations.values():
        plan = plan_of(operation)
        if plan is not None and operation.id not in set(COMMANDS.values()):
            media = [field.name for field in operation.fields if kinds_of(field)]
            assert media == [option.field.name for option in plan.options if option.kind is OptionKind.JOB]
