"""A channel that a member cannot see keeps its results: no command, choice, control or file leads to them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job
from cogs.ui.controls import _ACTIONS
from cogs.ui.texts import GONE
from tests.support.channels import (
    age_restricted,
    hidden_channel,
    let_in,
    made_in,
    press,
    private_thread,
    sent_since,
    shown,
)
from tests.support.jobs import as_if_none, on_job
from tests.support.reacting import event, in_channel, other
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.settings_pages import block_member
from tests.support.surface import agreed, fill, newest, private_sentence, sends
from tests.support.workflows import AUDIO, hosted, sample

WORDS = "plans for carols party"
JOB_OPTIONS = {
    "image edit": "from",
    "video generate": "from",
    "finish lipsync": "from",
}
"""Commands with an option for an earlier picture, either kind, or a video, and that option."""
STILLS = {"image edit", "video generate"}
"""Those of them that take a picture."""
WITHOUT_PROMPT = {"finish lipsync"}


@pytest.fixture
def eve(rig: Rig) -> Any:
    """A member who sees the public channels only."""
    return other(rig, "eve")


@pytest.fixture
async def hidden(rig: Rig) -> Job:
    """A result in a channel that only the moderator sees."""
    return await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, WORDS)


def secrets_of(job: Job) -> list[str]:
    return [WORDS, job.media[0].url, job.media[0].url.rpartition("/")[2]]


@pytest.mark.parametrize(
    "act",
    [
        "show",
        "recover",
        "cancel",
    ],
)
async def test_an_act_on_the_job_answers_as_if_there_were_none(rig: Rig, eve: Any, hidden: Job, act: str):
    before = len(list(sends(rig)))
    result = await on_job(rig, eve, act, hidden.id)
    assert private_sentence(result) == as_if_none(act, hidden.id)
    assert not [secret for secret in secrets_of(hidden) if secret in sent_since(rig, before)]


async def test_no_option_offers_it(rig: Rig, eve: Any, hidden: Job):
    for typed in ["", "carol", "CAROL"]:
        assert await eve.autocomplete(rig.channel, "image edit", "from", typed) == []
        assert await eve.autocomplete(rig.channel, "image edit", "from", hidden.id) == []


async def test_who_sees_the_channel_is_offered_it_everywhere(rig: Rig, hidden: Job):
    [choice] = await rig.moderator.autocomplete(rig.channel, "image edit", "from", "carol")
    assert choice["value"] == hidden.id
    assert WORDS in shown(await on_job(rig, rig.moderator, "show", hidden.id))


@pytest.mark.parametrize("command", JOB_OPTIONS)
async def test_it_is_no_input_of_a_new_job_nor_offered_as_one(rig: Rig, eve: Any, command: str):
    channel, option = hidden_channel(rig, rig.moderator), JOB_OPTIONS[command]
    maker = "image generate" if command in STILLS else "video generate"
    job = await made_in(rig, channel, rig.moderator, WORDS, maker)
    assert await rig.moderator.autocomplete(rig.channel, command, option, "carol")
    assert await eve.autocomplete(rig.channel, command, option, "carol") == []
    options = {option: job.id} | ({} if command in WITHOUT_PROMPT else {"prompt": "the same"})
    if command == "finish lipsync":
        options["audio_from"] = hosted(rig, "talk.mp3", sample(AUDIO)[1])
    sentence = private_sentence(await eve.slash(rig.channel, command, **options))
    assert job.id in sentence or "can't see a job" in sentence
    await rig.work()
    assert rig.sandbox.posts == 1
    assert len(await rig.jobs()) == 1


@pytest.mark.long
async def test_no_control_reaches_it(rig: Rig, eve: Any, hidden: Job):
    before, jobs = len(list(sends(rig))), len(await rig.jobs())
    assert len(_ACTIONS) > 30
    for action in sorted(_ACTIONS):
        for subject in (hidden.id, hidden.card_id):
            text = shown(await press(rig, eve, action, subject))
            assert not [secret for secret in secrets_of(hidden) if secret in text], action
    assert not [secret for secret in secrets_of(hidden) if secret in sent_since(rig, before)]
    assert len(await rig.jobs()) == jobs
    assert await newest(rig) == hidden


async def test_each_control_of_a_hidden_result_has_the_constant_answer(rig: Rig, eve: Any, hidden: Job):
    of_jobs = sorted(name for name, action in _ACTIONS.items() if hasattr(action, "__wrapped__"))
    assert {"again", "edit", "link", "next", "recover", "remove", "vary"} <= set(of_jobs)
    for action in of_jobs:
        assert private_sentence(await press(rig, eve, action, hidden.id)) == str(GONE), action


async def test_a_recipe_takes_no_hidden_result(rig: Rig, eve: Any, hidden: Job):
    form = await new_recipe(rig)
    steps = "image.edit\nprompt: again #fast\nimage_url: {picture}"
    texts = {"Name": "again", "About": "", "Inputs": "picture: which", "Steps": steps}
    await rig.moderator.submit_modal(form, fill(form, texts))
    asked = await eve.slash(rig.channel, "recipe", recipe="again")
    result = await eve.submit_modal(asked, fill(asked, {"Picture": hidden.id}))
    assert hidden.media[0].url not in shown(result)
    await rig.work()
    assert len(await rig.jobs()) == 1


async def test_a_lineage_leaves_out_what_its_reader_does_not_see(rig: Rig, eve: Any):
    first = await made_in(rig, rig.channel, rig.moderator, "a public fox")
    pressed = await press(rig, rig.moderator, "again", first.id, hidden_channel(rig, rig.moderator))
    await agreed(rig.moderator, pressed)
    await rig.work()
    child = await newest(rig)
    assert child.parent_id == first.id
    assert child.id not in shown(await on_job(rig, eve, "show", first.id))
    assert child.id in shown(await on_job(rig, rig.moderator, "show", first.id))


async def test_what_was_hidden_later_is_hidden_from_then_on(rig: Rig, eve: Any):
    room = hidden_channel(rig, rig.moderator, eve, name="room")
    job = await made_in(rig, room, rig.moderator, WORDS)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "carol")
    assert await eve.autocomplete(room, "image edit", "from", "")
    let_in(rig, room, eve.id, view_channel=False)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "carol") == []
    assert private_sentence(await on_job(rig, eve, "show", job.id)) == as_if_none("show", job.id)


async def test_an_author_keeps_their_own_even_where_they_may_no_longer_look(rig: Rig, eve: Any):
    room = hidden_channel(rig, eve, name="room")
    job = await made_in(rig, room, eve, WORDS)
    let_in(rig, room, eve.id, view_channel=False)
    assert WORDS in shown(await on_job(rig, eve, "show", job.id))
    [choice] = await eve.autocomplete(rig.channel, "image edit", "from", "")
    assert choice["value"] == job.id


async def test_a_channel_that_is_gone_leaves_its_results_to_their_author_and_to_moderators(rig: Rig, eve: Any):
    room = rig.guild.create_text_channel("room")
    job = await made_in(rig, room, rig.member, WORDS)
    rig.env.backend.delete_channel(room.id)
    assert private_sentence(await on_job(rig, eve, "show", job.id)) == as_if_none("show", job.id)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "") == []
    assert WORDS in shown(await on_job(rig, rig.member, "show", job.id))
    assert WORDS in shown(await on_job(rig, rig.moderator, "show", job.id))


async def test_a_private_thread_keeps_its_results_from_who_is_not_in_it(rig: Rig, eve: Any):
    thread = private_thread(rig, rig.member)
    job = await made_in(rig, thread, rig.member, WORDS)
    assert private_sentence(await on_job(rig, eve, "show", job.id)) == as_if_none("show", job.id)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "") == []
    rig.env.backend.add_thread_member(thread.id, eve.id)
    rig.advance(120)
    assert WORDS in shown(await on_job(rig, eve, "show", job.id))
    assert [choice["value"] for choice in await eve.autocomplete(thread, "image edit", "from", "")] == [job.id]


async def test_a_thread_under_a_hidden_channel_is_hidden_too(rig: Rig, eve: Any):
    parent = hidden_channel(rig, rig.moderator)
    made = rig.env.backend.create_thread(parent.id, "talk", rig.moderator.id, broadcast=True)
    thread = next(each for each in parent.threads if each.id == made.id)
    job = await made_in(rig, thread, rig.moderator, WORDS)
    assert private_sentence(await on_job(rig, eve, "link", job.id)) == str(GONE)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "") == []


async def test_a_public_card_does_not_lead_into_a_channel_that_its_readers_do_not_see(rig: Rig):
    hidden = await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, WORDS)
    before = len(list(sends(rig)))
    await agreed(rig.moderator, await press(rig, rig.moderator, "again", hidden.id))
    await rig.work()
    assert (await newest(rig)).parent_id == hidden.id
    assert f"/{hidden.message_id}" not in sent_since(rig, before)


async def test_a_result_of_an_age_restricted_room_stays_with_those_who_see_it(rig: Rig, eve: Any):
    room = age_restricted(rig, "nsfw", rig.member)
    job = await made_in(rig, room, rig.member, "grown up", "video generate", nsfw_checker=False)
    before = len(list(sends(rig)))
    assert private_sentence(await on_job(rig, eve, "link", job.id)) == str(GONE)
    assert job.media[0].url not in sent_since(rig, before)


async def test_a_blocked_member_is_offered_nothing(rig: Rig, eve: Any):
    await made_in(rig, rig.channel, rig.member, WORDS)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "")
    await block_member(rig, eve)
    assert await eve.autocomplete(rig.channel, "image edit", "from", "") == []


async def test_a_reaction_that_its_sender_could_not_have_seen_does_nothing(rig: Rig, eve: Any, hidden: Job):
    before = len(list(sends(rig)))
    [card] = in_channel(rig, next(each for each in rig.guild.channels.values() if each.name == "secret"))
    for emoji in ("🔁", "⭐"):
        await event(rig, card, emoji, eve.id)
    await rig.work()
    assert len(await rig.jobs()) == 1
    assert not [secret for secret in secrets_of(hidden) if secret in sent_since(rig, before)]
