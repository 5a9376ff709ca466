"""Several files of one request: their order, their messages, their names."""

from __future__ import annotations

from tests.support.rig import Rig
from tests.support.workflows import AUDIO, IMAGE, VIDEO, earlier, examined, hosted, sample


async def test_pictures_to_follow_keep_the_order_of_their_options(rig: Rig):
    job = await earlier(rig, IMAGE)
    first, second = hosted(rig, "one.png", sample(IMAGE)[1]), hosted(rig, "two.png", sample(IMAGE)[1])
    chosen = [(f"{name}.png", sample(IMAGE)[1]) for name in ("second", "third")]
    await rig.member.slash(
        rig.channel,
        "image generate",
        prompt="all of it",
        image=("first.png", sample(IMAGE)[1]),
        from_=f"{first}, {second} {job.id}",
        reference_image_urls=chosen,
    )
    await rig.work()
    links = rig.sandbox.requests[-1].input["reference_image_urls"]
    names = [link.rpartition("/")[2] for link in links]
    assert names == [
        "first.png",
        "one.png",
        "two.png",
        job.media[0].url.rpartition("/")[2],
        "second.png",
        "third.png",
    ]


async def test_sound_effects_for_a_video_come_as_a_playable_sound_and_as_the_video(rig: Rig):
    await rig.member.slash(rig.channel, "audio soundfx", prompt="rain on tin", video=sample(VIDEO))
    await rig.work()
    [job] = await rig.jobs()
    [message] = rig.messages()
    names = [attachment.filename for attachment in message.attachments]
    tail = job.id[:4].lower()
    assert names == [f"rain-on-tin-{tail}.mp3", f"rain-on-tin-{tail}-2.mp4"]
    assert [attachment.content_type for attachment in message.attachments] == ["audio/mpeg", "video/mp4"]
    assert [examined(rig, attachment) for attachment in message.attachments] == [AUDIO, VIDEO]
    assert {attachment.description for attachment in message.attachments} == {"rain on tin (Made with AI)"}


async def test_a_file_is_named_and_described_after_its_prompt(rig: Rig):
    await rig.member.slash(rig.channel, "video generate", prompt="Fox in fog! " + "so grey " * 200)
    await rig.work()
    [message] = rig.messages()
    [job] = await rig.jobs()
    [text, clip] = sorted(message.attachments, key=lambda attachment: attachment.filename.endswith(".mp4"))
    assert clip.filename.startswith("fox-in-fog-so-grey")
    assert clip.filename.endswith(f"-{job.id[:4].lower()}.mp4")
    assert len(clip.filename) < 60
    assert clip.description.startswith("Fox in fog! so grey")
    assert clip.description.endswith("… (Made with AI · Wan 2.7)")
    assert len(clip.description) <= 1024
    assert text.filename == "prompt.txt"
    assert rig.file(text).decode() == rig.sandbox.requests[0].input["prompt"]
