"""A refusal for a limit has a button that asks the moderators, and what their answers do to the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import InputError
from bot.generation.generations import ASK_AGAIN_S, ModeratorQuestions
from tests.support.channels import rule
from tests.support.prices import priced
from tests.support.reacting import in_channel
from tests.support.rig import Rig
from tests.support.surface import labels, parts, state_text

ASK = "Ask a moderator"


@pytest.fixture
async def desk(rig: Rig) -> Any:
    """The channel for approvals of a server on which a picture costs 20 and a member may spend 30 a day."""
    await priced(rig)
    channel = rig.guild.create_text_channel("approvals")
    await rule(rig, approval_channel=channel.id)
    await limit(rig, 30)
    return channel


async def limit(rig: Rig, amount: int) -> None:
    everyone = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(amount))
    await rig.bot.parts.store.limits.set(rig.guild.id, everyone, by_id=1)


async def picture(rig: Rig, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "image generate", prompt="gold", **options)


async def states(rig: Rig) -> list[JobState]:
    return [job.state for job in sorted(await rig.jobs(), key=lambda job: job.created_at)]


async def spent(rig: Rig) -> Decimal:
    """Return what counts toward the member's limit."""
    view = await rig.bot.parts.store.spending.view(
        rig.guild.id, rig.member.id, lambda books: books.spent(0, member=True, operation="", channel_id=0)
    )
    assert isinstance(view, Decimal)
    return view


def question(rig: Rig, desk: Any) -> Any:
    return in_channel(rig, desk)[-1]


async def asked(rig: Rig, desk: Any) -> Any:
    """Let the member spend 20, be refused, and ask; return the question."""
    await picture(rig)
    await rig.work()
    refused = await picture(rig)
    assert refused.ephemeral
    assert "of your 30 daily credits left" in refused.response.content
    card = await rig.member.click(refused.response, label=ASK)
    assert "approval" in state_text(card.response)
    await rig.step()
    return question(rig, desk)


async def test_a_job_above_the_limit_is_held_and_starts_once_when_a_moderator_approves(rig: Rig, desk: Any):
    question = await asked(rig, desk)
    assert any("over the member's limit" in field.value for field in question.embeds[0].fields)
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 20
    assert len(rig.sandbox.requests) == 1
    await rig.restart()
    await rig.moderator.click(question, label="Approve")
    card_id = next(job.card_id for job in await rig.jobs() if job.state is not JobState.DELIVERED)
    with pytest.raises(InputError):
        await rig.bot.parts.moderation.questions.approve(rig.guild.id, card_id, by_id=1, raises_limit=True)
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED] * 2
    assert len(rig.sandbox.requests) == 2
    assert await spent(rig) == 24  # it counts toward the limit all the same


async def test_approved_with_a_grant_it_does_not_count_toward_the_limit(rig: Rig, desk: Any):
    question = await asked(rig, desk)
    await rig.moderator.click(question, label="Approve + grant 20")
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED] * 2
    [grant] = await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.member.id)
    cost = (await rig.jobs())[0].cost
    assert cost is not None
    assert (grant.credits, grant.left) == (20, max(Decimal(20) - cost, Decimal(0)))
    assert await spent(rig) == sum((job.cost or 0 for job in await rig.jobs()), Decimal(0)) - min(cost, Decimal(20))


async def test_a_member_asks_for_one_thing_at_a_time_and_not_again_at_once(rig: Rig, desk: Any):
    await asked(rig, desk)
    second = await picture(rig)
    hurried = await rig.member.click(second.response, label=ASK)
    assert "again in 5 minutes" in hurried.response.content
    rig.advance(ASK_AGAIN_S)
    third = await rig.member.click(second.response, label=ASK)
    assert "already have a job waiting" in third.response.content
    assert labels(third.response) == []
    assert len(await rig.jobs()) == 2


async def test_a_question_is_asked_once_and_by_its_own_member_only(rig: Rig, desk: Any):
    await limit(rig, 5)
    refused = await picture(rig)
    [draft_id] = [item["custom_id"].split(":")[2] for item in parts(refused.response) if "custom_id" in item]
    with pytest.raises(InputError, match="Run the command again"):
        await rig.bot.get(ModeratorQuestions).take(rig.guild.id, rig.moderator.id, draft_id)
    await rig.member.click(refused.response, label=ASK)
    rig.advance(ASK_AGAIN_S)
    again = await rig.member.click(refused.response, label=ASK)
    assert "Run the command again" in again.response.content
    assert await states(rig) == [JobState.AWAITING_APPROVAL]


async def test_where_no_moderator_reads_or_none_may_allow_it_there_is_no_button(rig: Rig, desk: Any):
    everyone = Limit(scope=Scope.SERVER, period=Period.DAY, credits=Decimal(10))
    made = await rig.bot.parts.store.limits.set(rig.guild.id, everyone, by_id=1)
    assert labels((await picture(rig)).response) == []
    await rig.bot.parts.store.limits.remove(rig.guild.id, made.id)
    await limit(rig, 5)
    assert labels((await picture(rig)).response) == [ASK]
    await rule(rig, approval_channel=None)
    assert labels((await picture(rig)).response) == []


async def test_a_request_with_a_file_is_asked_about_before_anything_is_fetched(rig: Rig, desk: Any):
    await priced(rig, operation="image.edit")
    await limit(rig, 20)
    await picture(rig)
    await rig.work()
    await limit(rig, 10)
    [made] = await rig.jobs()
    refused = await rig.member.slash(rig.channel, "image edit", prompt="blue", from_=made.id)
    await rig.member.click(refused.response, label=ASK)
    await rig.step()
    await rig.moderator.click(question(rig, desk), label="Approve")
    await rig.work()
    edit = next(job for job in await rig.jobs() if job.operation == "image.edit")
    assert edit.state is JobState.DELIVERED
    assert edit.input["image_url"]
