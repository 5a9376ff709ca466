"""Films: the last frame of one, and several joined to one file; by PyAV, in a process of its own (`bot.media.caged`).

PyAV is the extra `film`: without it, `is_possible` is False, and nothing here is offered.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import pkgutil
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from bot.media.caged import INSTALLED, MIB, CageLimits, command, confine, made

FRAME_NAME, FILM_NAME = "last-frame.png", "film.mp4"
SHOTS_MAX: Final = 8
SIDE_MAX: Final = 1920
"""Longest side of a joined film, in pixels."""
SECONDS_MAX: Final = 180
"""Of all shots together."""
RATE: Final = 24
SOUND_RATE: Final = 44_100
BITRATES: Final = (250_000, 4_000_000)
"""The least that is worth watching, and the most that is needed, in bits a second."""
SOUND_BITRATE: Final = 96_000
TIMEOUT_S: Final = 240.0
LIMITS: Final = CageLimits(cpu_s=200, data=640 * MIB, memory=1536 * MIB, file=64 * MIB)
COMMAND = command("bot.media.film")


def is_possible() -> bool:
    """Whether PyAV is installed here."""
    return importlib.util.find_spec("av") is not None


async def last_frame(folder: Path, name: str) -> Path:
    """Return the last frame of the film `name` in the folder, as a picture there. Raises CagedError."""
    return await made(COMMAND, folder, {"frame_of": name}, FRAME_NAME, timeout_s=TIMEOUT_S, installed=INSTALLED)


async def joined(folder: Path, names: Sequence[str], *, max_bytes: int) -> Path:
    """Join the films in the folder, in order, to one file there, of at most `max_bytes`. Raises CagedError."""
    wanted = {"join": list(names), "max_bytes": max_bytes}
    return await made(COMMAND, folder, wanted, FILM_NAME, timeout_s=TIMEOUT_S, installed=INSTALLED)


# ---------------------------------------------------------------------- in the separate process


def main() -> int:
    """Do what stdin wants in the working directory; return the exit code."""
    wanted = json.load(sys.stdin)
    import av  # noqa: PLC0415 - the bot's own process never loads it

    av.logging.set_level(av.logging.PANIC)
    _load(av)
    confine(LIMITS)
    if "frame_of" in wanted:
        _save_last_frame(av, Path(wanted["frame_of"]).name)
    else:
        _join(av, [Path(each).name for each in wanted["join"]][:SHOTS_MAX], int(wanted["max_bytes"]))
    return 0


def _load(av: Any) -> None:
    """Load what the first frame would load: then files are out of reach."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name != "av.__main__":
            importlib.import_module(module.name)
    importlib.import_module("PIL.PngImagePlugin")
    av.VideoFrame(16, 16, "yuv420p").to_image()


def _save_last_frame(av: Any, name: str) -> None:
    with av.open(name) as film:
        stream = film.streams.video[0]
        stream.thread_count = 1
        if film.duration:  # not all of it: from the last key frame on
            film.seek(max(0, film.duration - 3_000_000), backward=True)
        [last] = deque(film.decode(stream), maxlen=1)
        last.to_image().save(FRAME_NAME)


def _join(av: Any, names: Sequence[str], max_bytes: int) -> None:
    size, seconds = _measured(av, names)
    if not 0 < seconds <= SECONDS_MAX:
        raise ValueError(f"{seconds:.0f} s")
    least, most = BITRATES
    bitrate = min(most, int(max_bytes * 8 * 0.9 / seconds) - SOUND_BITRATE)
    if bitrate < least:
        raise ValueError(f"{bitrate} bits a second")
    with av.open(FILM_NAME, "w", options={"movflags": "faststart"}) as out:
        picture = out.add_stream("libx264", rate=RATE)
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        picture.bit_rate, picture.thread_count = bitrate, 1
        picture.options = {"preset": "veryfast", "maxrate": str(bitrate), "bufsize": str(2 * bitrate)}
        sound = out.add_stream("aac", rate=SOUND_RATE)
        sound.bit_rate, sound.layout, sound.thread_count = SOUND_BITRATE, "stereo", 1
        frames = samples = 0
        for name in names:
            began = frames
            for frame in _frames(av, name, size):
                frame.pts, frame.time_base = frames, Fraction(1, RATE)
                frames += 1
                out.mux(picture.encode(frame))
            wanted = round((frames - began) / RATE * SOUND_RATE)
            for piece in _sounds(av, name, wanted):
                piece.pts, piece.time_base = samples, Fraction(1, SOUND_RATE)
                samples += piece.samples
                out.mux(sound.encode(piece))
        out.mux(picture.encode(None))
        out.mux(sound.encode(None))


def _measured(av: Any, names: Sequence[str]) -> tuple[tuple[int, int], float]:
    """Return the size of the first film, even and at most SIDE_MAX long, and the seconds of all."""
    seconds, size = 0.0, (0, 0)
    for name in names:
        with av.open(name) as film:
            stream = film.streams.video[0]
            seconds += float(film.duration or 0) / 1_000_000
            if size == (0, 0):
                scale = min(1.0, SIDE_MAX / max(stream.width, stream.height))
                size = (2 * round(stream.width * scale / 2), 2 * round(stream.height * scale / 2))
    return size, seconds


def _frames(av: Any, name: str, size: tuple[int, int]) -> Iterator[Any]:
    """Yield a film's frames at RATE a second, in this size, with bars where its own is another."""
    with av.open(name) as film:
        stream = film.streams.video[0]
        stream.thread_count = 1
        graph, (wide, high) = av.filter.Graph(), size
        steps = {
            "fps": f"{RATE}",
            "scale": f"{wide}:{high}:force_original_aspect_ratio=decrease",
            "pad": f"{wide}:{high}:(ow-iw)/2:(oh-ih)/2",
            "format": "yuv420p",
        }
        yield from _filtered(graph, graph.add_buffer(template=stream), steps, "buffersink", film.decode(stream))


def _sounds(av: Any, name: str, wanted: int) -> Iterator[Any]:
    """Yield exactly `wanted` samples of a film's sound, with silence where it has none."""
    with av.open(name) as film:
        graph, stream = av.filter.Graph(), next(iter(film.streams.audio), None)
        source = graph.add("anullsrc") if stream is None else graph.add_abuffer(template=stream)
        steps = {
            "aresample": f"{SOUND_RATE}",
            "aformat": "sample_fmts=fltp:channel_layouts=stereo",
            "apad": "",
            "atrim": f"end_sample={wanted}",
            "asetnsamples": "1024:p=0",
        }
        yield from _filtered(graph, source, steps, "abuffersink", () if stream is None else film.decode(stream))


def _filtered(graph: Any, source: Any, steps: Mapping[str, str], sink: str, frames: Iterable[Any]) -> Iterator[Any]:
    """Yield the frames after these filters; none once a filter has had enough."""
    graph.link_nodes(source, *(graph.add(*each) for each in steps.items()), graph.add(sink)).configure()
    for frame in itertools.chain(frames, [None]):
        graph.push(frame)
        try:
            while True:
                yield graph.pull()
        except BlockingIOError:
            continue
        except EOFError:
            return


if __name__ == "__main__":
    sys.exit(main())
