"""The documented rules that tie several fields together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.catalogue import texts
from bot.catalogue.fields import FieldKind
from bot.catalogue.operation import Operation, bare, model_name
from bot.errors import FieldsMissing, InputError

_RATIO = re.compile(r"\s*(\d{1,5})\s*[:x/]\s*(\d{1,5})\s*", re.ASCII | re.IGNORECASE)


def check_rules(operation: Operation, taken: Mapping[str, Any]) -> None:
    """Check the values of an input against each other. Raises InputError."""
    for rule in _RULES:
        rule(operation, taken)


def _no_square_4k(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`image.generate`: "1:1 stays under 4K" for GPT Image 2."""
    if _model(taken) != "gptimage2" or not _square(taken.get("aspect_ratio")):
        return
    if _text(taken, "resolution").casefold() == "4k":
        raise InputError(texts.no_square_4k(model_name(operation, taken["model"])), "resolution")


def _sora_is_not_square(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: portrait or landscape only."""
    if _is_sora(operation, taken) and _square(taken.get("aspect_ratio")):
        raise InputError(texts.sora_not_square(taken["aspect_ratio"]), "aspect_ratio")


def _sora_1080p_is_pro(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: native 1080p is for the Pro tier."""
    if not _is_sora(operation, taken) or _text(taken, "resolution").casefold() != "1080p":
        return
    if "pro" not in _model(taken):
        raise InputError(texts.SORA_1080P_IS_PRO, "model")


def _wan_audio_has_company(_operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: with Wan 2.7, audio needs a prompt-first render or a clip to continue."""
    if _model(taken) != "wan27video" or "audio_url" not in taken:
        return
    if not taken.keys() & {"prompt", "source_video_url", "first_clip_url"}:
        raise InputError(texts.WAN_AUDIO_ALONE, "audio_url")


def _frame_rate_is_starlight(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.upscale`: the frame rate is for Starlight 2.5 only, whose id is not public."""
    model = _model(taken)
    if "target_fps" in taken and any(word in model for word in ("wavespeed", "proteus", "magnific")):
        raise InputError(texts.no_frame_rate(model_name(operation, taken["model"])), "target_fps")


def _sound_has_source(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`soundfx.generate`: all its fields are optional, but of nothing there is no sound."""
    if operation.id == "soundfx.generate" and not taken.keys() & {"prompt", "description_prompt", "video_url"}:
        raise FieldsMissing(texts.SOUND_OF_NOTHING, ["prompt"])


def _video_has_source(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: the page shows prompts, pictures and clips to start from; of nothing there is no video."""
    media = {field.name for field in operation.fields if field.kind in {FieldKind.URL, FieldKind.URLS}}
    if operation.id == "video.generate" and not taken.keys() & {"prompt", *media}:
        raise FieldsMissing(texts.VIDEO_OF_NOTHING, ["prompt"])


def _is_sora(operation: Operation, taken: Mapping[str, Any]) -> bool:
    return operation.workflow == "sora" or "sora" in _model(taken)


def _model(taken: Mapping[str, Any]) -> str:
    return bare(_text(taken, "model"))


def _text(taken: Mapping[str, Any], name: str) -> str:
    value = taken.get(name)
    return value if isinstance(value, str) else ""


def _square(value: object) -> bool:
    if not isinstance(value, str):
        return False
    ratio = _RATIO.fullmatch(value)
    return value.casefold() == "square" or (ratio is not None and int(ratio[1]) == int(ratio[2]))


_RULES: tuple[Callable[[Operation, Mapping[str, Any]], None], ...] = (
    _no_square_4k,
    _sora_is_not_square,
    _sora_1080p_is_pro,
    _wan_audio_has_company,
    _frame_rate_is_starlight,
    _sound_has_source,
    _video_has_source,
)
