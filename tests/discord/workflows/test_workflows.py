"""Each of the nineteen commands, from every way to give it a file, to a delivered result; and the JSON sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.catalogue import FieldKind
from bot.domain.models import Job, MediaKind
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import settled_exactly, state_text
from tests.support.workflows import (
    AUDIO,
    CATALOGUE,
    CLIP_S,
    COMMANDS,
    IMAGE,
    TRACK_S,
    VIDEO,
    delivered,
    earlier,
    examined,
    hosted,
    own_message,
    posted_link,
    sample,
)

WAYS = ("attachment", "hosted link", "Discord link", "message link", "job")
IN_EVERY_WAY = ("image generate", "image edit", "finish lipsync")
"""A list of files, one file, and two; the others are given uploads."""


@dataclass(frozen=True)
class Slot:
    """One file that a command takes: the options that give it, and the field in which it is sent."""

    field: str
    kind: MediaKind
    attachment: str
    text: str
    """The option, or the line of the form, that takes a link or a job."""
    many: bool = False


@dataclass(frozen=True)
class Case:
    """A command with all its other options, what is sent for those, what is read from the files, what comes back."""

    command: str
    options: Mapping[str, Any]
    sent: Mapping[str, Any]
    slots: tuple[Slot, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)
    """By wire name, the field of the file from which it is read."""
    made: tuple[MediaKind, ...] = ()


CLIP = Slot("video_url", VIDEO, "video", "from")
SORA_SOURCE = Slot("source_video_url", VIDEO, "source_video_url", "source_video_url")
MUSIC = {
    "prompt": "slow piano", "title": "Rain", "style": "lo-fi", "duration_seconds": 3.5, "instrumental": True,
    "model": "V5", "provider": "kie", "mode": "auto", "custom_mode": False, "vocal_gender": "f",
    "negative_tags": "drums", "description_prompt": "in the dark", "style_weight": 0.65, "weirdness_constraint": 0.5,
    "audio_weight": 0.25, "prompt_influence": 0.75, "persona_id": "p1", "seed": 42,
}  # fmt: skip
FILM = {
    "prompt": "waves", "model": "wan27video", "duration": 5, "aspect_ratio": "16:9", "resolution": "720p",
    "negative_prompt": "text", "seed": 0, "prompt_extend": False, "watermark": False, "nsfw_checker": True,
}  # fmt: skip
SORA = {"prompt": "it snows", "model": "sora-2-pro", "duration": 8, "aspect_ratio": "9:16", "resolution": "1080p"}
SOUND = {
    "prompt": "rain", "title": "Rain", "duration_seconds": 2, "description_prompt": "on tin",
    "negative_tags": "music", "prompt_influence": 0.5, "seed": 7,
}  # fmt: skip
CAMERA = {"pan": 10, "tilt": 0, "roll": 0, "zoom": -18.5, "horizontal": 0, "vertical": 0}
MOTION = {"prompt": "leaves", "negative_prompt": "blur", "motion": "drift", "motion_scale": 1.5}
REWRITE = {"prompt": "a fox", "style": "noir", "aspect_ratio": "1:1", "rewrite_request": "shorter"}
REWRITE_SENT = {"prompt": "a fox", "visualStyle": "noir", "aspectRatio": "1:1", "rewriteRequest": "shorter"}
PICTURE = {
    "prompt": "a fox", "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "4K", "quality": "high",
    "style": "oil", "reference_prompt_balance": 0.5,
}  # fmt: skip
EDITED = {"prompt": "make it night", "model": "seedream5", "aspect_ratio": "3:4", "resolution": "2K"}
BIGGER = {"model": "wavespeed", "target_resolution": "4k", "upscale_factor": 2, "video_title": "Trailer"}


def motion_case(kind: MediaKind, *, steered: bool) -> Case:
    steering = {"pan": 10.0, "zoom": -18.5} if steered else {}
    control = {"control_mode": "camera_control", "camera_control": CAMERA} if steered else {}
    return Case(
        "finish motion",
        MOTION | steering | ({"duration": 6} if kind is IMAGE else {}),
        MOTION | control | ({"duration": 6} if kind is IMAGE else {}),
        (Slot("file_url", kind, "file", "from"),),
        {"file_name": "file_url", "content_type": "file_url", **({} if kind is IMAGE else {"duration": "file_url"})},
        (VIDEO,),
    )


CASES = {
    "image generate": Case(
        "image generate",
        PICTURE,
        PICTURE,
        (Slot("reference_image_urls", IMAGE, "image", "from", many=True),),
        made=(IMAGE,),
    ),
    "image edit": Case("image edit", EDITED, EDITED, (Slot("image_url", IMAGE, "image", "from"),), made=(IMAGE,)),
    "video generate from a picture": Case(
        "video generate",
        FILM,
        FILM,
        (
            Slot("image_url", IMAGE, "start", "from"),
            Slot("end_image_url", IMAGE, "end_image_url", "end_image_url"),
            Slot("audio_url", AUDIO, "audio_url", "audio_url"),
            Slot("reference_image_urls", IMAGE, "reference_image_urls", "reference_image_urls", many=True),
        ),
        made=(VIDEO,),
    ),
    "video generate from a clip": Case(
        "video generate", FILM, FILM, (Slot("source_video_url", VIDEO, "start", "from"),), made=(VIDEO,)
    ),
    "audio music": Case("audio music", MUSIC, MUSIC, made=(AUDIO,)),
    "audio narration": Case(
        "audio narration",
        spoken := {
            "text": "Welcome aboard.",
            "voice_id": "v1",
            "tone": "calm",
            "speed": 1.1,
            "stability": 0.7,
            "similarity_boost": 0.8,
        },
        spoken,
        made=(AUDIO,),
    ),
    "audio soundfx": Case("audio soundfx", SOUND | {"mode": "one_off"}, SOUND | {"mode": "one_off"}, made=(AUDIO,)),
    "audio soundfx for a video": Case(
        "audio soundfx", SOUND, SOUND | {"mode": "video_context"}, (CLIP,), made=(AUDIO, VIDEO)
    ),
    "prompt for:image": Case("prompt for:image", REWRITE, REWRITE_SENT),
    "prompt for:video": Case("prompt for:video", REWRITE | {"duration": 8}, REWRITE_SENT | {"duration": 8}),
    "prompt for:location": Case("prompt for:location", REWRITE, REWRITE_SENT),
    "prompt for:character variant": Case(
        "prompt for:character variant",
        {"prompt": "a knight", "rewrite_request": "in linen"},
        {"prompt": "a knight", "rewriteRequest": "in linen"},
    ),
    "finish lipsync": Case(
        "finish lipsync",
        {"video_title": "Host", "audio_title": "Welcome"},
        {"video_title": "Host", "audio_title": "Welcome"},
        (
            Slot("video_url", VIDEO, "video", "from"),
            Slot("audio_url", AUDIO, "audio", "audio_from"),
        ),
        {"video_duration": "video_url", "audio_duration": "audio_url"},
        (VIDEO,),
    ),
    "finish subtitles": Case(
        "finish subtitles",
        {"font": "Arial", "font_size": 48, "color": "#FFFFFF", "strokeColor": "#000000", "strokeWidth": 4},
        {
            "subtitle_settings": {
                "font": "Arial",
                "fontSize": 48,
                "color": "#FFFFFF",
                "strokeColor": "#000000",
                "strokeWidth": 4,
            }
        },
        (CLIP,),
        {"duration": "video_url", "file_name": "video_url", "content_type": "video_url"},
        (VIDEO,),
    ),
    "finish motion of a picture": motion_case(IMAGE, steered=False),
    "finish motion of a clip": motion_case(VIDEO, steered=True),
    "finish upscale": Case(
        "finish upscale",
        BIGGER,
        BIGGER,
        (CLIP, Slot("thumbnail_url", IMAGE, "thumbnail_url", "thumbnail_url")),
        {"duration_seconds": "video_url"},
        (VIDEO,),
    ),
    "sora for:new character": Case(
        "sora for:new character",
        {"name": "Captain Fog"},
        {"name": "Captain Fog"},
        (Slot("video_url", VIDEO, "video_url", "video_url+link"),),
    ),
    "sora for:character video": Case(
        "sora for:character video", SORA | {"character_id": "ch_1"}, SORA | {"character_id": "ch_1"}, made=(VIDEO,)
    ),
    **{
        f"sora for:{word}": Case(
            f"sora for:{word}",
            SORA | {"sora_video_id": "video_68c1"},
            SORA | {"sora_video_id": "video_68c1"},
            (SORA_SOURCE,),
            {"source_duration": "source_video_url"} if word == "extend" else {},
            (VIDEO,),
        )
        for word in ("edit", "extend", "remix")
    },
}


def test_each_of_the_commands_is_driven():
    assert {case.command for case in CASES.values()} == COMMANDS.keys()


class Given:
    """Files given in each way: the options to fill in, and the links that must reach the API."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._jobs: dict[MediaKind, Job] = {}

    async def options(self, slot: Slot, way: str) -> tuple[dict[str, Any], str | None]:
        """Return the options, and the link that they stand for; None for an upload, whose link Discord makes."""
        rig, (name, data) = self._rig, sample(slot.kind)
        match way:
            case "attachment":
                return {slot.attachment: (name, data)}, None
            case "hosted link":
                link = hosted(rig, name, data)
                return {slot.text: f"<{link}>"}, link
            case "Discord link":
                link = await posted_link(rig, slot.kind)
                return {slot.text: f" {link} "}, link
            case "message link":
                link, [file] = own_message(rig, sample(slot.kind))
                return {slot.text: link}, file["url"]
        if slot.kind not in self._jobs:
            self._jobs[slot.kind] = await earlier(rig, slot.kind)
        job = self._jobs[slot.kind]
        return {slot.text: job.id}, job.media[0].url

    async def all_options(self, case: Case, number: int) -> tuple[dict[str, Any], dict[str, str | None]]:
        """Return the options of the case's files in their `number`-th ways, and the links by field."""
        options, links = {}, {}
        for slot in case.slots:
            given, links[slot.field] = await self.options(slot, WAYS[number % len(WAYS)])
            options |= given
        return options, links


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
async def test_a_command_delivers_from_every_kind_of_source_and_sends_exactly_this(rig: Rig, name: str):
    case, given = CASES[name], Given(rig)
    rounds = len(WAYS) if name in IN_EVERY_WAY else 1
    prepared = [await given.all_options(case, number) for number in range(rounds)]
    before, ids = len(rig.sandbox.requests), []
    for options, _ in prepared:
        result = await rig.member.slash(rig.channel, case.command, **case.options, **options)
        assert result.followups == []
        assert not result.ephemeral
        ids.append((await rig.jobs())[0].id)
    await rig.work()

    requests = {request.idempotency_key: request for request in rig.sandbox.requests[before:]}
    assert len(requests) == rounds
    jobs = {job.id: job for job in await rig.jobs()}
    for job_id, (_, links) in zip(ids, prepared, strict=True):
        job = jobs[job_id]
        request = requests[job.idempotency_key]
        assert request.key == HOST_KEY
        assert request.operation == COMMANDS[case.command]
        check_sent(case, request.input, links)
        files = delivered(rig, job)
        assert sorted(examined(rig, file) for file in files) == sorted(case.made)
        shown_on_the_card(rig, case, job)
    await settled_exactly(rig)


