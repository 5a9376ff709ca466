"""The word list sees everything that is sent to Cannon Studio, whoever wrote it and whenever the list changes."""

from __future__ import annotations

import dataclasses
import threading
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Rules
from bot.domain.words.text import WordList
from tests.support.channels import rule
from tests.support.jobs import on_job
from tests.support.prices import priced
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.surface import fill, of, private_sentence, settled_exactly, until, watch

MOODY = """prompt.enhance.image
prompt: {idea} #fast

image.generate
prompt: {1.enhancedPrompt}, {mood}"""
REFUSED = "a word that this server does not allow"
ENHANCERS_WORD = "shallow"
"""The sandbox's enhancer writes it."""


async def write_moody(rig: Rig, steps: str = MOODY) -> None:
    shown = await new_recipe(rig)
    recipe = {"Name": "moody", "Inputs": "idea: what\nmood: how", "Steps": steps}
    await rig.moderator.submit_modal(shown, fill(shown, recipe))


async def run_moody(rig: Rig, idea: str, mood: str) -> Any:
    shown = await rig.member.slash(rig.channel, "recipe", recipe="moody")
    return await rig.member.submit_modal(shown, fill(shown, {"Idea": idea, "Mood": mood}))


async def in_order(rig: Rig) -> list[Any]:
    return sorted(await rig.jobs(), key=lambda job: job.position)


async def test_a_parameter_of_a_recipe_is_read_wherever_it_stands(rig: Rig):
    await rule(rig, words=("voldemort",))
    await write_moody(rig)
    for idea, mood in (("Voldemort", "calm"), ("a fox", "VOLDEMORT"), ("a fox", "v\u00f3lde\u200bmort!")):
        assert REFUSED in private_sentence(await run_moody(rig, idea, mood))
    assert await rig.jobs() == []
    await run_moody(rig, "a fox", "calm")
    assert len(await rig.jobs()) == 2


async def test_what_an_enhancer_wrote_is_read_before_it_is_sent_on(rig: Rig):
    await rule(rig, words=(ENHANCERS_WORD,))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True, count=2)
    await rig.work()
    assert [request.operation for request in rig.sandbox.requests] == ["prompt.enhance.image"]
    jobs = await in_order(rig)
    assert ENHANCERS_WORD in jobs[0].output["enhancedPrompt"]
    assert [job.state for job in jobs] == [JobState.DELIVERED, JobState.REFUSED, JobState.REFUSED]
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert balance.held == 0
    assert balance.spent == jobs[0].cost
    [message] = rig.messages()
    assert "contains a word that this server does not allow" in str(message.embeds[0].to_dict())
    await settled_exactly(rig)
    private_sentence(await on_job(rig, rig.member, "retry", jobs[1].id))
    assert len(await rig.jobs()) == 3


async def test_steps_after_a_refused_one_are_refused_too(rig: Rig):
    await rule(rig, words=(ENHANCERS_WORD,))
    await write_moody(rig, f"{MOODY}\n\nvideo.generate\nprompt: {{mood}}\nimage_url: {{2.image_url}}")
    await run_moody(rig, "a fox", "calm")
    await rig.work()
    assert [job.state for job in await in_order(rig)] == [JobState.DELIVERED, JobState.REFUSED, JobState.REFUSED]
    await settled_exactly(rig)


async def test_a_word_that_is_forbidden_while_a_job_waits_is_not_sent(rig: Rig):
    await rule(rig, running_per_member=1)
    await rig.member.slash(rig.channel, "image generate", prompt="voldemort", count=2)
    await rule(rig, words=("voldemort",))
    await rig.work()
    assert rig.sandbox.posts == 0
    assert {job.state for job in await rig.jobs()} == {JobState.REFUSED}
    await settled_exactly(rig)


async def test_a_list_that_changes_between_the_verdict_and_the_transaction_counts(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """The words are read outside of the transaction; what is stored was judged by the list that applied then."""
    settings = rig.bot.parts.store.settings
    get, changes = settings.get, iter(["first", "second", "voldemort"])

    async def read_and_change(guild_id: int) -> Rules:
        before = await get(guild_id)
        if word := next(changes, None):
            await settings.change(guild_id, lambda rules: dataclasses.replace(rules, words=(*rules.words, word)))
        return before

    monkeypatch.setattr(settings, "get", read_and_change)
    assert REFUSED in private_sentence(await rig.member.slash(rig.channel, "image generate", prompt="voldemort"))
    assert await rig.jobs() == []
    assert next(changes, None) is None


async def test_what_is_refused_for_a_word_was_not_sent_for_its_price_either(rig: Rig):
    await rule(rig, words=("voldemort",), estimate_tool=True)
    calls = watch(rig)
    assert REFUSED in private_sentence(await rig.member.slash(rig.channel, "image generate", prompt="voldemort"))
    assert of(calls, "mcp") == []


async def test_a_word_that_is_cut_in_two_by_a_parameter_is_found_where_it_is_put_together(rig: Rig):
    await rule(rig, words=("voldemort",))
    await write_moody(rig, MOODY.replace(", {mood}", " volde{mood}"))
    await run_moody(rig, "a fox", "mort")
    await rig.work()
    assert "voldemort" not in str([dict(request.input) for request in rig.sandbox.requests])
    await settled_exactly(rig)


async def test_a_word_that_is_forbidden_while_a_job_waits_for_approval_is_not_sent(rig: Rig):
    await priced(rig)
    await rule(rig, approve_above=Decimal(1))
    await rig.member.slash(rig.channel, "image generate", prompt="like voldemort")
    await rule(rig, words=("voldemort",))
    [job] = await rig.jobs()
    approvals = rig.bot.parts.moderation.questions
    await approvals.approve(rig.guild.id, job.card_id, by_id=rig.moderator.id, raises_limit=False)
    await rig.work()
    assert rig.sandbox.posts == 0
    assert [job.state for job in await rig.jobs()] == [JobState.REFUSED]
    await settled_exactly(rig)


async def test_a_job_that_was_sent_is_finished_whatever_is_forbidden_since(rig: Rig):
    """Its request exists and is charged: only its result counts now."""
    await rig.member.slash(rig.channel, "image generate", prompt="like voldemort")
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    await rule(rig, words=("voldemort",))
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]


@pytest.mark.long
async def test_words_are_read_nowhere_in_a_transaction(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The database has one writer: a long list and long texts would hold up every other server."""
    places: set[str] = set()
    real = WordList.first_in

    def noted(self: WordList, texts: Any) -> Any:
        places.add(threading.current_thread().name)
        return real(self, texts)

    monkeypatch.setattr(WordList, "first_in", noted)
    await rule(rig, words=("voldemort",))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", b"one\ntwo"))
    await rig.work()
    assert places
    writer = rig.bot.parts.store._database._writer
    thread = await writer.run(lambda _: threading.current_thread().name)
    assert thread not in places
