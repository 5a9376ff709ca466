"""What a command that is made of fields looks like to Discord, whatever the fields are."""

from __future__ import annotations

import re
import string
from typing import Any

import discord
import pytest
from discord import app_commands
from hypothesis import given
from hypothesis import strategies as st

from bot.app.entry_points import unconnected
from bot.catalogue import OPERATIONS, Catalogue, Field, FieldKind, Operation
from bot.domain.models import MediaKind
from bot.settings import Settings
from cogs.workflows.asked.form import is_flat
from cogs.workflows.command import command_of, generation_of
from cogs.workflows.plan import Common, called, named, option_name, plan_of
from cogs.workflows.registration import COMMAND_CHARS, SUBCOMMANDS_MAX, DescribedCommands, length
from cogs.workflows.table import OPTIONS_MAX

NAME = re.compile(r"[-_'\w]{1,32}")
NUMBERS = st.one_of(st.none(), st.floats(-1e300, 1e300), st.integers(-(10**18), 10**18))
WIRE = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=64).filter(
    lambda name: name[0].isalpha()
)
WORDS = st.text(min_size=0, max_size=120)
PLAIN = [kind for kind in FieldKind if kind not in {FieldKind.OBJECT, FieldKind.OBJECTS}]


@st.composite
def fields(draw: st.DrawFn, *, inner: bool = True) -> Field:
    kind = draw(st.sampled_from(list(FieldKind) if inner else PLAIN))
    has_keys = kind in {FieldKind.OBJECT, FieldKind.OBJECTS}
    return Field(
        name=draw(WIRE),
        kind=kind,
        required=draw(st.booleans()),
        label=draw(st.text(min_size=1, max_size=60)),
        help=draw(WORDS)[:100],
        suggestions=tuple(draw(st.lists(st.text(min_size=1, max_size=20), max_size=3))),
        minimum=draw(NUMBERS),
        maximum=draw(NUMBERS),
        max_length=draw(st.integers(1, 10**6)),
        media=draw(st.frozensets(st.sampled_from(list(MediaKind))))
        if kind in {FieldKind.URL, FieldKind.URLS}
        else frozenset(),
        item_fields=tuple(draw(st.lists(fields(inner=False), max_size=4))) if has_keys else (),
    )


IDS = st.lists(
    st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=41), min_size=2, max_size=5
).map(".".join)
OPERATION = st.builds(
    Operation,
    id=IDS,
    title=WORDS,
    workflow=st.sampled_from(["image", "video", "audio", "prompt", "finish", "sora", "3d"]),
    fields=st.lists(fields(), max_size=40, unique_by=lambda field: field.name).map(tuple),
)


def payload_of(command: app_commands.Command[Any, ..., Any]) -> dict[str, Any]:
    class Tree:
        allowed_contexts = app_commands.AppCommandContext(guild=True)
        allowed_installs = app_commands.AppInstallationType(guild=True)

    return command.to_dict(Tree())  # type: ignore[arg-type] # what it reads of a tree


@given(operation=OPERATION)
def test_whatever_the_fields_are_discord_can_take_the_command(operation: Operation) -> None:
    plan = plan_of(operation)
    if plan is None:
        return
    payload = payload_of(command_of(plan, "made", translated=False))
    options = payload["options"]
    names = [each["name"] for each in options]
    assert len(options) <= OPTIONS_MAX + 1  # who pays
    assert len(set(names)) == len(names)
    for each in options:
        assert NAME.fullmatch(each["name"])
        assert each["name"] == each["name"].lower()
        assert 1 <= len(each["description"]) <= 100
        low, high = each.get("min_value"), each.get("max_value")
        assert low is None or high is None or low <= high
        assert all(limit is None or abs(limit) <= 2**53 for limit in (low, high))
        assert 1 <= each.get("max_length", 1) <= 6000
    assert [each["required"] for each in options] == sorted((each["required"] for each in options), reverse=True)
    assert 1 <= len(payload["description"]) <= 100
    assert "private" in names


@given(operation=OPERATION)
def test_every_field_has_an_option_or_is_left_for_the_form(operation: Operation) -> None:
    plan = plan_of(operation)
    if plan is None:
        return
    given_names = {option.path for option in plan.options if option.fields}
    left = {
        f"{field.name}.{key.name}" if is_flat(field) else field.name
        for field in plan.left(operation)
        for key in (field.item_fields if is_flat(field) else (field,))
    }
    every = {
        f"{field.name}.{key.name}" if is_flat(field) else field.name
        for field in operation.fields
        for key in (field.item_fields if is_flat(field) else (field,))
    }
    lists = {field.name for field in operation.fields if field.kind is FieldKind.URLS}
    assert every == given_names | left
    assert given_names & left <= lists, "only a list of files may be given by both"
    assert not left or plan.has(Common.REST)


