"""Recipes on the simulated Discord: written by moderators, run by members, as one card from any crash on."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import Job, JobState, MediaKind
from bot.domain.money.costs import PriceUnit
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.generation.recipes.recipes import BUILT_IN
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from tests.support.channels import press
from tests.support.prices import all_priced, priced
from tests.support.recipes import new_recipe, opened_recipe
from tests.support.rig import Rig
from tests.support.surface import (
    agreed,
    fill,
    inputs,
    nothing_happened,
    private_sentence,
    settled_exactly,
    state_text,
    whole,
)
from tests.support.workflows import posted_link

FILM = """\
image.generate
prompt: {prompt} #fast

video.generate
prompt: {prompt} #fast
image_url: {1.image_url}"""
DELIVERED, CANCELLED, FAILED = JobState.DELIVERED, JobState.CANCELLED, JobState.FAILED


async def rule(rig: Rig, **changes) -> Rules:
    return await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


def below(form: Any) -> str:
    """Return the text below the fields of a recipe's form."""
    said: str = form.modal["components"][-1]["content"]
    return said


async def in_order(rig: Rig) -> list[Job]:
    return sorted(await rig.jobs(), key=lambda job: (job.created_at, job.position))


async def states(rig: Rig) -> list[JobState]:
    return [job.state for job in await in_order(rig)]


async def run(rig: Rig, recipe: str, *, member: Any = None, private: bool = False, **given: str) -> Any:
    """Run a recipe with its parameters, given by the labels of its form."""
    who = member or rig.member
    shown = await who.slash(rig.channel, "recipe", recipe=recipe, private=private)
    values = {label.replace("_", " "): value for label, value in given.items()}
    return await who.submit_modal(shown, fill(shown, values))


async def write(
    rig: Rig, steps: str = FILM, *, name: str = "film", parameters: str = "prompt: what", about: str = ""
) -> Any:
    shown = await new_recipe(rig)
    texts = {"Name": name, "About": about, "Inputs": parameters, "Steps": steps}
    return await rig.moderator.submit_modal(shown, fill(shown, texts))


async def names(rig: Rig) -> list[str]:
    return [each.name for each in await rig.bot.parts.store.recipes.all(rig.guild.id)]


async def built_in(rig: Rig, name: str) -> None:
    """Ask for one of those that come with the bot."""
    given = {"Prompt": "a lighthouse #fast"}
    if name == "talking portrait":
        given = {"Portrait": "an old sailor #fast", "Text": "Ahoy! #fast"}
    elif name == "polish":
        given = {"Video": await posted_link(rig, MediaKind.VIDEO)}
    await run(rig, name, **given)


def cards(rig: Rig) -> list[discord.Message]:
    return [message for message in rig.messages() if message.embeds]


async def crashed(rig: Rig) -> bool:
    """Start the bot anew, if it has died at the armed point."""
    if failpoints.disarm():
        return False
    await rig.restart()
    return True


async def paid_once(rig: Rig) -> None:
    """Fail if anything was sent twice, or is held, or is booked other than at Cannon Studio."""
    keys = Counter(request.idempotency_key for request in rig.sandbox.requests)
    assert set(keys.values()) <= {1}
    assert set(keys) <= {job.idempotency_key for job in await rig.jobs()}
    await settled_exactly(rig)


# ---------------------------------------------------------------------- running


@pytest.mark.long
@pytest.mark.parametrize("name", [each.name for each in BUILT_IN])
async def test_each_that_comes_with_the_bot_runs_to_its_end_on_one_card(rig: Rig, name: str):
    await built_in(rig, name)
    await rig.work()
    jobs = await in_order(rig)
    [recipe] = [each for each in BUILT_IN if each.name == name]
    assert [job.operation for job in jobs] == [step.operation for step in recipe.steps]
    assert {job.state for job in jobs} == {DELIVERED}
    [card] = cards(rig)
    assert card.embeds[0].title == f"{name} · {len(jobs)} steps"
    lines = [line for line in state_text(card).splitlines() if line[:1].isdigit() and line[1:2] == "."]
    assert [line.split(".")[0] for line in lines] == [str(number) for number in range(1, len(jobs) + 1)]
    assert all(" s · " in line and "credit" in line for line in lines)
    media = [medium for job in jobs for medium in job.media]
    assert len(card.attachments) == len(media)
    assert jobs[-1].id[:4].lower() in card.attachments[0].filename
    await paid_once(rig)


