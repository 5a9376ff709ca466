from __future__ import annotations

import gc
import json
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.app.texts import UNEXPECTED
from bot.delivery.view import in_five_rows
from bot.domain.guild_rules import Payer
from bot.domain.models import Job, JobState
from bot.errors import InputError
from bot.generation.earlier_jobs import ERASED
from bot.generation.rerun import AUTHORS_ONLY, OFF, REWRITES
from cogs.results import texts
from cogs.ui import controls
from cogs.ui.controls import Control
from cogs.ui.texts import GONE
from tests.support.rig import Rig
from tests.support.surface import (
    delete,
    deny,
    fill,
    inputs,
    links_on,
    private_messages,
    private_sentence,
    settled_exactly,
)
from tests.support.workflows import IMAGE, VIDEO, earlier

RESULT = ["Re-run", "Vary", "Edit and run", "Next step…", "Remove"]
AGES = ("fresh", "restarted", "deleted")


def parts(message: Any) -> list[dict[str, Any]]:
    """Return the components of a message, or of an answer that only its reader sees, in order."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [item for row in rows for item in row["components"]]


def labels(message: Any) -> list[str]:
    return [item.get("label") or item.get("placeholder") for item in parts(message)]


def links(message: Any) -> list[str]:
    return [item["url"] for item in parts(message) if "url" in item]


def card_of(rig: Rig, job: Job) -> discord.Message:
    [message] = [m for m in rig.messages() if m.id == job.message_id]
    return message


async def picture(rig: Rig, **options: Any) -> tuple[discord.Message, Job]:
    job = await earlier(rig, IMAGE, **options)
    return card_of(rig, job), job


async def newest(rig: Rig) -> Job:
    return (await rig.jobs())[0]


async def count(rig: Rig) -> int:
    return len(await rig.jobs())


async def block(rig: Rig, member: Any) -> None:
    await rig.bot.parts.store.blocks.add(rig.guild.id, member.id, until=None, reason="", by_id=rig.moderator.id)


# ---------------------------------------------------------------------- the table of what is to happen


class Press:
    """A control of one result, pressed by somebody, the card's message being there, older than the bot, or gone."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch, message: discord.Message, who: Any, age: str) -> None:
        self.rig = rig
        self.monkeypatch = monkeypatch
        self.message = message
        self.who = who
        self.age = age

    def lose(self) -> None:
        """Let somebody delete the card between two presses."""
        if self.age == "deleted":
            delete(self.rig, self.message)

    def lose_during_press(self) -> None:
        """Let somebody delete the card at the moment of the press: Discord takes no press on what is gone."""
        if self.age != "deleted":
            return
        look_up, lost = self.rig.bot.parts.store.job_lists.visible, [self.message]

        async def too_late(*args: Any) -> Any:
            if lost:
                delete(self.rig, lost.pop())
            return await look_up(*args)

        self.monkeypatch.setattr(self.rig.bot.parts.store.job_lists, "visible", too_late)

    async def rerun(self) -> Any:
        self.lose_during_press()
        return await self.who.click(self.message, label="Re-run")

    async def vary(self) -> Any:
        asked = await self.who.click(self.message, label="Vary")
        assert asked.ephemeral
        self.lose()
        return await self.who.click(asked.response, label="Subtle")

    async def edit(self) -> Any:
        shown = await self.who.click(self.message, label="Edit and run")
        self.lose()
        if self.age == "deleted":
            shown._interaction.source_message_id = None  # simcord sends no form whose message is gone; Discord does
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "an edited fox #fast"}))

    async def next_step(self) -> Any:
        asked = await self.who.click(self.message, label="Next step…")
        assert asked.ephemeral
        self.lose()
        shown = await self.who.select(asked.response, ["image.edit"])
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "at night #fast"}))

    async def remove(self) -> Any:
        asked = await self.who.click(self.message, label="Remove")
        assert asked.ephemeral
        if not asked.response.components:
            return asked
        self.lose()
        return await self.who.click(asked.response, label="Remove the result")


