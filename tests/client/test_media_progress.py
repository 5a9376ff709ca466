"""Downloads that make no progress, and files that their host packs unasked."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web

from bot.domain.models import MediaKind
from bot.errors import MediaSlow
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


async def test_no_packing_is_asked_for(serve, media_for, tmp_path):
    seen = []

    async def handler(request):
        seen.append(request.headers.get("accept-encoding"))
        return web.Response(body=png(), content_type="image/png")

    origin = await serve(handler)
    await media_for(origin).download(f"{origin}/a.png", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert seen == ["identity"]