@pytest.mark.long
@pytest.mark.parametrize("point", ["accept.stored", "submit.sent", "send.done"])
async def test_a_crash_at_any_boundary_of_any_step_resumes_there_and_pays_no_step_twice(rig: Rig, point: str):
    steps = next(len(each.steps) for each in BUILT_IN if each.name == "trailer")
    crashes = 0
    if point.startswith(("accept", "answer")):
        failpoints.arm([point])
        with contextlib.suppress(Crash):
            await built_in(rig, "trailer")
        crashes += await crashed(rig)
        steps = 1
    else:
        await built_in(rig, "trailer")
        for number in range(steps):
            while (await states(rig)).count(DELIVERED) < number:
                await rig.step()
                rig.advance(0.5)
            failpoints.arm([point])
            with contextlib.suppress(Crash):
                await rig.work()
            crashes += await crashed(rig)
    await rig.work()
    assert crashes == steps
    expected = {CANCELLED} if point == "accept.stored" else {DELIVERED}
    assert set(await states(rig)) == expected
    await paid_once(rig)
    files = [attachment.filename for card in cards(rig) for attachment in card.attachments]
    assert len(files) == len(set(files)) == sum(len(job.media) for job in await rig.jobs())


async def test_a_failed_step_keeps_what_came_before_and_can_be_tried_again_from_there(rig: Rig):
    await write(rig, FILM.replace("prompt: {prompt} #fast\nimage_url", "prompt: {prompt} #fail\nimage_url"))
    await run(rig, "film", Prompt="a fox")
    await rig.work()
    assert await states(rig) == [DELIVERED, FAILED]
    [card] = cards(rig)
    assert len(card.attachments) == 1
    again = await agreed(rig.member, await rig.member.click(card, label=whole(card, "Try again from here")))
    assert again.response.embeds[0].title == "film · 1 step"
    await rig.work()
    jobs = await in_order(rig)
    assert [job.operation for job in jobs] == ["image.generate", "video.generate", "video.generate"]
    assert jobs[2].input["image_url"] == jobs[0].output["image_url"]
    assert len(rig.sandbox.requests) == 3


async def test_steps_after_a_failed_one_are_given_back_and_not_begun(rig: Rig):
    await write(rig, FILM.replace("{prompt} #fast\n\nvideo", "{prompt} #fail\n\nvideo"))
    await run(rig, "film", Prompt="a fox")
    await rig.work()
    assert await states(rig) == [FAILED, CANCELLED]
    assert len(rig.sandbox.requests) == 1
    await paid_once(rig)


async def test_cancel_gives_back_what_waits_and_is_honest_about_what_runs(rig: Rig):
    await write(rig)
    made = await run(rig, "film", Prompt="a fox")
    await rig.step()
    stranger = rig.guild.add_member(rig.env.create_user("eve"))
    refused = await stranger.click(made.response, label="Cancel")
    assert private_sentence(refused) == "Only the member who requested this or a moderator can do this."
    done = await rig.member.click(made.response, label="Cancel")
    assert "Canceled and refunded: nothing was charged for #2." in done.response.content
    assert "Too late to stop #1: Cannon Studio has already started, so it will be charged." in done.response.content
    await rig.work()
    assert await states(rig) == [DELIVERED, CANCELLED]
    [card] = cards(rig)
    assert [line.split(": ", 1)[1][:1] for line in state_text(card).splitlines()[:-1]] == ["✅", "🚫"]
    assert "Cancel" not in labels(card)
    await paid_once(rig)


