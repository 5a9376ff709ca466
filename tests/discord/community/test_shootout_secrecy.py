"""Until a vote has ended, nothing says which model made what, for how much, or how fast; never who voted for what."""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.files.downloads import Downloads
from bot.domain.models import RUNNING_STATES, JobState
from bot.generation import texts as refusals
from cogs.results.buttons import ICONS
from cogs.ui.controls import _ACTIONS
from sandbox.media import render
from sandbox.studio import studio
from tests.support.channels import press, sent_since, shown
from tests.support.me import export_own
from tests.support.reacting import made, other
from tests.support.rig import Rig
from tests.support.shootouts import MODELS, card_of, held, jobs_by_letter, over, turn, vote
from tests.support.surface import parts, sends

SECRETS = ("seedream", "gptimage", "gpt image", "12 credits", "13 credits", "was_seed")
FREE = {"details", "vote", "vote_end", "remove", "remove_result", "remove_record"}
"""What can be pressed during a vote; the last two remove, which another test does."""


def silent(text: str, *, secrets: tuple[str, ...] = SECRETS) -> None:
    for secret in secrets:
        assert secret not in text.casefold(), (secret, text)


async def details(rig: Rig, who: Any) -> str:
    return "".join([shown(await press(rig, who, "details", job.id)) for job in (await jobs_by_letter(rig)).values()])


async def one_job(rig: Rig, who: Any) -> str:
    found = (await jobs_by_letter(rig)).values()
    return "".join([shown(await who.slash(rig.channel, "jobs", job=job.id)) for job in found])


async def jobs(rig: Rig, who: Any) -> str:
    mine = await who.slash(rig.channel, "jobs")
    text = shown(mine)
    if who is rig.moderator:
        text += shown(await who.click(mine.response, label="Everyone's jobs"))
    return text


async def own_panel(rig: Rig, who: Any) -> str:
    panel = await who.slash(rig.channel, "me")
    return shown(panel) + shown(await who.click(panel.response, label="Spending"))


async def own_export(rig: Rig, who: Any) -> str:
    answer = await export_own(rig, who)
    return "".join(rig.file(each).decode() for each in answer.response.attachments)


async def usage_report(rig: Rig, who: Any) -> str:
    answer = await who.slash(rig.channel, "usage")
    return shown(answer) + "".join(rig.file(each).decode("utf-8", "replace") for each in answer.response.attachments)


async def quota(rig: Rig, who: Any) -> str:
    return shown(await who.slash(rig.channel, "quota show", member=rig.member)) if who is rig.moderator else ""


async def next_step(rig: Rig, who: Any) -> str:
    return "".join([shown(await press(rig, who, "next", job.id)) for job in (await jobs_by_letter(rig)).values()])


async def source(rig: Rig, who: Any) -> str:
    job = (await jobs_by_letter(rig))["A"]
    choices = await who.autocomplete(rig.channel, "image edit", "from", "")
    edited = await who.slash(rig.channel, "image edit", prompt="at night", from_=job.id)
    return str(choices) + shown(edited)


async def reply(rig: Rig, who: Any) -> str:
    before = len(list(sends(rig)))
    await who.send(rig.channel, f"<@{rig.bot.user.id}> again", reply_to=await card_of(rig))
    return sent_since(rig, before)


WAYS = [details, one_job, jobs, own_panel, own_export, usage_report, quota, next_step, source, reply]


@pytest.fixture
async def begun(rig: Rig) -> int:
    """How many messages were sent before a shoot-out with results on which members vote."""
    before = len(list(sends(rig)))
    await held(rig)
    return before


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("who", ["author", "member", "moderator"])
@pytest.mark.parametrize("way", WAYS, ids=lambda each: each.__name__)
async def test_no_way_shows_what_a_model_made(rig: Rig, way: Callable[[Rig, Any], Awaitable[str]], who: str):
    actor = {"author": rig.member, "moderator": rig.moderator}.get(who) or other(rig, "eve")
    silent(await way(rig, actor))
    assert len(rig.sandbox.requests) == 2


async def test_no_message_says_it_from_the_answer_to_the_vote(rig: Rig, begun: int):
    await vote(rig, rig.member, "A")
    await turn(rig)
    silent(sent_since(rig, begun), secrets=(*SECRETS, "24 credits"))
    card = await card_of(rig)
    assert all(each.description for each in card.attachments)
    silent(str([*(each.to_dict() for each in card.embeds), *(each.to_dict() for each in card.attachments)]))


@pytest.mark.usefixtures("begun")
@pytest.mark.long
async def test_no_forged_control_shows_or_starts_anything(rig: Rig):
    known = await jobs_by_letter(rig)
    for action in sorted(set(_ACTIONS) - FREE - {"setup_test", "dismiss", "jobs_page"}):
        for actor in (rig.member, rig.moderator):
            text = shown(await press(rig, actor, action, known["A"].id))
            silent(text)
            assert "went wrong" not in text, action
    assert len(rig.sandbox.requests) == 2


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("action", ["again", "again_all", "vary", "vary_strong", "edit", "next", "link", "alone"])
async def test_what_uses_a_result_says_that_the_vote_is_open(rig: Rig, action: str):
    job = (await jobs_by_letter(rig))["A"]
    assert str(refusals.IN_SHOOTOUT) in shown(await press(rig, rig.member, action, job.id)).replace("\\", "")


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("emoji", [ICONS["again"], ICONS["vary"], "⭐"])
async def test_a_reaction_uses_nothing_of_it(rig: Rig, emoji: str):
    before = len(list(sends(rig)))
    await other(rig, "eve").react(await card_of(rig), emoji)
    await rig.work()
    assert len(rig.sandbox.requests) == 2
    silent(sent_since(rig, before))


