from __future__ import annotations

import importlib
import io
import math
import struct
import sys
import wave

import aiohttp
import av
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from sandbox.media import render
from sandbox.media.words import scene_of
from sandbox.server import Sandbox
from sandbox.studio.files import InputFile

KEY = "cs_test_sandbox_key"
GIVEN = {
    "image.generate": {"prompt": "A lighthouse in fog", "aspect_ratio": "16:9"},
    "image.edit": {"prompt": "Make it night", "image_url": "{png}"},
    "video.generate": {"prompt": "A fox runs", "duration": 2},
    "prompt.enhance.image": {"prompt": "a fox", "visualStyle": "watercolour"},
    "prompt.enhance.video": {"prompt": "a fox", "duration": 8},
    "prompt.enhance.variant": {"prompt": "a fox", "rewriteRequest": "in winter"},
    "prompt.enhance.location": {"prompt": "a harbour"},
    "music.generate": {"prompt": "Slow piano", "duration_seconds": 3, "title": "Rain"},
    "narration.generate": {"text": "Once upon a time there was a very small lighthouse."},
    "soundfx.generate": {"prompt": "Waves", "duration_seconds": 2},
    "lipsync.generate": {"video_url": "{mp4}", "audio_url": "{mp3}", "video_duration": 2.0, "audio_duration": 2.0},
    "subtitles.generate": {"video_url": "{mp4}", "duration": 2},
    "smartmotion.generate": {"file_url": "{png}", "duration": 2, "prompt": "Pan left"},
    "video.upscale": {"video_url": "{mp4}", "target_resolution": "4k"},
    "sora2.video.edit": {"sora_video_id": "video_1", "prompt": "Add rain", "duration": 4},
    "sora2.video.extend": {"sora_video_id": "video_1", "prompt": "Go on", "duration": 4},
    "sora2.video.remix": {"sora_video_id": "video_1", "prompt": "As a dream", "duration": 4},
    "sora2.character.create": {"name": "Bo"},
    "sora2.character.generate": {"prompt": "Bo walks", "duration": 4},
    "three_d.location.generate": {"description": "A harbour"},
    "three_d.model.generate": {"prompt": "A boat"},
}
KEYS = {
    "image.generate": {"task_id", "image_url", "image_urls", "provider_image_urls", "provider", "model"},
    "image.edit": {"task_id", "image_url", "provider", "model"},
    "video.generate": {"task_id", "video_url", "provider", "model"},
    "music.generate": {"task_id", "audio_url", "requested_provider", "provider", "model", "title"},
    "narration.generate": {"audio_url", "provider", "model"},
    "soundfx.generate": {"task_id", "audio_url", "provider", "model", "mode"},
    "lipsync.generate": {"task_id", "video_url", "audio_url", "provider", "model", "exact_cost_credits"},
    "subtitles.generate": {"task_id", "video_url", "model"},
    "smartmotion.generate": {"task_id", "video_url", "provider", "model"},
    "video.upscale": {"task_id", "video_url", "provider", "model", "requested_model", "exact_cost_credits"},
    "sora2.video.edit": {"task_id", "video_url", "provider", "model"},
    "sora2.video.extend": {"task_id", "video_url", "provider", "model"},
    "sora2.video.remix": {"task_id", "video_url", "provider", "model"},
}


@pytest.fixture(scope="module")
def files():
    return {
        "png": render.png(scene_of("A source", 0), size=(320, 180)).data,
        "mp4": render.mp4(scene_of("A source", 0), seconds=2, size=(320, 180)).data,
        "mp3": render.mp3(seconds=2).data,
    }


@pytest.fixture
async def full(files):
    async def fetch(url: str) -> bytes | None:
        return files.get(url.rpartition(".")[2])

    async with Sandbox(speed=math.inf, fetch=fetch) as sandbox:
        yield sandbox


ALWAYS = ("image.generate", "video.generate", "music.generate", "prompt.enhance.video")
"""One operation of each kind of output; all of them are in `make test-long`."""


@pytest.fixture
async def client(full):
    async with aiohttp.ClientSession(full.url, headers={"x-api-key": KEY}) as session:
        yield session


async def run(client, operation, given):
    async with client.post("/api/v1/requests", json={"operation": operation, "input": given}) as answer:
        body = await answer.json()
        assert answer.status == 202, body
    async with client.get(body["urls"]["get"]) as answer:
        return await answer.json()


async def download(client, url):
    async with client.get(url) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.read()


def streams(data):
    with av.open(io.BytesIO(data)) as box:
        names = {stream.type: stream.codec_context.name for stream in box.streams}
        frames = {stream.type: 0 for stream in box.streams}
        length = box.duration / av.time_base
        for packet in box.demux():
            frames[packet.stream.type] += len(packet.decode())
    return names, frames, length


