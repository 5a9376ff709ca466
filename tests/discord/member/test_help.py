from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from cogs.member import help as help_cog
from cogs.member import texts
from cogs.member.help import commands_of
from cogs.member.texts import EXAMPLES
from cogs.ui.controls import Control, view_of
from cogs.ui.panels import PAGE_CHARS, pages
from cogs.ui.texts import GONE
from tests.support.rig import GUILD_KEY, Rig, running
from tests.support.surface import labels, private_sentence, watch

HELP = "help"


def embed(result: Any) -> discord.Embed:
    assert result.response.ephemeral
    assert result.followups == []
    [found] = result.response.embeds
    return found


def text(result: Any) -> str:
    return embed(result).description or ""


async def read(rig: Rig, member: Any, topic: str, channel: Any = None) -> str:
    """Return all pages of a group, turned by their buttons."""
    result = await member.slash(channel or rig.channel, HELP, topic=topic)
    pages_read = [text(result)]
    while str(texts.NEXT) in labels(result.response):
        result = await member.click(result.response, label=str(texts.NEXT))
        pages_read.append(text(result))
    return "\n".join(pages_read)


async def line(rig: Rig, member: Any, command: str, channel: Any = None) -> str:
    """Return the line of a command on the page of its group."""
    shown = await read(rig, member, command.split(maxsplit=1)[0], channel)
    [found] = [each for each in shown.splitlines() if f"/{command}:" in each]
    return found