def fields(message: Any) -> dict[str, str]:
    return {field.name: field.value for field in message.embeds[0].fields}


def fresh(rig: Rig, message: Any) -> Any:
    """Return the message as it is now."""
    return next(each for each in rig.channel.history(viewer=rig.moderator) if each.id == message.id)


def labels(message: discord.Message) -> list[str | None]:
    return [item.label for row in message.components for item in getattr(row, "children", ()) if hasattr(item, "label")]


async def test_a_run_may_be_private(rig: Rig):
    await write(rig)
    made = await run(rig, "film", private=True, Prompt="a fox")
    assert made.ephemeral
    await rig.work()
    assert cards(rig) == []
    assert await states(rig) == [DELIVERED, DELIVERED]


async def test_a_medium_of_the_wrong_kind_is_refused_before_anything_is_spent(rig: Rig):
    refused = await run(rig, "polish", Video=await posted_link(rig, MediaKind.IMAGE))
    assert "video" in private_sentence(refused)
    await nothing_happened(rig)


async def test_a_recipe_without_inputs_shows_its_steps_and_price_and_runs_by_a_button_that_survives_a_restart(rig: Rig):
    await write(rig, "image.generate\nprompt: a fox #fast", parameters="")
    await priced(rig)
    shown = await rig.member.slash(rig.channel, "recipe", recipe="film")
    assert shown.ephemeral
    assert shown.response.embeds[0].description == "image · about 20 credits"
    await nothing_happened(rig)
    await rig.restart()
    await rig.member.click(shown.response, label="Run · 20")
    await rig.work()
    assert await states(rig) == [DELIVERED]


async def test_with_as_many_inputs_as_a_form_takes_the_steps_are_read_before_the_form(rig: Rig):
    inputs_ = "".join(f"{name}: what\n" for name in "abcde")
    await write(rig, "image.generate\nprompt: {a} {b} {c} {d} {e} #fast", parameters=inputs_)
    shown = await rig.member.slash(rig.channel, "recipe", recipe="film", private=True)
    assert shown.response.embeds[0].description == "image · price not known yet"
    form = await rig.member.click(shown.response, label="Run")
    assert form.modal["title"] == "film"
    made = await rig.member.submit_modal(form, fill(form, dict.fromkeys("ABCDE", "x")))
    assert made.ephemeral
    await rig.work()
    assert await states(rig) == [DELIVERED]


async def test_a_forged_run_button_does_nothing(rig: Rig):
    await write(rig)
    for subject in ["o", "x.film", "panel"]:
        assert private_sentence(await press(rig, rig.member, "recipe_run", subject))
        await nothing_happened(rig)


# ---------------------------------------------------------------------- the price of the whole


async def test_the_whole_is_priced_confirmed_and_then_made(rig: Rig):
    await write(rig)
    await priced(rig)
    await priced(rig, 20, "video.generate")
    await rule(rig, confirm_above=Decimal(25))
    asked = await run(rig, "film", Prompt="a fox")
    assert "will cost about **40 credits**" in asked.response.content
    await nothing_happened(rig)
    await rig.restart()
    made = await rig.member.click(asked.response, label="Yes, make it")
    assert made.response.embeds[0].title == "film · 2 steps"
    await rig.work()
    assert await states(rig) == [DELIVERED, DELIVERED]


async def test_the_form_and_the_recipe_itself_name_what_the_whole_costs(rig: Rig):
    steps = "image.generate\nprompt: {prompt}\n\nvideo.generate\nprompt: x\nduration: {seconds}"
    await write(rig, steps, parameters="prompt: what\nseconds = 5: how long")

    async def told() -> str:
        form = await rig.member.slash(rig.channel, "recipe", recipe="film")
        assert form.modal["title"] == "film"
        return below(form).removeprefix("image → video · ")

    assert await told() == "price not known yet"
    await priced(rig)
    assert await told() == "about 20 credits, and 1 step whose price is not known yet"
    prices = rig.bot.parts.store.prices
    await prices.set(rig.guild.id, "video.generate", "", Decimal(3), per=PriceUnit.SECOND)
    assert await told() == "about 35 credits"


