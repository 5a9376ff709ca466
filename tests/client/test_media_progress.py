"""Downloads that make no progress, and files that their host packs unasked."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib

import pytest
from aiohttp import web

from bot.domain.models import MediaKind
from bot.errors import MediaSlow, MediaTooLarge, MediaUnreachable, MediaWrongKind
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import SystemClock
from tests.support.surface import png

WINDOW_S = 0.3


@pytest.fixture
async def media_for():
    made = []

    def make(origin, **settings):
        made.append(MediaFetcher(clock=SystemClock(), allowed_origins=[origin], **settings))
        return made[-1]

    yield make
    for media in made:
        await media.aclose()


def packed(body, encoding):
    async def handler(_request):
        return web.Response(body=body, headers={"content-type": "image/png", "content-encoding": encoding})

    return handler


def dripping(body, interval_s):
    async def handler(request):
        stream = web.StreamResponse()
        stream.content_length = len(body)
        await stream.prepare(request)
        for position in range(len(body)):
            await stream.write(body[position : position + 1])
            await asyncio.sleep(interval_s)
        return stream

    return handler


async def test_a_download_below_the_floor_is_given_up_long_before_its_deadline(serve, media_for, tmp_path):
    origin = await serve(dripping(png(), 0.05))
    media = media_for(origin, progress_window_s=WINDOW_S, total_timeout_s=60.0)
    begun = time.monotonic()
    with pytest.raises(MediaSlow):
        await media.download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert time.monotonic() - begun < 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
async def test_a_slow_download_above_the_floor_is_finished(serve, media_for, tmp_path):
    body = png(256) + bytes(60_000)

    async def handler(request):
        stream = web.StreamResponse()
        stream.content_length = len(body)
        await stream.prepare(request)
        for position in range(0, len(body), 4096):
            await stream.write(body[position : position + 4096])
            await asyncio.sleep(0.05)
        return stream

    origin = await serve(handler)
    media = media_for(origin, progress_window_s=WINDOW_S)
    file = await media.download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert file.size == len(body)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("GZip ", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
async def test_a_file_that_its_host_packs_is_unpacked(serve, media_for, tmp_path, encoding, pack):
    body = png(256)
    origin = await serve(packed(pack(body), encoding.strip()))
    file = await media_for(origin).download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert (file.size, file.path.read_bytes()) == (len(body), body)


@pytest.mark.long
async def test_a_packed_file_is_never_unpacked_past_the_cap(serve, media_for, tmp_path):
    bomb = gzip.compress(png() + bytes(50 * 1024 * 1024))
    origin = await serve(packed(bomb, "gzip"))
    with pytest.raises(MediaTooLarge):
        await media_for(origin).download(
            f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE, max_bytes=1024 * 1024
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(png())[:-6]], ids=["garbage", "cut"])
async def test_what_cannot_be_unpacked_is_tried_again_later(serve, media_for, tmp_path, body):
    origin = await serve(packed(body, "gzip"))
    with pytest.raises(MediaUnreachable):
        await media_for(origin).download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert list(tmp_path.iterdir()) == []


async def test_another_packing_is_refused_as_before(serve, media_for, tmp_path):
    origin = await serve(packed(b"\x8b\x00", "br"))
    with pytest.raises(MediaWrongKind):
        await media_for(origin).download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)


async def test_no_packing_is_asked_for(serve, media_for, tmp_path):
    seen = []

    async def handler(request):
        seen.append(request.headers.get("accept-encoding"))
        return web.Response(body=png(), content_type="image/png")

    origin = await serve(handler)
    await media_for(origin).download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert seen == ["identity"]