NEW, REFUSED, TAKEN_DOWN = "a new job of who pressed", "a refusal", "everything taken down"
EXPECTED: dict[str, dict[str, str]] = {
    "rerun": {"author": NEW, "other": NEW, "moderator": NEW, "blocked": REFUSED},
    "vary": {"author": NEW, "other": NEW, "moderator": NEW, "blocked": REFUSED},
    "edit": {"author": NEW, "other": NEW, "moderator": NEW, "blocked": REFUSED},
    "next_step": {"author": NEW, "other": NEW, "moderator": NEW, "blocked": REFUSED},
    "remove": {"author": TAKEN_DOWN, "other": REFUSED, "moderator": TAKEN_DOWN, "blocked": REFUSED},
}


@pytest.mark.parametrize("age", ["fresh", *(pytest.param(each, marks=pytest.mark.long) for each in AGES[1:])])
@pytest.mark.parametrize("who", ["author", "other", "moderator", "blocked"])
@pytest.mark.parametrize("control", sorted(EXPECTED))
async def test_each_control_does_for_each_member_at_each_age_what_the_table_says(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, control: str, who: str, age: str
):
    other = rig.guild.add_member(rig.env.create_user("otto"))
    member = {"author": rig.member, "moderator": rig.moderator}.get(who, other)
    message, parent = await picture(rig)
    if who == "blocked":
        await block(rig, other)
    if age == "restarted":
        await rig.restart(after_s=90 * 24 * 3600 if control in {"edit", "remove"} else 3600)
        message = card_of(rig, parent)
    spent = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    press = Press(rig, monkeypatch, message, member, age)
    result = await getattr(press, control)()
    expected = EXPECTED[control][who]
    if expected == REFUSED:
        said = "".join(m.content for m in (result.response, *result.followups) if m is not None and m.ephemeral)
        assert said.startswith("⚠️ ")
        assert (texts.NOT_YOURS_TO_REMOVE if control == "remove" else "You may not use the bot on this server") in said
        assert await count(rig) == 1
        assert await rig.bot.parts.store.ledger.balance(rig.guild.id) == spent
        assert [m.id for m in rig.messages()] == ([] if age == "deleted" and control != "remove" else [message.id])
    elif expected == TAKEN_DOWN:
        assert "removed" in result.response.content
        assert rig.messages() == []
        assert (await newest(rig)).input == parent.input
    else:
        assert not result.ephemeral
        job = await newest(rig)
        assert (job.author_id, job.parent_id) == (member.id, parent.id)
        await rig.work()
        assert {each.state for each in await rig.jobs()} == {JobState.DELIVERED}
        assert "Made from" in [field.name for field in card_of(rig, await newest(rig)).embeds[0].fields]
    await settled_exactly(rig)


# ---------------------------------------------------------------------- what each offers


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("image generate", {"prompt": "a fox #fast"}, RESULT),
        ("video generate", {"prompt": "a fox #fast"}, RESULT),
        ("audio music", {"prompt": "a fox #fast"}, RESULT),
        # Spoken words are no description that could be put in other words.
        ("audio narration", {"text": "a fox #fast"}, [each for each in RESULT if each != "Vary"]),
    ],
)
async def test_a_result_offers_what_it_is_good_for(rig: Rig, command: str, options: Any, expected: list[str]):
    await rig.member.slash(rig.channel, command, **options)
    [card] = rig.messages()
    assert labels(card) == []
    await rig.work()
    [card] = rig.messages()
    assert labels(card) == expected
    assert all(len(item.custom_id) <= 100 for row in card.components for item in row.children)


async def test_several_results_are_chosen_from_in_a_select_and_then_carried_on_one_by_one(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=3)
    await rig.work()
    [card] = rig.messages()
    assert labels(card) == ["Re-run", "Edit and run", "Remove", "Go on with one of them…"]
    second = next(job for job in await rig.jobs() if job.position == 1)
    shown = await rig.member.select(card, [second.id])
    assert shown.ephemeral
    assert second.id in shown.response.content
    assert labels(shown.response) == RESULT[:-1]
    await rig.member.click(shown.response, label="Re-run")
    assert (await newest(rig)).parent_id == second.id


async def test_a_rerun_of_a_card_with_several_makes_as_many_once_more(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=3)
    await rig.work()
    await rig.moderator.click(rig.messages()[0], label="Re-run")
    jobs = await rig.jobs()
    assert len(jobs) == 6
    assert len({job.card_id for job in jobs}) == 2


