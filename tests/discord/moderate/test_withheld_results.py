"""What a review withholds is nobody's input, link or export; a chain is reviewed once, as the card that it is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.posting.review import CHECK_AGAIN_S
from bot.domain.models import Job, JobState
from tests.support.channels import press, sent_since, shown
from tests.support.jobs import on_job
from tests.support.me import export_own
from tests.support.reacting import in_channel, other
from tests.support.recipes import new_recipe
from tests.support.rig import Rig
from tests.support.settings_pages import set_review
from tests.support.surface import fill, labels, newest, private_sentence, sends

GENERATE = "image generate"
FILM = """image.generate
prompt: {prompt} #fast

video.generate
prompt: {motion} #fast
image_url: {1.image_url}"""


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


@pytest.fixture
def free(rig: Rig) -> Any:
    """A channel whose results are not reviewed."""
    return rig.guild.create_text_channel("free")


@pytest.fixture
async def desk(rig: Rig) -> Any:
    """The review channel of #general."""
    channel = rig.guild.create_text_channel("desk")
    await set_review(rig, channel=channel, only_in=rig.channel)
    return channel


async def let_run(rig: Rig, steps: int = 30) -> None:
    for _ in range(steps):
        await rig.step()
        rig.advance(1)


def questions(rig: Rig, desk: Any) -> list[Any]:
    return [message for message in in_channel(rig, desk) if "Publish" in labels(message)]


async def refuse(rig: Rig, asked: Any) -> None:
    form = await rig.moderator.click(asked, label="Reject…")
    [field] = rig.form_fields(form)
    await rig.moderator.submit_modal(form, {field: "no"})


async def film(rig: Rig, eve: Any, motion: str = "it runs") -> list[Job]:
    """Run a recipe of two steps, and return its jobs in order."""
    form = await new_recipe(rig)
    texts = {"Name": "film", "About": "", "Inputs": "prompt: what\nmotion: how", "Steps": FILM}
    await rig.moderator.submit_modal(form, fill(form, texts))
    asked = await eve.slash(rig.channel, "recipe", recipe="film")
    await eve.submit_modal(asked, fill(asked, {"Prompt": "not for all", "Motion": motion}))
    await let_run(rig)
    return await in_order(rig)


async def in_order(rig: Rig) -> list[Job]:
    return sorted(await rig.jobs(), key=lambda job: job.position)


async def test_the_question_about_a_chain_stays_as_long_as_any_of_its_results_is_wanted(rig: Rig, eve: Any, desk: Any):
    store = rig.bot.parts.store
    first, second = await film(rig, eve)
    [asked] = questions(rig, desk)
    await store.cancellation.cancel(rig.guild.id, first.id, "No.", drop_by=eve.id)
    rig.advance(CHECK_AGAIN_S)
    await let_run(rig)
    assert [job.state for job in await in_order(rig)] == [JobState.HELD, JobState.READY]
    assert [each.id for each in questions(rig, desk)] == [asked.id]
    await store.cancellation.cancel(rig.guild.id, second.id, "No.", drop_by=eve.id)
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.HELD] * 2
    assert questions(rig, desk) == []
    assert [await store.questions.get(rig.guild.id, "review", job.id) for job in (first, second)] == [None, None]


@pytest.fixture
async def refused(rig: Rig, eve: Any, desk: Any) -> Job:
    """A result that a moderator has refused."""
    await eve.slash(rig.channel, GENERATE, prompt="not for all #fast")
    await let_run(rig, 6)
    await refuse(rig, questions(rig, desk)[-1])
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.HELD
    return job


async def test_a_refused_result_is_reached_in_no_way(rig: Rig, eve: Any, free: Any, refused: Job):
    link, before, posts = refused.media[0].url, len(list(sends(rig))), len(rig.sandbox.requests)
    for command in ("image edit", "video generate"):
        private_sentence(await eve.slash(free, command, prompt="more", from_=refused.id))
    for action in ("again", "again_all", "vary_subtle", "vary_strong", "vary_look", "alone", "edit", "next", "pick"):
        await press(rig, eve, action, refused.id, free)
    await press(rig, eve, "to_dms", refused.id, free)
    for action in ("link", "recover"):
        await press(rig, eve, action, refused.id, free)
        private_sentence(await on_job(rig, eve, action, refused.id, channel=free))
    private_sentence(await on_job(rig, eve, "retry", refused.id, channel=free))
    form = await new_recipe(rig)
    texts = {"Name": "more", "About": "", "Inputs": "picture: which"}
    texts["Steps"] = "image.edit\nprompt: more\nimage_url: {picture}"
    await rig.moderator.submit_modal(form, fill(form, texts))
    asked = await eve.slash(free, "recipe", recipe="more")
    await eve.submit_modal(asked, fill(asked, {"Picture": refused.id}))
    await let_run(rig)
    assert link not in sent_since(rig, before)
    assert not [request for request in rig.sandbox.requests[posts:] if link in str(request.input)]


