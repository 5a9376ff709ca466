from __future__ import annotations

import array
import fractions
import io
import math
import struct
import tempfile
import wave
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.containers.facts import facts_of
from bot.media.containers.pieces import SPAN_BYTES
from bot.media.sniff import sniff

SECONDS = 3


def sound(made_as, codec, *, rate=48_000, options=None):
    out = io.BytesIO()
    with av.open(out, "w", format=made_as, options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        step = stream.codec_context.frame_size or 1024
        for start in range(0, rate * SECONDS, step):
            count = min(step, rate * SECONDS - start)
            tone = array.array("h", (int(math.sin(n / 20) * 9000) for n in range(start, start + count))).tobytes()
            frame = av.AudioFrame(format="s16", layout="mono", samples=count)
            frame.planes[0].update(tone.ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def video(made_as, codec, *, options=None):
    with tempfile.NamedTemporaryFile() as out:  # a faststart file is read back while it is written
        with av.open(out.name, "w", format=made_as, options=options or {}) as container:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.time_base = fractions.Fraction(1, 10)
            for n in range(10 * SECONDS):
                frame = av.VideoFrame(64, 48, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes([n * 8]) * plane.buffer_size)
                frame.pts = n
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return Path(out.name).read_bytes()


def facts(body, *, head=256 * 1024, size=True):
    """Play the caller's part: give the head, then each span that is asked for."""
    pieces, spans = {0: body[:head]}, 0
    while (span := (found := facts_of(pieces, len(body) if size else None)).needs) is not None:
        spans += 1
        assert spans <= 3
        assert span.start not in pieces
        pieces[span.start] = body[span.start : span.stop]
    return found


def measured(body, *, head=256 * 1024, size=True):
    return facts(body, head=head, size=size).seconds


SAMPLES = {
    "mp4": lambda: video("mp4", "libx264"),
    "mp4 moov first": lambda: video("mp4", "libx264", options={"movflags": "faststart"}),
    "mov": lambda: video("mov", "libx264"),
    "webm": lambda: video("webm", "libvpx-vp9"),
    "mkv": lambda: video("matroska", "libx264"),
    "m4a": lambda: sound("ipod", "aac"),
    "wav": lambda: sound("wav", "pcm_s16le"),
    "flac": lambda: sound("flac", "flac"),
    "mp3 with Xing": lambda: sound("mp3", "libmp3lame"),
    "mp3 without": lambda: sound("mp3", "libmp3lame", options={"write_xing": "0", "id3v2_version": "0"}),
    "mp3 of 22 kHz": lambda: sound("mp3", "libmp3lame", rate=22_050),
    "ogg opus": lambda: sound("ogg", "libopus"),
}


@pytest.fixture(scope="module")
def samples():
    return {name: make() for name, make in SAMPLES.items()}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("head", [4096, 256 * 1024])
def test_the_duration_of_a_real_file_is_told_from_its_headers(name, head, samples):
    body = samples[name]
    assert sniff(body[:4096]) is not None
    assert measured(body, head=head) == pytest.approx(SECONDS, abs=0.15)


def test_an_mp4_with_its_facts_at_the_end_asks_for_just_them(samples):
    body = samples["mp4"]
    found = facts_of({0: body[:64]}, len(body)).needs
    assert found.stop <= len(body)
    assert found.stop - found.start <= SPAN_BYTES


def box(name, content=b"", *, size=None, long=False):
    length = len(content) + (16 if long else 8) if size is None else size
    head = struct.pack(">I4sQ", 1, name, length) if long else struct.pack(">I4s", length, name)
    return head + content


def mvhd(ticks, scale=1000):
    return box(b"mvhd", bytes(12) + struct.pack(">II", scale, ticks) + bytes(80))


FTYP = box(b"ftyp", b"isom" + bytes(4))


def test_a_fragmented_mp4_tells_its_duration_in_its_extension():
    mehd = box(b"mehd", b"\1" + bytes(3) + struct.pack(">Q", 5000))
    body = FTYP + box(b"moov", mvhd(0) + box(b"trak", bytes(50)) + box(b"mvex", mehd))
    assert measured(body) == 5.0


def test_an_mp4_of_the_long_form_is_read():
    long_mvhd = box(b"mvhd", b"\1" + bytes(19) + struct.pack(">IQ", 600, 1200) + bytes(80))
    body = FTYP + box(b"mdat", bytes(10_000), long=True) + box(b"moov", long_mvhd)
    assert measured(body, head=1000) == 2.0


@pytest.mark.parametrize(
    "body",
    [
        FTYP,
        FTYP + box(b"moov"),
        FTYP + box(b"moov", mvhd(0)),
        FTYP + box(b"moov", mvhd(5, scale=0)),
        FTYP + box(b"moov", mvhd(0xFFFFFFFF)),
        FTYP + box(b"moov", mvhd(4_000_000_000, scale=1)),
        FTYP + box(b"free", size=3),
        FTYP + box(b"mdat", size=0),
        FTYP + box(b"mdat", long=True) + b"\0",
        FTYP + box(b"free") * 10_000,
        b"\x1a\x45\xdf\xa3" + b"\xff" * 100,
        b"\x1a\x45\xdf\xa3" + bytes(100),
        b"RIFF\0\0\0\0WAVE" + b"LIST\0\0\0\0" * 1000,
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + b"data\x10\0\0\0" + bytes(16),
        b"fLaC" + bytes(40),
        b"fLaC",
        b"OggS" + bytes(100),
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
        b"ID3\4\0\0\0\0\0\0" + bytes(10_000),
        b"\xff\xfb\x90\x64",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"",
    ],
)
@pytest.mark.parametrize("size", [True, False])
def test_broken_or_empty_headers_tell_no_duration(body, size):
    assert measured(body, size=size) is None


def test_a_wav_that_was_written_to_a_pipe_is_measured_by_its_size():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    body = out.getvalue()
    piped = body[:40] + b"\xff\xff\xff\xff" + body[44:]
    assert measured(piped) == pytest.approx(2)


def test_an_mp3_behind_a_large_cover_picture_is_found(samples):
    cover = b"ID3\4\0\0" + bytes([0, 0x20, 0, 0]) + bytes(0x20 << 14)
    assert measured(cover + samples["mp3 without"]) == pytest.approx(SECONDS, abs=0.15)


@given(data=st.data())
def test_a_damaged_real_file_never_raises_and_asks_for_few_bytes(data, samples):
    body = bytearray(samples[data.draw(st.sampled_from(sorted(SAMPLES)))])
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, min(len(body), 2000) - 1) | st.integers(0, len(body) - 1))] = data.draw(
            st.integers(0, 255)
        )
    body = bytes(body[: data.draw(st.integers(1, len(body)) | st.just(len(body)))])
    pieces = {0: body[: data.draw(st.sampled_from([64, 4096, 256 * 1024]))]}
    for _ in range(4):
        if (span := facts_of(pieces, len(body)).needs) is None:
            break
        assert 0 < span.stop - span.start <= 2**20
        assert span.stop <= len(body)
        assert span.start not in pieces
        pieces[span.start] = body[span.start : span.stop]