@pytest.mark.parametrize(("selects", "buttons", "links"), [(1, 5, 10), (1, 5, 20), (0, 5, 25), (2, 9, 6), (0, 0, 40)])
def test_controls_give_way_to_links_in_a_messages_five_rows(selects: int, buttons: int, links: int):
    option = [discord.SelectOption(label="x")]
    offered = [Control.button("again", f"{n}", label="x") for n in range(buttons)]
    offered += [Control.select("pick", f"s{n}", placeholder="x", options=option) for n in range(selects)]
    linked = [discord.ui.Button(label="x", url="https://example.com") for _ in range(links)]
    view = discord.ui.View(timeout=None)
    for item in in_five_rows(offered, linked):
        view.add_item(item)  # raises ValueError where there is no room
    assert sum(getattr(item, "url", None) is not None for item in view.children) == min(links, 25)
    if links <= 10:
        assert len(view.children) == links + buttons + selects - (selects > 1 and buttons > 5 and links > 9)


# ---------------------------------------------------------------------- re-run


async def test_a_rerun_has_the_same_input_and_a_new_seed_where_there_is_one(rig: Rig):
    await rig.member.slash(rig.channel, "video generate", prompt="a fox #fast", seed=7, aspect_ratio="9:16")
    await rig.work()
    first = await newest(rig)
    await rig.moderator.click(card_of(rig, first), label="Re-run")
    second = await newest(rig)
    assert {**second.input, "seed": 7} == dict(first.input)
    assert second.input["seed"] != 7
    assert 1 <= second.input["seed"] < 2**31


async def test_a_rerun_links_its_parent(rig: Rig):
    message, parent = await picture(rig)
    await rig.moderator.click(message, label="Re-run")
    [value] = [f.value for m in rig.messages() for f in m.embeds[0].fields if f.name == "Made from"]
    assert value == f"[`{parent.id}`]({message.jump_url})"


async def test_what_was_made_of_a_private_result_is_private_and_does_not_link_it_for_others(rig: Rig):
    job = await earlier(rig, IMAGE, private=True)
    [message] = [m for m in rig.messages(viewer=rig.member) if m.id == job.message_id]
    result = await rig.member.click(message, label="Re-run")
    assert result.ephemeral
    await rig.work()
    assert rig.messages(viewer=rig.moderator) == []
    shown = rig.messages(viewer=rig.member)
    assert any(f.value == f"`{job.id}`" for m in shown for f in m.embeds[0].fields if f.name == "Made from")


async def test_a_double_press_makes_one_and_a_press_after_a_while_another(rig: Rig):
    message, _ = await picture(rig)
    await rig.member.click(message, label="Re-run")
    assert private_sentence(await rig.member.click(message, label="Re-run")) == texts.PRESSED_TWICE
    assert await count(rig) == 2
    await rig.moderator.click(message, label="Re-run")
    assert await count(rig) == 3, "one member's presses are not another's"
    rig.advance(4)
    await rig.member.click(message, label="Re-run")
    assert await count(rig) == 4


async def test_a_rerun_of_what_was_made_from_a_file_looks_at_the_file_again(rig: Rig):
    _, parent = await picture(rig)
    await rig.member.slash(rig.channel, "image edit", prompt="at night #fast", job=parent.id)
    await rig.work()
    edit = await newest(rig)
    await rig.moderator.click(card_of(rig, edit), label="Re-run")
    await rig.work()
    again = await newest(rig)
    assert again.state is JobState.DELIVERED
    assert again.input == edit.input


async def test_a_rerun_whose_source_is_gone_says_so_and_costs_nothing(rig: Rig):
    _, parent = await picture(rig)
    await rig.member.slash(rig.channel, "image edit", prompt="at night #fast", job=parent.id)
    await rig.work()
    edit = await newest(rig)
    await gone(rig, parent)
    delete(rig, card_of(rig, parent))
    result = await rig.moderator.click(card_of(rig, edit), label="Re-run")
    assert "no longer there" in result.followups[0].content
    assert await count(rig) == 2


