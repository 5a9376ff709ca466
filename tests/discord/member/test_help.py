from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.catalogue import OPERATIONS
from cogs.member import help as help_cog
from cogs.member.help import commands_of, price_text
from cogs.member.texts import EXAMPLES
from cogs.ui.pages import PAGE_CHARS, pages
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import private_sentence

HELP = "help"


def embeds(result: Any) -> list[discord.Embed]:
    said = [message for message in (result.response, *result.followups) if message is not None]
    assert all(message.ephemeral for message in said)
    assert all(len(message.embeds) == 1 for message in said)
    return [message.embeds[0] for message in said]


def text(result: Any) -> str:
    return "\n".join(embed.description for embed in embeds(result))


def line(result: Any, command: str) -> str:
    [found] = [each for each in text(result).splitlines() if f"/{command}:" in each]
    return found


async def test_every_command_that_a_member_may_use_is_shown_as_a_mention_that_can_be_clicked(rig: Rig):
    shown = text(await rig.member.slash(rig.channel, HELP))
    ids = {command.name: command.id for command in await rig.bot.tree.fetch_commands()}
    for command in rig.bot.tree.walk_commands(type=discord.AppCommandType.chat_input):
        root = command.root_parent or command
        if isinstance(command, app_commands.Group) or root.default_permissions is not None:
            continue
        name = command.qualified_name
        assert f"</{name}:{ids[name.split()[0]]}> {command.description}" in shown


async def test_the_ids_of_the_mentions_outlive_a_restart_that_registers_nothing(rig: Rig):
    before = rig.bot.parts.command_sync.mention("image generate")
    await rig.restart()
    assert rig.bot.parts.command_sync.mention("image generate") == before != "`/image generate`"


async def test_moderators_commands_are_shown_to_moderators_only(rig: Rig):
    assert "studio" not in text(await rig.member.slash(rig.channel, HELP))
    assert "</studio request:" in text(await rig.moderator.slash(rig.channel, HELP))
    topics = [each["value"] for each in await rig.member.autocomplete(rig.channel, HELP, "topic", "")]
    assert "image" in topics
    assert "studio" not in topics
    result = await rig.member.slash(rig.channel, HELP, topic="studio")
    assert "no such group" in private_sentence(result)


async def test_a_fixed_price_is_told_and_one_that_nobody_knows_is_said_to_be_unknown(rig: Rig):
    result = await rig.member.slash(rig.channel, HELP)
    assert line(result, "prompt image").endswith("· 1 credit")
    assert line(result, "image generate").endswith("· cost not known yet")


async def test_what_earlier_jobs_cost_is_told(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a heron")
    await rig.member.slash(rig.channel, "image generate", prompt="a heron", model="gptimage2")
    await rig.work()
    costs = sorted(job.cost for job in await rig.jobs() if job.cost is not None)
    assert len(costs) == 2
    assert await rig.bot.parts.store.ledger.costs_by_operation() == {"image.generate": costs[::-1]} or {
        "image.generate": costs
    }
    shown = line(await rig.member.slash(rig.channel, HELP), "image generate")
    assert price_text(None, costs) in shown
    assert "not known" not in shown


async def test_a_price_that_moderators_have_set_goes_before_what_was_learned_but_not_before_a_fixed_one(rig: Rig):
    for operation in ("image.generate", "prompt.enhance.image"):
        await rig.bot.parts.store.prices.set(rig.guild.id, operation, "", Decimal(31))
    result = await rig.member.slash(rig.channel, HELP)
    assert line(result, "image generate").endswith("· about 31 credits, as this server's moderators reckon")
    assert line(result, "prompt image").endswith("· 1 credit")


@pytest.mark.parametrize(
    ("fixed", "costs", "told"),
    [
        (Decimal(1), (), "1 credit"),
        (Decimal("2.5"), (9,), "2.5 credits"),
        (None, (), "cost not known yet"),
        (None, (24,), "about 24 credits"),
        (None, (24, 24, 24), "about 24 credits"),
        (None, (48, 17), "about 17 credits, up to 48"),
        (None, tuple(range(1, 11)), "about 5 credits, up to 10"),
        (None, (*[20] * 19, 900), "about 20 credits"),
    ],
)
def test_a_price_is_a_fixed_one_or_the_median_and_the_90th_percentile(fixed: Any, costs: Any, told: str):
    assert price_text(fixed, [Decimal(cost) for cost in costs]) == told


async def test_what_is_switched_off_is_marked_here_and_not_elsewhere(rig: Rig):
    off = rig.bot.catalogue.resolve("video.generate")
    await rig.bot.parts.switches.switch(rig.guild.id, off, on=False, by_id=1)
    result = await rig.member.slash(rig.channel, HELP)
    assert line(result, "video generate").startswith("🚫")
    assert line(result, "video generate").endswith("switched off here")
    assert "🚫" not in line(result, "image generate")

    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    visitor = other.add_member(rig.env.create_user("vera"))
    assert "🚫" not in text(await visitor.slash(channel, HELP))
    await rig.bot.parts.switches.switch_everywhere(off, on=False, by_id=1)
    assert line(await visitor.slash(channel, HELP), "video generate").startswith("🚫")


async def test_who_pays_is_told(rig: Rig):
    assert "host of this bot pays" in text(await rig.member.slash(rig.channel, HELP))
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})
    told = text(await rig.member.slash(rig.channel, HELP))
    assert "This server pays" in told
    assert GUILD_KEY[-4:] not in told
    key = await rig.bot.parts.store.keys.current(rig.guild.id)
    await rig.bot.parts.store.keys.note_refused(rig.guild.id, key.id, probe_at=0.0)
    assert "refuses that key now" in text(await rig.member.slash(rig.channel, HELP))


