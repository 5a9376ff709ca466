"""A right-click on a member: their usage, a grant, a block, and what they have posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.texts import OTHER_MEMBER, UNCHANGED
from cogs.jobs.texts import NOTHING_POSTED
from cogs.ui.texts import MODERATORS_ONLY
from tests.discord.moderate.test_settings_panel import decisions
from tests.support.channels import hidden_channel, made_in, open_to_all, private_thread
from tests.support.jobs import ask, gallery, ids_in
from tests.support.reacting import other
from tests.support.rig import Rig
from tests.support.settings_pages import send
from tests.support.surface import inputs, labels, panel_text, private_sentence

USAGE, GRANT, BLOCK, RESULTS = "Usage", "Grant credits", "Block or unblock", "Their results here"
MODERATORS = (USAGE, GRANT, BLOCK)


async def menu(rig: Rig, name: str, target: Any, who: Any = None) -> Any:
    return await (who or rig.moderator).context_menu(rig.channel, name, target)


def test_there_are_four_in_servers_only_three_of_them_for_moderators(rig: Rig):
    menus = rig.bot.tree.get_commands(type=discord.AppCommandType.user)
    assert {each.name: each.default_permissions is not None for each in menus} == {
        USAGE: True,
        GRANT: True,
        BLOCK: True,
        RESULTS: False,
    }
    assert all(each.guild_only for each in menus)


async def test_who_may_not_use_them_and_whom_they_are_not_for(rig: Rig):
    open_to_all(rig)
    for name in MODERATORS:
        assert private_sentence(await menu(rig, name, rig.moderator, rig.member)) == str(MODERATORS_ONLY)
    helper = rig.guild.add_member(rig.env.create_user("helper", bot=True))
    for name in (*MODERATORS, RESULTS):
        assert private_sentence(await menu(rig, name, helper)) == str(OTHER_MEMBER)
    assert "not yourself" in private_sentence(await menu(rig, BLOCK, rig.moderator))
    await send(rig, await menu(rig, BLOCK, rig.member))
    shown, form = await menu(rig, BLOCK, rig.member), await menu(rig, GRANT, rig.member)
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert private_sentence(await rig.moderator.click(shown.response, label="Unblock")) == str(MODERATORS_ONLY)
    assert private_sentence(await send(rig, form, Credits="5")) == str(MODERATORS_ONLY)
    assert await is_blocked(rig)
    assert not await grants(rig)


# ---------------------------------------------------------------------- usage and grants


async def test_usage_is_what_quota_show_says_of_the_member(rig: Rig):
    await rig.moderator.slash(rig.channel, "quota set", credits=50, period="day", who=rig.member)
    shown = await menu(rig, USAGE, rig.member)
    by_command = await rig.moderator.slash(rig.channel, "quota show", member=rig.member)
    assert shown.ephemeral
    assert shown.response.embeds[0].to_dict() == by_command.response.embeds[0].to_dict()
    assert "50 credits" in shown.response.embeds[0].description


async def grants(rig: Rig) -> list[Any]:
    return list(await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.member.id))


async def test_a_grant_is_filled_in_and_recorded(rig: Rig):
    for field, typed in (
        ("Credits", {"Credits": "0"}),
        ("Credits", {"Credits": "-5"}),
        ("Credits", {"Credits": "lots"}),
        ("Expire after", {"Credits": "5", "Expire_after": "soon"}),
    ):
        assert field in private_sentence(await send(rig, await menu(rig, GRANT, rig.member), **typed))
    assert not await grants(rig)
    shown = await menu(rig, GRANT, rig.member)
    assert f"<@{rig.member.id}>" in str(shown.modal)
    done = await send(rig, shown, Credits="12.5", Note="for the *contest*", Expire_after="7d")
    assert done.ephemeral
    [made] = await grants(rig)
    assert (made.credits, made.note, made.granted_by) == (Decimal("12.5"), "for the *contest*", rig.moderator.id)
    assert made.expires_at == pytest.approx(rig.clock.wall() + 7 * 86_400)
    [line] = await decisions(rig, "grant")
    assert line.text in done.response.content


# ---------------------------------------------------------------------- blocks


async def is_blocked(rig: Rig) -> bool:
    return await rig.bot.parts.store.blocks.active(rig.guild.id, rig.member.id) is not None


async def test_a_member_is_blocked_and_unblocked_again(rig: Rig):
    done = await send(rig, await menu(rig, BLOCK, rig.member), Reason="spam")
    assert done.ephemeral
    assert await is_blocked(rig)
    assert "blocked" in private_sentence(await rig.member.slash(rig.channel, "image generate", prompt="x"))
    shown = await menu(rig, BLOCK, rig.member)
    assert "spam" in shown.response.embeds[0].description
    assert labels(shown.response) == ["Unblock"]
    second = await menu(rig, BLOCK, rig.member)
    await rig.moderator.click(shown.response, label="Unblock")
    assert not await is_blocked(rig)
    again = await rig.moderator.click(second.response, label="Unblock")
    assert private_sentence(again) == str(UNCHANGED)


# ---------------------------------------------------------------------- their results


async def test_their_results_are_those_that_are_posted_where_the_reader_sees_them(rig: Rig):
    eve = other(rig, "eve")
    shown = await ask(rig, prompt="a red fox #fast")
    await ask(rig, prompt="a secret fox #fast", private=True)
    await ask(rig, prompt="a lost fox #fail")
    await ask(rig, rig.moderator, prompt="a wolf #fast")
    await rig.work()
    secret = await made_in(rig, hidden_channel(rig, rig.member), rig.member, "a hidden fox")
    await made_in(rig, private_thread(rig, rig.member), rig.member, "a quiet fox")
    running = await ask(rig, prompt="a running fox #slow")
    for who in (eve, rig.moderator):
        page = await menu(rig, RESULTS, rig.member, who)
        assert page.ephemeral
        assert ids_in(page.response) == [shown.id]
        assert running.id not in panel_text(page.response)
        assert not {"All states", "Everyone's jobs"} & set(labels(page.response))
    own = await menu(rig, RESULTS, rig.member, rig.member)
    assert set(ids_in(own.response)) == {shown.id, secret.id}, "neither their private ones nor what only Discord knows"


async def test_their_results_are_searched_and_opened(rig: Rig):
    eve = other(rig, "eve")
    fox = await ask(rig, prompt="a red fox #fast")
    wolf = await ask(rig, prompt="a grey wolf #fast")
    await rig.work()
    page = await menu(rig, RESULTS, rig.member, eve)
    assert ids_in(page.response) == [wolf.id, fox.id]
    form = await eve.click(page.response, label="Search")
    [(label, _)] = inputs(form).items()
    await send(rig, form, eve, **{label.replace(" ", "_"): "fox"})
    found = next(each for each in rig.channel.history(viewer=eve) if each.id == page.response.id)
    assert ids_in(found) == [fox.id]
    opened = await eve.select(found, [fox.id], custom_id="c1:jobs_open:job")
    assert "a red fox" in panel_text(opened.response)
    assert private_sentence(await gallery(rig, eve, member=rig.member)) == str(MODERATORS_ONLY)
    await rig.bot.parts.store.cards.take_down(rig.guild.id, fox.card_id)
    await rig.bot.parts.store.cards.erase(rig.guild.id, wolf.card_id)
    page = await menu(rig, RESULTS, rig.member, eve)
    assert str(NOTHING_POSTED) in panel_text(page.response)
