"""Review: nothing of a result reaches the public channel before a moderator lets it."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import discord
import pytest

from bot.delivery.card.context import STOPPED, SUCCESS
from bot.domain.models import JobState
from bot.domain.texts import GONE
from bot.store import Questions
from tests.support.jobs import on_job
from tests.support.rig import Rig
from tests.support.settings_pages import choose, end_review, opened, page_text, set_review
from tests.support.surface import notice, settled_exactly, state_text, until

GENERATE = "image generate"
DAY_S = 24 * 3600


@pytest.fixture
async def desk(rig: Rig):
    """The review channel, switched on for the whole server by a moderator."""
    channel = rig.guild.create_text_channel("review")
    done = await set_review(rig, channel=channel)
    assert done.response.ephemeral
    assert f"reviewed in <#{channel.id}> before they are posted" in notice(done.response)
    return channel


def own(rig: Rig, channel) -> list[discord.Message]:
    return [m for m in channel.history() if m.author.id == rig.bot.user.id]


async def waiting(rig: Rig, desk) -> discord.Message:
    """Work until the newest job waits for a look; return the message that asks."""
    await until(rig, JobState.READY)
    await rig.step()
    await rig.step()
    return own(rig, desk)[-1]


def state(message: discord.Message) -> str:
    return state_text(message)


async def refuse(rig: Rig, asked: discord.Message, reason: str = "too *wild*") -> None:
    form = await rig.moderator.click(asked, label="Reject…")
    [field] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {field: reason})


async def test_a_result_waits_for_review_and_nothing_of_it_is_public(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    asked = await waiting(rig, desk)
    [card] = rig.messages()
    assert "waiting for review" in state(card)
    assert card.attachments == []
    assert len(asked.attachments) == 1
    assert asked.embeds[0].title.startswith("May I post this?")
    assert f"/{card.id}" in next(field.value for field in asked.embeds[0].fields if field.name == "Channel")
    [job] = await rig.jobs()
    assert job.state is JobState.READY
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == 0


async def test_publish_posts_the_result_on_its_card_once(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    asked = await waiting(rig, desk)
    refused = await rig.member.click(asked, label="Publish")
    assert "Only moderators" in refused.response.content
    form = await rig.moderator.click(asked, label="Reject…")
    await rig.moderator.click(asked, label="Publish")
    [field] = rig.form_fields(form)
    late = await rig.moderator.submit_modal(form, {field: "too late"})
    assert str(GONE) in late.response.content
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 1
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]
    [closed] = own(rig, desk)
    assert closed.content == f"Published by <@{rig.moderator.id}>."
    assert (closed.embeds[0].title, closed.embeds[0].colour) == ("Published", discord.Colour(SUCCESS))
    assert [field.name for field in closed.embeds[0].fields][-1] == "Channel"
    assert closed.components == []
    kinds = [decision.kind for decision in await rig.bot.parts.store.decisions.all(rig.guild.id)]
    assert sorted(kinds) == ["review", "settings"]
    await settled_exactly(rig)


async def test_the_question_about_a_result_that_its_author_does_not_want_is_closed(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await waiting(rig, desk)
    [card] = rig.messages()
    await rig.member.click(card, label="Don't post")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.HELD
    [closed] = own(rig, desk)
    assert closed.content == "Its author chose not to post the result, so there is nothing to decide."
    assert (closed.embeds[0].title, closed.embeds[0].colour) == ("🚫 Canceled", discord.Colour(STOPPED))
    assert closed.components == []
    assert await rig.bot.parts.store.questions.get(rig.guild.id, "review", job.id) is None
    assert await rig.bot.parts.store.reviews.withheld_of(rig.guild.id, [job.id]) == {job.id}
    await settled_exactly(rig)


async def test_a_question_that_a_crash_left_open_is_closed_by_the_next_turn(
    rig: Rig, desk, monkeypatch: pytest.MonkeyPatch
):
    """The crash comes before the review is ended: its row still leads to the question."""
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await waiting(rig, desk)
    [job] = await rig.jobs()
    store, withdraw, closed = rig.bot.parts.store, Questions.withdraw_review, []

    async def note(self: Questions, guild_id: int, job_id: str) -> None:
        closed.append(own(rig, desk)[-1].components == [])
        await withdraw(self, guild_id, job_id)

    monkeypatch.setattr(Questions, "withdraw_review", note)
    await store.cancellation.cancel(rig.guild.id, job.id, "", drop_by=rig.member.id)
    await rig.restart()
    await rig.step()
    assert closed == [True]


async def test_a_decision_is_carried_out_at_once_also_one_that_comes_during_a_turn(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    asked = await waiting(rig, desk)
    [followed] = rig.bot.parts.worker.agenda.jobs.values()
    await rig.moderator.click(asked, label="Publish")
    assert followed.due <= rig.clock.monotonic()
    await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]

    await rig.member.slash(rig.channel, GENERATE, prompt="silver")
    await until(rig, JobState.READY)
    store = rig.bot.parts.store
    note = store.questions.note_message

    async def decided_meanwhile(guild_id: int, kind: str, job_id: str, **place: int) -> None:
        await note(guild_id, kind, job_id, **place)
        await rig.moderator.click(own(rig, desk)[-1], label="Publish")

    store.questions.note_message = decided_meanwhile
    for _ in range(3):
        await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * 2


async def test_refuse_tells_the_member_why_and_keeps_result_and_text_away(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await refuse(rig, await waiting(rig, desk))
    await rig.work()
    [card] = rig.messages()
    assert card.attachments == []
    assert r"A moderator decided not to post this: too \*wild\*." in state(card)
    [job] = await rig.jobs()
    assert (job.state, job.error) == (JobState.HELD, r"A moderator decided not to post this: too \*wild\*.")
    await rig.member.slash(rig.channel, "prompt for:image", prompt="a fox")
    asked = await waiting(rig, desk)
    assert "Rewritten" in asked.embeds[0].description
    assert "Rewritten" not in rig.messages()[-1].embeds[0].description
    await refuse(rig, asked)
    await rig.work()
    assert "Rewritten" not in rig.messages()[-1].embeds[0].description
    await settled_exactly(rig)


async def test_the_member_gets_a_refused_result_by_no_other_way_but_a_moderator_may_post_it(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await refuse(rig, await waiting(rig, desk))
    await rig.work()
    [job] = await rig.jobs()
    for act in ("recover", "link"):
        answer = await on_job(rig, rig.member, act, job.id)
        said = [message.content for message in (answer.response, *answer.followups) if message is not None]
        assert any("they did not publish this one" in text for text in said), act
    used = await rig.member.slash(rig.channel, "image edit", prompt="more", from_=job.id, private=True)
    said = [message.content for message in (used.response, *used.followups) if message is not None]
    assert any("has not passed this server's review" in text for text in said)
    assert rig.messages()[0].attachments == []
    await on_job(rig, rig.moderator, "recover", job.id)
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]
    assert len(rig.messages()[0].attachments) == 1
    await settled_exactly(rig)


async def test_a_restart_while_it_waits_changes_nothing(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    asked = await waiting(rig, desk)
    await rig.restart(after_s=2 * DAY_S)
    await rig.step()
    assert len(own(rig, desk)) == 1
    await rig.moderator.click(asked, label="Publish")
    await rig.restart()  # before any turn has followed the decision
    await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]
    assert len(own(rig, desk)) == 1
    assert len(rig.messages()[0].attachments) == 1


async def test_a_question_that_was_sent_but_not_noted_is_not_sent_twice(rig: Rig, desk, monkeypatch):
    async def lost(*_args, **_options):
        raise aiohttp.ClientConnectionError

    monkeypatch.setattr(rig.bot.parts.store.questions, "note_message", lost)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await waiting(rig, desk)
    await rig.restart(after_s=600)
    await rig.step()
    [asked] = own(rig, desk)
    [job] = await rig.jobs()
    review = await rig.bot.parts.store.questions.get(rig.guild.id, "review", job.id)
    assert review.message_id == asked.id


async def test_after_seven_days_it_is_refused_with_a_sentence(rig: Rig, desk):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    asked = await waiting(rig, desk)
    form = await rig.moderator.click(asked, label="Reject…")
    rig.advance(6 * DAY_S)
    await rig.step()
    assert [job.state for job in await rig.jobs()] == [JobState.READY]
    rig.advance(DAY_S + 60)
    await rig.step()
    [job] = await rig.jobs()
    assert job.state is JobState.HELD
    assert "No moderator reviewed the result within seven days" in state(rig.messages()[0])
    [closed] = own(rig, desk)
    assert (closed.embeds[0].title, closed.embeds[0].colour) == ("⌛ Expired", discord.Colour(STOPPED))
    assert closed.components == []
    [field] = rig.form_fields(form)
    late = await rig.moderator.submit_modal(form, {field: "too late"})
    assert str(GONE) in late.response.content
    await settled_exactly(rig)


async def test_without_a_way_into_the_review_channel_moderators_are_told_once_and_nothing_is_public(rig: Rig, desk):
    log = rig.guild.create_text_channel("log")
    await set_review(rig, channel=desk)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, log_channel=log.id))
    rig.env.inject_error("POST", f"/channels/{desk.id}/messages", status=403, code=50001, message="no", times=None)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await until(rig, JobState.READY)
    for _ in range(3):
        await rig.step()
        rig.advance(700)
    alerts = [m for m in own(rig, log) if "I can't post in" in m.content]
    assert len(alerts) == 1
    assert rig.messages()[0].attachments == []
    spare = rig.guild.create_text_channel("spare")
    await set_review(rig, channel=spare)
    rig.advance(700)
    await rig.step()
    assert len(own(rig, spare)) == 1


async def test_the_rules_are_shown_and_switched_off(rig: Rig, desk):
    assert "All results are reviewed in" in page_text(await opened(rig, "review"))
    same = await set_review(rig, channel=desk, only_in=desk)
    assert "isn't under review itself" in same.response.content
    old = await opened(rig, "review")
    await end_review(rig)
    assert "without review" in page_text(await opened(rig, "review"))
    again = await choose(rig, old, "review_end", "0")
    assert "Nothing has changed" in again.response.content
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]


async def test_the_channel_where_everybody_works_is_no_place_for_reviews(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work()
    refused = await set_review(rig, channel=rig.channel)
    assert f"Members use the bot in <#{rig.channel.id}> and would see results" in refused.response.content
    assert await rig.bot.parts.store.reviews.rules(rig.guild.id) == ()
    rig.clock.advance(31 * DAY_S)
    allowed = await set_review(rig, channel=rig.channel)
    assert f"requested in <#{rig.channel.id}> itself skip the review" in notice(allowed.response)
    assert "Everyone can read that channel" in notice(allowed.response)
    await end_review(rig)
    hidden, here = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    me = rig.bot.get_guild(rig.guild.id).me
    overwrites = {rig.guild.default_role: hidden, me: here, rig.moderator: here}
    channel = rig.guild.create_text_channel("review", overwrites=overwrites)
    await rig.moderator.slash(channel, GENERATE, prompt="gold")
    await rig.work()
    done = await set_review(rig, channel=channel)
    assert "Every" not in notice(done.response), "moderators alone work there"
