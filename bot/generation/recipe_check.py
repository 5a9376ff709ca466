"""Whether a recipe can be run: its operations and fields exist, and outputs fit the fields they fill. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.catalogue import Catalogue, Field, FieldKind, Operation, Output
from bot.domain.models import PROMPT_FIELDS
from bot.domain.templates import parameters_in, steps_in
from bot.errors import InputError
from bot.generation import texts
from bot.generation.recipes import Recipe, RecipeStep, value_of

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
            raise InputError(texts.field_missing(number, operation.title, missing[0]), "steps")
        _check_fixed(catalogue, operation, number, step)
        operations.append(operation)
    unused = {each.name for each in recipe.parameters} - _used(recipe)
    if unused:
        raise InputError(texts.unused_parameter(min(unused)), "parameters")


def _check_fixed(catalogue: Catalogue, operation: Operation, number: int, step: RecipeStep) -> None:
    """Have the catalogue check the values that are the same in every run; what a run fills in is checked at the run."""
    fields = {each.name: each for each in operation.fields}
    open_ = {name for name, value in step.values.items() if parameters_in(value) or steps_in(value)}
    fixed = {name: value_of(fields.get(name), value) for name, value in step.values.items() if name not in open_}
    # Some rules require any text, whatever it says.
    placeholders = {name: "words" for name in open_ if name in fields and name in PROMPT_FIELDS}
    try:
        catalogue.check(operation.id, {**placeholders, **fixed}, pending=open_)
    except InputError as error:
        raise InputError(texts.in_step(number, error.sentence), "steps") from None


def _operation(catalogue: Catalogue, step: RecipeStep, number: int) -> Operation:
    try:
        return catalogue.resolve(step.operation)
    except InputError as error:
        raise InputError(texts.in_step(number, error.sentence), "steps") from None


def _check_value(
    recipe: Recipe, before: Sequence[Operation], operation: Operation, number: int, name: str, value: str
) -> None:
    target = next((each for each in operation.fields if each.name == name), None)
    if target is None and operation.fields:
        raise InputError(texts.no_field(number, operation.title, name), "steps")
    for used in parameters_in(value):
        if used not in {each.name for each in recipe.parameters}:
            raise InputError(texts.no_parameter(number, used), "steps")
    for source, ref in steps_in(value):
        if not 1 <= source < number:
            raise InputError(texts.no_step_before(number, str(ref)), "steps")
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
        raise InputError(texts.link_with_words(number, target.name), "steps")


def _fits(output: Output, target: Field) -> bool:
    return output.kind is not None and output.kind in target.media


def _used(recipe: Recipe) -> set[str]:
    return {name for step in recipe.steps for value in step.values.values() for name in parameters_in(value)}
