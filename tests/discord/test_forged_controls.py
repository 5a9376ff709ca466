"""What an attacker can write by hand: controls, ids, forms sent late. Nothing of it has ever moved anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from cogs.ui.controls import _ACTIONS
from cogs.ui.texts import GONE
from tests.support.channels import made_in, press, rule, sent_since, shown
from tests.support.jobs import as_if_none, on_job
from tests.support.prices import priced
from tests.support.reacting import in_channel, other
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.settings_pages import block_member, set_review
from tests.support.surface import fill, private_sentence, sends

HERS, HIS = "adas private words", "bobs words elsewhere"


@dataclass
class Targets:
    """What an attacker would like to reach: another server's job, a private one, and one that waits for approval."""

    elsewhere: Any
    foreign: Job
    private: Job
    waiting: Job

    async def state(self, rig: Rig) -> tuple[Any, ...]:
        """Return all that must not change."""
        store = rig.bot.parts.store
        return (
            await rig.jobs(),
            await store.job_lists.recent(self.elsewhere.id),
            await store.settings.get(rig.guild.id),
            await store.limits.all(rig.guild.id),
            await store.recipes.all(rig.guild.id),
            await store.events.open(rig.guild.id),
            await store.schedules.all(rig.guild.id),
            await store.decisions.all(rig.guild.id),
            rig.sandbox.posts,
        )


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


@pytest.fixture
async def targets(rig: Rig) -> Targets:
    elsewhere = rig.env.create_guild("Elsewhere")
    place = elsewhere.create_text_channel("general")
    bob = elsewhere.add_member(rig.env.create_user("bob"))
    foreign_id = (await _ask(rig, bob, place, HIS, elsewhere.id)).id
    private = await made_in(rig, rig.channel, rig.member, HERS, private=True)
    await rule(rig, approve_above=Decimal(1))
    await rig.member.slash(rig.channel, "image generate", prompt="waits for approval")
    [foreign] = [each for each in await rig.bot.parts.store.job_lists.recent(elsewhere.id) if each.id == foreign_id]
    [waiting] = [each for each in await rig.jobs() if each.state is JobState.AWAITING_APPROVAL]
    return Targets(elsewhere, foreign, private, waiting)


async def _ask(rig: Rig, member: Any, channel: Any, words: str, guild_id: int) -> Job:
    await member.slash(channel, "image generate", prompt=f"{words} #fast")
    await rig.work()
    return (await rig.bot.parts.store.job_lists.recent(guild_id))[0]


@pytest.mark.long
async def test_no_control_that_a_plain_member_forges_moves_or_shows_anything(rig: Rig, eve: Any, targets: Targets):
    before, number = await targets.state(rig), len(list(sends(rig)))
    assert len(_ACTIONS) > 30
    subjects = {targets.foreign.id, targets.private.id, targets.waiting.card_id}
    subjects |= {targets.foreign.card_id, targets.private.card_id, "moderator_role", "panel", "recipe"}
    subjects.add(str(rig.member.id))  # the waiting job itself is in her channel: she may run it again, and pay
    for action in sorted(set(_ACTIONS) - {"dismiss", "jobs_page", "next_of"}):
        for subject in sorted(subjects):
            text = shown(await press(rig, eve, action, subject))
            assert HERS not in text, (action, subject)
            assert HIS not in text, (action, subject)
            assert "went wrong" not in text, (action, subject)
    assert await targets.state(rig) == before
    assert HERS not in sent_since(rig, number)
    assert HIS not in sent_since(rig, number)


@pytest.mark.parametrize("which", ["foreign", "private"])
async def test_no_command_knows_an_id_of_another_server_or_of_somebodys_private_job(
    rig: Rig, eve: Any, targets: Targets, which: str
):
    job: Job = getattr(targets, which)
    before = await targets.state(rig)
    assert private_sentence(await eve.slash(rig.channel, "jobs", job=job.id)) == as_if_none("show", job.id)
    for act in ("link", "cancel", "recover", "retry"):
        assert private_sentence(await on_job(rig, eve, act, job.id)) == str(GONE), act
    for command, option, options in (
        ("image edit", "from", {"prompt": "x"}),
        ("sora for:edit", "sora_video_id", {"prompt": "x"}),
        ("finish upscale", "from", {}),
    ):
        private_sentence(await eve.slash(rig.channel, command, **options, **{option: job.id}))
    for command, option in (("image edit", "from"), ("jobs", "job")):
        choices = await eve.autocomplete(rig.channel, command, option, "")
        assert job.id not in [choice["value"] for choice in choices]
    assert await targets.state(rig) == before