async def gone(rig: Rig, job: Job) -> None:
    """Let Cannon Studio's links to the job's files end, and its retention with them."""
    for medium in job.media:
        rig.sandbox.studio.files._files.pop(medium.url.rpartition("/")[2], None)


@pytest.mark.parametrize("control", ["rerun", "vary", "edit"])
@pytest.mark.parametrize(
    ("payer", "who", "sentence"),
    [
        (Payer.OFF, "author", OFF),
        (Payer.OFF, "other", OFF),
        (Payer.AUTHOR, "other", AUTHORS_ONLY),
        (Payer.AUTHOR, "author", None),
        (Payer.PRESSER, "other", None),
    ],
)
async def test_the_server_decides_who_may_make_more_of_a_result(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, control: str, payer: Payer, who: str, sentence: str | None
):
    message, _ = await picture(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, rerun_payer=payer))
    member = rig.member if who == "author" else rig.moderator
    label = {"rerun": "Re-run", "vary": "Vary", "edit": "Edit and run"}[control]
    if sentence is not None:
        assert private_sentence(await member.click(message, label=label)) == sentence
        assert await count(rig) == 1
        return
    await getattr(Press(rig, monkeypatch, message, member, "fresh"), control)()
    assert (await newest(rig)).author_id == member.id


async def test_a_dear_rerun_or_variant_is_priced_first_and_made_after_a_yes(rig: Rig):
    from decimal import Decimal

    message, parent = await picture(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, confirm_above=Decimal(1)))
    asked = await rig.moderator.click(message, label="Re-run")
    assert "credits" in asked.response.content
    assert await count(rig) == 1
    await rig.moderator.click(asked.response, label="Yes, make it")
    assert (await newest(rig)).parent_id == parent.id
    how = await rig.moderator.click(message, label="Vary")
    asked = await rig.moderator.click(how.response, label="Strong")
    [price] = [m for m in (asked.response, *asked.followups) if m is not None and m.components]
    await rig.restart()
    await rig.moderator.click(price, label="Yes, make it")
    await rig.work()
    assert await count(rig) == 4
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await settled_exactly(rig)


# ---------------------------------------------------------------------- vary


@pytest.mark.parametrize("strength", ["subtle", "strong"])
async def test_a_variant_of_a_picture_is_an_edit_of_it_with_a_varied_prompt(rig: Rig, strength: str):
    message, parent = await picture(rig, aspect_ratio="9:16")
    how = await rig.moderator.click(message, label="Vary")
    await rig.moderator.click(how.response, label=strength.capitalize())
    await rig.work()
    first, second = sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))[1:]
    assert (first.operation, second.operation) == ("prompt.enhance.variant", "image.edit")
    assert first.input == {"prompt": parent.input["prompt"], "rewriteRequest": REWRITES[strength]}
    assert second.input == {
        "prompt": first.output["enhancedPrompt"],
        "image_url": parent.media[0].url,
        "aspect_ratio": "9:16",
    }
    assert second.state is JobState.DELIVERED


@pytest.mark.parametrize(("command", "enhancer"), [("video generate", "prompt.enhance.video"), ("audio music", None)])
async def test_a_variant_of_anything_else_is_made_anew_from_other_words(rig: Rig, command: str, enhancer: str | None):
    await rig.member.slash(rig.channel, command, prompt="a fox #fast")
    await rig.work()
    parent = await newest(rig)
    how = await rig.member.click(card_of(rig, parent), label="Vary")
    await rig.member.click(how.response, label="Strong")
    await rig.work()
    first, second = sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))[1:]
    assert first.operation == (enhancer or "prompt.enhance.variant")
    assert second.operation == parent.operation
    assert second.input["prompt"] == first.output["enhancedPrompt"]
    assert second.state is JobState.DELIVERED


async def test_a_variant_is_not_offered_where_what_makes_it_is_off(rig: Rig):
    found = rig.bot.catalogue.resolve("image.edit")
    await rig.bot.parts.switches.switch(rig.guild.id, found, on=False, by_id=rig.moderator.id)
    message, _ = await picture(rig)
    assert "Vary" not in labels(message)


# ---------------------------------------------------------------------- edit and run