async def rule(rig: Rig, guild_id: int | None = None, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(guild_id or rig.guild.id, lambda old: replace(old, **changes))


async def test_every_command_that_a_member_may_use_is_shown_as_a_mention_that_can_be_clicked(rig: Rig):
    first = text(await rig.member.slash(rig.channel, HELP))
    ids = {command.name: command.id for command in await rig.bot.tree.fetch_commands()}
    for command in rig.bot.tree.walk_commands(type=discord.AppCommandType.chat_input):
        root = command.root_parent or command
        if isinstance(command, app_commands.Group) or root.default_permissions is not None:
            continue
        name = command.qualified_name
        mention = f"</{name}:{ids[name.split()[0]]}>"
        assert mention in first
        assert f"{mention} {command.description}" in await read(rig, rig.member, root.name)


async def test_the_ids_of_the_mentions_outlive_a_restart_that_registers_nothing(rig: Rig):
    before = rig.bot.parts.command_sync.names.mention("image generate")
    await rig.restart()
    assert before is not None
    assert rig.bot.parts.command_sync.names.mention("image generate") == before


async def test_moderators_commands_are_shown_to_moderators_only(rig: Rig):
    assert "studio" not in text(await rig.member.slash(rig.channel, HELP))
    assert "</studio request:" in text(await rig.moderator.slash(rig.channel, HELP))
    topics = [each["value"] for each in await rig.member.autocomplete(rig.channel, HELP, "topic", "")]
    assert "image" in topics
    assert "studio" not in topics
    result = await rig.member.slash(rig.channel, HELP, topic="studio")
    assert "There is no topic studio" in private_sentence(result)


async def test_a_fixed_price_is_told_and_one_that_nobody_knows_is_said_to_be_unknown(rig: Rig):
    assert (await line(rig, rig.member, "prompt")).endswith("· 1 credit")
    assert (await line(rig, rig.member, "image generate")).endswith("· price not known yet")


async def test_no_reader_of_help_makes_the_tool_asked(rig: Rig):
    await rule(rig, estimate_tool=True)
    calls = watch(rig)
    assert (await line(rig, rig.member, "video generate")).endswith("· price not known yet")
    assert calls == []


async def test_what_is_switched_off_is_marked_here_and_not_elsewhere(rig: Rig):
    off = rig.bot.catalogue.resolve("video.generate")
    await rig.bot.parts.switches.switch(rig.guild.id, off, on=False, by_id=1)
    assert (await line(rig, rig.member, "video generate")).startswith("🚫")
    assert (await line(rig, rig.member, "video generate")).endswith("off on this server")
    assert "🚫" not in (await line(rig, rig.member, "image generate"))

    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    visitor = other.add_member(rig.env.create_user("vera"))
    assert "🚫" not in text(await visitor.slash(channel, HELP))
    await rig.bot.parts.switches.switch_everywhere(off, on=False, by_id=1)
    assert (await line(rig, visitor, "video generate", channel)).startswith("🚫")


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
    assert "rejects the API key" in text(await rig.member.slash(rig.channel, HELP))


async def test_a_server_without_a_key_reads_how_to_get_one(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None, cannon_api_key_guilds=None) as rig:
        assert "</studio key:" in text(await rig.member.slash(rig.channel, HELP))


async def test_the_overview_fits_where_every_price_is_long_and_everything_is_off(rig: Rig, monkeypatch: Any):
    monkeypatch.setattr(help_cog, "price_range", lambda *_: "about 123,456.789 to 999,999.999 credits")
    assert len(embed(await rig.moderator.slash(rig.channel, HELP))) <= 6000
    shown = await rig.moderator.slash(rig.channel, HELP, topic="sora")
    assert len(embed(shown)) <= 6000


def test_pages_are_filled_and_no_block_is_lost_or_cut():
    blocks = [f"{number}-" + "x" * 900 for number in range(12)]
    made = pages("Title", blocks)
    assert len(made) == 3
    assert "\n\n".join(embed.description for embed in made).split("\n\n") == blocks
    assert [embed.title for embed in made] == ["Title", "Title (continued)", "Title (continued)"]
    half = "x" * (PAGE_CHARS // 2)
    assert [len(pages("Title", [half, half[more:]])) for more in (2, 1)] == [1, 2], "what is between them counts too"
    long = "y" * (PAGE_CHARS * 2 + 10)
    assert "".join(embed.description for embed in pages("Title", [long])) == long


async def test_topics_are_offered_by_what_is_typed(rig: Rig):
    for typed, wanted in (("sub", ["finish"]), ("/vid", ["video"]), ("zzz", [])):
        offered = await rig.member.autocomplete(rig.channel, HELP, "topic", typed)
        assert [each["value"] for each in offered if each["value"] in {"finish", "video", "image"}] == wanted


async def test_a_topic_that_does_not_exist_is_told_with_those_that_do(rig: Rig):
    sentence = private_sentence(await rig.member.slash(rig.channel, HELP, topic="@everyone"))
    assert "Choose one from the list" in sentence
    assert "@everyone" not in sentence


async def test_every_group_has_an_example_that_names_a_real_command_and_real_options(rig: Rig):
    for entry in rig.bot.tree.get_commands(type=discord.AppCommandType.chat_input):
        if not isinstance(entry, app_commands.Group):
            continue
        name, given = EXAMPLES[entry.name]
        [command] = [each for each in commands_of(entry) if f"/{each.qualified_name}" == name]
        options = {each.display_name for each in command.parameters}
        assert given or not options
        assert given.keys() <= options


async def test_the_pages_are_turned_by_controls_that_outlive_a_restart(rig: Rig):
    shown = (await rig.member.slash(rig.channel, HELP)).response
    await rig.restart()
    chosen = await rig.member.select(shown, values=["video"], custom_id="c1:help_topic:list")
    assert embed(chosen).title == "/video"
    around = await rig.member.click(shown, label=str(texts.HELP_MORE))
    assert "**Reactions**" in text(around)
    menus = [each.name for each in rig.bot.tree.get_commands(type=discord.AppCommandType.message)]
    assert menus
    assert all(name in text(around) for name in menus)
    start = await rig.member.click(shown, label=str(texts.HELP_START))
    assert "</me:" in text(start)
    assert "</me:" in text(start)


async def test_a_member_who_turns_to_a_moderators_page_is_refused(rig: Rig):
    shown = (await rig.moderator.slash(rig.channel, HELP)).response
    assert "studio" in str(shown.components)
    await rig.member.slash(rig.channel, HELP)
    channel = rig.bot.get_partial_messageable(rig.channel.id, guild_id=rig.guild.id)
    await channel.send("?", view=view_of([Control.button("help", "studio", label="x")]))
    assert str(GONE) in private_sentence(await rig.member.click(rig.messages()[-1], label="x"))
