"""Running a recipe: fill in the parameters, check the links, and make all steps one generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue import Catalogue, Field, FieldKind, LiveCatalogue, Operation
from bot.catalogue.texts import missing, no_field
from bot.domain.jobs.card_spec import JobSpec, Origin
from bot.domain.models import MediaKind
from bot.domain.server.places import Viewer
from bot.domain.words.templates import (
    output_of_step,
    parameters_in,
    steps_in,
    with_outputs,
    with_parameters,
    without_braces,
)
from bot.domain.words.text import tame
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.generation.recipes.recipes import Recipe, value_of
from bot.generation.recipes.typed import check
from bot.generation.sources import Source, SourceRef, Sources, probed
from bot.jobs.admission import Admission, is_surely_unchecked

_LINKS = {FieldKind.URL, FieldKind.URLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRun:
    """A recipe with its parameters filled in. `links` counts the links and job ids to check."""

    recipe: Recipe
    steps: Sequence[JobSpec]
    links: int

    @property
    def is_slow(self) -> bool:
        """Whether it may exceed Discord's time for an answer."""
        return self.links > 0


@dataclass(frozen=True, kw_only=True)
class RecipeRuns:
    """Makes generations of recipes."""

    catalogue: LiveCatalogue
    sources: Sources
    admission: Admission

    def require_runnable(self, recipe: Recipe) -> None:
        """Raise InputError if the recipe cannot be run now: the operations may have changed."""
        check(recipe, self.catalogue.current)

    def media_parameters(self, recipe: Recipe) -> set[str]:
        found = set()
        for step in recipe.steps:
            fields = self.catalogue.current.resolve(step.operation).fields
            links = {field.name for field in fields if field.kind in _LINKS}
            found |= {each for name, value in step.values.items() if name in links for each in parameters_in(value)}
        return found & {parameter.name for parameter in recipe.parameters}

    def begin(self, recipe: Recipe, arguments: Mapping[str, str]) -> RecipeRun:
        """Fill in the parameters. Raises InputError if one is missing or unknown."""
        steps = steps_of(recipe, arguments, self.catalogue.current)
        links = {
            (link, field.media)
            for step in steps
            for field, links in _links_of(self.catalogue.current.resolve(step.operation), step)
            for link in links
        }
        return RecipeRun(recipe=recipe, steps=steps, links=len(links))

    async def require_admitted(self, run: RecipeRun, origin: Origin) -> None:
        """Raise what makes the run impossible regardless of its links: InputError, Refused or KeyRefused."""
        self.sources.pace.require_few(run.links)
        await self.admission.require(
            origin,
            [step.operation for step in run.steps],
            unchecked=any(is_surely_unchecked(step.input) for step in run.steps),
        )

    async def generation(self, run: RecipeRun, origin: Origin, *, private: bool) -> Generation:
        """Return all steps as one generation, with every link checked for the requester.

        Raises InputError, Refused, KeyRefused or a MediaError.
        """
        steps = run.steps
        if run.links:
            await self.require_admitted(run, origin)
            async with self.sources.pace.request(origin.author_id, run.links):
                steps = await self._with_links(run.steps, origin.viewer)
        *before, last = steps
        return Generation(
            operation=last.operation,
            values=last.input,
            fill=last.fill,
            before=before,
            private=private,
            label=run.recipe.name,
        )

    async def _with_links(self, steps: Sequence[JobSpec], viewer: Viewer) -> list[JobSpec]:
        found: dict[tuple[str, frozenset[MediaKind]], Source] = {}
        done = []
        for step in steps:
            operation = self.catalogue.current.resolve(step.operation)
            values, sources = dict(step.input), {}
            for field, links in _links_of(operation, step):
                for link in links:
                    if (link, field.media) not in found:
                        ref = SourceRef.of_text(link)
                        source = await self.sources.find(viewer, ref, field.media, field.label)
                        found[link, field.media] = source
                checked = [found[link, field.media] for link in links]
                if field.kind is FieldKind.URL:
                    values[field.name], sources[field.name] = checked[0].url, checked[0]
                else:
                    values[field.name] = [source.url for source in checked]
            done.append(replace(step, input={**probed(operation, values, sources), **values}))
        return done


def _links_of(operation: Operation, step: JobSpec) -> list[tuple[Field, list[str]]]:
    links = []
    for field in operation.fields:
        value = step.input.get(field.name)
        if field.kind in _LINKS and field.media and isinstance(value, str) and value.strip():
            links.append((field, value.split() if field.kind is FieldKind.URLS else [value.strip()]))
    return links


def steps_of(recipe: Recipe, given: Mapping[str, str], catalogue: Catalogue) -> list[JobSpec]:
    """Return the steps of a run. Raises InputError if a parameter is missing or unknown."""
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
                plain[name] = value_of(fields.get(name), text)
        steps.append(JobSpec(operation=step.operation, input=plain, fill=fill))
    return steps


def _arguments(recipe: Recipe, given: Mapping[str, str]) -> dict[str, str]:
    known = {each.name: each for each in recipe.parameters}
    for name in given:
        if name not in known:
            raise InputError(no_field(recipe.name, name, None, list(known) or ["-"]), name)
    values = {}
    for name, parameter in known.items():
        value = without_braces(given.get(name) or parameter.default).strip()
        if not value:
            about = tame(parameter.about)
            raise InputError(missing(recipe.name, [f"{name}: {about}" if about else name]), name)
        values[name] = value
    return values
