"""How a prompt is rewritten before use: by which operation, with which request."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue import Catalogue, Operation
from bot.domain.jobs.card_spec import JobSpec
from bot.domain.models import MediaKind
from bot.domain.words.orders import REWRITE, Derivation

LOOK_REWRITE = "Keep the character's identity, face and pose. Change what they wear, its colours and materials."
SUBTLE_VIDEO_REWRITE = (
    "This describes a video. Keep the subject, what happens and the framing. Change only small details, such as the "
    "light, the colours or the pace."
)
STRONG_VIDEO_REWRITE = (
    "This describes a video. Keep the subject only. Change the setting, the camera's movement, the pace and the mood "
    "boldly."
)
SUBTLE_MUSIC_REWRITE = (
    "This describes music. Keep its genre and theme, and any lyrics word for word. Change only small details of the "
    "sound, such as the tempo, one instrument or the mood."
)
STRONG_MUSIC_REWRITE = (
    "This describes music. Keep its theme only, and any lyrics word for word. Change genre, tempo, instruments and "
    "mood boldly. Describe nothing that is seen."
)
SUBTLE_SOUND_REWRITE = (
    "This describes a sound. Keep what is heard. Change only small details, such as how near, how loud or in what kind "
    "of room it is."
)
STRONG_SOUND_REWRITE = (
    "This describes a sound. Keep only what makes it. Change its character, its surroundings and its course boldly. "
    "Describe nothing that is seen."
)
ENHANCE_MUSIC = (
    "This describes music. Make it a richer description: genre, tempo, instruments, mood, how the piece develops. Keep "
    "any lyrics word for word. Describe nothing that is seen."
)
ENHANCE_SOUND = (
    "This describes a sound. Make it a richer description: what makes it, how near it is, the room, how it begins and "
    "ends. Describe nothing that is seen."
)


VARIANT: Final = "prompt.enhance.variant"
_FOR_IMAGE, _FOR_VIDEO = "prompt.enhance.image", "prompt.enhance.video"
_ENHANCERS: Final = {
    "image": _FOR_IMAGE,
    "video": _FOR_VIDEO,
    "sora": _FOR_VIDEO,
    "finish": _FOR_VIDEO,
    "audio": VARIANT,
}
"""By workflow. Cannon Studio rewrites no prompts for sound; this one follows requests most closely."""
_SOUND: Final = "audio"
_HINTS: Final = {"prompt": "prompt", "aspectRatio": "aspect_ratio", "visualStyle": "style", "duration": "duration"}
"""Fields of a job that show the prompt's purpose to an enhancer."""
VIDEO_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": SUBTLE_VIDEO_REWRITE, "strong": STRONG_VIDEO_REWRITE}
)
MUSIC_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": SUBTLE_MUSIC_REWRITE, "strong": STRONG_MUSIC_REWRITE}
)
SOUND_REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"subtle": SUBTLE_SOUND_REWRITE, "strong": STRONG_SOUND_REWRITE}
)


def enhancer_of(operation: Operation) -> str:
    """Return the id of the operation's prompt enhancer: by its workflow, else by its output."""
    makes_video = any(each.kind is MediaKind.VIDEO for each in operation.outputs)
    return _ENHANCERS.get(operation.workflow, _FOR_VIDEO if makes_video else _FOR_IMAGE)


def enhancing(catalogue: Catalogue, operation: Operation, values: Mapping[str, Any]) -> JobSpec:
    """Return the step that improves the prompt among `values`. Raises InputError."""
    enhancer = catalogue.resolve(enhancer_of(operation))
    known = enhancer.names
    given = {name: values.get(field) for name, field in _HINTS.items() if name in known}
    orders = {}
    if operation.workflow == _SOUND:
        orders[REWRITE] = ENHANCE_MUSIC if is_music(operation) else ENHANCE_SOUND
    return JobSpec(operation=enhancer.id, input=given, derivation=Derivation(orders=orders))


def varying(operation: Operation, prompt: str, strength: str) -> JobSpec:
    """Return the step that varies a prompt of the operation; `strength`: subtle or strong."""
    rewrites = VIDEO_REWRITES
    if operation.workflow == _SOUND:
        rewrites = MUSIC_REWRITES if is_music(operation) else SOUND_REWRITES
    return _rewriting(enhancer_of(operation), prompt, rewrites[strength])


def changing_look(prompt: str) -> JobSpec:
    """Return the step that gives a prompt's character another look, as the tool is meant to."""
    return _rewriting(VARIANT, prompt, LOOK_REWRITE)


def _rewriting(enhancer: str, prompt: str, order: str) -> JobSpec:
    return JobSpec(operation=enhancer, input={"prompt": prompt}, derivation=Derivation(orders={REWRITE: order}))


def is_music(operation: Operation) -> bool:
    return "music" in operation.id.casefold()
