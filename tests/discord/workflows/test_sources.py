"""Where a file may come from, what a member may reach with it, and that nothing is spent before it was checked."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.sources import EDIT, refused, sent_link
from tests.support.surface import delete, nothing_happened
from tests.support.workflows import AUDIO, IMAGE, VIDEO, earlier, hosted, sample

# ---------------------------------------------------------------------- exactly one


async def test_a_file_is_given_in_exactly_one_way(rig: Rig):
    for command, options, label in [
        (EDIT, ("image", "from"), "image"),
        ("finish motion", ("file", "from"), "image or video"),
    ]:
        name, data = sample(IMAGE)
        uploads = {"image", "file", "start"}
        given = {each: (name, data) if each in uploads else hosted(rig, name, data) for each in options}
        prompt = {} if command == "finish motion" else {"prompt": "x"}
        sentence = await refused(rig, command, **prompt, **given)
        assert sentence == (
            f"You gave “{label}” more than once. Leave out all but one: a file, a link, or an earlier job."
        )
        await nothing_happened(rig)


async def test_a_file_that_is_needed_is_requested(rig: Rig):
    for command, options, label in [
        (EDIT, {"prompt": "x"}, "image"),
        ("finish motion", {"prompt": "x"}, "image or video"),
        ("sora for:new character", {"name": "x"}, "video"),
    ]:
        sentence = await refused(rig, command, **options)
        assert sentence == f"A file is missing: {label}. Upload one, paste a link, or choose an earlier job."
        await nothing_happened(rig)


# ---------------------------------------------------------------------- checked before anything is spent


async def test_a_link_that_leads_to_nothing_usable_costs_nothing(rig: Rig):
    for link, why in [
        ("{sandbox}/media/nothing.png", "no longer there"),
        ("{sandbox}/media/page.png", "The file is not"),
        ("http://127.0.0.1:9/cat.png", "https"),
        ("https://10.0.0.1/cat.png", "public"),
    ]:
        hosted(rig, "page.png", b"<!doctype html><html></html>")
        hosted(rig, "empty.png", b"")
        sentence = await refused(rig, EDIT, prompt="x", from_=link.format(sandbox=rig.sandbox.url))
        assert sentence.startswith("The file for “image” can't be used.")
        assert why in sentence
        await nothing_happened(rig)


async def test_a_file_that_is_far_too_large_costs_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.generation.sources.SOURCE_MAX_BYTES", 100)
    assert "The limit is" in await refused(rig, EDIT, prompt="x", image=sample(IMAGE))
    await nothing_happened(rig)


async def test_the_second_of_two_files_is_checked_too(rig: Rig):
    sentence = await refused(rig, "finish lipsync", video=sample(VIDEO), audio=("cat.mp3", sample(IMAGE)[1]))
    assert (
        sentence == "`cat.mp3` can't be used. The file is not an audio file. Use one of these: "
        "MP3, M4A, AAC, WAV, OGG, FLAC, WebA, MKA."
    )
    await nothing_happened(rig)


async def test_an_upload_of_another_kind_is_told_by_its_name_with_formats_that_do(rig: Rig):
    for command, options, told in [
        (
            EDIT,
            {"prompt": "x", "image": ("notes.png", b"some words")},
            "an image. Use one of these: PNG, JPEG, GIF, WebP, AVIF, HEIC.",
        ),
        (
            "finish subtitles",
            {"video": ("notes.mp4", b"some words")},
            "a video. Use one of these: MP4, MOV, WebM, MKV, AVI, OGV.",
        ),
        (
            "finish motion",
            {"prompt": "x", "file": ("song.png", sample(AUDIO)[1])},
            "an image or a video. Use one of these: PNG, JPEG, GIF, WebP, AVIF, HEIC, MP4, MOV, WebM, MKV, AVI, OGV.",
        ),
    ]:
        name = next(value[0] for value in options.values() if isinstance(value, tuple))
        assert await refused(rig, command, **options) == f"`{name}` can't be used. The file is not {told}"
        await nothing_happened(rig)


async def test_every_link_of_a_list_is_checked(rig: Rig):
    links = f"{hosted(rig, *sample(IMAGE))} {rig.sandbox.url}/media/nothing.png"
    assert "“reference image” can't be used" in await refused(rig, "image generate", prompt="x", from_=links)
    await nothing_happened(rig)


# ---------------------------------------------------------------------- earlier jobs


async def test_the_private_result_of_another_member_cannot_be_used(rig: Rig):
    job = await earlier(rig, IMAGE, private=True)
    sentence = await refused(rig, EDIT, rig.moderator, prompt="x", from_=job.id)
    assert sentence == f"You can't see a job `{job.id}` here. Choose one from the list."
    assert await sent_link(rig, from_=job.id) == job.media[0].url


async def test_the_job_of_another_server_cannot_be_used(rig: Rig):
    job = await earlier(rig, IMAGE)
    other = rig.env.create_guild("Other")
    channel, same = other.create_text_channel("general"), other.add_member(rig.member.user)
    assert "You can't see a job" in await refused(rig, EDIT, same, channel, prompt="x", from_=job.id)
    assert "You can't see a job" in await refused(rig, "sora for:edit", same, channel, prompt="x", sora_video_id=job.id)
    assert await same.autocomplete(channel, EDIT, "from", "") == []


async def test_a_job_without_the_needed_kind_is_refused(rig: Rig):
    job = await earlier(rig, IMAGE)
    assert (
        await refused(rig, "finish subtitles", from_=job.id)
        == f"`{job.id}` can't be used. The file is not a video. Use one of these: MP4, MOV, WebM, MKV, AVI, OGV."
    )
    assert "was not made by Sora" in await refused(rig, "sora for:edit", prompt="x", sora_video_id=job.id)


def moved(rig: Rig, job: Job) -> str:
    """Let Cannon Studio host a result under another link; the old one is dead. Return the new one."""
    old = job.media[0].url.rpartition("/")[2]
    request = rig.sandbox.request(job.remote_id or "")
    file = rig.sandbox.studio.files._files.pop(old)
    new = hosted(rig, f"again-{old}", file.data)
    request.urls = {kind: [new] for kind in request.urls}
    return new


async def test_an_expired_result_link_is_renewed_from_the_api(rig: Rig):
    job = await earlier(rig, IMAGE)
    new = moved(rig, job)
    assert await sent_link(rig, from_=job.id) == new


async def test_a_result_that_the_api_has_lost_is_taken_from_its_card(rig: Rig):
    job = await earlier(rig, IMAGE)
    [message] = rig.messages()
    moved(rig, job)
    rig.sandbox.fault("get", "status", status=404)
    assert await sent_link(rig, from_=job.id) == message.attachments[0].url


async def test_a_result_that_is_nowhere_any_more_costs_nothing(rig: Rig):
    job = await earlier(rig, IMAGE)
    delete(rig, rig.messages()[0])
    rig.sandbox.studio.files._files.clear()
    assert "no longer there" in await refused(rig, EDIT, prompt="x", from_=job.id)


# ---------------------------------------------------------------------- an earlier job for every medium


@pytest.mark.parametrize(
    ("command", "option", "kind", "field", "others"),
    [
        ("video generate", "end_image_url", IMAGE, "end_image_url", {"prompt": "x", "start": sample(IMAGE)}),
        ("video generate", "reference_image_urls", IMAGE, "reference_image_urls", {"prompt": "x"}),
        ("sora for:remix", "source_video_url", VIDEO, "source_video_url", {"prompt": "x", "sora_video_id": "video_1"}),
    ],
)
async def test_any_medium_can_be_an_earlier_job(
    rig: Rig, command: str, option: str, kind: Any, field: str, others: dict[str, Any]
):
    job = await earlier(rig, kind)
    await rig.member.slash(rig.channel, command, **others, **{option: job.id})
    made = next(each for each in await rig.jobs() if each.id != job.id)
    assert made.input[field] in (job.media[0].url, [job.media[0].url])