async def test_a_run_above_the_price_on_its_button_is_asked_about(rig: Rig):
    await write(rig, "image.generate\nprompt: a fox #fast", parameters="")
    await priced(rig)
    shown = await rig.member.slash(rig.channel, "recipe", recipe="film")
    await priced(rig, 23)  # more than a tenth above
    asked = await rig.member.click(shown.response, label="Run · 20")
    assert "will cost about **23 credits**" in asked.response.content
    await nothing_happened(rig)
    await rig.member.click(asked.response, label="Yes, make it")
    await rig.work()
    assert await states(rig) == [DELIVERED]


@pytest.mark.parametrize("by", ["the server"])
async def test_a_run_above_the_price_in_its_form_is_asked_about(rig: Rig, by: str):
    steps = "video.generate\nprompt: {prompt} #fast\nduration: {seconds}"
    await write(rig, steps, parameters="prompt: what\nseconds = 5: how long")
    prices = rig.bot.parts.store.prices
    await prices.set(rig.guild.id, "video.generate", "", Decimal(3), per=PriceUnit.SECOND)
    form = await rig.member.slash(rig.channel, "recipe", recipe="film")
    assert below(form) == "video · about 15 credits"
    if by == "the server":
        await prices.set(rig.guild.id, "video.generate", "", Decimal(6), per=PriceUnit.SECOND)
    seconds = "5" if by == "the server" else "10"
    asked = await rig.member.submit_modal(form, fill(form, {"Prompt": "a fox", "Seconds": seconds}))
    assert "will cost about **30 credits**" in asked.response.content
    await nothing_happened(rig)


async def test_the_whole_waits_for_one_approval(rig: Rig):
    desk = rig.guild.create_text_channel("approvals")
    await write(rig)
    await rule(rig, approve_above=Decimal(25), approval_channel=desk.id)
    await run(rig, "film", Prompt="a fox")
    await rig.step()
    assert await states(rig) == [JobState.AWAITING_APPROVAL] * 2
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 40
    [question] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
    assert any("40 credits" in field.value for field in question.embeds[0].fields)
    await rig.moderator.click(question, label="Approve")
    await rig.work()
    assert await states(rig) == [DELIVERED, DELIVERED]


async def test_a_limit_below_the_whole_refuses_all_of_it(rig: Rig):
    await all_priced(rig, rig.guild.id, 20)
    await write(rig)
    everyone = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(30))
    await rig.bot.parts.store.limits.set(rig.guild.id, everyone, by_id=1)
    refused = await run(rig, "film", Prompt="a fox")
    assert "need about 40" in private_sentence(refused)
    await nothing_happened(rig)


# ---------------------------------------------------------------------- writing


async def test_a_recipe_is_written_shown_changed_renamed_and_deleted(rig: Rig):
    saved = await write(rig, about="A small film")
    assert saved.ephemeral
    assert "The recipe “film” was saved." in saved.response.content
    shown = await opened_recipe(rig, "film")
    assert "A small film" in shown.embeds[0].description
    assert fields(shown)["Inputs"] == "**Prompt**: what"
    assert fields(shown)["Made by"] == f"<@{rig.moderator.id}>"

    form = await rig.moderator.click(shown, label="Edit…")
    there = inputs(form)
    assert {label: item.get("value") for label, item in there.items()} == {
        "Name": "film",
        "About": "A small film",
        "Inputs": "prompt: what",
        "Steps": FILM,
    }
    texts = {"Name": "Night  Film", "About": "", "Inputs": "prompt: what", "Steps": FILM}
    await rig.moderator.submit_modal(form, fill(form, texts))
    assert await names(rig) == ["night film"]

    page = await opened_recipe(rig, "night film")
    await rig.moderator.click(page, label="Delete…")
    assert "Delete the recipe “night film”?" in fresh(rig, page).content
    assert await names(rig) == ["night film"]
    await rig.restart()
    await rig.moderator.click(fresh(rig, page), label="Delete")
    assert await names(rig) == []
    await rig.moderator.click(fresh(rig, page), label="All recipes")
    assert fields(fresh(rig, page))["Server recipes"] == "None yet."
    kinds = [(each.kind, each.by_id) for each in await rig.bot.parts.store.decisions.all(rig.guild.id)]
    assert kinds == [("recipe", rig.moderator.id)] * 3