def check_sent(case: Case, sent: Mapping[str, Any], links: Mapping[str, str | None]) -> None:
    """Fail unless exactly the case's values, its files and what is in them were sent, as the catalogue has it."""
    slots = {slot.field: slot for slot in case.slots}
    operation = CATALOGUE.get(COMMANDS[case.command])
    left = dict(sent)
    for name, slot in slots.items():
        value = left.pop(name)
        [link] = value if slot.many else [value]
        if links[name] is None:
            assert link.startswith("https://cdn.simcord.invalid/")
            assert link.endswith(f"/{sample(slot.kind)[0]}")
        else:
            assert link == links[name]
    for name, source in case.read.items():
        value, link = left.pop(name), sent[source]
        if name == "file_name":
            assert value == link.rpartition("/")[2]
        elif name == "content_type":
            assert value == {IMAGE: "image/png", VIDEO: "video/mp4"}[slots[source].kind]
        else:
            a_job = links[source] is not None and "-0." in link  # the sandbox's own results last up to a second
            length_s = 1.0 if a_job else {VIDEO: CLIP_S, AUDIO: TRACK_S}[slots[source].kind]
            assert value == pytest.approx(length_s, abs=0.12)
    assert left == case.sent
    assert all(value not in (None, "", [], {}) for value in sent.values())
    if operation.fields:
        assert sent.keys() <= {each.name for each in operation.fields}
        assert sent.keys() >= {each.name for each in operation.fields if each.required}
        assert CATALOGUE.check(operation.id, sent) == sent