async def test_the_form_has_what_the_result_was_made_of_and_keeps_what_it_does_not_ask(rig: Rig):
    options = {
        "aspect_ratio": "9:16", "quality": "high", "style": "noir", "resolution": "2K", "model": "gptimage2",
        "reference_prompt_balance": 0.5,
    }  # fmt: skip
    message, parent = await picture(rig, **options)
    shown = await rig.moderator.click(message, label="Edit and run")
    there = {label: item.get("value") for label, item in inputs(shown).items()}
    assert len(there) == 5
    assert there["Prompt"] == parent.input["prompt"]
    assert there["Aspect ratio"] == "9:16"
    typed = {label: value for label, value in there.items() if value} | {"Prompt": "a wolf #fast"}
    typed.pop("Aspect ratio")
    await rig.moderator.submit_modal(shown, fill(shown, typed))
    job = await newest(rig)
    expected = {**parent.input, "prompt": "a wolf #fast"}
    del expected["aspect_ratio"]
    assert dict(job.input) == expected
    assert job.parent_id == parent.id


async def test_the_form_keeps_the_file_of_what_it_edits(rig: Rig):
    clip = await earlier(rig, VIDEO)
    await rig.member.slash(rig.channel, "finish subtitles", job=clip.id)
    await rig.work()
    parent = await newest(rig)
    shown = await rig.member.click(card_of(rig, parent), label="Edit and run")
    typed = {label: item["value"] for label, item in inputs(shown).items() if item.get("value")}
    await rig.member.submit_modal(shown, fill(shown, typed))
    await rig.work()
    job = await newest(rig)
    assert job.parent_id == parent.id
    assert dict(job.input) == dict(parent.input)
    assert job.state is JobState.DELIVERED


# ---------------------------------------------------------------------- removal


async def test_removing_with_the_record_leaves_ids_and_credits_only(rig: Rig):
    message, job = await picture(rig)
    asked = await rig.member.click(message, label="Remove")
    assert labels(asked.response) == ["Remove the result", "Remove the record too"]
    ledger = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    await rig.member.click(asked.response, label="Remove the record too")
    assert rig.messages() == []
    left = await newest(rig)
    assert (left.id, left.cost, left.held, left.state) == (job.id, job.cost, job.held, JobState.DELIVERED)
    assert (dict(left.input), dict(left.output), left.media) == ({}, {}, ())
    assert await rig.bot.parts.store.ledger.rows(rig.guild.id) == ledger
    await settled_exactly(rig)


async def test_every_copy_goes_with_the_result(rig: Rig):
    message, job = await picture(rig)
    store = rig.bot.parts.store
    gallery = rig.guild.create_text_channel("gallery")
    places: list[Any] = [rig.bot.get_channel(gallery.id), await rig.bot.fetch_user(rig.moderator.id)]
    with rig.env.time_context():
        for kind, place in zip(("gallery", "dm"), places, strict=True):
            copy = await place.send("a copy")
            await store.copies.note(rig.guild.id, job.id, channel_id=copy.channel.id, message_id=copy.id, kind=kind)
    assert private_messages(rig, rig.moderator)
    asked = await rig.member.click(message, label="Remove")
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []
    assert gallery.history() == []
    assert private_messages(rig, rig.moderator) == []
    assert await store.copies.of_card(rig.guild.id, job.card_id) == []


async def test_the_ping_and_the_place_that_the_card_has_left_go_too(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, ping=True))
    message, _ = await picture(rig)
    assert len(rig.messages()) == 2
    asked = await rig.member.click(message, label="Remove")
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []


