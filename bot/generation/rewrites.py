"""How a prompt is rewritten before it is used: by which operation, and what that is told, by what the prompt is for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue import Catalogue, Operation
from bot.domain.models import MediaKind
from bot.generation import rewrite_prompts
from bot.jobs.card_spec import JobSpec

VARIANT: Final = "prompt.enhance.variant"
_FOR_IMAGE, _FOR_VIDEO = "prompt.enhance.image", "prompt.enhance.video"
_ENHANCERS: Final = {
    "image": _FOR_IMAGE,
    "video": _FOR_VIDEO,
    "sora": _FOR_VIDEO,
    "finish": _FOR_VIDEO,
    "audio": VARIANT,
}
"""By workflow. Cannon Studio rewrites no prompts for sound, so the one that heeds a request most does it."""
_SOUND: Final = "audio"
_HINTS: Final = {"prompt": "prompt", "aspectRatio": "aspect_ratio", "visualStyle": "style", "duration": "duration"}
"""Fields of a job from which an enhancer knows what the prompt is for."""
PICTURE_EDITS: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": rewrite_prompts.SUBTLE_REWRITE, "strong": rewrite_prompts.STRONG_REWRITE}
)
"""What edits a picture into a variant of it, by strength."""
VIDEO_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": rewrite_prompts.SUBTLE_VIDEO_REWRITE, "strong": rewrite_prompts.STRONG_VIDEO_REWRITE}
)
MUSIC_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": rewrite_prompts.SUBTLE_MUSIC_REWRITE, "strong": rewrite_prompts.STRONG_MUSIC_REWRITE}
)
SOUND_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": rewrite_prompts.SUBTLE_SOUND_REWRITE, "strong": rewrite_prompts.STRONG_SOUND_REWRITE}
)


def enhancer_of(operation: Operation) -> str:
    """Return the id of the prompt operation that fits the operation: by its workflow, else by what it makes."""
    makes_video = any(each.kind is MediaKind.VIDEO for each in operation.outputs)
    return _ENHANCERS.get(operation.workflow, _FOR_VIDEO if makes_video else _FOR_IMAGE)


def enhancing(catalogue: Catalogue, operation: Operation, values: Mapping[str, Any]) -> JobSpec:
    """Return the step that makes the prompt among `values` better. Raises InputError."""
    enhancer = catalogue.resolve(enhancer_of(operation))
    known = {each.name for each in enhancer.fields}
    given = {name: values.get(field) for name, field in _HINTS.items() if name in known}
    if operation.workflow == _SOUND:
        given["rewriteRequest"] = (
            rewrite_prompts.ENHANCE_MUSIC if is_music(operation) else rewrite_prompts.ENHANCE_SOUND
        )
    return JobSpec(operation=enhancer.id, input=given)


def varying(operation: Operation, prompt: str, strength: str) -> JobSpec:
    """Return the step that turns a prompt of the operation into that of a variant; `strength`: subtle or strong."""
    rewrites = VIDEO_REWRITES
    if operation.workflow == _SOUND:
        rewrites = MUSIC_REWRITES if is_music(operation) else SOUND_REWRITES
    return JobSpec(operation=enhancer_of(operation), input={"prompt": prompt, "rewriteRequest": rewrites[strength]})


def changing_look(prompt: str) -> JobSpec:
    """Return the step that gives the character whom a prompt describes another look: what the tool is for."""
    return JobSpec(operation=VARIANT, input={"prompt": prompt, "rewriteRequest": rewrite_prompts.LOOK_REWRITE})


def is_music(operation: Operation) -> bool:
    """Whether an operation on sound makes music."""
    return "music" in operation.id.casefold()