async def test_a_server_without_a_key_reads_how_to_get_one(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None, cannon_api_key_guilds=None) as rig:
        assert "`/studio key`" in text(await rig.member.slash(rig.channel, HELP))


async def test_how_files_are_given_is_told(rig: Rig):
    shown = text(await rig.member.slash(rig.channel, HELP))
    for word in ("upload it", "`url`", "`job`", "before any credit is spent"):
        assert word in shown


async def test_a_topic_shows_every_option_of_every_command_of_the_group(rig: Rig):
    for name, entry in {each.name: each for each in rig.bot.tree.get_commands()}.items():
        if isinstance(entry, app_commands.ContextMenu):
            continue
        result = await rig.moderator.slash(rig.channel, HELP, topic=name)
        shown = text(result)
        for command in commands_of(entry):
            assert f"</{command.qualified_name}:" in shown
            for option in command.parameters:
                assert str(option.description) in shown
                assert f"`{option.display_name}`" in shown


async def test_no_answer_is_over_discords_limits(rig: Rig):
    topics = [each["value"] for each in await rig.moderator.autocomplete(rig.channel, HELP, "topic", "")]
    for options in ({}, *({"topic": topic} for topic in topics)):
        for embed in embeds(await rig.moderator.slash(rig.channel, HELP, **options)):
            assert len(embed) <= 6000
            assert len(embed.description) <= 4096


async def test_the_overview_fits_where_every_price_is_long_and_everything_is_off(rig: Rig, monkeypatch: Any):
    monkeypatch.setattr(help_cog, "price_text", lambda *_: "about 123,456.789 credits, up to 999,999.999")
    made = embeds(await rig.moderator.slash(rig.channel, HELP))
    assert all(len(embed) <= 6000 and len(embed.description) <= 4096 for embed in made)


def test_pages_are_filled_and_no_block_is_lost_or_cut():
    blocks = [f"{number}-" + "x" * 900 for number in range(12)]
    made = pages("Title", blocks)
    assert len(made) == 3
    assert "\n\n".join(embed.description for embed in made).split("\n\n") == blocks
    assert [embed.title for embed in made] == ["Title", "Title, continued", "Title, continued"]
    long = "y" * (PAGE_CHARS * 2 + 10)
    assert "".join(embed.description for embed in pages("Title", [long])) == long


async def test_topics_are_offered_by_what_is_typed(rig: Rig):
    for typed, wanted in (("sub", ["finish"]), ("/vid", ["video"]), ("zzz", [])):
        offered = await rig.member.autocomplete(rig.channel, HELP, "topic", typed)
        assert [each["value"] for each in offered if each["value"] in {"finish", "video", "image"}] == wanted


async def test_a_topic_that_does_not_exist_is_told_with_those_that_do(rig: Rig):
    sentence = private_sentence(await rig.member.slash(rig.channel, HELP, topic="@everyone"))
    assert "image, video" in sentence
    assert "@everyone" not in sentence


async def test_a_topic_is_understood_as_it_is_typed(rig: Rig):
    assert "image generate" in text(await rig.member.slash(rig.channel, HELP, topic="/Image "))


async def test_every_group_has_an_example_that_names_a_real_command_and_real_options(rig: Rig):
    for entry in rig.bot.tree.get_commands(type=discord.AppCommandType.chat_input):
        if not isinstance(entry, app_commands.Group):
            continue
        words = EXAMPLES[entry.name].removeprefix("/").split()
        [command] = [
            each
            for each in commands_of(entry)
            if words[: len(each.qualified_name.split())] == each.qualified_name.split()
        ]
        options = {each.display_name for each in command.parameters}
        given = {word.removesuffix(":") for word in words if word.endswith(":")}
        assert given or not options
        assert given <= options


async def test_every_operation_that_has_a_command_shows_what_it_costs(rig: Rig):
    shown = text(await rig.member.slash(rig.channel, HELP))
    with_command = [each for each in OPERATIONS if each.workflow != "3d"]
    assert shown.count("credit") >= 4
    assert shown.count("· cost not known yet") + shown.count("· 1 credit") == len(with_command)
