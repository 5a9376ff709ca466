"""Downloads and looks against real servers that behave and misbehave."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
import wave

import pytest
from aiohttp import web
from PIL import Image

from bot.domain.models import MediaKind
from bot.errors import MediaGone, MediaSlow, MediaTooLarge, MediaUnreachable, MediaUnsafe, MediaWrongKind
from bot.media import scratch as partfile
from bot.media.fetcher import INSPECT_BYTES, MediaFetcher, OriginTransport
from bot.runtime import failpoints
from bot.runtime.clock import SystemClock
from bot.runtime.network.transport import public_transport


def png(size=(64, 48)):
    out = io.BytesIO()
    Image.effect_noise(size, 80).save(out, "PNG")
    return out.getvalue()


def wav(seconds=2):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 8000 * seconds)
    return out.getvalue()


def giving(body, *, ranges=True, seen=None, headers=None):
    async def handler(request):
        if seen is not None:
            seen.append(request)
        asked = request.http_range if ranges and "range" in request.headers else None
        if asked is None:
            return web.Response(body=body, headers={"content-type": "text/html", **(headers or {})})
        part = body[asked]
        start = asked.start
        if not part:
            return web.Response(status=416)
        told = {"content-range": f"bytes {start}-{start + len(part) - 1}/{len(body)}"}
        return web.Response(status=206, body=part, headers=told)

    return handler


@pytest.fixture
async def media_for():
    made = []

    def make(origin, **settings):
        made.append(MediaFetcher(clock=SystemClock(), allowed_origins=[origin], **settings))
        return made[-1]

    yield make
    for media in made:
        await media.aclose()


async def test_a_download_is_named_and_typed_by_its_content(serve, media_for, tmp_path):
    body = png((400, 400))
    seen = []
    origin = await serve(giving(body, seen=seen))
    file = await media_for(origin).download(f"{origin}/a.mp4?sig=1", tmp_path, "job1", expect=MediaKind.IMAGE)
    assert (file.path, file.extension, file.content_type) == (tmp_path / "job1.png", ".png", "image/png")
    assert (file.kind, file.size, file.path.read_bytes()) == (MediaKind.IMAGE, len(body), body)
    assert list(tmp_path.iterdir()) == [file.path]
    assert "x-api-key" not in seen[0].headers
    assert seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("stem", ["../../etc/passwd", "a\r\nb", "\u202egnp.exe", "x" * 300, "", ".", "a/b"])
async def test_a_stem_never_leaves_its_directory(stem, serve, media_for, tmp_path):
    origin = await serve(giving(png()))
    file = await media_for(origin).download(f"{origin}/a", tmp_path, stem, expect=None)
    assert file.path.parent == tmp_path
    assert len(file.path.name) <= 64
    assert file.path.name.isascii()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, MediaGone),
        (403, MediaGone),
        (404, MediaGone),
        (410, MediaGone),
        (408, MediaUnreachable),
        (429, MediaUnreachable),
        (500, MediaUnreachable),
        (503, MediaUnreachable),
        (206, MediaUnreachable),
        (204, MediaWrongKind),
    ],
)
async def test_each_status_has_its_leaf_and_leaves_no_file(status, error, serve, media_for, tmp_path):
    async def handler(request):
        return web.Response(status=status)

    origin = await serve(handler)
    with pytest.raises(error):
        await media_for(origin).download(f"{origin}/a.png", tmp_path, "job", expect=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sorry</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"PK\x03\x04rest",
        b"MZ\x90\x00rest",
        b"\x7fELF",
        b"%PDF-1.7",
        b"hello",
        b"#!/bin/sh\n",
        b"\x00" * 5000,
    ],
)
async def test_what_is_no_medium_is_refused_by_its_content(body, serve, media_for, tmp_path):
    origin = await serve(giving(body))
    media = media_for(origin)
    with pytest.raises(MediaWrongKind):
        await media.download(f"{origin}/a.png", tmp_path, "job", expect=None)
    with pytest.raises(MediaWrongKind):
        await media.inspect(f"{origin}/a.png")
    assert list(tmp_path.iterdir()) == []


async def test_a_sound_where_a_video_was_promised_is_refused(serve, media_for, tmp_path):
    origin = await serve(giving(wav()))
    media = media_for(origin)
    with pytest.raises(MediaWrongKind, match=r"The file is not a video"):
        await media.download(f"{origin}/a.mp4", tmp_path, "job", expect=MediaKind.VIDEO)
    with pytest.raises(MediaWrongKind, match="an image or a video"):
        await media.inspect(f"{origin}/a.mp4", expect={MediaKind.VIDEO, MediaKind.IMAGE})
    assert list(tmp_path.iterdir()) == []


async def test_a_wrong_kind_is_noticed_long_before_the_end(serve_raw, media_for, tmp_path):
    ended = asyncio.Event()

    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n<html>" + b" " * 8192)
        await writer.drain()
        await reader.read()
        ended.set()

    origin = await serve_raw(talk)
    with pytest.raises(MediaWrongKind):
        await media_for(origin).download(f"{origin}/a.png", tmp_path, "job", expect=None)
    await asyncio.wait_for(ended.wait(), 60)


@pytest.mark.parametrize("length", ["told", "untold"])
async def test_a_file_over_the_cap_is_cut(length, serve_raw, media_for, tmp_path):
    body = png((600, 600))

    async def talk(reader, writer):
        told = b"content-length: %d\r\n" % len(body) if length == "told" else b""
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + told + b"\r\n" + body)
        await writer.drain()

    origin = await serve_raw(talk)
    with pytest.raises(MediaTooLarge):
        await media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None, max_bytes=len(body) - 1)
    assert list(tmp_path.iterdir()) == []
    file = await media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None, max_bytes=len(body))
    assert file.size == len(body)


async def test_a_truncated_file_is_unreachable_and_leaves_nothing(serve_raw, media_for, tmp_path):
    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + png())
        await writer.drain()

    origin = await serve_raw(talk)
    with pytest.raises(MediaUnreachable):
        await media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
async def test_a_file_that_stalls_ends_at_the_total_deadline(serve_raw, media_for, tmp_path):
    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + png())
        await writer.drain()
        await reader.read()

    origin = await serve_raw(talk)
    media = media_for(origin, total_timeout_s=0.2)
    with pytest.raises(MediaSlow, match="couldn't load"):
        await media.download(f"{origin}/a", tmp_path, "job", expect=None)
    with pytest.raises(MediaUnreachable):
        await media.inspect(f"{origin}/a")
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_download_leaves_nothing(serve_raw, media_for, tmp_path):
    async def talk(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + png())
        await writer.drain()
        await reader.read()

    origin = await serve_raw(talk)
    task = asyncio.create_task(media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None))
    for _ in range(6000):
        if [path.name for path in tmp_path.iterdir()] == ["job.part"]:
            break
        await asyncio.sleep(0.01)
    assert [path.name for path in tmp_path.iterdir()] == ["job.part"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["gzip", "GZip ", "deflate", "br"])
async def test_a_packed_file_is_refused(encoding, serve, media_for, tmp_path):
    origin = await serve(giving(png(), headers={"content-encoding": encoding.strip()}, ranges=False))
    media = media_for(origin)
    with pytest.raises(MediaWrongKind, match="couldn't load"):
        await media.download(f"{origin}/a", tmp_path, "job", expect=None)
    with pytest.raises(MediaWrongKind, match="couldn't load"):
        await media.inspect(f"{origin}/a")
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_too_large_and_leaves_nothing(serve, media_for, tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(partfile.Path, "open", lambda path, *_, **__: io.BufferedWriter(Full(path, "w"), 1024))
    origin = await serve(giving(png((300, 300))))
    with pytest.raises(MediaTooLarge, match="no room"):
        await media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [True, False])
async def test_the_failpoint_fires_when_half_is_on_disk(told, serve_raw, media_for, tmp_path, monkeypatch):
    body, on_disk = png((1000, 1000)), []

    async def talk(reader, writer):
        length = b"content-length: %d\r\n" % len(body) if told else b""
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + length + b"\r\n" + body)
        await writer.drain()

    origin = await serve_raw(talk)
    failpoints.arm(["download.half"])
    note = failpoints.failpoint
    monkeypatch.setattr(
        "bot.media.fetcher.failpoint", lambda name: (on_disk.append((tmp_path / "job.part").stat().st_size), note(name))
    )
    with pytest.raises(failpoints.Crash):
        await media_for(origin).download(f"{origin}/a", tmp_path, "job", expect=None)
    (size,) = on_disk
    assert len(body) / 2 <= size < len(body) * 0.6 if told else size == len(body)


async def test_three_redirects_are_followed_and_a_fourth_is_not(serve, media_for):
    async def handler(request):
        left = int(request.path[1:])
        return web.Response(status=307, headers={"location": f"/{left - 1}"}) if left else web.Response(body=png())

    origin = await serve(handler)
    media = media_for(origin)
    assert (await media.inspect(f"{origin}/3")).kind is MediaKind.IMAGE
    with pytest.raises(MediaUnsafe, match="couldn't load"):
        await media.inspect(f"{origin}/4")


@pytest.mark.parametrize("ranges", [True, False])
async def test_a_look_reads_only_the_head_and_knows_the_size(ranges, serve, media_for):
    body, seen = png((1500, 1500)), []
    assert len(body) > INSPECT_BYTES
    origin = await serve(giving(body, ranges=ranges, seen=seen))
    facts = await media_for(origin).inspect(f"{origin}/dir/My%20Pic%2F..%2Fture.jpeg?sig=1", expect={MediaKind.IMAGE})
    assert (facts.kind, facts.content_type, facts.extension) == (MediaKind.IMAGE, "image/png", ".png")
    assert (facts.size, facts.duration_s, facts.name) == (len(body), None, "ture.png")
    assert seen[0].headers["range"] == f"bytes=0-{INSPECT_BYTES - 1}"


async def test_a_look_at_a_large_file_is_refused_by_its_told_size(serve, media_for):
    origin = await serve(giving(png((300, 300))))
    with pytest.raises(MediaTooLarge):
        await media_for(origin).inspect(f"{origin}/a", max_bytes=1000)


async def test_a_look_tells_a_sounds_duration(serve, media_for):
    origin = await serve(giving(wav(3)))
    assert (await media_for(origin).inspect(f"{origin}/")).duration_s == pytest.approx(3)
    assert (await media_for(origin).inspect(f"{origin}/")).name == "audio.wav"


def late_mp4(seconds, padding):
    """An MP4 with its `moov` behind the media data, as cameras write it."""

    def box(name, content):
        return (8 + len(content)).to_bytes(4, "big") + name + content

    mvhd = box(b"mvhd", bytes(12) + (1000).to_bytes(4, "big") + (seconds * 1000).to_bytes(4, "big") + bytes(80))
    return box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"mdat", bytes(padding)) + box(b"moov", mvhd)


async def test_a_look_finds_the_duration_at_the_end_of_an_mp4_with_a_second_range(serve, media_for):
    body, seen = late_mp4(7, 2_000_000), []
    origin = await serve(giving(body, seen=seen))
    facts = await media_for(origin).inspect(f"{origin}/clip.mp4")
    assert (facts.kind, facts.duration_s, facts.size) == (MediaKind.VIDEO, 7.0, len(body))
    assert [request.headers["range"] for request in seen][1].startswith("bytes=2000")
    assert len(seen) == 2


async def test_a_part_that_was_not_asked_for_is_not_believed(serve, media_for):
    async def handler(request):
        return web.Response(status=206, body=png(), headers={"content-range": "bytes 5-200/9000"})

    origin = await serve(handler)
    with pytest.raises(MediaUnreachable, match="couldn't load"):
        await media_for(origin).inspect(f"{origin}/clip.mp4")


async def test_an_mp4_that_ends_before_what_it_promises_has_no_duration(serve, media_for):
    body = late_mp4(7, 2_000_000)[:-120]
    origin = await serve(giving(body))
    assert (await media_for(origin).inspect(f"{origin}/clip.mp4")).duration_s is None


async def test_without_ranges_the_end_is_not_read(serve, media_for):
    seen = []
    origin = await serve(giving(late_mp4(7, 2_000_000), ranges=False, seen=seen))
    assert (await media_for(origin).inspect(f"{origin}/clip.mp4")).duration_s is None
    assert len(seen) == 1


async def test_a_link_is_never_logged(serve, media_for, tmp_path, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    origin = await serve(giving(png()))
    await media_for(origin).download(f"{origin}/canary?sig=canary", tmp_path, "job", expect=None)
    with pytest.raises(MediaUnreachable):
        await media_for("http://127.0.0.1:1").inspect("http://127.0.0.1:1/canary?sig=canary")
    out = caplog.text + "".join(capsys.readouterr())
    assert "media.downloaded" in out
    assert "canary" not in out


async def test_an_origin_transport_serves_its_hosts_and_leaves_the_others(serve, tmp_path):
    body, asked = wav(1), []

    async def files(url):
        asked.append(url)
        return body if url.endswith("/a.wav") else None

    origin = await serve(giving(png()))

    def new(connections):
        return OriginTransport(public_transport([origin], connections=connections), {"cdn.discordapp.com"}, files)

    async with MediaFetcher(clock=SystemClock(), allowed_origins=[origin], new_transport=new) as media:
        facts = await media.inspect("https://CDN.discordapp.com/x/a.wav", max_bytes=len(body))
        assert (facts.duration_s, facts.size) == (pytest.approx(1), len(body))
        file = await media.download("https://cdn.discordapp.com/x/a.wav", tmp_path, "j", expect=MediaKind.AUDIO)
        assert file.path.read_bytes() == body
        with pytest.raises(MediaGone):
            await media.inspect("https://cdn.discordapp.com/x/b.wav")
        assert (await media.inspect(f"{origin}/")).kind is MediaKind.IMAGE
    assert len(asked) == 3


def film_container(*handlers):
    """An MP4 of the general brand with tracks of these kinds, two seconds long."""

    def box(name, content):
        return (8 + len(content)).to_bytes(4, "big") + name + content

    mvhd = box(b"mvhd", bytes(12) + (1000).to_bytes(4, "big") + (2000).to_bytes(4, "big") + bytes(80))
    tracks = b"".join(box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + kind + bytes(13)))) for kind in handlers)
    return box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(5000)) + box(b"moov", mvhd + tracks)


async def test_a_sound_in_a_film_container_is_a_sound(serve, media_for, tmp_path):
    origin = await serve(giving(film_container(b"soun")))
    media, url = media_for(origin), f"{origin}/a"
    facts = await media.inspect(url, expect={MediaKind.AUDIO})
    assert (facts.kind, facts.content_type, facts.extension) == (MediaKind.AUDIO, "audio/mp4", ".m4a")
    assert facts.duration_s == 2.0
    with pytest.raises(MediaWrongKind, match=r"The file is not a video"):
        await media.inspect(url, expect={MediaKind.VIDEO})
    file = await media.download(url, tmp_path, "sound", expect=MediaKind.AUDIO)
    assert (file.kind, file.path.name) == (MediaKind.AUDIO, "sound.m4a")


async def test_a_film_is_no_sound(serve, media_for, tmp_path):
    origin = await serve(giving(film_container(b"soun", b"vide")))
    media, url = media_for(origin), f"{origin}/a"
    with pytest.raises(MediaWrongKind, match="not an audio file"):
        await media.inspect(url, expect={MediaKind.AUDIO})
    with pytest.raises(MediaWrongKind, match="not an audio file"):
        await media.download(url, tmp_path, "film", expect=MediaKind.AUDIO)
    assert list(tmp_path.iterdir()) == []


async def test_the_refusal_of_a_format_names_those_that_can_be_used(serve, media_for):
    origin = await serve(giving(b"FORM\0\0\0\0AIFF" + bytes(100)))
    media, url = media_for(origin), f"{origin}/a"
    with pytest.raises(MediaWrongKind, match=r"MP3, M4A, AAC, WAV, OGG, FLAC"):
        await media.inspect(url, expect={MediaKind.AUDIO})