@given(operation=OPERATION)
def test_plain_options_become_values_under_their_names_on_the_wire(operation: Operation) -> None:
    plan = plan_of(operation)
    if plan is None:
        return
    typed = {option.name: f"v{number}" for number, option in enumerate(plan.options) if option.fields}
    made = generation_of(plan, {**typed, **{each.name: None for each in plan.options if each.kind == "upload"}})
    known = {field.name for field in operation.fields}
    assert set(made.values) <= known
    assert {file.field for file in made.files} <= known
    assert made.count == 1


@given(
    st.lists(IDS, min_size=1, max_size=60, unique=True), st.frozensets(st.sampled_from(["generate", "tile", "edit"]))
)
def test_names_are_valid_and_different_whatever_the_ids_are_and_in_whatever_order_they_come(
    ids: list[str], taken: frozenset[str]
) -> None:
    operations = [Operation(id=each, title=each, workflow="image") for each in ids]
    found = {each.operation.id: name for each, name in named(operations, {"image": taken})}
    assert len(set(found.values())) == len(ids)
    assert all(NAME.fullmatch(name) and name == name.lower() for name in found.values())
    assert not set(found.values()) & taken
    again = {each.operation.id: name for each, name in named(reversed(operations), {"image": taken})}
    assert again == found


@pytest.mark.parametrize(
    ("operation_id", "workflow", "group", "short"),
    [
        ("image.tile", "image", "image", "tile"),
        ("image.tile.generate", "image", "image", "tile"),
        ("three_d.location.generate", "3d", "3d", "location"),
        ("sora2.video.cut", "sora", "more", "sora2_video_cut"),
        ("avatar.generate", "finish", "finish", "avatar"),
        ("avatar.train", "finish", "finish", "avatar_train"),
        ("music.extend", "audio", "audio", "music_extend"),
        ("x.y", "unheard of", "finish", "x_y"),
        ("prompt.shorten", "prompt", "more", "prompt_shorten"),
    ],
)
def test_a_command_is_called_by_what_its_id_says_beyond_its_group(
    operation_id: str, workflow: str, group: str, short: str
) -> None:
    found = called(Operation(id=operation_id, title="", workflow=workflow))
    assert (found.group, found.short) == (group, short)


def test_a_newcomer_never_takes_the_name_of_another() -> None:
    first, second = (Operation(id=f"image.tile.{verb}", title="", workflow="image") for verb in ("generate", "create"))
    assert [name for _, name in named([first], {})] == ["tile"]
    assert [name for _, name in named([second, first], {})] == ["tile_create", "tile_generate"]


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("visualStyle", "visual_style"),
        ("image_url", "image_url"),
        ("FPS", "fps"),
        ("___", "value"),
        ("x" * 64, "x" * 32),
        ("loraURL2", "lora_url2"),
    ],
)
def test_a_name_on_the_wire_becomes_one_of_discords(wire: str, name: str) -> None:
    assert option_name(wire) == name


def test_a_name_that_is_taken_gets_a_number_within_the_length() -> None:
    assert option_name("size", {"size"}) == "size_2"
    assert option_name("x" * 40, {"x" * 32, "x" * 30 + "_2"}) == "x" * 30 + "_3"


async def test_many_operations_stay_within_what_discord_takes_of_a_command() -> None:
    long = tuple(Field(name=f"field_{n:02}", kind=FieldKind.TEXT, label="l", help="h" * 100) for n in range(20))
    many = [Operation(id=f"image.kind{n:03}", title="t", workflow="image", fields=long) for n in range(200)]
    async with unconnected(Settings(log_level="INFO")) as bot:
        bot.live_catalogue._current = Catalogue([*OPERATIONS, *many])
        cog = bot.get_cog(DescribedCommands.__name__)
        assert cog is not None
        await cog.renew()
        made = list(bot.tree.get_commands(type=discord.AppCommandType.chat_input))
        payloads = [each.to_dict(bot.tree) for each in made]
        assert len(payloads) <= 100
        assert max(length(each) for each in payloads) <= COMMAND_CHARS
        assert max(len(each["options"]) for each in payloads) <= max(SUBCOMMANDS_MAX, OPTIONS_MAX)
        assert "image.kind199" in cog.left
        first = {each["name"] for each in payloads}
        bot.live_catalogue._current = Catalogue(OPERATIONS)
        await cog.renew()
        after = {each.name for each in bot.tree.get_commands(type=discord.AppCommandType.chat_input)}
        assert first - after == {"more"}, "an empty group is no command"