@pytest.mark.parametrize(
    "operation", [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in GIVEN]
)
async def test_every_operation_ends_with_its_documented_output_and_real_files(client, operation):
    links = {kind: f"https://cdn.example/source.{kind}" for kind in ("png", "mp4", "mp3")}
    given = {
        name: value.format(**links) if isinstance(value, str) else value for name, value in GIVEN[operation].items()
    }
    document = await run(client, operation, given)
    assert document["status"] == "succeeded", document
    output = document["output"]
    if operation in KEYS:
        assert set(output) == KEYS[operation] | {"asset_type", "status"}
        assert output["status"] == "succeeded"
    for key, opener in (("image_url", Image.open), ("video_url", None), ("audio_url", None)):
        url = output.get(key)
        if url is None or url in links.values():
            continue
        kind, data = await download(client, url)
        assert kind == {"image_url": "image/png", "video_url": "video/mp4", "audio_url": "audio/mpeg"}[key]
        if opener is not None:
            with opener(io.BytesIO(data)) as picture:
                picture.load()
                assert picture.format == "PNG"
        else:
            _, frames, length = streams(data)
            assert all(frames.values())
            assert length > 0
    if operation.startswith("prompt."):
        assert set(output) == {"enhancedPrompt", "model", "operation"}
        assert given["prompt"] in output["enhancedPrompt"].casefold()
        assert document["outputPreview"] == output["enhancedPrompt"][:160]
        assert document["billableCredits"] == 1
    if "exact_cost_credits" in output:
        assert output["exact_cost_credits"] == document["billableCredits"]


async def test_an_edit_keeps_the_shape_and_the_content_of_a_result_wherever_it_comes_from(client, files):
    made = (await run(client, "image.generate", {"prompt": "A fox", "aspect_ratio": "16:9"}))["output"]
    _, source = await download(client, made["image_url"])
    files["copied"] = source  # as Discord has it
    given = {"prompt": "Make it night", "image_url": "https://cdn.example/source.copied"}
    _, data = await download(client, (await run(client, "image.edit", given))["output"]["image_url"])
    other = render.png(scene_of("Another", "other"), size=(320, 180)).data
    with Image.open(io.BytesIO(data)) as edited:
        assert edited.width / edited.height == pytest.approx(16 / 9, rel=0.01)
        assert _difference(edited, source) < 0.6 * _difference(edited, other)


async def test_an_edit_of_an_edit_keeps_what_both_say_and_a_video_begins_with_its_image(client, full):
    async def scene_after(operation: str, given: dict[str, object]) -> tuple[str, object]:
        output = (await run(client, operation, given))["output"]
        url = output.get("video_url") or output["image_url"]
        return url, full.studio.files.get(url.rpartition("/")[2]).scene

    url, first = await scene_after("image.generate", {"prompt": "A lighthouse at noon", "aspect_ratio": "16:9"})
    url, second = await scene_after("image.edit", {"prompt": "Make it night", "image_url": url})
    edited_url, third = await scene_after("image.edit", {"prompt": "Now in fog", "image_url": url})
    assert (first.subject, first.hour, second.hour) == ("lighthouse", "noon", "night")
    assert (third.subject, third.hour, third.weather) == ("lighthouse", "night", frozenset({"fog"}))
    assert first.layout == second.layout == third.layout
    given = {"prompt": "The beam turns, rain begins", "image_url": edited_url, "duration": 1}
    clip_url, filmed = await scene_after("video.generate", given)
    assert filmed == third
    still, clip = (await download(client, edited_url))[1], (await download(client, clip_url))[1]
    with av.open(io.BytesIO(clip)) as box, Image.open(io.BytesIO(still)) as picture:
        frame = next(box.decode(video=0)).to_image()
        shrunk = picture.resize(frame.size)
        assert sum(ImageStat.Stat(ImageChops.difference(frame, shrunk)).mean) / 3 < 8


