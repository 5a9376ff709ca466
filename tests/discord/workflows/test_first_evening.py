"""The first evening of a server with a limit: requests for several results go through though no price is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from tests.support.channels import shown
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.surface import fill, settled_exactly

LIMIT = 500
SIX_PICTURES = """\
image.generate
prompt: {prompt} #fast
model: seedream5

image.generate
prompt: {prompt} #fast
model: gptimage2

video.generate
prompt: {prompt} #fast
image_url: {1.image_url}"""
THREE_MODELS = """\
image.generate
prompt: {prompt} #fast

image.generate
prompt: {prompt} #fast
model: seedream5
quality: high

image.generate
prompt: {prompt} #fast
model: gptimage2
resolution: 4K"""

Request: TypeAlias = Callable[[Rig], Awaitable[Any]]


def command(name: str, **options: Any) -> Request:
    async def send(rig: Rig) -> Any:
        return await rig.member.slash(rig.channel, name, **options)

    return send


def recipe(name: str, steps: str) -> Request:
    async def send(rig: Rig) -> Any:
        form = await new_recipe(rig)
        about = {"Name": name, "About": "", "Inputs": "prompt: what", "Steps": steps}
        await rig.moderator.submit_modal(form, fill(form, about))
        run = await rig.member.slash(rig.channel, "recipe", recipe=name)
        return await rig.member.submit_modal(run, fill(run, {"Prompt": "a lighthouse"}))

    return send


EIGHT: dict[str, tuple[Request, int]] = {
    "a grid": (command("image generate", prompt="a fox #fast", count=4), 4),
    "a batch": (
        command("batch", operation="image.generate", prompts="a #fast|b #fast|c #fast|d #fast|e #fast"),
        5,
    ),
    "2K": (command("image generate", prompt="a fox #fast", resolution="2K", count=2), 2),
    "another model": (command("image generate", prompt="a fox #fast", model="gptimage2", count=2), 2),
    "quality": (command("image generate", prompt="a fox #fast", model="seedream5", quality="high", count=2), 2),
    "two videos": (command("video generate", prompt="waves #fast", count=2), 2),
    "a recipe": (recipe("film", SIX_PICTURES), 3),
    "three models": (recipe("shoot", THREE_MODELS), 3),
}


async def a_server_with_a_limit(rig: Rig) -> None:
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(LIMIT))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=rig.moderator.id)


async def is_accepted(rig: Rig, request: Request) -> bool:
    """Send a request, and confirm it once at most; fail if the member's limit or the books are wrong at any time."""
    before = {job.id for job in await rig.jobs()}
    said = await request(rig)
    if said.ephemeral and "Yes, make it" in shown(said):
        await rig.member.click(said.response, label="Yes, make it")
    made = [job for job in await rig.jobs() if job.id not in before]
    await rig.work()
    assert "one first" not in shown(said)
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    assert sum(job.charge for job in await rig.jobs()) <= LIMIT
    return bool(made)


async def all_are_accepted(rig: Rig) -> None:
    await a_server_with_a_limit(rig)
    accepted = [name for name, (request, _) in EIGHT.items() if await is_accepted(rig, request)]
    assert accepted == list(EIGHT)
    assert len(await rig.jobs()) == sum(jobs for _, jobs in EIGHT.values())
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert balance.held == 0
    assert balance.spent == sum(job.charge for job in await rig.jobs())
    assert await rig.bot.parts.store.check() == []


@pytest.mark.parametrize("name", ["a grid", "a recipe"])
async def test_a_first_request_for_several_results_is_accepted_without_a_question(rig: Rig, name: str):
    await a_server_with_a_limit(rig)
    request, jobs = EIGHT[name]
    assert not (await request(rig)).ephemeral
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * jobs
    await settled_exactly(rig)


@pytest.mark.long
async def test_the_eight_first_requests_without_the_estimate_tool(rig: Rig):
    await all_are_accepted(rig)
    await settled_exactly(rig)
