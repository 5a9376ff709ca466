"""A card is in the language of those who read it: the server's in a channel, its author's where only they see it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest
import structlog.testing

from bot.domain.models import JobState
from bot.language import tr
from bot.moderation import texts as guild_texts
from tests.support.locales import speaks
from tests.support.pseudo import OPEN, speak_pseudo, spoken
from tests.support.rig import Rig
from tests.support.surface import newest, post_log, private_messages, until

GENERATE = "image generate"


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


@pytest.mark.parametrize(("private", "language"), [(True, "ja")])
async def test_a_cancelled_job_says_so_in_the_language_of_its_card(rig: Rig, private: bool, language: str):
    rig.sandbox.fault("submit", "flood", retry_after="60", times=None)
    await rig.member.slash(rig.channel, GENERATE, prompt="a fox", private=private)
    job = await newest(rig)
    speaks(rig.member, "es-ES")  # whatever they press in
    await rig.bot.parts.jobs.cancel(job, by_id=rig.member.id)
    assert spoken((await newest(rig)).error or "") == {language}


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


@pytest.mark.parametrize(("private", "language"), [(True, "ja")])
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