async def test_no_link_to_a_withheld_result_is_in_its_authors_export(rig: Rig, eve: Any, desk: Any, free: Any):
    await eve.slash(rig.channel, GENERATE, prompt="not for all #fast")
    await let_run(rig, 6)
    job = await newest(rig)
    for _ in range(2):
        result = await export_own(rig, eve, free)
        files = b"".join(rig.file(each) for each in result.response.attachments).decode()
        assert "not for all #fast" in files, "what the member wrote is theirs"
        assert job.id in files
        assert job.media[0].url.rpartition("/")[2] not in files
        if job.state is JobState.READY:
            await refuse(rig, questions(rig, desk)[-1])
            await rig.work()
        job = await newest(rig)
    assert job.state is JobState.HELD


async def test_a_refused_result_that_fed_a_failed_step_feeds_no_retry(rig: Rig, eve: Any, desk: Any, free: Any):
    _, second = await film(rig, eve, motion="it runs #fail")
    assert second.state is JobState.FAILED
    await refuse(rig, questions(rig, desk)[-1])
    await rig.work()
    posts = len(rig.sandbox.requests)
    private_sentence(await on_job(rig, eve, "retry", channel=free, job_id=second.id))
    await let_run(rig)
    assert len(rig.sandbox.requests) == posts
    assert in_channel(rig, free) == []


async def test_what_a_step_filled_in_from_a_refused_result_is_in_no_export_and_no_rerun(
    rig: Rig, eve: Any, desk: Any, free: Any
):
    first, second = await film(rig, eve, motion="it runs #fail")
    await refuse(rig, questions(rig, desk)[-1])
    await rig.work()
    link = first.media[0].url
    assert second.input["image_url"] == link
    before, posts = len(list(sends(rig))), len(rig.sandbox.requests)
    for action in ("again", "again_all", "edit", "retry"):
        await press(rig, eve, action, second.id, free)
    await let_run(rig)
    assert len(rig.sandbox.requests) == posts
    assert link not in sent_since(rig, before)
    result = await export_own(rig, eve, free)
    files = b"".join(rig.file(each) for each in result.response.attachments).decode()
    assert "it runs" in files
    assert link.rpartition("/")[2] not in files


async def test_a_run_feeds_its_own_steps_unseen_and_is_reviewed_once(rig: Rig, eve: Any, desk: Any):
    first, _ = await film(rig, eve)
    assert [each.operation for each in rig.sandbox.requests] == ["image.generate", "video.generate"]
    assert rig.sandbox.requests[-1].input["image_url"] == first.media[0].url
    [asked] = questions(rig, desk)
    names = " ".join(each.filename for each in asked.attachments)
    assert ".png" in names
    assert ".mp4" in names
    assert not [each for message in rig.messages() for each in message.attachments]
    await rig.moderator.click(asked, label="Publish")
    for _ in range(3):
        await rig.step()  # at once: no time passes
    assert [job.state for job in await in_order(rig)] == [JobState.DELIVERED] * 2
    [card] = [message for message in rig.messages() if message.attachments]
    assert len(card.attachments) == 2


async def test_a_run_that_is_refused_shows_nothing_of_any_step(rig: Rig, eve: Any, desk: Any):
    await film(rig, eve)
    [asked] = questions(rig, desk)
    await refuse(rig, asked)
    await rig.work()
    jobs = await in_order(rig)
    assert {job.state for job in jobs} == {JobState.HELD}
    assert not [each for message in rig.messages() for each in message.attachments]
    for job in jobs:
        private_sentence(await on_job(rig, eve, "recover", job.id))
        assert job.media[0].url not in shown(await on_job(rig, eve, "show", job.id))


# ---------------------------------------------------------------------- private results


async def asked_in_private(rig: Rig, eve: Any) -> Any:
    result = await eve.slash(rig.channel, GENERATE, prompt="for me alone #fast", private=True)
    await let_run(rig, 6)
    return result


async def test_where_all_is_reviewed_private_results_are_too_and_their_author_is_told(rig: Rig, eve: Any):
    desk = rig.guild.create_text_channel("desk")
    await set_review(rig, channel=desk)
    result = await asked_in_private(rig, eve)
    [asked] = questions(rig, desk)
    assert (await newest(rig)).state is JobState.READY
    assert "moderator" in shown(result).lower()
    await rig.moderator.click(asked, label="Publish")
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    assert rig.messages() == []


async def test_where_one_channel_is_reviewed_private_results_are_not(rig: Rig, eve: Any, desk: Any):
    await asked_in_private(rig, eve)
    await rig.work()
    assert questions(rig, desk) == []
    assert (await newest(rig)).state is JobState.DELIVERED
