"""The sandbox at work: from a request's input to its finished files. Blocking, for a thread."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import render
from bot.sandbox.answers import PRODUCTS, input_preview
from bot.sandbox.prices import CLIP_DEFAULT_S, TRACK_DEFAULT_S, seconds_of
from bot.sandbox.scenes import Size
from bot.sandbox.sources import InputFile

BIG_BYTES = 11 * 1024 * 1024
"""The size of a `#big` file: over Discord's 10 MiB for a server without boosts."""
MANY = 4
SMALL_EDGE_PX, SMALL_MAX_S = 64, 1.0
_PICTURE_EDGES = {"1K": 1024, "2K": 1280, "4K": 1536}
_CLIP_EDGES = {"480p": 480, "720p": 640, "1080p": 960, "2k": 960, "4k": 1280}
_CLIP_EDGE_PX = 640
_WORDS_PER_SECOND = 2.5
_TALLEST, _WIDEST = 0.4, 2.5
"""The ratios between which an asked or a source's aspect ratio is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything that a request's files depend on. `small` keeps them tiny, for tests that make thousands."""

    operation: str
    input: Mapping[str, Any]
    seed: int | str
    words: frozenset[str] = frozenset()
    small: bool = False


def make(task: Task, sources: Mapping[str, InputFile]) -> dict[str, list[render.Rendered]]:
    """Return the files of a task by kind. `sources` are the files that its input links to, by field."""
    kinds = {kind for _, kind in PRODUCTS[task.operation].files} if task.operation in PRODUCTS else set()
    if task.operation == "soundfx.generate" and "video_url" not in sources:
        kinds.discard("mp4")
    files = {kind: _files(task, kind, sources) for kind in sorted(kinds)}
    if "#big" in task.words:
        files = {kind: [render.padded(file, BIG_BYTES) for file in made] for kind, made in files.items()}
    return files


def _files(task: Task, kind: str, sources: Mapping[str, InputFile]) -> list[render.Rendered]:
    text, label = input_preview(task.input), f"Sandbox · {task.operation}"
    shape, source = next(((size, each) for each in sources.values() if (size := each.size())), (None, None))
    picture = render.first_frame(source.data) if source is not None and source.is_own else None
    match kind:
        case "png":
            size = image_size(task, shape)
            seeds = [task.seed, *(f"{task.seed}-{more}" for more in range(1, MANY))]
            count = MANY if {"#many"} & task.words or task.operation == "three_d.location.generate" else 1
            return [render.png(text, size=size, seed=seed, label=label, source=picture) for seed in seeds[:count]]
        case "mp4":
            seconds, size = _seconds(task, sources), clip_size(task, shape)
            return [render.mp4(text, seconds=seconds, size=size, seed=task.seed, label=label, source=picture)]
        case "mp3":
            return [render.mp3(seconds=_seconds(task, sources), seed=task.seed)]
    return [_glb(text)]


def image_size(task: Task, source: Size | None = None) -> Size:
    """Return the size of an image in pixels: moderate, but of the requested ratio and growing with the resolution."""
    edge = _PICTURE_EDGES.get(str(task.input.get("resolution", "1K")).upper(), 1024)
    return _shaped(task, source, edge, "1:1")


def clip_size(task: Task, source: Size | None = None) -> Size:
    """Return the size of a clip in pixels, in the same way."""
    resolution = task.input.get("target_resolution", task.input.get("resolution", ""))
    return _shaped(task, source, _CLIP_EDGES.get(str(resolution).casefold(), _CLIP_EDGE_PX), "16:9")


def _shaped(task: Task, source: Size | None, edge: int, usual: str) -> Size:
    edge = SMALL_EDGE_PX if task.small else edge
    ratio = _ratio(task.input.get("aspect_ratio"))
    if ratio is None and source is not None:
        ratio = source[0] / source[1]
    ratio = min(max(ratio or _ratio(usual) or 1.0, _TALLEST), _WIDEST)
    wide, high = (edge, round(edge / ratio)) if ratio >= 1 else (round(edge * ratio), edge)
    return wide // 2 * 2, high // 2 * 2


def _ratio(text: object) -> float | None:
    wide, _, high = str(text or "").partition(":")
    try:
        return float(wide) / float(high)
    except (ValueError, ZeroDivisionError):
        return None


def _seconds(task: Task, sources: Mapping[str, InputFile]) -> float:
    default = TRACK_DEFAULT_S if task.operation == "music.generate" else CLIP_DEFAULT_S
    if task.operation == "narration.generate":
        default = max(1.0, len(str(task.input.get("text", "")).split()) / _WORDS_PER_SECOND)
    elif "video_url" in sources:
        default = sources["video_url"].seconds() or default
    seconds = seconds_of(task.input, default)
    return min(seconds, SMALL_MAX_S) if task.small else seconds


def _glb(name: str) -> render.Rendered:
    """Return an empty but valid binary glTF 2.0 file: header, then one JSON chunk padded with spaces."""
    document = json.dumps({"asset": {"version": "2.0", "generator": "cannon-bot sandbox"}, "extras": {"name": name}})
    chunk = document.encode()
    chunk += b" " * (-len(chunk) % 4)
    data = struct.pack("<4sIIII", b"glTF", 2, 20 + len(chunk), len(chunk), 0x4E4F534A) + chunk
    return render.Rendered(data, "model/gltf-binary", "glb")
