"""A shoot-out from its command to its end: one card, one price, votes, and what the server learns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState, ShootoutPhase
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.domain.texts import GONE, OWNER_ONLY
from bot.errors import Refused
from bot.server.community import shootouts
from bot.server.community import texts as refusals
from cogs.community import texts
from tests.support.channels import rule, shown
from tests.support.prices import priced
from tests.support.reacting import other
from tests.support.rig import Rig
from tests.support.shootouts import MODELS, card_of, held, jobs_by_letter, over, stored, turn, vote
from tests.support.surface import DETAILS, REMOVE, nothing_happened, parts, private_sentence, sends, settled_exactly


def labels(message: Any) -> dict[str, bool]:
    """Return the buttons' labels, and whether each can be pressed."""
    return {each.get("label") or each["emoji"]["name"]: not each.get("disabled") for each in parts(message)}


def text(message: Any) -> str:
    return str(message.embeds[0].description)


async def test_it_is_one_card_whose_winner_is_named_at_the_end(rig: Rig):
    card = await held(rig)
    assert len(rig.sandbox.requests) == 2
    assert {request.input["model"] for request in rig.sandbox.requests} == {"seedream5", "gptimage2"}
    assert labels(card) == {"A": True, "B": True, "End now": True, REMOVE: True, DETAILS: True}
    assert "0 votes so far" in text(card)
    said = await vote(rig, rig.member, "A")
    assert said.ephemeral
    assert said.response.content.startswith("You voted for A. You can change it until <t:")
    await vote(rig, rig.moderator, "A")
    await turn(rig)
    assert "2 votes so far" in text(await card_of(rig))
    card = await over(rig)
    winner = (await jobs_by_letter(rig))["A"]
    assert winner.shootout is ShootoutPhase.WON
    name = {"seedream5": "Seedream 5.0 Lite", "gptimage2": "GPT Image 2"}[str(winner.model)]
    assert f"🏆 **A wins: {name}**\n**A** {name} · 2 votes · 12 credits · " in text(card)
    assert {"U1", "U2", "V1", "V2", "Make it the default"} <= labels(card).keys()
    assert not {"A", "B", "End now"} & labels(card).keys()


@pytest.mark.parametrize("last", ["A", "C"])
async def test_the_files_are_in_the_order_of_the_letters_whichever_came_last(rig: Rig, last: str):
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=f"{MODELS}, Grok")
    await rig.step()
    key = (await jobs_by_letter(rig))[last].idempotency_key
    [slow] = [each for each in rig.sandbox.requests if each.idempotency_key == key]
    slow.ends_at += 1200  # longer than the others wait
    await rig.work()
    jobs = await jobs_by_letter(rig)
    assert [file.filename.rpartition("-")[2][:4] for file in (await card_of(rig)).attachments] == [
        jobs[each].id[:4].lower() for each in "ABC"
    ]


async def test_a_vote_is_one_a_member_and_can_be_changed_until_the_end(rig: Rig):
    await held(rig)
    for choice in "ABAB":
        await vote(rig, rig.member, choice)
    assert (await stored(rig)).votes == 1
    await over(rig)
    assert [each.votes for each in (await stored(rig)).entries] == [0, 1]
    job = (await jobs_by_letter(rig))["B"]
    assert job.shootout is ShootoutPhase.WON
    with pytest.raises(Exception, match="has ended"):
        await rig.bot.parts.shootouts.vote(job, rig.member.id)


async def test_a_vote_counts_from_the_moment_at_which_the_pictures_are_there(rig: Rig):
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=MODELS)
    with pytest.raises(Refused, match="Not all results are there yet"):
        await rig.bot.parts.shootouts.vote((await jobs_by_letter(rig))["A"], rig.member.id)
    await rig.step()
    rig.sandbox.requests[0].ends_at += 60
    while not (card := await card_of(rig)).attachments:
        await rig.step()
        rig.advance(0.5)
    assert JobState.READY in {job.state for job in await rig.jobs()}
    assert [each for each, can in labels(card).items() if can][:2] == ["A", "B"]
    for number, choice in enumerate("AB"):
        said = await vote(rig, other(rig, f"voter{number}"), choice)
        assert said.response.content.startswith(f"You voted for {choice}.")
    assert (await stored(rig)).votes == 2


