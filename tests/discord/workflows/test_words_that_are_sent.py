"""The word list sees all that is sent to Cannon Studio: also what a step before has made, and what waited meanwhile."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.words.text import WordList
from tests.support.channels import rule
from tests.support.prices import priced
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.surface import fill, private_sentence, until

WORD = "voldemort"
MOODY = "prompt.enhance.image\nprompt: {idea} #fast\n\nimage.generate\nprompt: {1.enhancedPrompt}, {mood}"
REWRITTEN = "shallow"
"""A word that the sandbox's enhancers add by themselves."""


async def recipe(rig: Rig, steps: str, parameters: str) -> None:
    form = await new_recipe(rig)
    texts = {"Name": "moody", "About": "", "Inputs": parameters, "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))


async def run(rig: Rig, **given: str) -> Any:
    asked = await rig.member.slash(rig.channel, "recipe", recipe="moody")
    return await rig.member.submit_modal(asked, fill(asked, {name.capitalize(): text for name, text in given.items()}))


def sent(rig: Rig) -> str:
    return str([dict(request.input) for request in rig.sandbox.requests])


async def states(rig: Rig) -> list[JobState]:
    return [job.state for job in sorted(await rig.jobs(), key=lambda job: job.position)]


async def nothing_is_held(rig: Rig) -> None:
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0


@pytest.mark.parametrize("where", ["idea", "mood"])
async def test_a_word_in_any_parameter_of_a_recipe_is_refused_at_once(rig: Rig, where: str):
    await rule(rig, words=(WORD,))
    await recipe(rig, MOODY, "idea: what\nmood: how")
    given = {"idea": "a fox", "mood": "calm"} | {where: f"like {WORD}"}
    private_sentence(await run(rig, **given))
    assert await rig.jobs() == []


async def test_a_word_in_a_recipes_own_text_is_refused_too(rig: Rig):
    await recipe(rig, MOODY.replace("{mood}", f"{{mood}} and {WORD}"), "idea: what\nmood: how")
    await rule(rig, words=(WORD,))
    private_sentence(await run(rig, idea="a fox", mood="calm"))
    assert await rig.jobs() == []


async def test_a_word_that_is_cut_in_two_by_a_parameter_is_found_where_it_is_put_together(rig: Rig):
    await rule(rig, words=(WORD,))
    steps = "prompt.enhance.image\nprompt: {idea} #fast\n\nimage.generate\nprompt: {1.enhancedPrompt} volde{mood}"
    await recipe(rig, steps, "idea: what\nmood: how")
    await run(rig, idea="a fox", mood="mort")
    await rig.work()
    assert WORD not in sent(rig)
    await nothing_is_held(rig)


@pytest.mark.parametrize("way", ["a recipe", "enhance"])
async def test_a_word_that_an_enhancer_returns_is_not_sent_on(rig: Rig, way: str):
    await rule(rig, words=(REWRITTEN,))
    if way == "a recipe":
        await recipe(rig, MOODY, "idea: what\nmood: how")
        await run(rig, idea="a fox", mood="calm")
    else:
        await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED, JobState.REFUSED]
    assert [request.operation for request in rig.sandbox.requests] == ["prompt.enhance.image"]
    refused = max(await rig.jobs(), key=lambda job: job.position)
    assert refused.error
    assert REWRITTEN not in refused.error
    await nothing_is_held(rig)
    [card] = rig.messages()
    assert "refused" in str(card.embeds[0].to_dict()).lower() or refused.error in str(card.embeds[0].to_dict())


async def test_steps_after_it_end_with_it(rig: Rig):
    await rule(rig, words=(REWRITTEN,))
    steps = MOODY + " #fast\n\nvideo.generate\nprompt: {mood}\nimage_url: {2.image_url}"
    await recipe(rig, steps, "idea: what\nmood: how")
    await run(rig, idea="a fox", mood="calm")
    await rig.work()
    first, *others = await states(rig)
    assert first is JobState.DELIVERED
    assert set(others) == {JobState.REFUSED}
    await nothing_is_held(rig)


@pytest.mark.long
@pytest.mark.parametrize("why", ["no place", "approval", "paused"])
async def test_what_was_forbidden_while_it_waited_is_not_sent(rig: Rig, why: str):
    changes: dict[str, Any] = {
        "no place": {"running_per_member": 1},
        "approval": {"approve_above": Decimal(1)},
        "paused": {"running_per_member": 1},
    }[why]
    await priced(rig)  # under a threshold a second job of unknown price would be refused
    await rule(rig, **changes)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #slow")
    if why != "approval":
        await until(rig, JobState.QUEUED, JobState.PROCESSING)
    await rig.member.slash(rig.channel, "image generate", prompt=f"like {WORD}")
    await rule(rig, words=(WORD,))
    if why == "approval":
        for card_id in {job.card_id for job in await rig.jobs()}:
            await rig.bot.parts.moderation.approvals.approve(
                rig.guild.id, card_id, by_id=rig.moderator.id, raises_limit=False
            )
    await rig.work()
    assert WORD not in sent(rig)
    [job] = [each for each in await rig.jobs() if each.prompt.startswith("like")]
    assert job.state is JobState.REFUSED
    await nothing_is_held(rig)


async def test_a_job_that_was_sent_is_finished_whatever_is_forbidden_since(rig: Rig):
    """Its request exists and is charged: only its result counts now."""
    await rig.member.slash(rig.channel, "image generate", prompt=f"like {WORD}")
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    await rule(rig, words=(WORD,))
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED]


@pytest.mark.long
async def test_words_are_read_nowhere_in_a_transaction(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The database has one writer: a long list and long texts would hold up every other server."""
    places: set[str] = set()
    real = WordList.first_in

    def noted(self: WordList, texts: Any) -> Any:
        places.add(threading.current_thread().name)
        return real(self, texts)

    monkeypatch.setattr(WordList, "first_in", noted)
    await rule(rig, words=(WORD,))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rig.member.slash(rig.channel, "batch", operation="image.generate", file=("p.txt", b"one\ntwo"))
    await rig.work()
    assert places
    writer = rig.bot.parts.store._database._writer
    thread = await writer.run(lambda _: threading.current_thread().name)
    assert thread not in places


async def test_words_that_change_at_the_moment_of_deciding_count(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Judged outside the transaction, yet by the list that holds inside it."""
    real = rig.bot.parts.store.cards.accept
    changed: list[bool] = []

    async def later(*args: Any, **more: Any) -> Any:
        if not changed:
            changed.append(True)
            await rule(rig, words=(WORD,))
        return await real(*args, **more)

    monkeypatch.setattr(rig.bot.parts.store.cards, "accept", later)
    result = await rig.member.slash(rig.channel, "image generate", prompt=f"like {WORD}")
    await rig.work()
    assert changed
    assert WORD not in sent(rig)
    assert result is not None