def shown_on_the_card(rig: Rig, case: Case, job: Job) -> None:
    """Fail unless the card has its result in words where there is one."""
    [message] = [m for m in rig.messages() if m.id == job.message_id]
    card = message.embeds[0]
    assert "took" in state_text(message)
    title = CATALOGUE.get(COMMANDS[case.command]).title
    assert card.title == (None if job.media else title)
    if case.command.startswith("prompt for:"):
        assert f"> {case.options['prompt']}" in card.description
        assert job.output["enhancedPrompt"] in card.description
    if case.command == "sora for:new character":
        assert f"character_id: {job.output['character_id']}" in card.description


def test_every_plain_field_that_a_command_offers_is_given_in_a_case():
    for case in CASES.values():
        operation = CATALOGUE.get(COMMANDS[case.command])
        plain = {f.name for f in operation.fields if f.kind not in {FieldKind.URL, FieldKind.URLS} and f.probe is None}
        together = {name for other in CASES.values() if other.command == case.command for name in other.sent}
        assert plain - together <= {"target_fps"}, case.command


# ---------------------------------------------------------------------- only what was given is sent


@pytest.mark.parametrize(
    ("command", "options", "sent"),
    [
        ("image generate", {"prompt": "a fox"}, {"prompt": "a fox"}),
        ("prompt for:location", {"prompt": "a harbour"}, {"prompt": "a harbour"}),
        ("finish upscale", {"target_fps": 24.0}, {"target_fps": 24}),
    ],
)
async def test_nothing_is_sent_that_was_not_given(rig: Rig, command: str, options: dict, sent: dict):
    if command == "finish upscale":
        options = options | {"from": (link := hosted(rig, *sample(VIDEO)))}
        sent = sent | {"video_url": link, "duration_seconds": pytest.approx(CLIP_S, abs=0.1)}
    await rig.member.slash(rig.channel, command, **options)
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input == sent