async def test_moderators_read_steps_by_their_labels_and_no_names_of_the_wire(rig: Rig):
    panel = (await rig.moderator.slash(rig.channel, "studio recipes", recipe="trailer")).response
    said = panel.embeds[0].description
    assert "**2. Generate Image**" in said
    assert "Prompt: “result of step 1”" in said
    assert "Prompt: “your input: Prompt”" in said
    assert "Aspect ratio: 16:9" in said
    assert said.splitlines()[-1].startswith("**Price:** ")
    assert not re.search(r"[{}`]|[a-z]_[a-z]|enhancedPrompt", said.replace("video_context", ""))


async def test_what_is_wrong_is_told_and_the_text_can_be_edited_again_after_a_restart(rig: Rig):
    wrong = FILM.replace("{1.image_url}", "{1.video_url}")
    refused = await write(rig, wrong, about="mine")
    assert refused.ephemeral
    assert "Step 2 uses `video_url`, but Generate Image returns" in refused.response.content
    assert await names(rig) == []
    await rig.restart()
    for _ in range(2):  # as often as it takes
        form = await rig.moderator.click(refused.response, label="Edit again")
        there = inputs(form)
        assert there["Steps"]["value"] == wrong
        assert there["About"]["value"] == "mine"
    texts = {"Name": "film", "About": "mine", "Inputs": "prompt: what", "Steps": FILM}
    await rig.moderator.submit_modal(form, fill(form, texts))
    assert await names(rig) == ["film"]


PANEL = ["recipes_list", "recipes_pick", "recipes_new"]
PAGE = ["recipe_edit", "recipe_ask", "recipe_delete"]


@pytest.mark.parametrize("who", ["member"])
async def test_members_and_strangers_run_but_do_not_write(rig: Rig, who: str):
    await write(rig)
    them = rig.member if who == "member" else rig.guild.add_member(rig.env.create_user("eve"))
    for action in [*PANEL, *PAGE]:
        refused = await press(rig, them, action, "film" if action in PAGE else "panel")
        assert "Only moderators can do this" in private_sentence(refused), action
    assert await names(rig) == ["film"]
    shown = await them.slash(rig.channel, "recipe", recipe="film")
    assert shown.modal is not None


async def test_what_comes_with_the_bot_stays_and_can_be_copied(rig: Rig):
    refused = await press(rig, rig.moderator, "recipe_delete", "polish")
    assert "no longer here" in private_sentence(refused)
    page = await opened_recipe(rig, "polish")
    form = await rig.moderator.click(page, label="Make a copy…")
    texts = {label: item.get("value", "") for label, item in inputs(form).items()}
    same = await rig.moderator.submit_modal(form, fill(form, texts))
    assert "There is already a recipe named" in same.response.content
    form = await rig.moderator.click(page, label="Make a copy…")
    await rig.moderator.submit_modal(form, fill(form, texts | {"Name": "shine"}))
    assert await names(rig) == ["shine"]


async def test_a_recipe_that_is_not_there_is_answered_with_the_nearest(rig: Rig):
    refused = await rig.member.slash(rig.channel, "recipe", recipe="trailr")
    assert private_sentence(refused) == "There is no recipe “trailr” here. Try “trailer”."
    refused = await rig.member.slash(rig.channel, "recipe", recipe="qqq")
    assert "There is no recipe “qqq” here. Try “" in private_sentence(refused)
