"""Real media: PNG, MP4 (H.264 + AAC), MP3 and WAV, made on demand from a scene or a seed.

Blocking work for a thread, and deterministic for images and audio. PyAV comes with the extra `demo` only, because the
bot itself never decodes media: without it clips are a prepared one, and tracks are WAV.
"""

from __future__ import annotations

import array
import functools
import io
import math
import random
import struct
import wave
import zlib
from dataclasses import dataclass, replace
from importlib import resources

from PIL import Image

from sandbox.media.pen import Size
from sandbox.media.scenes import PAN, Composition
from sandbox.media.words import Scene

SAMPLE_RATE_HZ = 44_100
BEAT_S = 0.25
LOUDNESS = 0.22
"""Share of full scale: a demo must not be loud."""
SCALE = (0, 2, 4, 7, 9, 12, 14, 16)
"""A major pentatonic scale, in semitones: any order of its notes sounds pleasant."""


def tune(seconds: float, seed: int | str) -> array.array[int]:
    """Return `seconds` of the tune of `seed`: signed 16-bit samples, mono, SAMPLE_RATE_HZ."""
    dice = random.Random(f"tune:{seed}")  # noqa: S311 - a tune, not a secret
    root_hz = 220 * 2 ** (dice.randrange(-4, 5) / 12)
    notes = [_note(root_hz * 2 ** (step / 12)) for step in SCALE]
    # Softer and louder by phrases, so that a player's waveform has a shape.
    choirs = [notes, *([array.array("h", (each >> by for each in note)) for note in notes] for by in (1, 2))]
    bar = [dice.randrange(len(notes)) for _ in range(16)]
    phrases = [choirs[dice.choice((0, 0, 1, 1, 2))] for _ in range(11)]
    wanted = max(1, round(seconds * SAMPLE_RATE_HZ))
    samples: array.array[int] = array.array("h")
    beat = 0
    while len(samples) < wanted:
        samples.extend(phrases[beat // 4 % len(phrases)][bar[beat % len(bar)]])
        beat += 1
    return samples[:wanted]


def wav(seconds: float, seed: int | str) -> bytes:
    """Return the tune of `seed` as a WAV file that lasts `seconds`."""
    file = io.BytesIO()
    with wave.open(file, "wb") as track:
        track.setnchannels(1)
        track.setsampwidth(2)
        track.setframerate(SAMPLE_RATE_HZ)
        track.writeframes(tune(seconds, seed).tobytes())
    return file.getvalue()


@functools.lru_cache(maxsize=9 * len(SCALE))  # all notes of the nine roots: 1.6 MB, each takes milliseconds
def _note(pitch_hz: float) -> array.array[int]:
    length = round(BEAT_S * SAMPLE_RATE_HZ)
    peak = 32_767 * LOUDNESS
    step = math.tau * pitch_hz / SAMPLE_RATE_HZ
    # A fade-in and a fade-out, so that there is no click between notes.
    return array.array(
        "h",
        (
            round(
                peak
                * min(1.0, at / 400)
                * (1 - at / length)
                * (math.sin(step * at) + 0.3 * math.sin(2 * step * at))
                / 1.3
            )
            for at in range(length)
        ),
    )


try:
    import av
except ImportError:
    HAS_CODECS = False
else:
    HAS_CODECS = True


CLIP_FPS = 12
CLIP_MAX_S = 20.0
"""Longer clips are cut to this, to keep the encoder fast."""
TRACK_MAX_S = 180.0
WAV_MAX_S = 30.0
"""A minute of WAV has 5 MB."""
CLIP = "clip.mp4"
"""A prepared clip of two seconds by `mp4`, next to this module."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One finished file."""

    data: bytes
    content_type: str
    extension: str
    scene: Scene | None = None
    """What it shows, None for sound."""


def png(scene: Scene, *, size: Size = (1024, 576)) -> Rendered:
    """Draw a scene, `size` in pixels."""
    file = io.BytesIO()
    Composition(scene, size).picture().save(file, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return Rendered(file.getvalue(), "image/png", "png", scene)


def mp4(scene: Scene, *, seconds: float, size: Size = (640, 360), fps: int = CLIP_FPS) -> Rendered:
    """Make a clip of `seconds` (at most CLIP_MAX_S) that begins with the picture of `scene`, with a tune.

    `size` is made even, as H.264 requires. Without PyAV every clip is the same one.
    """
    if not HAS_CODECS:
        return Rendered(resources.files(__package__ or "").joinpath(CLIP).read_bytes(), "video/mp4", "mp4", scene)
    seconds = min(max(seconds, 1 / fps), CLIP_MAX_S)
    size = (size[0] // 2 * 2, size[1] // 2 * 2)
    stage = Composition(scene, size, more=PAN)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as box:
        video = box.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "26", "threads": "1"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = box.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        count = max(1, round(seconds * fps))
        for number in range(count):
            box.mux(video.encode(_frame(stage.frame(number / count, number / fps), number)))
        box.mux(video.encode(None))
        box.mux(audio.encode(_sound(tune(seconds, scene.layout))))
        box.mux(audio.encode(None))
    return Rendered(file.getvalue(), "video/mp4", "mp4", scene)


def mp3(*, seconds: float, seed: int | str = 0) -> Rendered:
    """Make a track of `seconds` (at most TRACK_MAX_S) with the tune of `seed`; WAV without PyAV."""
    if not HAS_CODECS:
        return Rendered(wav(min(seconds, WAV_MAX_S), seed), "audio/wav", "wav")
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as box:
        audio = box.add_stream("mp3", rate=SAMPLE_RATE_HZ, layout="mono")
        audio.bit_rate = 64_000
        box.mux(audio.encode(_sound(tune(min(seconds, TRACK_MAX_S), seed))))
        box.mux(audio.encode(None))
    return Rendered(file.getvalue(), "audio/mpeg", "mp3")


def padded(file: Rendered, size_bytes: int) -> Rendered:
    """Return `file` grown to at least `size_bytes` with content that players skip: it still decodes."""
    filler = bytes(max(0, size_bytes - len(file.data)))
    match file.extension:
        case "mp4":
            # A `free` box may be at the end (ISO/IEC 14496-12, 8.1.2).
            data = file.data + struct.pack(">I4s", len(filler) + 8, b"free") + filler
        case "mp3":
            # A tag in front, of padding alone: its size has seven bits a byte (ID3v2.4, 3.1).
            size = bytes(len(filler) >> shift & 0x7F for shift in (21, 14, 7, 0))
            data = b"ID3\x04\x00\x00" + size + filler + file.data
        case _:
            # PNG readers stop at IEND.
            data = file.data + filler
    return replace(file, data=data)


def _frame(picture: Image.Image, number: int) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's stub leaves it bare
    frame.pts = number
    return frame


def _sound(samples: array.array[int]) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    # FFmpeg pads a plane to its own alignment.
    data = samples.tobytes()
    frame.planes[0].update(data + bytes(frame.planes[0].buffer_size - len(data)))
    frame.sample_rate = SAMPLE_RATE_HZ
    frame.pts = 0
    return frame