async def test_a_moderator_does_not_read_private_results_either(rig: Rig, targets: Targets):
    assert private_sentence(await on_job(rig, rig.moderator, "link", targets.private.id)) == str(GONE)
    opened = await on_job(rig, rig.moderator, "show", targets.private.id)
    assert HERS not in shown(opened)
    assert targets.private.media == () or targets.private.media[0].url not in shown(opened)
    mine = await rig.moderator.slash(rig.channel, "jobs")
    everyones = await rig.moderator.click(mine.response, label="Everyone's jobs")
    assert targets.private.id in shown(everyones)
    assert HERS not in shown(everyones)


@pytest.mark.parametrize("label", ["Approve"])
async def test_nobody_approves_their_own_request(rig: Rig, label: str):
    desk = rig.guild.create_text_channel("approvals")
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id)
    await rig.moderator.slash(rig.channel, "image generate", prompt="mine")
    for _ in range(3):
        await rig.step()
    [question] = in_channel(rig, desk)
    private_sentence(await rig.moderator.click(question, label=label))
    assert [job.state for job in await rig.jobs()] == [JobState.AWAITING_APPROVAL]
    assert await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.moderator.id) == []


async def lose_role(rig: Rig) -> None:
    rig.env.backend.edit_member(rig.guild.id, rig.moderator.id, {"role_ids": []})


@pytest.mark.parametrize("form", ["refuse a request", "refuse a result", "recipe", "request"])
async def test_a_form_sent_after_the_role_was_taken_away_does_nothing(rig: Rig, form: str):
    desk = rig.guild.create_text_channel("desk")
    opened = await _opened(rig, form, desk)
    before = [job.state for job in await rig.jobs()]
    await lose_role(rig)
    fields = rig.form_fields(opened)
    values = dict.fromkeys(fields, "no")
    if form == "recipe":
        values = fill(
            opened, {"Name": "mine", "About": "", "Inputs": "p: what", "Steps": "image.generate\nprompt: {p}"}
        )
    elif form == "request":
        values = {fields[0]: '{"prompt": "x"}'}
    assert "moderator" in private_sentence(await rig.moderator.submit_modal(opened, values)).lower()
    assert [job.state for job in await rig.jobs()] == before
    assert await rig.bot.parts.store.recipes.all(rig.guild.id) == []


async def _opened(rig: Rig, form: str, desk: Any) -> Any:
    """Let the moderator open a form."""
    if form == "recipe":
        return await new_recipe(rig)
    if form == "request":
        return await rig.moderator.slash(rig.channel, "studio request", operation="image.generate")
    if form == "refuse a request":
        await rule(rig, approve_above=Decimal(1), approval_channel=desk.id)
        await rig.member.slash(rig.channel, "image generate", prompt="x")
    else:
        await set_review(rig, channel=desk)
        await rig.member.slash(rig.channel, "image generate", prompt="x #fast")
    for _ in range(5):
        await rig.step()
        rig.advance(1)
    return await rig.moderator.click(in_channel(rig, desk)[-1], label="Reject…")


async def test_no_message_can_ping_anybody_whatever_was_typed(rig: Rig):
    """But for the ping that a server switches on for who asked; every other send forbids all of them."""
    words = f"@everyone @here <@{rig.moderator.id}> <@&{rig.moderators.id}>"
    log = rig.guild.create_text_channel("log")
    await priced(rig)
    await rule(rig, log_channel=log.id, approve_above=Decimal(1000))
    await rig.member.slash(rig.channel, "image generate", prompt=f"{words} #fast", model=words)
    await rig.member.slash(rig.channel, "prompt for:image", prompt=words)
    await rig.member.slash(rig.channel, "image edit", prompt=words, from_=words)
    await block_member(rig, rig.member, Reason=words)
    await rig.member.slash(rig.channel, "image generate", prompt=words)
    await rig.work()
    bodies = [(call, body) for call, body in sends(rig) if body.get("content") or body.get("embeds")]
    assert len(bodies) > 5
    for call, body in bodies:
        allowed = body.get("allowed_mentions")
        assert allowed is not None or not body.get("content"), call
        assert (allowed or {}).get("parse", []) == [], call
        assert not (allowed or {}).get("users"), call
        assert not (allowed or {}).get("roles"), call
