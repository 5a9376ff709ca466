"""Which emojis act on a server, and the page Reactions of the settings, which changes it."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest

from bot.domain.server.reaction_rules import ReactionAction
from cogs.reactions import pressed as seeds
from tests.support.reacting import direct_texts, made, newest
from tests.support.rig import Rig
from tests.support.settings_pages import let_act, opened, page_facts, page_text, seed_emojis, set_gallery

ALL_BUT_RERUN = [each.value for each in ReactionAction if each is not ReactionAction.RERUN]


async def test_what_is_turned_off_does_nothing_until_it_is_turned_on(rig: Rig):
    message = await made(rig)
    assert "🔁 re-run it" in page_facts(await opened(rig, "reactions"))["Emojis that do something"]
    await let_act(rig, *ALL_BUT_RERUN)
    assert "🔁" not in page_facts(await opened(rig, "reactions"))["Emojis that do something"]
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert direct_texts(rig, rig.member) == []
    await let_act(rig, *ReactionAction)
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 2
    record = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert [each.by_id for each in record] == [rig.moderator.id] * 2


@pytest.mark.parametrize(
    ("seeds", "gallery", "expected"),
    [
        (None, False, ["🔁"]),
        ("few", False, ["🔁"]),
        ("off", True, []),
    ],
)
async def test_the_bot_puts_a_few_emojis_on_results_or_all_that_fit_or_none(
    rig: Rig, seeds: str | None, gallery: bool, expected: list[str]
):
    if seeds is not None:
        await seed_emojis(rig, seeds)
    if gallery:
        await set_gallery(rig, channel=rig.guild.create_text_channel("gallery"))
    await made(rig)
    await settle_seeds(rig)
    assert [str(each.emoji) for each in newest(rig).reactions] == expected
    assert len(await rig.jobs()) == 1


async def test_a_crowd_of_results_gets_its_emojis_a_few_cards_at_a_time(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await seed_emojis(rig, "on")
    message = await made(rig)
    await settle_seeds(rig)
    (job,) = await rig.jobs()
    card = await rig.bot.parts.store.cards.get(job.guild_id, job.card_id)
    at_work, added = [0], list[int]()

    async def add(_message: object, _emoji: object) -> None:
        at_work[0] += 1
        await asyncio.sleep(0)
        added.append(at_work[0])
        at_work[0] -= 1

    monkeypatch.setattr(discord.PartialMessage, "add_reaction", add)
    surface: Any = rig.bot.surface
    for _ in range(3 * seeds.CARDS_AT_ONCE):
        surface.seeds.posted(card, [job], message)
    await settle_seeds(rig)
    assert (len(added), max(added)) == (4 * 3 * seeds.CARDS_AT_ONCE, seeds.CARDS_AT_ONCE)


async def around(rig: Rig) -> str:
    """Return the page of the help about what is around commands."""
    result = await rig.member.slash(rig.channel, "help")
    return page_text((await rig.member.click(result.response, custom_id="c1:help:more_page")).response)


async def test_help_says_what_the_emojis_and_words_do(rig: Rig):
    shown = await around(rig)
    assert "🔁 re-run it · 🎲 vary it · 🎬 animate an image" in shown
    assert "mention me" in shown
    await let_act(rig)
    assert "Reactions are turned off on this server." in await around(rig)


async def settle_seeds(rig: Rig) -> None:
    surface: Any = rig.bot.surface
    await surface.seeds.finished()
    await rig.env._settle_internal(dispatch="seeds")