def huge_png() -> bytes:
    """Return the start of a picture that would unpack to 507 million bytes."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 13_000, 6500, 8, 2, 0, 0, 0) + bytes(100)


@pytest.mark.parametrize(
    "operation",
    ["image.edit", *(pytest.param(each, marks=pytest.mark.long) for each in GIVEN if "{" in str(GIVEN[each]))],
)
async def test_no_decoder_opens_what_comes_from_outside(client, files, monkeypatch, operation):
    def decoder(*_args: object, **_options: object) -> None:
        raise AssertionError("a foreign file was opened")

    encode = av.open
    monkeypatch.setattr(Image, "open", decoder)
    monkeypatch.setattr(
        av, "open", lambda file, mode="r", **more: (encode if mode == "w" else decoder)(file, mode, **more)
    )
    given = {
        name: value.format(png="https://a.example/x.huge", mp4="https://a.example/x.mp4", mp3="https://a.example/x.mp3")
        if isinstance(value, str)
        else value
        for name, value in GIVEN[operation].items()
    }
    files["huge"] = huge_png()
    document = await run(client, operation, given)
    assert document["status"] == "succeeded", document
    if operation == "image.edit":
        _, data = await download(client, document["output"]["image_url"])
        assert InputFile(data).size() == (1024, 512)


def _difference(edited, source):
    """How much the outlines differ, whatever the light."""
    with Image.open(io.BytesIO(source)) as picture:
        edges = [
            ImageOps.equalize(each.convert("L").resize((64, 36))).filter(ImageFilter.FIND_EDGES)
            for each in (edited, picture)
        ]
    first, second = (each.tobytes() for each in edges)
    return sum(abs(a - b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("operation", ["image.edit", "lipsync.generate", "smartmotion.generate"])
async def test_a_source_that_cannot_be_read_fails_the_request_and_names_the_field(client, full, operation):
    given = {name: str(value).format(png="https://a.example/x", mp4="https://a.example/x", mp3="https://a.example/x")
             if isinstance(value, str) else value for name, value in GIVEN[operation].items()}  # fmt: skip
    document = await run(client, operation, given)
    field = next(name for name in given if name.endswith("_url"))
    assert document["status"] == "failed"
    assert document["errorMessage"] == f"The file given as {field} could not be read."
    assert document["outputPreview"] is None
    assert document["requestLog"]["errorMessage"] == document["errorMessage"]
    assert full.spent(KEY) == 0


async def test_a_result_can_be_the_source_of_the_next_request_without_an_injected_fetch():
    async with (
        Sandbox(speed=math.inf, small=True) as first,
        Sandbox(speed=math.inf) as second,
        aiohttp.ClientSession(headers={"x-api-key": KEY}) as session,
    ):
        elsewhere = await _run_at(session, first, "image.generate", {"prompt": "A fox", "aspect_ratio": "9:16"})
        url = elsewhere["output"]["image_url"]
        edited = await _run_at(session, second, "image.edit", {"prompt": "Night", "image_url": url})
        gone = await _run_at(session, second, "image.edit", {"prompt": "Night", "image_url": f"{second.url}/media/x"})
        _, data = await download(session, edited["output"]["image_url"])
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.width < picture.height
        assert gone["status"] == "failed"


async def _run_at(session, sandbox, operation, given):
    body = {"operation": operation, "input": given}
    async with session.post(f"{sandbox.url}/api/v1/requests", json=body) as answer:
        path = (await answer.json())["urls"]["get"]
    async with session.get(path) as answer:
        return await answer.json()


@pytest.mark.long
async def test_a_video_has_picture_sound_and_the_asked_length(client):
    output = (await run(client, "video.generate", {"prompt": "A fox", "duration": 8, "aspect_ratio": "9:16"}))["output"]
    _, data = await download(client, output["video_url"])
    names, frames, length = streams(data)
    assert names == {"video": "h264", "audio": "aac"}
    assert length == pytest.approx(8, abs=0.2)
    assert frames["video"] == 8 * 12
    assert InputFile(data).size() == (360, 640)


def test_a_clip_moves():
    with av.open(io.BytesIO(render.mp4(scene_of("A fox", 0), seconds=2, size=(320, 180)).data)) as box:
        pictures = [frame.to_image().tobytes() for frame in box.decode(video=0)]
    assert pictures[0] != pictures[-1]


def test_the_same_seed_draws_the_same_and_another_seed_does_not():
    first, again, other = (render.png(scene_of("A fox", seed), size=(128, 72)).data for seed in (1, 1, 2))
    assert first == again
    assert first != other


async def test_a_file_is_served_by_ranges(client):
    output = (await run(client, "narration.generate", {"text": "Hello"}))["output"]
    _, data = await download(client, output["audio_url"])
    for wanted, told in (("bytes=0-9", data[:10]), ("bytes=-5", data[-5:]), (f"bytes={len(data) - 3}-", data[-3:])):
        async with client.get(output["audio_url"], headers={"Range": wanted}) as answer:
            assert answer.status == 206
            assert await answer.read() == told
            assert answer.headers["Content-Range"].endswith(f"/{len(data)}")
    async with client.get(output["audio_url"], headers={"Range": f"bytes={len(data)}-"}) as answer:
        assert answer.status == 416
    async with client.head(output["audio_url"]) as answer:
        assert answer.content_length == len(data)


def test_without_pyav_there_are_pictures_one_clip_for_all_and_wav(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("sandbox.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "av", None)
    poor = importlib.import_module("sandbox.media.render")
    clip, track = poor.mp4(scene_of("x", 0), seconds=9), poor.mp3(seconds=90)
    assert 1.5 < (InputFile(clip.data).seconds() or 0) < 3
    assert (track.content_type, track.extension) == ("audio/wav", "wav")
    with wave.open(io.BytesIO(track.data)) as sound:
        assert sound.getnframes() / sound.getframerate() == poor.WAV_MAX_S
    picture = poor.png(scene_of("x", 0), size=(64, 64))
    assert InputFile(picture.data).size() == (64, 64)
