"""Recipes: named steps in which the output of one is the input of the next. Pure: text in, jobs' steps out.

A recipe is written the way it is read, one step a paragraph:

    image.generate
    prompt: {prompt}, cinematic light
    aspect_ratio: 16:9

    video.generate
    prompt: {prompt}
    image_url: {1.image_url}

`{prompt}` is a parameter, `{1.image_url}` an output of step 1. It is checked as it is saved: operations, fields,
parameters and outputs exist, only earlier steps are named, and a medium goes only where its kind is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalogue import Catalogue, Field, FieldKind, Operation, Output
from bot.domain.models import PROMPT_FIELDS
from bot.domain.templates import (
    is_parameter_name,
    output_of_step,
    parameters_in,
    steps_in,
    with_outputs,
    with_parameters,
    without_braces,
)
from bot.errors import InputError
from bot.jobs.card_spec import JobSpec

STEPS_MAX = 10
PARAMETERS_MAX = 5
"""As many as a form has inputs."""
NAME = re.compile(r"[a-z0-9][a-z0-9 _-]{0,38}[a-z0-9]|[a-z0-9]")
TEXT_MAX = 4000
"""What a modal's input holds (Discord's docs)."""
ABOUT_CHARS = 100
NOT_SHARED = "This is not a recipe that this bot has shared."

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_.]{0,63})\s*:\s*(.*)")
_MEDIA = {FieldKind.URL, FieldKind.URLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a recipe asks for when it is run. Without a default it must be given."""

    name: str
    about: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeStep:
    """One operation with its values; texts may have `{parameter}` and `{1.output}` in them."""

    operation: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Named steps. `built_in` ones come with the bot and cannot be changed."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    steps: tuple[RecipeStep, ...]
    made_by: int = 0
    built_in: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        return {
            "name": self.name,
            "about": self.about,
            "parameters": [{"name": p.name, "about": p.about, "default": p.default} for p in self.parameters],
            "steps": [{"operation": s.operation, "values": dict(s.values)} for s in self.steps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, made_by: int = 0) -> Recipe:
        """Read what `to_json` wrote. Raises InputError for anything else."""
        try:
            made = cls(
                name=_text(data["name"]),
                about=_text(data["about"]),
                parameters=tuple(
                    Parameter(name=_text(p["name"]), about=_text(p["about"]), default=_text(p["default"]))
                    for p in data["parameters"]
                ),
                steps=tuple(
                    RecipeStep(
                        operation=_text(s["operation"]),
                        values={_text(name): _text(value) for name, value in s["values"].items()},
                    )
                    for s in data["steps"]
                ),
                made_by=made_by,
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(NOT_SHARED) from None
        # What is kept and shared is what was written as text; anything else was made by other means.
        again = (parse_parameters(parameters_text(made)), parse_steps(steps_text(made)))
        if again != (made.parameters, made.steps) or len(steps_text(made)) > TEXT_MAX:
            raise InputError(NOT_SHARED)
        return made


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value


# ---------------------------------------------------------------------- reading and writing


def parse_parameters(text: str) -> tuple[Parameter, ...]:
    """Read parameters, one a line: `prompt: what it is about`, `mood = calm: how it feels`. Raises InputError."""
    found: list[Parameter] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        head, _, about = line.partition(":")
        name, _, default = (part.strip() for part in head.partition("="))
        if not is_parameter_name(name):
            raise InputError(
                f"Line {number} of the parameters should begin with a name in small letters, such as `prompt: what it "
                "is about`.",
                "parameters",
            )
        if any(each.name == name for each in found):
            raise InputError(f"The parameter `{name}` is there twice.", "parameters")
        found.append(Parameter(name=name, about=about.strip()[:ABOUT_CHARS].strip(), default=default))
    if len(found) > PARAMETERS_MAX:
        raise InputError(f"A recipe has at most {PARAMETERS_MAX} parameters; this one has {len(found)}.", "parameters")
    return tuple(found)


def parse_steps(text: str) -> tuple[RecipeStep, ...]:
    """Read steps, one a paragraph: the operation, then `field: value` lines. Raises InputError."""
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
            if match is None:
                raise InputError(f"Line {number} of the steps should be `field: value`.", "steps")
            if match[1] in values:
                raise InputError(f"Line {number} gives `{match[1]}` a second time.", "steps")
            values[match[1]] = match[2].strip()
    close()
    if not 1 <= len(steps) <= STEPS_MAX:
        raise InputError(f"A recipe has 1 to {STEPS_MAX} steps; this one has {len(steps)}.", "steps")
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


# ---------------------------------------------------------------------- checking


def check(recipe: Recipe, catalogue: Catalogue) -> None:
    """Raise InputError, with one sentence that names the step, if the recipe could not be run."""
    if NAME.fullmatch(recipe.name) is None:
        raise InputError("A recipe's name has 1 to 40 small letters, digits, spaces, - or _.", "name")
    operations: list[Operation] = []
    for number, step in enumerate(recipe.steps, start=1):
        operation = _operation(catalogue, step, number)
        for name, value in step.values.items():
            _check_value(recipe, operations, operation, number, name, value)
        missing = [each.name for each in operation.fields if each.required and each.name not in step.values]
        if missing:
            raise InputError(f"Step {number} ({operation.title}) needs `{missing[0]}`.", "steps")
        _check_fixed(catalogue, operation, number, step)
        operations.append(operation)
    unused = {each.name for each in recipe.parameters} - _used(recipe)
    if unused:
        raise InputError(f"The parameter `{min(unused)}` is used in no step.", "parameters")


def _check_fixed(catalogue: Catalogue, operation: Operation, number: int, step: RecipeStep) -> None:
    """Let the catalogue look at the values that are the same in every run. What a run fills in, it looks at then."""
    fields = {each.name: each for each in operation.fields}
    open_ = {name for name, value in step.values.items() if parameters_in(value) or steps_in(value)}
    fixed = {name: _value(fields.get(name), value) for name, value in step.values.items() if name not in open_}
    # Some rules ask whether there is a text at all, whatever it says.
    words = {name: "words" for name in open_ if name in fields and name in PROMPT_FIELDS}
    try:
        catalogue.check(operation.id, {**words, **fixed}, pending=open_)
    except InputError as error:
        raise InputError(f"Step {number}: {error.sentence}", "steps") from None


def _operation(catalogue: Catalogue, step: RecipeStep, number: int) -> Operation:
    try:
        return catalogue.resolve(step.operation)
    except InputError as error:
        raise InputError(f"Step {number}: {error.sentence}", "steps") from None


def _check_value(
    recipe: Recipe, before: Sequence[Operation], operation: Operation, number: int, name: str, value: str
) -> None:
    target = next((each for each in operation.fields if each.name == name), None)
    if target is None and operation.fields:
        raise InputError(f"Step {number} ({operation.title}) has no field `{name}`.", "steps")
    for used in parameters_in(value):
        if used not in {each.name for each in recipe.parameters}:
            raise InputError(f"Step {number} uses the parameter `{used}`, which the recipe does not have.", "steps")
    for source, ref in steps_in(value):
        if not 1 <= source < number:
            raise InputError(
                f"Step {number} takes `{ref}`; only the steps before it, 1 to {number - 1}, have outputs by then."
                if number > 1
                else f"Step 1 takes `{ref}`, but there is no step before it.",
                "steps",
            )
        _check_output(before[source - 1], ref.key, target, number, value == str(ref))


def _check_output(source: Operation, key: str, target: Field | None, number: int, alone: bool) -> None:
    if not source.outputs:
        return  # its outputs are not public
    output = next((each for each in source.outputs if each.key == key), None)
    if output is None:
        known = ", ".join(f"`{each.key}`" for each in source.outputs if not each.temporary)
        raise InputError(f"Step {number} takes `{key}`, but {source.title} gives {known}.", "steps")
    if target is None:
        return
    if target.kind in _MEDIA and not _fits(output, target):
        raise InputError(f"Step {number}: `{key}` is no {' or '.join(sorted(target.media))}.", "steps")
    if target.kind in _MEDIA and not alone:
        raise InputError(f"Step {number}: `{target.name}` takes a link alone, without words around it.", "steps")


def _fits(output: Output, target: Field) -> bool:
    return output.kind is not None and output.kind in target.media


def _used(recipe: Recipe) -> set[str]:
    return {name for step in recipe.steps for value in step.values.values() for name in parameters_in(value)}


# ---------------------------------------------------------------------- running


def steps_of(recipe: Recipe, given: Mapping[str, str], catalogue: Catalogue) -> list[JobSpec]:
    """Return the steps of a run with these parameters. Raises InputError if one is missing or not known."""
    values = _arguments(recipe, given)
    steps = []
    for step in recipe.steps:
        fields = {each.name: each for each in catalogue.resolve(step.operation).fields}
        plain: dict[str, Any] = {}
        fill: dict[str, Any] = {}
        for name, template in step.values.items():
            text = with_parameters(template, values)
            outputs = {ref: output_of_step(number - 1, ref.key) for number, ref in steps_in(template)}
            if outputs:
                linked = with_outputs(text, outputs)
                is_list = name in fields and fields[name].kind is FieldKind.URLS
                fill[name] = linked.split() if is_list else linked
            elif text:
                plain[name] = _value(fields.get(name), text)
        steps.append(JobSpec(operation=step.operation, input=plain, fill=fill))
    return steps


def _value(target: Field | None, text: str) -> Any:
    """Read what stands for an object as JSON; the catalogue reads all else."""
    if target is not None and target.kind in {FieldKind.OBJECT, FieldKind.OBJECTS}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _arguments(recipe: Recipe, given: Mapping[str, str]) -> dict[str, str]:
    known = {each.name: each for each in recipe.parameters}
    for name in given:
        if name not in known:
            raise InputError(f"The recipe has no parameter `{name}`; it has {', '.join(known) or 'none'}.", name)
    values = {}
    for name, parameter in known.items():
        value = without_braces(given.get(name) or parameter.default).strip()
        if not value:
            raise InputError(f"The recipe needs `{name}`{f': {parameter.about}' if parameter.about else ''}.", name)
        values[name] = value
    return values


# ---------------------------------------------------------------------- what comes with the bot

_PROMPT = Parameter(name="prompt", about="What it is about, e.g. a lighthouse keeper in a storm")

BUILT_IN: tuple[Recipe, ...] = (
    Recipe(
        name="trailer",
        about="A short film with sound and subtitles from one idea",
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
        about="A portrait that speaks your words",
        parameters=(
            Parameter(name="portrait", about="Who it is, e.g. an old sailor, oil painting, looking at us"),
            Parameter(name="text", about="What is said"),
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
        about="A larger, sharper video with subtitles",
        parameters=(Parameter(name="video", about="A link to the video"),),
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