@given(data=st.data())
def test_a_damaged_file_never_raises(data):
    body = bytearray(FTYP + box(b"moov", mvhd(3000)) + box(b"mdat", bytes(50)))
    if data.draw(st.booleans()):
        body = bytearray(data.draw(st.sampled_from(STARTS)) + data.draw(st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    size = data.draw(st.none() | st.just(len(body)) | st.integers(0, 2**40))
    found = facts_of({0: bytes(body)}, size)
    assert found.seconds is None or 0 < found.seconds < 1_000_000


STARTS = [
    b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff\x15\x49\xa9\x66",
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0",
    b"fLaC\0\0\0\x22",
    b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead",
    b"OggS\0\2" + bytes(20) + b"\1\x2a\x80theora\3\2\1" + bytes(11) + b"\0\0\0\x0a\0\0\0\1",
    b"RIFF\xff\0\0\0AVI LIST\x80\0\0\0hdrlLIST\x4c\0\0\0strlstrh\x38\0\0\0vids",
    b"RIFF\0\0\0\0WAVEfmt \x14\0\0\0\2\0\1\0" + bytes(16) + b"fact\4\0\0\0",
    b"fLaC\0\0\0\x22\x10\0\x10\0" + bytes(6) + b"\x0a\xc4\x40\xf0" + bytes(20) + b"\xff\xf8\xc9\x08\0",
    FTYP + box(b"moov", mvhd(0) + box(b"mvex")) + box(b"sidx", bytes(24)) + box(b"moof", box(b"traf", box(b"tfdt"))),
    b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\xff\xe7\x81\0\xa3\x84\x81\0\0\x80",
    b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9) + b"\xff\xf1\x50\x80\x02\x1f\xfc",
    b"ID3\4\0\0\0\0\0\0\xff\xfb\x90\x64",
    b"\xff\xfb\x90\x64",
]


def mp3_frames(count, kbits_code):
    """Frames of 48 kHz: each has three bytes for a kbit per second."""
    length = 3 * (32, 40, 48, 56, 64, 80, 96, 112, 128)[kbits_code - 1]
    return (bytes([0xFF, 0xFB, kbits_code << 4 | 4, 0xC4]) + bytes(length - 4)) * count


def test_an_mp3_whose_bitrate_changes_later_is_counted_or_unknown():
    frame_s = 0.024
    both = mp3_frames(1000, 9) + mp3_frames(200, 5)
    assert measured(both) in (None, pytest.approx(1200 * frame_s, abs=0.1))
    inside = mp3_frames(1000, 9) + mp3_frames(333, 5) + mp3_frames(1000, 9)
    assert measured(inside) in (None, pytest.approx(2333 * frame_s, abs=0.1))
    assert measured(mp3_frames(3000, 9)) == pytest.approx(3000 * frame_s, abs=0.1)


@pytest.mark.parametrize("part", [0.5, 2])
def test_a_header_that_counts_another_file_than_this_is_not_believed(part, samples):
    body = samples["mp3 with Xing"]
    assert measured(body[: len(body) // 2] if part < 1 else body + body[3000:]) is None


def test_a_file_of_sound_in_a_film_container_has_no_picture(samples):
    assert facts(samples["m4a"]).has_picture is False
    assert facts(samples["mp4"]).has_picture is True
    assert facts(samples["webm"]).has_picture is True
    assert facts(sound("matroska", "libopus")).has_picture is False


def cluster(time, blocks, *, told=True):
    body = b"\xe7\x82" + struct.pack(">H", time)
    body += b"".join(b"\xa3\x86\x81" + struct.pack(">h", at) + b"\x80ab" for at in blocks)
    return b"\x1f\x43\xb6\x75" + (bytes([0x80 | len(body)]) if told else b"\x01" + b"\xff" * 7) + body


@pytest.mark.parametrize("told", [True, False])
def test_what_a_browser_recorded_lasts_until_its_last_block(told):
    start = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"\x15\x49\xa9\x66\x80"
    body = start + b"".join(cluster(at * 1000, [0, 100, 200, 300], told=told) for at in range(5))
    assert measured(body) == pytest.approx(4.4)
    assert measured(body[:-1]) is None


def test_a_fragmented_mp4_whose_last_fragment_is_far_from_its_end_is_unknown(samples):
    mvex = box(b"mvex", box(b"trex", bytes(24)))
    mdhd = box(b"mdhd", bytes(12) + struct.pack(">II", 1000, 0) + bytes(4))
    trak = box(b"trak", box(b"tkhd", bytes(12) + struct.pack(">I", 1) + bytes(8)) + box(b"mdia", mdhd))

    def moof(ticks):
        tfhd = box(b"tfhd", struct.pack(">III", 8, 1, 1000))
        tfdt, trun = box(b"tfdt", struct.pack(">II", 0, ticks)), box(b"trun", struct.pack(">II", 0, 2))
        return box(b"moof", box(b"traf", tfhd + tfdt + trun))

    head = FTYP + box(b"moov", mvhd(0) + trak + mvex)
    near = head + moof(0) + box(b"mdat", bytes(90_000)) + moof(2000) + box(b"mdat", bytes(90_000))
    assert measured(near, head=4096) == 4.0
    far = head + moof(0) + box(b"mdat", bytes(90_000)) + moof(2000) + box(b"mdat", bytes(3_000_000))
    assert measured(far, head=4096) is None


def test_hostile_boxes_within_boxes_are_left_soon():
    nested = box(b"moov", box(b"trak", (box(b"mdia", box(b"hdlr", bytes(12)) * 400)) * 20) * 20)
    assert len(nested) > 1_000_000
    assert measured(FTYP + nested) is None
