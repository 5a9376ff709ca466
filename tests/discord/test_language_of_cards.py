"""A card is in the language of those who read it: the server's in a channel, its author's where only they see it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest
import structlog.testing

from bot.catalogue.live import ApiChange, ChangeKind, Subject
from bot.domain.models import JobState
from bot.domain.server.member_settings import Notify
from bot.language import speaking, tr
from bot.moderation import texts as guild_texts
from bot.store.guild.account import Published
from tests.support.locales import speaks
from tests.support.pseudo import OPEN, speak_pseudo, spoken
from tests.support.rig import Rig
from tests.support.settings_pages import set_review
from tests.support.surface import close_private, delete, deny, newest, post_log, private_messages, until

GENERATE = "image generate"
A_DAY_S = 24 * 3600.0


@pytest.fixture(autouse=True)
async def _french_server(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in French: one member's Discord is in Japanese, the moderator's in German."""
    speak_pseudo(monkeypatch)
    speaks(rig.member, "ja")
    speaks(rig.moderator, "de")
    await change_rules(rig, language="fr")


async def change_rules(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


def words(message: Any) -> str:
    """Return all that can be read of a message: text, embeds, controls and what a screen reader says of its files."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    alt_texts = [file.description for file in message.attachments]
    return str([message.content, [embed.to_dict() for embed in message.embeds], rows, alt_texts])


def card(rig: Rig) -> discord.Message:
    return rig.messages(viewer=rig.member)[-1]


def close_channel(rig: Rig) -> None:
    """Have the channel keep nothing of the newest card, and take nothing more."""
    delete(rig, card(rig))
    deny(rig, send_messages=False)


async def log_channel(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    return channel


def lines(rig: Rig, channel: Any) -> list[str]:
    return [m.content for m in channel.history() if m.author.id == rig.bot.user.id]


# ---------------------------------------------------------------------- in a channel


async def test_a_public_card_is_in_the_server_s_language_whoever_asks(rig: Rig):
    for member in (rig.member, rig.moderator):
        await member.slash(rig.channel, GENERATE, prompt="a fox", count=2)
        assert spoken(words(card(rig))) == {"fr"}
    await until(rig, JobState.PROCESSING)
    rig.advance(20)
    await rig.tick()
    assert [spoken(words(message)) for message in rig.messages()] == [{"fr"}, {"fr"}]
    await rig.work()
    assert [spoken(words(message)) for message in rig.messages() if message.embeds] == [{"fr"}, {"fr"}]


async def test_the_message_that_pings_is_in_the_server_s_language(rig: Rig):
    await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, Notify.PING)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox #fast")
    await rig.work()
    [ping] = [message for message in rig.messages() if not message.embeds]
    assert spoken(ping.content) == {"fr"}


async def test_the_moderators_may_change_it_while_a_card_is_open(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    await until(rig, JobState.PROCESSING)
    await change_rules(rig, language="es")
    await rig.work()
    assert spoken(words(rig.messages()[0])) == {"es"}


# ---------------------------------------------------------------------- for its author alone


async def test_a_private_card_is_in_its_author_s_language_also_after_a_restart_and_edits(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox #slow", private=True)
    assert spoken(words(card(rig))) == {"ja"}
    await until(rig, JobState.PROCESSING)
    await rig.restart()
    await rig.step()
    before = words(card(rig))
    for _ in range(4):
        rig.advance(15)
        await rig.tick()
    assert words(card(rig)) != before, "it was edited by the ticker"
    assert spoken(words(card(rig))) == {"ja"}
    await rig.work()
    assert spoken(words(card(rig))) == {"ja"}


async def test_a_result_that_comes_as_a_direct_message_is_in_its_author_s_language(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=True)
    await rig.step()
    rig.advance(16 * 60)  # nothing reaches the ephemeral card any more
    await rig.work()
    [message] = private_messages(rig, rig.member)
    assert (await newest(rig)).state is JobState.DELIVERED
    assert spoken(words(message)) == {"ja"}


# ---------------------------------------------------------------------- what is stored


@pytest.mark.parametrize(("private", "language"), [(True, "ja"), (False, "fr")])
async def test_a_failure_is_stored_in_the_language_of_its_card(rig: Rig, private: bool, language: str):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox #none", private=private)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.FAILED
    assert spoken(job.error or "") == {language}


@pytest.mark.parametrize(("private", "language"), [(True, "ja"), (False, "fr")])
async def test_a_cancelled_job_says_so_in_the_language_of_its_card(rig: Rig, private: bool, language: str):
    rig.sandbox.fault("submit", "flood", retry_after="60", times=None)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=private)
    job = await newest(rig)
    speaks(rig.member, "es-ES")  # whatever they press in
    await rig.bot.parts.jobs.cancel(job, by_id=rig.member.id)
    assert spoken((await newest(rig)).error or "") == {language}


async def test_a_request_that_no_moderator_decides_about_ends_in_the_language_of_its_card(rig: Rig):
    await change_rules(rig, approve_above=Decimal(1))
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=True)
    rig.advance(A_DAY_S + 60)
    await rig.step()
    job = await newest(rig)
    assert job.state is JobState.EXPIRED
    assert spoken(job.error or "") == {"ja"}


async def test_why_a_result_is_kept_is_stored_in_the_language_of_its_card(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    close_channel(rig)
    close_private(rig, rig.member)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.HELD
    assert spoken(job.error or "") == {"fr"}


# ---------------------------------------------------------------------- for moderators


async def test_moderators_are_alerted_in_the_server_s_language_of_a_private_job(rig: Rig):
    channel = await log_channel(rig)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox #billed", private=True)
    await rig.work()
    await post_log(rig)
    assert (await newest(rig)).state is JobState.FAILED
    [alert] = [line for line in lines(rig, channel) if line.startswith("⚠️")]
    assert spoken(alert) == {"fr"}


async def test_the_log_says_in_english_what_moderators_are_alerted_of(rig: Rig):
    await log_channel(rig)
    with structlog.testing.capture_logs() as logged:
        await rig.member.slash(rig.channel, GENERATE, prompt="a fox #billed", private=True)
        await rig.work()
    [alert] = [line["sentence"] for line in logged if line["event"] == "guild.alert"]
    assert OPEN not in alert


async def test_a_private_result_is_reviewed_in_the_server_s_language(rig: Rig):
    desk = rig.guild.create_text_channel("review")
    await set_review(rig, channel=desk)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=True)
    await until(rig, JobState.READY)
    await rig.step()
    await rig.step()
    [question] = [message for message in desk.history() if message.author.id == rig.bot.user.id]
    assert spoken(words(question)) == {"fr"}
    assert spoken(words(card(rig))) == {"ja"}


@pytest.mark.parametrize(("private", "language"), [(True, "ja"), (False, "fr")])
async def test_a_refused_request_is_told_to_its_author_and_to_all_moderators(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, private: bool, language: str
):
    monkeypatch.setattr(guild_texts, "refused", lambda reason: tr("{reason} (refused)", reason=reason))
    monkeypatch.setattr(guild_texts, "refused_line", lambda *_args, **_words: tr("refused a job"))
    desk = await log_channel(rig)
    await change_rules(rig, approve_above=Decimal(1))
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=private)
    await rig.step()
    [question] = [message for message in desk.history() if message.embeds]
    assert spoken(words(question)) == {"fr"}
    form = await rig.moderator.click(question, custom_id=f"c1:turn_down:{(await newest(rig)).card_id}")
    assert spoken(str(form.modal)) == {"de"}
    [field] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {field: "not today"})
    await post_log(rig)
    [question, line] = [message for message in desk.history() if message.author.id == rig.bot.user.id]
    assert spoken(words(question)) == spoken(line.content) == {"fr"}
    assert spoken((await newest(rig)).error or "") == {language}


async def test_what_a_moderator_does_is_recorded_in_the_server_s_language(rig: Rig):
    channel = await log_channel(rig)
    answer = await rig.moderator.slash(rig.channel, "studio pause", switch="on")
    assert spoken(answer.response.content) == {"de"}
    await post_log(rig)
    [line] = lines(rig, channel)
    assert spoken(line) == {"fr"}


async def test_what_cannon_studio_changes_is_in_the_log_in_the_server_s_language(rig: Rig):
    channel = await log_channel(rig)
    gone = ApiChange(
        kind=ChangeKind.GONE, subject=Subject.OPERATION, operation="image.old", names=("image.old",), sentence="gone"
    )
    with speaking("de"):
        await rig.bot.parts.api_drift.adopt(Published(), [gone], is_first=False)
    await post_log(rig)
    [line] = lines(rig, channel)
    assert spoken(line) == {"fr"}


async def test_the_end_of_practice_is_told_on_cards_in_the_server_s_language(rig: Rig):
    await rig.bot.parts.practice.start(rig.guild.id, by_id=rig.moderator.id)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox")
    with speaking("de"):
        await rig.bot.parts.practice.stop(rig.guild.id, by_id=rig.moderator.id)
    assert spoken((await newest(rig)).error or "") == {"fr"}


# ---------------------------------------------------------------------- copies


async def test_a_result_that_a_member_has_posted_alone_is_in_the_server_s_language(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox #fast", count=2)
    await rig.work()
    [shown] = [message for message in rig.messages() if message.embeds]
    answer = await rig.member.click(shown, label="U1")
    alone = rig.messages()[-1]
    assert alone.id != shown.id
    assert spoken(words(alone)) == {"fr"}
    assert spoken(answer.followups[0].content if answer.followups else answer.response.content) == {"ja"}
