"""Keys, prices, pausing and blocking: as moderator, as plain member, with the role taken away in between."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.card.ticker import SELDOM_S
from bot.domain.models import JobState
from bot.domain.money.costs import ListedPrice
from bot.domain.texts import UNCHANGED
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running
from tests.support.settings_pages import block_member, choose, opened, page_text, set_price, unblock_member
from tests.support.surface import (
    nothing_happened,
    notice,
    private_sentence,
    settled_exactly,
    state_text,
    unlinked,
    until,
)

OTHER_KEY = "cs_test_other_00000000cafe"


def open_to_all(rig: Rig) -> None:
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None


def done(result: Any) -> str:
    """Return what a moderator is told, privately."""
    assert result.response.ephemeral
    assert result.followups == []
    return notice(result.response)


async def decisions(rig: Rig, kind: str) -> list[Any]:
    return [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == kind]


async def send_key(rig: Rig, secret: str) -> Any:
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    return await rig.moderator.submit_modal(shown, {field: secret})


@pytest.fixture
def eve(rig: Rig) -> Any:
    return rig.guild.add_member(rig.env.create_user("eve"))


async def test_a_moderator_by_role_may_do_what_one_by_permission_may(rig: Rig, eve: Any):
    open_to_all(rig)
    role = rig.guild.create_role("helpers")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, moderator_role=role.id))
    rig.env.backend.add_member_role(rig.guild.id, rig.member.id, role.id)
    done_by_role = await block_member(rig, eve, who=rig.member)
    assert "locked" in done(done_by_role)
    assert "not yourself" in private_sentence(await block_member(rig, rig.member, who=rig.member))
    panel = await opened(rig, "blocked", rig.member)
    assert done(await unblock_member(rig, eve)) == f"✅ <@{rig.moderator.id}> unblocked <@{eve.id}>."
    assert private_sentence(await choose(rig, panel, "unblock_member", str(eve.id), rig.member)) == str(UNCHANGED)
    span = await block_member(rig, eve, Another_duration="soon")
    assert "`12h`, `7d`, or `2w`" in private_sentence(span)
    await block_member(rig, eve)
    panel = await opened(rig, "blocked", rig.member)
    rig.env.backend.remove_member_role(rig.guild.id, rig.member.id, role.id)
    refused = await choose(rig, panel, "unblock_member", str(eve.id), rig.member)
    assert "Only moderators" in private_sentence(refused)
    assert await rig.bot.parts.store.blocks.active(rig.guild.id, eve.id) is not None


# ---------------------------------------------------------------------- keys


async def test_a_new_key_pays_for_new_jobs_while_the_old_one_goes_on_with_its_own(rig: Rig):
    rig.sandbox.add_key(OTHER_KEY, credits=500)
    await send_key(rig, GUILD_KEY)
    old = await rig.bot.parts.store.keys.current(rig.guild.id)
    await rig.member.slash(rig.channel, "image generate", prompt="old")
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    result = await send_key(rig, OTHER_KEY)
    assert (
        "**Previous key** · I'll keep `…beef` until its open jobs are done, then delete it." in result.response.content
    )
    await rig.member.slash(rig.channel, "image generate", prompt="new")
    await rig.work()
    assert rig.sandbox.spent(GUILD_KEY) == rig.sandbox.spent(OTHER_KEY) == 12
    assert await rig.bot.parts.store.keys.get(rig.guild.id, old.id) is None
    newer, older = await decisions(rig, "key")
    assert older.text == f"<@{rig.moderator.id}> set the API key `…beef`."
    assert newer.text == f"<@{rig.moderator.id}> replaced the API key `…beef` with `…cafe`."


async def test_without_a_hosts_key_removing_says_that_a_new_one_is_needed(tmp_path: Path):
    async with running(tmp_path, cannon_api_key=None) as rig:
        await send_key(rig, GUILD_KEY)
        await rig.member.slash(rig.channel, "image generate", prompt="old")
        await until(rig, JobState.QUEUED, JobState.PROCESSING)
        text = done(await rig.moderator.slash(rig.channel, "studio key", action="remove"))
        assert "until its open jobs are done" in text
        assert unlinked(text).endswith("To start new jobs, set a key with `/studio key`.")
        refused = await rig.member.slash(rig.channel, "image generate", prompt="new")
        assert "no Cannon Studio key yet" in private_sentence(refused)
        await rig.work()
        await settled_exactly(rig, GUILD_KEY)


async def test_a_removed_key_leaves_the_hosts_and_says_so(rig: Rig):
    await send_key(rig, GUILD_KEY)
    text = done(await rig.moderator.slash(rig.channel, "studio key", action="remove"))
    assert (
        text
        == f"✅ <@{rig.moderator.id}> removed the API key `…beef`. I deleted `…beef`. The host's key pays for new jobs."
    )
    assert await rig.bot.parts.store.keys.current(rig.guild.id) is None
    again = await rig.moderator.slash(rig.channel, "studio key", action="remove")
    assert "Nothing has changed" in private_sentence(again)
    removed, _ = await decisions(rig, "key")
    assert removed.text == f"<@{rig.moderator.id}> removed the API key `…beef`."
    written = "".join(f"{each.text}{dict(each.about)}" for each in await decisions(rig, "key"))
    assert GUILD_KEY[-5:] not in written
    assert GUILD_KEY[:8] not in written


# ---------------------------------------------------------------------- prices


async def test_a_price_is_set_used_shown_and_removed(rig: Rig):
    text = done(await set_price(rig, "image.generate", Credits="7.5"))
    assert text == f"✅ <@{rig.moderator.id}> set the price of `image.generate` to 7.5 credits."
    assert private_sentence(await set_price(rig, "image.generate", Credits="many"))
    done(await set_price(rig, "image.generate", Model=["gptimage2"], Credits="30"))
    assert await rig.bot.parts.store.prices.all(rig.guild.id) == {
        ("image.generate", ""): ListedPrice(credits=Decimal("7.5")),
        ("image.generate", "gptimage2"): ListedPrice(credits=Decimal(30)),
    }
    shown = page_text(await opened(rig, "prices"))
    assert shown.endswith("**Generate Image**: 7.5 credits\n**Generate Image with GPT Image 2**: 30 credits")

    await rig.member.slash(rig.channel, "image generate", prompt="x")
    card = await rig.member.slash(rig.channel, "image generate", prompt="y", model="gptimage2")
    assert "about 30 credits" in str(card.response.embeds[0].to_dict())
    assert sorted(job.held for job in await rig.jobs()) == [Decimal("7.5"), Decimal(30)]

    text = done(await set_price(rig, "image.generate", Credits=""))
    assert text == f"✅ <@{rig.moderator.id}> removed the price of `image.generate`, which was 7.5 credits."
    assert list(await rig.bot.parts.store.prices.all(rig.guild.id)) == [("image.generate", "gptimage2")]
    assert len(await decisions(rig, "price")) == 3
    await rig.work()


# ---------------------------------------------------------------------- pausing


@pytest.mark.long
async def test_a_pause_drains_tells_members_and_ends_with_the_waiting_jobs(rig: Rig):
    text = private_sentence(await rig.moderator.slash(rig.channel, "studio pause", switch="off"))
    assert "Nothing has changed" in text
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, running_per_member=1))
    card = await rig.member.slash(rig.channel, "image generate", prompt="boats", count=2)
    await until(rig, JobState.WAITING)
    text = done(await rig.moderator.slash(rig.channel, "studio pause", switch="on"))
    assert "Running: 1 (will finish). Waiting: 1." in text
    for _ in range(int(SELDOM_S)):
        rig.advance(1)
        await rig.tick()
    shown = next(each for each in rig.messages() if each.id == card.response.id)
    assert "paused new jobs" in state_text(shown)

    refused = await rig.member.slash(rig.channel, "image generate", prompt="late")
    assert "paused new jobs" in private_sentence(refused)
    for _ in range(120):
        await rig.step()
        rig.advance(0.5)
    assert sorted(job.state for job in await rig.jobs()) == [JobState.DELIVERED, JobState.WAITING]

    await rig.restart()
    for _ in range(5):
        await rig.step()
        rig.advance(5)
    assert JobState.WAITING in {job.state for job in await rig.jobs()}
    text = done(await rig.moderator.slash(rig.channel, "studio pause", switch="off"))
    assert "Waiting jobs that start now: 1." in text
    await rig.work()
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await settled_exactly(rig)
    assert [each.text for each in await decisions(rig, "pause")] == [
        f"<@{rig.moderator.id}> resumed new jobs.",
        f"<@{rig.moderator.id}> paused new jobs.",
    ]


# ---------------------------------------------------------------------- blocking


async def test_a_blocked_member_is_told_until_when_and_why_and_is_free_again_then(rig: Rig):
    text = done(
        await block_member(rig, rig.member, Another_duration="7d", Reason="Too many\nfoxes, **please** rest...")
    )
    end = int(rig.clock.wall()) + 7 * 86400
    why = r"Too many foxes, \*\*please\*\* rest."
    assert text == f"✅ <@{rig.moderator.id}> blocked <@{rig.member.id}> until <t:{end}:f>. Reason: {why}"
    await rig.restart()
    refused = private_sentence(await rig.member.slash(rig.channel, "image generate", prompt="x"))
    assert refused == f"A moderator has blocked you from using the bot on this server until <t:{end}:f>. Reason: {why}"
    await nothing_happened(rig, HOST_KEY)
    listed = page_text(await opened(rig, "blocked"))
    assert f"• <@{rig.member.id}> · until <t:{end}:f> · " in listed
    rig.advance(7 * 86400)
    assert "No one is blocked." in page_text(await opened(rig, "blocked"))
    assert not (await rig.member.slash(rig.channel, "image generate", prompt="x")).ephemeral
    await rig.work()