async def test_a_result_that_was_sent_by_direct_message_is_taken_down_there(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    delete(rig, rig.messages()[0])
    deny(rig, send_messages=False)
    await rig.work()
    [message] = private_messages(rig, rig.member)
    assert labels(message) == RESULT
    job = await newest(rig)
    card = await rig.bot.parts.store.cards.get(rig.guild.id, job.card_id)
    assert card is not None
    taken = await rig.bot.parts.delivery.takedown.take_down(card)
    assert taken.left == 0
    assert private_messages(rig, rig.member) == []


async def test_what_could_not_be_taken_down_is_told_and_found_again(rig: Rig):
    message, _ = await picture(rig)
    asked = await rig.member.click(message, label="Remove")
    path = f"/channels/{rig.channel.id}/messages/{message.id}"
    rig.env.inject_error("DELETE", path, status=403, code=50013, message="Missing", times=1)
    rig.advance(16 * 60)  # past the interaction's token, so that the bot's own right counts
    first = await rig.member.click(asked.response, label="Remove the result")
    assert "could not be" in first.response.content
    assert [m.id for m in rig.messages()] == [message.id]
    second = await rig.member.click(asked.response, label="Remove the result")
    assert "is removed" in second.response.content
    assert rig.messages() == []


async def test_what_is_still_being_made_is_not_removed(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    message, _ = await picture(rig, count=2)
    store = rig.bot.parts.store
    real = store.cards.with_jobs

    async def one_open(guild_id: int, card_id: str) -> Any:
        card, jobs = await real(guild_id, card_id)
        return card, (replace(jobs[0], state=JobState.QUEUED), *jobs[1:])

    monkeypatch.setattr(store.cards, "with_jobs", one_open)
    assert private_sentence(await rig.member.click(message, label="Remove")) == texts.STILL_OPEN
    assert len(rig.messages()) == 1


async def test_a_blocked_author_may_still_remove_what_is_theirs(rig: Rig):
    message, _ = await picture(rig)
    await block(rig, rig.member)
    asked = await rig.member.click(message, label="Remove")
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []


async def test_a_moderators_removal_is_recorded_and_an_authors_is_not(rig: Rig):
    for member, expected in ((rig.member, 0), (rig.moderator, 1)):
        message, _ = await picture(rig)
        asked = await member.click(message, label="Remove")
        await member.click(asked.response, label="Remove the result")
        decisions = [d for d in await rig.bot.parts.store.decisions.all(rig.guild.id) if d.kind == "removal"]
        assert len(decisions) == expected


async def test_a_removed_private_result_is_taken_down_for_its_one_reader(rig: Rig):
    job = await earlier(rig, IMAGE, private=True)
    [message] = [m for m in rig.messages(viewer=rig.member) if m.id == job.message_id]
    asked = await rig.member.click(message, label="Remove")
    await rig.member.click(asked.response, label="Remove the record too")
    assert message.id not in [m.id for m in rig.messages(viewer=rig.member)]
    assert dict((await newest(rig)).input) == {}


@pytest.mark.parametrize("action", ["again", "vary_strong", "edit"])
async def test_an_erased_result_cannot_be_made_again(rig: Rig, action: str):
    from cogs.ui.controls import view_of

    _, job = await picture(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, job.card_id)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        old = await channel.send("old", view=view_of([Control.button(action, job.id, label="Press")]))
    assert private_sentence(await rig.member.click(old, label="Press")) == ERASED


# ---------------------------------------------------------------------- another try


async def failed(rig: Rig, **options: Any) -> tuple[discord.Message, Job]:
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail", **options)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.FAILED
    return rig.messages()[0], job


async def test_a_failed_card_offers_another_try_and_an_edit(rig: Rig):
    message, job = await failed(rig)
    assert labels(message) == ["Try again", "Edit and run", "Remove"]
    await rig.restart(after_s=3600)
    [message] = rig.messages()
    await rig.member.click(message, label="Try again")
    again = await newest(rig)
    assert (again.parent_id, dict(again.input)) == (job.id, dict(job.input))
    rig.advance(4)
    shown = await rig.member.click(message, label="Edit and run")
    await rig.member.submit_modal(shown, fill(shown, {"Prompt": "a better fox #fast"}))
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


async def broken_chain(rig: Rig) -> tuple[discord.Message, list[Job]]:
    """Have a prompt rewritten, and the picture of it fail."""
    rig.sandbox.faults.add("submit", "status", status=400, skip=1)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    await rig.work()
    jobs = sorted(await rig.jobs(), key=lambda job: job.position)
    return rig.messages()[0], jobs


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_failed_step_is_tried_again_from_what_came_before(rig: Rig, restarted: bool):
    message, (first, second) = await broken_chain(rig)
    assert [first.state, second.state] == [JobState.DELIVERED, JobState.FAILED]
    assert "Try again from here" in labels(message)
    if restarted:
        await rig.restart(after_s=30 * 24 * 3600)
        [message] = rig.messages()
    await rig.moderator.click(message, label="Try again from here")
    jobs = await rig.jobs()
    assert len(jobs) == 3
    assert jobs[0].operation == "image.generate"
    assert jobs[0].input["prompt"] == first.output["enhancedPrompt"]
    assert jobs[0].parent_id == second.id
    assert jobs[0].author_id == rig.moderator.id
    await rig.work()
    await settled_exactly(rig)


async def test_steps_after_the_failed_one_come_along_and_are_filled_as_before(rig: Rig):
    from bot.jobs.card_spec import CardSpec, JobSpec, Origin, Place

    steps = [
        JobSpec(operation="image.generate", input={"prompt": "a fox #fast"}),
        JobSpec(
            operation="image.edit",
            input={"prompt": "at night #fail"},
            fill={"image_url": "{0.image_url}"},
        ),
        JobSpec(operation="video.generate", input={"prompt": "it moves #fast"}, fill={"image_url": "{1.image_url}"}),
    ]
    place = Place(guild_id=rig.guild.id, channel_id=rig.channel.id)
    taken = await rig.bot.parts.jobs.accept(CardSpec(origin=Origin(place=place, author_id=rig.member.id), steps=steps))
    channel: Any = rig.bot.get_channel(rig.channel.id)
    embed, _ = await rig.bot.parts.delivery.cards.first_answer(taken.card, taken.jobs)
    with rig.env.time_context():
        posted = await channel.send(embed=embed)
    await rig.bot.parts.jobs.mark_answered(taken.card, message_id=posted.id, channel_id=rig.channel.id)
    await rig.work()
    states = [job.state for job in await rig.bot.parts.store.jobs.of_card(rig.guild.id, taken.card.id)]
    assert states == [JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED]
    first = taken.jobs[0]
    message = next(m for m in rig.messages() if m.id == posted.id)
    await rig.member.click(message, label="Try again from here")
    edit, video = sorted((await rig.jobs())[:2], key=lambda job: job.position)
    made = await rig.bot.parts.store.jobs.get(rig.guild.id, first.id)
    assert made is not None
    assert edit.input["image_url"] == made.output["image_url"]
    assert dict(video.fill) == {"image_url": f"{{{edit.id}.image_url}}"}
    assert video.after_ids == (edit.id,)


@pytest.mark.parametrize("action", ["retry", "recover", "link"])
async def test_a_control_that_has_nothing_to_do_says_so(rig: Rig, action: str):
    from cogs.ui.controls import view_of

    await rig.member.slash(rig.channel, "prompt image", prompt="a fox")
    await rig.work()
    job = await newest(rig)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        old = await channel.send("old", view=view_of([Control.button(action, job.id, label="Press")]))
    result = await rig.member.click(old, label="Press")
    said = [m.content for m in (result.response, *result.followups) if m is not None]
    assert any(text.startswith("⚠️ ") for text in said)
    assert await count(rig) == 1


# ---------------------------------------------------------------------- links


async def large(rig: Rig) -> tuple[discord.Message, Job]:
    await rig.member.slash(rig.channel, "video generate", prompt="waves #big #fast")
    await rig.work()
    job = await newest(rig)
    return card_of(rig, job), job


async def test_what_is_too_large_is_a_link_with_a_control_for_a_fresh_one(rig: Rig):
    message, job = await large(rig)
    assert links_on(message) == [job.media[0].url]
    assert labels(message) == ["Re-run", "Vary", "Edit and run", "Next step…", "Fresh link", "Remove", "Open result"]
    result = await rig.moderator.click(message, label="Fresh link")
    assert result.ephemeral
    assert links(result.response) == [job.media[0].url]


async def test_a_dead_link_is_renewed_privately_and_on_the_card(rig: Rig):
    _, job = await large(rig)
    dead = job.media[0].url
    await change_link(rig, job, f"{rig.sandbox.url}/media/dead.mp4")
    with rig.env.time_context():
        await rig.bot.parts.delivery.cards.renew_links(
            *(await rig.bot.parts.store.cards.with_jobs(rig.guild.id, job.card_id)),
            {dead: f"{rig.sandbox.url}/media/dead.mp4"},
        )
    assert links_on(card_of(rig, job)) == [f"{rig.sandbox.url}/media/dead.mp4"]
    result = await rig.moderator.click(card_of(rig, job), label="Fresh link")
    assert links(result.response) == [dead]
    assert links_on(card_of(rig, job)) == [dead]


async def change_link(rig: Rig, job: Job, link: str) -> None:
    text = json.dumps([{"url": link, "kind": medium.kind, "key": medium.key} for medium in job.media])
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET media = ? WHERE id = ?", (text, job.id))
    )


@pytest.mark.parametrize(("days", "part"), [(1, "Try again later"), (8, "gone for good")])
async def test_a_link_that_cannot_be_renewed_says_why(rig: Rig, days: int, part: str):
    message, _ = await large(rig)
    rig.sandbox.studio.files._files.clear()
    rig.advance(days * 86400)
    result = await rig.moderator.click(message, label="Fresh link")
    assert part in result.response.content


# ---------------------------------------------------------------------- errors and memory


@pytest.mark.parametrize("label", ["Re-run", "Vary", "Edit and run", "Next step…", "Remove"])
@pytest.mark.parametrize("error", [ZeroDivisionError(), InputError("This is the sentence.")])
async def test_an_error_in_a_control_of_a_result_is_never_silent(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, label: str, error: Exception
):
    message, _ = await picture(rig)

    async def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(rig.bot.parts.store.job_lists, "visible", fail)
    expected = UNEXPECTED if isinstance(error, ZeroDivisionError) else "This is the sentence."
    assert private_sentence(await rig.member.click(message, label=label)) == expected
    assert await count(rig) == 1


def test_every_action_has_a_name_that_fits_a_custom_id():
    assert {"again", "again_all", "vary", "vary_subtle", "vary_strong", "edit", "pick", "retry", "link", "remove",
            "remove_result", "remove_record", "recover", "jobs_page"} <= controls._ACTIONS.keys()  # fmt: skip
    for name in controls._ACTIONS:
        controls.custom_id(name, "0123456789")


async def test_a_control_of_another_servers_result_has_the_constant_answer(rig: Rig):
    from cogs.ui.controls import view_of

    _, job = await picture(rig)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    channel: Any = rig.bot.get_channel(place.id)
    for action in ("again", "vary", "edit", "pick", "retry", "link", "remove", "remove_record", "recover"):
        with rig.env.time_context():
            forged = await channel.send("forged", view=view_of([Control.button(action, job.id, label="Press")]))
        assert private_sentence(await stranger.click(forged, label="Press")) == GONE, action
    assert rig.messages()


async def test_a_thousand_results_leave_no_views_in_memory_and_the_first_still_works(rig: Rig):
    message, job = await picture(rig)
    card, jobs = await rig.bot.parts.store.cards.with_jobs(rig.guild.id, job.card_id)
    other = replace(job, id="0000000001", position=1)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    drawing = rig.bot.parts.delivery.cards._drawing
    with rig.env.time_context():
        for number in range(1000):
            links = ["https://example.com/large.mp4"] if number % 3 == 0 else []
            shown = (*jobs, other) if number % 2 else jobs
            sent = await channel.send("result", view=drawing.view(card, shown, links))
            if number % 10 == 0:
                await sent.edit(view=drawing.view(card, jobs, []))
    gc.collect()
    kept = rig.bot._connection._view_store
    assert kept._views == {}
    assert kept._synced_message_views == {}
    assert kept._modals == {}
    assert len(kept._dynamic_items) == 1
    assert sum(isinstance(each, discord.ui.View) for each in gc.get_objects()) < 20
    await rig.member.click(message, label="Re-run")
    assert await count(rig) == 2


async def test_ten_thousand_presses_are_not_all_remembered(rig: Rig):
    cooldowns = rig.bot.cooldowns
    for number in range(10_000):
        assert cooldowns.start(("member", number))
    assert len(cooldowns) <= 4096
    rig.advance(10)
    assert cooldowns.start("another")
    assert len(cooldowns) == 1