async def test_a_vote_after_its_time_does_not_count_though_no_round_has_come(rig: Rig):
    await held(rig)
    rig.advance(10 * 60)
    assert private_sentence(await vote(rig, rig.member, "A")) == str(refusals.VOTE_ENDED)
    assert (await stored(rig)).votes == 0


async def test_a_tie_and_no_votes_have_no_winner_and_no_default(rig: Rig):
    await held(rig)
    await vote(rig, rig.member, "A")
    await vote(rig, rig.moderator, "B")
    card = await over(rig)
    assert "tie" in text(card)
    assert "Make it the default" not in labels(card)
    assert {each.shootout for each in (await jobs_by_letter(rig)).values()} == {ShootoutPhase.ENDED}


async def test_a_vote_of_no_one_has_no_winner(rig: Rig):
    await held(rig)
    assert "No one voted" in text(await over(rig))


async def test_with_fewer_than_two_results_it_ends_at_once_without_a_winner(rig: Rig):
    card = await held(rig, prompt="a fox #fail")
    assert "fewer than two results" in text(card)
    assert (await stored(rig)).ended_at is not None
    assert {job.state for job in await rig.jobs()} == {JobState.FAILED}
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == 0


async def test_one_result_alone_is_no_vote(rig: Rig):
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=MODELS)
    await rig.step()
    rig.sandbox.requests[0].error = "It did not work."
    await rig.work()
    await turn(rig)
    assert {job.state for job in await rig.jobs()} == {JobState.FAILED, JobState.DELIVERED}
    found = await stored(rig)
    assert (found.ends_at, found.ended_at is not None) == (None, True)
    assert "fewer than two results" in text(await card_of(rig))


async def test_a_model_that_is_typed_already_is_not_offered_again(rig: Rig):
    first = await rig.member.autocomplete(rig.channel, "shootout", "models", "seed")
    again = await rig.member.autocomplete(rig.channel, "shootout", "models", "SeeDream5, seed")
    assert "seedream5" in [each["value"] for each in first]
    assert again
    assert not any(each["value"].casefold().endswith(", seedream5") for each in again)


async def test_its_author_and_moderators_end_it_and_others_do_not(rig: Rig):
    card = await held(rig)
    eve = other(rig, "eve")
    assert private_sentence(await eve.click(card, label="End now")) == str(OWNER_ONLY)
    assert (await stored(rig)).ended_at is None
    await vote(rig, eve, "B")
    await rig.member.click(card, label="End now")
    assert "🏆 **B wins" in text(await card_of(rig))
    assert await rig.bot.parts.store.decisions.all(rig.guild.id) == []


async def test_a_moderator_s_end_is_recorded_once(rig: Rig):
    card = await held(rig)
    await rig.moderator.click(card, label="End now")
    [line] = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert line.text == f"<@{rig.moderator.id}> ended a member's shoot-out before its time."


async def test_it_does_not_end_before_all_results_are_there(rig: Rig):
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=MODELS)
    card = await card_of(rig)
    assert labels(card)["A"] is False
    assert "End now" not in labels(card)
    await turn(rig)
    assert (await stored(rig)).ends_at is None


async def test_the_winner_becomes_the_default_by_one_press_of_a_moderator(rig: Rig):
    await held(rig)
    await vote(rig, rig.member, "B")
    card = await over(rig)
    assert "moderator" in private_sentence(await rig.member.click(card, label="Make it the default")).lower()
    assert not (await rig.bot.parts.store.settings.get(rig.guild.id)).default_models
    await rig.moderator.click(card, label="Make it the default")
    model = (await jobs_by_letter(rig))["B"].model
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).default_models == {"image.generate": model}
    [line] = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert "Default models" in line.text