# ---------------------------------------------------------------------- Sora videos by job


@pytest.mark.long
@pytest.mark.parametrize("word", ["edit"])
async def test_a_sora_job_is_named_to_sora_by_its_own_id(rig: Rig, word: str):
    await rig.member.slash(rig.channel, "sora for:character video", prompt="Captain Fog waves", character_id="ch_1")
    await rig.work()
    [first] = await rig.jobs()
    assert first.output["task_id"].startswith("video_")
    await rig.member.slash(rig.channel, f"sora for:{word}", prompt="again", sora_video_id=first.id.lower())
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"prompt": "again", "sora_video_id": first.output["task_id"]}
    job = (await rig.jobs())[0]
    assert [examined(rig, file) for file in delivered(rig, job)] == [VIDEO]


# ---------------------------------------------------------------------- several files


async def test_only_a_small_part_of_a_camera_is_set_and_the_rest_keeps_still(rig: Rig):
    await rig.member.slash(rig.channel, "finish motion", file=sample(IMAGE), tilt=-5)
    await rig.work()
    sent = rig.sandbox.requests[-1].input
    assert sent["camera_control"] == {"pan": 0, "tilt": -5, "roll": 0, "zoom": 0, "horizontal": 0, "vertical": 0}
    assert sent["control_mode"] == "camera_control"
    assert "duration" not in sent
