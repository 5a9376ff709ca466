"""Cards with several pictures: one message with all of them, each alone (U) or varied (V), whatever failed."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.models import Job
from cogs.results import texts
from tests.support.channels import rule
from tests.support.results import RESULT, card_of, count
from tests.support.rig import STEP_S, Rig
from tests.support.surface import (
    DETAILS,
    EDIT,
    REMOVE,
    RERUN_ALL,
    agreed,
    delete,
    icon,
    labels,
    newest,
    parts,
    rows,
    settled_exactly,
    whole,
)


async def several(rig: Rig, pictures: int = 4, **options: Any) -> tuple[discord.Message, list[Job]]:
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=pictures, **options)
    await rig.work()
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    [card] = [m for m in rig.messages(viewer=rig.member) if m.id == jobs[0].message_id]
    return card, jobs


async def batch(rig: Rig, *prompts: str) -> discord.Message:
    await rig.member.slash(rig.channel, "batch", operation="image.generate", prompts="|".join(prompts))
    await rig.work()
    [card] = rig.messages()
    return card


async def ended(rig: Rig) -> bool:
    return all(job.state.ended for job in await rig.jobs())


def nonces(rig: Rig) -> list[str]:
    """Return the nonces of the messages that show one result alone."""
    bodies = [call.json for call in rig.env.http_requests if call.method == "POST" and isinstance(call.json, dict)]
    return [body["nonce"] for body in bodies if str(body.get("nonce")).startswith("alone")]


# ---------------------------------------------------------------------- what is offered


def grid(count: int, *disabled: int) -> list[list[str]]:
    """Return the rows of so many results; in brackets those that are not there."""
    return [
        [*(f"({of}{each})" if each in disabled else f"{of}{each}" for each in range(1, count + 1)), icon]
        for of, icon in (("U", RERUN_ALL), ("V", EDIT))
    ]


@pytest.mark.parametrize("pictures", [4])
async def test_all_pictures_are_in_one_message_with_two_rows_in_columns(rig: Rig, pictures: int):
    card, _ = await several(rig, pictures)
    assert rig.messages() == [card]
    assert len(card.attachments) == pictures
    assert rows(card) == [*grid(pictures), [DETAILS, REMOVE]]
    assert all(item.get("emoji") or item["label"][0] in "UV" for item in parts(card))
    await settled_exactly(rig)


async def test_buttons_keep_their_places_while_pictures_arrive(rig: Rig):
    await rule(rig, running_per_member=1)
    asked = await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=3)
    assert rows(asked.response) == [["Cancel", DETAILS]]
    seen: list[list[list[str]]] = []
    while not await ended(rig):
        await rig.step()
        rig.advance(STEP_S)
        await rig.tick()
        [card] = rig.messages()
        if card.attachments and rows(card) not in seen:
            seen.append(rows(card))
    assert seen[0] == [*grid(3, 2, 3), ["Cancel", DETAILS]]
    assert seen[-1] == [*grid(3), [DETAILS, REMOVE]]


@pytest.mark.parametrize("fails", [1, 2])
async def test_a_failed_one_keeps_its_place_and_one_that_is_left_has_all_of_a_result(rig: Rig, fails: int):
    prompts = ["one #fast", *[f"{number} #fail" for number in range(fails)], *["last #fast"] * (fails == 1)]
    card = await batch(rig, *prompts)
    if fails == 1:
        assert rows(card) == [*grid(3, 2), ["Try again from here", DETAILS, REMOVE]]
    else:
        assert rows(card) == [RESULT[:3], ["Next step…", "Try again from here", DETAILS, REMOVE]]
        assert [item["label"] for item in parts(card) if item.get("style") == 1] == [whole(card, "Try again from here")]


@pytest.mark.long
async def test_beyond_four_there_is_a_select_and_a_failed_one_leaves_the_others_their_numbers(rig: Rig):
    card = await batch(rig, "one #fast", "two #fail", "three #fast", "four #fast", "five #fast", "six #fail", "7 #fast")
    assert len(card.attachments) == 5
    assert rows(card)[:3] == [*grid(4, 2), [str(texts.PICK)]]
    [select] = [item for item in parts(card) if "options" in item]
    assert [each["label"] for each in select["options"]] == ["5. five #fast", "7. 7 #fast"]
    picked = await rig.member.select(card, [select["options"][1]["value"]])
    assert picked.response.content.startswith("Result 7 ")
    assert labels(picked.response) == RESULT[:-2]
    await settled_exactly(rig)


# ---------------------------------------------------------------------- one alone


@pytest.mark.parametrize("restarted", [True])
async def test_one_is_shown_alone_once_at_no_cost_and_carries_on(rig: Rig, restarted: bool):
    card, jobs = await several(rig)
    if restarted:
        await rig.restart(after_s=3600)
    pressed = await rig.moderator.click(card, label="U2")
    [alone] = [m for m in rig.messages() if m.id != card.id]
    assert pressed.ephemeral
    assert pressed.response.content == f"I posted it here: [open it]({alone.jump_url})"
    assert len(alone.attachments) == 1
    assert alone.reference is not None
    assert alone.reference.message_id == card.id
    assert labels(alone) == RESULT[:-1]
    assert await count(rig) == 4
    again = await rig.member.click(card, label="U2")
    assert again.response.content == texts.ALREADY_POSTED(link=alone.jump_url)
    await rig.member.click(card, label="U3")
    assert len(set(nonces(rig))) == len(nonces(rig)) == 2, "Discord shows one message for two of the same nonce"
    assert len(rig.messages()) == 3, "another one has a message of its own"
    await rig.member.click(alone, label=whole(alone, "Re-run"))
    assert (await newest(rig)).parent_id == jobs[1].id
    await rig.work()
    await settled_exactly(rig)


async def test_one_alone_that_somebody_deleted_is_posted_once_more(rig: Rig):
    card, _ = await several(rig, 2)
    await rig.member.click(card, label="U1")
    [alone] = [m for m in rig.messages() if m.id != card.id]
    delete(rig, alone)
    await rig.member.click(card, label="U1")
    assert len(rig.messages()) == 2
    assert len(set(nonces(rig))) == 2, "for the same nonce Discord would return what was deleted"


async def test_one_alone_is_taken_down_with_its_card(rig: Rig):
    card, _ = await several(rig, 2)
    await rig.member.click(card, label="U1")
    asked = await rig.member.click(card, custom_id=icon(card, REMOVE))
    await rig.member.click(asked.response, label=str(texts.REMOVE_RESULT))
    assert rig.messages() == []


async def test_one_of_a_private_card_is_shown_to_its_author_alone(rig: Rig):
    card, _ = await several(rig, 2, private=True)
    pressed = await rig.member.click(card, label="U2")
    assert pressed.ephemeral
    assert len(pressed.response.attachments) == 1
    assert labels(pressed.response) == RESULT[:-1]
    assert rig.messages(viewer=rig.moderator) == []


# ---------------------------------------------------------------------- one varied


async def test_one_is_varied_by_whoever_the_server_lets_and_they_pay(rig: Rig):
    card, jobs = await several(rig)
    how = await rig.moderator.click(card, label="V3")
    assert how.ephemeral
    await agreed(rig.moderator, await rig.moderator.click(how.response, label=whole(how.response, "Subtle")))
    await rig.work()
    made = await newest(rig)
    assert (made.operation, made.parent_id, made.author_id) == ("image.edit", jobs[2].id, rig.moderator.id)
    assert made.input["image_url"] == jobs[2].media[0].url
    assert card_of(rig, made).attachments
    await settled_exactly(rig)
