"""Recipes: named steps in which the output of one is the input of the next. Pure: the types and the text format.

A recipe is written as text, each step a paragraph:

    image.generate
    prompt: {prompt}, cinematic light
    aspect_ratio: 16:9

    video.generate
    prompt: {prompt}
    image_url: {1.image_url}

`{prompt}` is a parameter, `{1.image_url}` an output of step 1. typed.py checks a recipe, and run.py
runs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue import Field, FieldKind
from bot.domain.plain import from_plain, to_plain
from bot.domain.words.templates import is_parameter_name
from bot.errors import InputError
from bot.generation import texts
from bot.language import tr

STEPS_MAX = 10
PARAMETERS_MAX = 5
"""The inputs of a form."""
TEXT_MAX = 4000
"""A modal's input limit (Discord's docs)."""
ABOUT_CHARS = 100

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_.]{0,63})\s*:\s*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the recipe. Without a default it is required."""

    name: str
    about: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeStep:
    """One operation with its values, which may contain `{parameter}` and `{1.output}`."""

    operation: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Named steps. `built_in` ones cannot be changed."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    steps: tuple[RecipeStep, ...]
    made_by: int = 0
    built_in: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: each for name, each in to_plain(self).items() if name not in {"made_by", "built_in"}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, made_by: int = 0) -> Recipe:
        """Read what `to_json` wrote."""
        return replace(from_plain(cls, data), made_by=made_by)


# ---------------------------------------------------------------------- reading and writing


def parse_parameters(text: str) -> tuple[Parameter, ...]:
    """Parse parameters, one per line: `prompt: what it is about`, `mood = calm: how it feels`. Raises InputError."""
    found: list[Parameter] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        head, _, about = line.partition(":")
        name, _, default = (part.strip() for part in head.partition("="))
        if not is_parameter_name(name) or any(each.name == name for each in found):
            raise InputError(texts.WRONG_LINE(line=number, example=texts.EXAMPLE_PARAMETERS), "parameters")
        found.append(Parameter(name=name, about=about.strip()[:ABOUT_CHARS].strip(), default=default))
    if len(found) > PARAMETERS_MAX:
        raise InputError(texts.RECIPE_SIZE(steps=STEPS_MAX, inputs=PARAMETERS_MAX), "parameters")
    return tuple(found)


def parse_steps(text: str) -> tuple[RecipeStep, ...]:
    """Parse steps, each a paragraph: the operation, then `field: value` lines. Raises InputError."""
    steps: list[RecipeStep] = []
    operation: str | None = None
    values: dict[str, str] = {}

    def close() -> None:
        nonlocal operation, values
        if operation is not None:
            steps.append(RecipeStep(operation=operation, values=values))
        operation, values = None, {}

    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            close()
        elif operation is None:
            operation = re.sub(r"^(?:\d{1,2}[.)]\s*)+", "", line)
        else:
            match = _LINE.fullmatch(line)
            if match is None or match[1] in values:
                raise InputError(texts.WRONG_LINE(line=number, example="field: value"), "steps")
            values[match[1]] = match[2].strip()
    close()
    if not 1 <= len(steps) <= STEPS_MAX:
        raise InputError(texts.RECIPE_SIZE(steps=STEPS_MAX, inputs=PARAMETERS_MAX), "steps")
    return tuple(steps)


def parameters_text(recipe: Recipe) -> str:
    """Write the parameters as `parse_parameters` reads them."""
    return "\n".join(
        f"{each.name}{f' = {each.default}' if each.default else ''}: {each.about}" for each in recipe.parameters
    )


def steps_text(recipe: Recipe) -> str:
    """Write the steps as `parse_steps` reads them."""
    return "\n\n".join(
        "\n".join([step.operation, *(f"{name}: {value}" for name, value in step.values.items())])
        for step in recipe.steps
    )


def value_of(target: Field | None, text: str) -> Any:
    """Return a field's value, parsed as JSON for an object; the catalogue parses all else."""
    if target is not None and target.kind in {FieldKind.OBJECT, FieldKind.OBJECTS}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


_PROMPT = Parameter(name="prompt", about=texts.TRAILER_PROMPT.message)

BUILT_IN: tuple[Recipe, ...] = (
    Recipe(
        name="trailer",
        about=texts.TRAILER.message,
        parameters=(_PROMPT,),
        steps=parse_steps(
            """
            prompt.enhance.image
            prompt: {prompt}
            aspectRatio: 16:9

            image.generate
            prompt: {1.enhancedPrompt}
            aspect_ratio: 16:9

            video.generate
            prompt: {prompt}
            image_url: {2.image_url}
            aspect_ratio: 16:9

            soundfx.generate
            prompt: {prompt}
            video_url: {3.video_url}
            mode: video_context

            subtitles.generate
            video_url: {4.sfx_video_url}
            """
        ),
        built_in=True,
    ),
    Recipe(
        name="talking portrait",
        about=texts.TALKING_PORTRAIT.message,
        parameters=(
            Parameter(name="portrait", about=texts.PORTRAIT.message),
            Parameter(name="text", about=texts.PORTRAIT_TEXT.message),
        ),
        steps=parse_steps(
            """
            image.generate
            prompt: {portrait}
            aspect_ratio: 1:1

            narration.generate
            text: {text}

            smartmotion.generate
            file_url: {1.image_url}
            prompt: the face moves a little, as if speaking
            duration: 6

            lipsync.generate
            video_url: {3.video_url}
            audio_url: {2.audio_url}
            """
        ),
        built_in=True,
    ),
    Recipe(
        name="polish",
        about=texts.POLISH.message,
        parameters=(Parameter(name="video", about=texts.POLISHED_VIDEO.message),),
        steps=parse_steps(
            """
            video.upscale
            video_url: {video}

            subtitles.generate
            video_url: {1.video_url}
            """
        ),
        built_in=True,
    ),
)


def built_in() -> tuple[Recipe, ...]:
    """Return them with descriptions in the current language."""
    return tuple(
        replace(
            each,
            about=tr(each.about),
            parameters=tuple(replace(parameter, about=tr(parameter.about)) for parameter in each.parameters),
        )
        for each in BUILT_IN
    )