async def test_the_table_is_shown_without_a_prompt_and_in_the_status(rig: Rig):
    empty = await rig.member.slash(rig.channel, "shootout")
    assert str(texts.NOTHING_YET) in empty.response.embeds[0].description
    await held(rig, prompt="a portrait of a fox #fast")
    await vote(rig, rig.member, "A")
    await over(rig)
    table = (await rig.member.slash(rig.channel, "shootout")).response.embeds[0].description
    assert table.startswith("**Portraits**\n**1** ")
    assert "1 win of 1 · 8.3 wins per 100 credits" in table
    assert "0 wins of 1 · 0 wins per 100 credits" in table
    assert "1 win of 1" in shown(await rig.moderator.slash(rig.channel, "studio status"))


async def test_a_blocked_member_can_not_vote(rig: Rig):
    await held(rig)
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=rig.moderator.id)
    assert "blocked" in private_sentence(await vote(rig, rig.member, "A"))
    assert (await stored(rig)).votes == 0


async def test_erasing_a_member_removes_their_vote(rig: Rig):
    await held(rig)
    await vote(rig, rig.moderator, "A")
    await rig.bot.parts.store.privacy.erase(rig.guild.id, rig.moderator.id)
    assert (await stored(rig)).votes == 0


async def test_a_removed_result_takes_no_votes(rig: Rig):
    await held(rig)
    jobs = await jobs_by_letter(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, jobs["A"].card_id)
    await turn(rig)
    assert private_sentence(await vote(rig, rig.member, "A")) == str(GONE)


async def test_it_survives_a_restart(rig: Rig):
    await held(rig)
    await vote(rig, rig.member, "B")
    await rig.restart()
    await vote(rig, rig.moderator, "B")
    assert "🏆 **B wins" in text(await over(rig))


@pytest.mark.parametrize("models", ["seedream5", "seedream5, Seedream 5.0 Lite", "a, b, c, d, e", ",,"])
async def test_one_model_or_five_are_refused_with_nothing_spent(rig: Rig, models: str):
    refused = await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=models)
    assert private_sentence(refused) == str(refusals.MODELS_COUNT)
    await nothing_happened(rig)


async def test_what_is_typed_is_cut_before_it_is_looked_up(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    looked_up: list[str] = []

    def found(_operation: Any, model: str) -> str:
        looked_up.append(model)
        return model

    monkeypatch.setattr(shootouts, "model_id", found)
    models = ",".join(f"m{number}" for number in range(1100))
    assert private_sentence(await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=models)) == str(
        refusals.MODELS_COUNT
    )
    assert len(looked_up) <= 10


async def test_without_models_the_servers_default_and_the_known_ones_are_taken(rig: Rig):
    await rule(rig, default_models={"image.generate": "Grok"})
    await rig.member.slash(rig.channel, "shootout", prompt="a fox #fast")
    assert {"seedream5", "gptimage2"} < {str(job.model) for job in await rig.jobs()}
    assert len(await rig.jobs()) == 3


async def test_a_limit_holds_for_all_of_it(rig: Rig):
    await priced(rig, 12)
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(20))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    refused = await rig.member.slash(rig.channel, "shootout", prompt="a fox #fast", models=MODELS)
    assert "20" in shown(refused)
    await nothing_happened(rig)


async def test_votes_cost_at_most_one_edit_each_round(rig: Rig):
    await held(rig)
    members = [other(rig, f"voter{number}") for number in range(10)]
    for member in members:
        await vote(rig, member, "A")
    before = len(list(sends(rig)))
    await turn(rig)
    await turn(rig)
    assert len(list(sends(rig))) - before == 1
    assert "10 votes so far" in text(await card_of(rig))


async def test_it_is_public_though_its_author_prefers_private_results(rig: Rig):
    await rig.bot.parts.store.member_settings.change(
        rig.guild.id, rig.member.id, lambda own: replace(own, private=True)
    )
    await held(rig)
    card = await rig.bot.parts.store.cards.get(rig.guild.id, (await stored(rig)).card_id)
    assert card is not None
    assert not card.private


async def test_a_canceled_one_is_refunded_and_ends_without_a_winner(rig: Rig):
    await rule(rig, paused=False, running_per_server=1)
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=MODELS)
    card = await card_of(rig)
    await rig.member.click(card, label="Cancel")
    await rig.work()
    await turn(rig)
    assert (await stored(rig)).ended_at is not None
    assert not any(job.shootout is ShootoutPhase.WON for job in await rig.jobs())
    await settled_exactly(rig)
