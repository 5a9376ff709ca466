"""How a prompt is rewritten before it is used: by which operation, and what that is told, by what the prompt is for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue import Catalogue, Operation
from bot.generation import texts
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
REWRITES: Final[Mapping[str, str]] = MappingProxyType({"subtle": texts.SUBTLE_REWRITE, "strong": texts.STRONG_REWRITE})
"""How the prompt of a variant of something that is seen is rewritten, by strength."""
MUSIC_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": texts.SUBTLE_MUSIC_REWRITE, "strong": texts.STRONG_MUSIC_REWRITE}
)
SOUND_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": texts.SUBTLE_SOUND_REWRITE, "strong": texts.STRONG_SOUND_REWRITE}
)


def enhancer_of(operation: Operation, default: str) -> str:
    """Return the id of the prompt operation that fits the operation's workflow, `default` if none does."""
    return _ENHANCERS.get(operation.workflow, default)


def enhancing(catalogue: Catalogue, operation: Operation, values: Mapping[str, Any]) -> JobSpec:
    """Return the step that makes the prompt among `values` better. Raises InputError."""
    enhancer = catalogue.resolve(enhancer_of(operation, _FOR_IMAGE))
    known = {each.name for each in enhancer.fields}
    given = {name: values.get(field) for name, field in _HINTS.items() if name in known}
    if operation.workflow == _SOUND:
        given["rewriteRequest"] = texts.ENHANCE_MUSIC if is_music(operation) else texts.ENHANCE_SOUND
    return JobSpec(operation=enhancer.id, input=given)


def varying(operation: Operation, enhancer: str, prompt: str, strength: str) -> JobSpec:
    """Return the step that turns a prompt of the operation into that of a variant; `strength`: subtle or strong."""
    rewrites = REWRITES
    if operation.workflow == _SOUND:
        rewrites = MUSIC_REWRITES if is_music(operation) else SOUND_REWRITES
    return JobSpec(operation=enhancer, input={"prompt": prompt, "rewriteRequest": rewrites[strength]})


def is_music(operation: Operation) -> bool:
    """Whether an operation on sound makes music."""
    return "music" in operation.id.casefold()
