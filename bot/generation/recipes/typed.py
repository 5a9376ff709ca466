"""A recipe as a moderator types it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.catalogue import Catalogue, Field, FieldKind, Operation, Output
from bot.catalogue.texts import missing as needs
from bot.catalogue.texts import no_field
from bot.domain.models import PROMPT_FIELDS
from bot.domain.words.templates import parameters_in, steps_in
from bot.domain.words.text import one_line
from bot.errors import InputError
from bot.generation import texts
from bot.generation.recipes.recipes import (
    ABOUT_CHARS,
    BUILT_IN,
    Recipe,
    RecipeStep,
    parameters_text,
    parse_parameters,
    parse_steps,
    steps_text,
    value_of,
)
from bot.server.texts import RECIPE_EXISTS

_NAME = re.compile(r"[a-z0-9][a-z0-9 _-]{0,38}[a-z0-9]|[a-z0-9]")
_MEDIA = {FieldKind.URL, FieldKind.URLS}


def check(recipe: Recipe, catalogue: Catalogue) -> None:
    """Raise InputError, whose sentence names the step, if the recipe cannot be run."""
    if _NAME.fullmatch(recipe.name) is None:
        raise InputError(texts.RECIPE_NAME, "name")
    operations: list[Operation] = []
    for number, step in enumerate(recipe.steps, start=1):
        operation = _operation(catalogue, step, number)
        for name, value in step.values.items():
            _check_value(recipe, operations, operation, number, name, value)
        missing = [each.name for each in operation.fields if each.required and each.name not in step.values]
        if missing:
            problem = needs(operation.title, missing)
            raise InputError(texts.IN_STEP(number=number, problem=problem), "steps")
        _check_fixed(catalogue, operation, number, step)
        operations.append(operation)
    unused = {each.name for each in recipe.parameters} - _used(recipe)
    if unused:
        raise InputError(texts.unused_parameter(min(unused)), "parameters")


def _check_fixed(catalogue: Catalogue, operation: Operation, number: int, step: RecipeStep) -> None:
    """Check values that are the same in every run; the run checks the others."""
    fields = {each.name: each for each in operation.fields}
    open_ = {name for name, value in step.values.items() if parameters_in(value) or steps_in(value)}
    fixed = {name: value_of(fields.get(name), value) for name, value in step.values.items() if name not in open_}
    # Some rules require any text.
    placeholders = {name: "words" for name in open_ if name in fields and name in PROMPT_FIELDS}
    try:
        catalogue.check(operation.id, {**placeholders, **fixed}, pending=open_)
    except InputError as error:
        raise InputError(texts.IN_STEP(number=number, problem=error.sentence), "steps") from None


def _operation(catalogue: Catalogue, step: RecipeStep, number: int) -> Operation:
    try:
        return catalogue.resolve(step.operation)
    except InputError as error:
        raise InputError(texts.IN_STEP(number=number, problem=error.sentence), "steps") from None


def _check_value(
    recipe: Recipe, before: Sequence[Operation], operation: Operation, number: int, name: str, value: str
) -> None:
    target = next((each for each in operation.fields if each.name == name), None)
    if target is None and operation.fields:
        problem = no_field(operation.title, name, None, [each.name for each in operation.fields])
        raise InputError(texts.IN_STEP(number=number, problem=problem), "steps")
    for used in parameters_in(value):
        known = [each.name for each in recipe.parameters]
        if used not in known:
            raise InputError(no_field(recipe.name, used, None, known or ["-"]), "steps")
    for source, ref in steps_in(value):
        if not 1 <= source < number:
            raise InputError(texts.NO_STEP_BEFORE(number=number, output=str(ref)), "steps")
        _check_output(before[source - 1], ref.key, target, number, value == str(ref))


def _check_output(source: Operation, key: str, target: Field | None, number: int, alone: bool) -> None:
    if not source.outputs:
        return  # its outputs are not public
    output = next((each for each in source.outputs if each.key == key), None)
    if output is None:
        known = [each.key for each in source.outputs if not each.temporary]
        raise InputError(texts.no_output(number, key, source.title, known), "steps")
    if target is None:
        return
    if target.kind in _MEDIA and not _fits(output, target):
        raise InputError(texts.output_of_wrong_kind(number, key, target.media), "steps")
    if target.kind in _MEDIA and not alone:
        raise InputError(texts.LINK_WITH_WORDS(number=number, field=target.name), "steps")


def _fits(output: Output, target: Field) -> bool:
    return output.kind is not None and output.kind in target.media


def _used(recipe: Recipe) -> set[str]:
    return {name for step in recipe.steps for value in step.values.values() for name in parameters_in(value)}


EXAMPLE_STEPS = """\
image.generate
prompt: {prompt}
aspect_ratio: 16:9

video.generate
prompt: {prompt}
image_url: {1.image_url}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeTexts:
    """A recipe as typed. `replaces` is the name of the edited one."""

    name: str = ""
    about: str = ""
    parameters: str = field(default_factory=lambda: str(texts.EXAMPLE_PARAMETERS))
    steps: str = EXAMPLE_STEPS
    replaces: str | None = None

    def read(self, catalogue: Catalogue, *, made_by: int) -> Recipe:
        """Return the recipe. Raises InputError, whose sentence names the position."""
        recipe = Recipe(
            name=one_line(self.name).lower(),
            about=one_line(self.about)[:ABOUT_CHARS],
            parameters=parse_parameters(self.parameters),
            steps=parse_steps(self.steps),
            made_by=made_by,
        )
        if any(recipe.name == each.name for each in BUILT_IN):
            raise InputError(RECIPE_EXISTS(name=recipe.name), "name")
        check(recipe, catalogue)
        return recipe


def texts_of(recipe: Recipe, *, replaces: str | None) -> RecipeTexts:
    return RecipeTexts(
        name=recipe.name,
        about=recipe.about,
        parameters=parameters_text(recipe),
        steps=steps_text(recipe),
        replaces=replaces,
    )
