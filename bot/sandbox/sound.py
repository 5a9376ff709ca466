"""Audio from a seed: a quiet arpeggio, as 16-bit mono samples, for the sandbox's tracks and clips."""

from __future__ import annotations

import array
import functools
import io
import math
import random
import wave

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
    bar = [notes[dice.randrange(len(notes))] for _ in range(16)]
    wanted = max(1, round(seconds * SAMPLE_RATE_HZ))
    samples: array.array[int] = array.array("h")
    beat = 0
    while len(samples) < wanted:
        samples.extend(bar[beat % len(bar)])
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


@functools.lru_cache(maxsize=9 * len(SCALE))  # all notes of the nine roots: 1.6 MB, where each takes milliseconds
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