@pytest.mark.parametrize("slower_s", [60, 1200])
async def test_the_first_to_be_ready_is_not_posted_before_the_others(rig: Rig, slower_s: int):
    """Which model is fast would say which letter it has."""
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models="seedream5, gptimage2")
    seen: set[int] = set()
    await rig.step()
    rig.sandbox.requests[0].ends_at += slower_s
    for _ in range(400):
        await rig.step()
        seen.add(len((await card_of(rig)).attachments))
        if not await rig.bot.parts.store.job_lists.open_total():
            break
        rig.advance(slower_s / 120)
    assert seen == {0, 2}
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}


async def test_links_of_files_that_are_too_large_are_withheld_until_the_end(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    async def none_fits(*_: Any) -> tuple[int, int]:
        return 10, 10

    monkeypatch.setattr(Downloads, "_limits", none_fits)
    card = await held(rig)
    assert not card.attachments
    hosts = {url.split("/")[2] for job in await rig.jobs() for url in [job.media[0].url]}
    assert not [host for host in hosts if host in str([row.to_dict() for row in card.components])]
    done = await over(rig)
    [link] = [item["custom_id"] for item in parts(done) if item.get("custom_id", "").startswith("c1:link:")]
    said = shown(await rig.member.click(done, custom_id=link))
    assert all(host in said for host in hosts)


def alike(text: str, known: dict[str, Any]) -> str:
    """Return what is said of a letter, as it would be said of each other one."""
    return re.sub("|".join(job.id for job in known.values()), "ID", re.sub(r"'id': \d+", "", text))


def line_of(text: str, known: dict[str, Any], name: str) -> str:
    """Return what a list says of a letter."""
    return next(each for each in text.split("'content': ") if known[name].id in each).partition("}")[0]


@pytest.mark.parametrize("who", ["author", "member", "moderator"])
async def test_the_letters_are_alike_in_everything_at_every_state(rig: Rig, who: str):
    """Which is fast, and which has failed, would say which model it is."""
    actor = {"author": rig.member, "moderator": rig.moderator}.get(who) or other(rig, "eve")
    await rig.member.slash(rig.channel, "shootout", prompt="a fox", models=MODELS)
    seen: set[tuple[JobState, ...]] = set()
    for number in range(400):
        await rig.step()
        if number == 2:
            rig.sandbox.requests[0].ends_at += 60
        known = await jobs_by_letter(rig)
        states = tuple(known[name].state for name in "AB")
        if states not in seen:
            seen.add(states)
            await compare(rig, actor, known)
        if not await rig.bot.parts.store.job_lists.open_total():
            break
        rig.advance(0.5)
    assert any(JobState.READY in each and set(each) & RUNNING_STATES - {JobState.READY} for each in seen), seen
    assert (JobState.DELIVERED,) * 2 in seen


async def compare(rig: Rig, actor: Any, known: dict[str, Any]) -> None:
    for action in ("details", "cancel_run.alone", "drop_run.alone"):
        said = [alike(shown(await press(rig, actor, action, known[name].id)), known) for name in "AB"]
        assert said[0] == said[1], action
    one = [alike(shown(await actor.slash(rig.channel, "jobs", job=known[name].id)), known) for name in "AB"]
    assert one[0] == one[1]
    whose = {} if actor is rig.member else {"member": rig.member}
    text = shown(await actor.slash(rig.channel, "jobs", **whose))
    if known["A"].id in text:
        assert alike(line_of(text, known, "A"), known) == alike(line_of(text, known, "B"), known)
    for state in ("open", "delivered", "failed"):
        listed = shown(await actor.slash(rig.channel, "jobs", state=state, **whose))
        assert not any(job.id in listed for job in known.values()), state
    usage = shown(await actor.slash(rig.channel, "me"))
    assert not any(job.id in usage for job in known.values())
    names = [each.filename.rpartition("-")[2][4:] for each in (await card_of(rig)).attachments]
    assert len(set(names)) <= 1


async def test_the_files_of_a_vote_lose_what_names_their_maker_and_others_keep_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    def named(data: bytes, model: str) -> bytes:
        words = b"Software\0" + model.encode()
        chunk = len(words).to_bytes(4, "big") + b"tEXt" + words + zlib.crc32(b"tEXt" + words).to_bytes(4, "big")
        return data[:33] + chunk + data[33:]

    true_png = render.png

    def drawn(*given: Any, **more: Any) -> render.Rendered:
        made_of = true_png(*given, **more)
        return replace(made_of, data=named(made_of.data, "seedream5"))

    monkeypatch.setattr(render, "png", drawn)
    monkeypatch.setattr(studio, "_make_small", studio._make_small.__wrapped__)  # else drawn once for all tests
    card = await held(rig, prompt="a named fox #fast")
    files = [rig.file(each) for each in card.attachments]
    assert len(files) == 2
    assert not any(b"seedream5" in each for each in files)
    assert all(each.startswith(b"\x89PNG") for each in files)
    again = await made(rig, prompt="a fox that is kept #fast")
    assert b"seedream5" in rig.file(again.attachments[0])


async def test_who_voted_for_what_is_nowhere_in_the_end(rig: Rig, begun: int):
    await vote(rig, rig.moderator, "A")
    await over(rig)
    said = sent_since(rig, begun)
    assert str(rig.moderator.id) not in said
    rows = await rig.bot.parts.store.settings._rows("SELECT count(*) AS n FROM shootout_votes")
    assert rows[0]["n"] == 0


async def test_after_the_end_all_of_it_is_shown(rig: Rig):
    await held(rig)
    await over(rig)
    assert "seedream5" in await details(rig, rig.member)
    assert "12 credits" in await jobs(rig, rig.member)
