"""A member's preset and defaults for omitted options.

Repetitions (a re-run, a variant, a later step of a recipe) are exact, without defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.catalogue import Catalogue, LiveCatalogue, Operation
from bot.catalogue.operation import same_name
from bot.domain.jobs.card_spec import JobSpec
from bot.domain.server.guild_rules import Spoilers
from bot.domain.server.member_settings import MemberSettings, Preset
from bot.errors import InputError
from bot.generation import texts
from bot.generation.generation import Generation, ratio_field
from bot.server.members import OwnSettings
from bot.store import Store

MODEL: Final = "model"
PROMPT: Final = "prompt"
PRESET: Final = "preset"
"""The preset's option, unless the operation has a field of that name."""
STYLED: Final = frozenset({"image", "video"})
"""Workflows that make pictures. Others have no style or ratio."""
REFERENCES: Final = "reference_image_urls"
"""A file that the result only resembles; any other file keeps its aspect ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a member typed besides the values: `preset` is a name or '', `said` are the given options."""

    preset: str = ""
    said: Collection[str] = ()


@dataclass(frozen=True)
class OwnDefaults:
    """Fills in omitted options."""

    catalogue: LiveCatalogue
    settings: OwnSettings
    store: Store

    async def applied(self, generation: Generation, guild_id: int, member_id: int, typed: Typed) -> Generation:
        """Return the complete generation.

        Raises InputError for a preset that does not exist or is for something else, and for a model that is gone.
        """
        if not generation.typed:
            return _styled(self.catalogue.current, generation, generation.style)
        own = await self.settings.of(guild_id, member_id)
        filled = generation
        if typed.preset and not self._has_field(generation.operation, PRESET):
            filled = await self._with_preset(filled, guild_id, member_id, typed.preset)
        filled = self._with_defaults(filled, own)
        private = generation.private or (own.private and "private" not in typed.said)
        spoiler = generation.spoiler or (
            own.spoiler and "spoiler" not in typed.said and await self._has_spoilers(guild_id)
        )
        filled = replace(filled, private=private, spoiler=spoiler, typed=False)
        return _styled(self.catalogue.current, filled, own.style)

    async def _has_spoilers(self, guild_id: int) -> bool:
        """Return whether the server lets members mark results; a default is no reason to refuse a request."""
        return (await self.store.settings.get(guild_id)).spoilers is not Spoilers.NEVER

    def _has_field(self, operation: str, name: str) -> bool:
        return name in self.catalogue.current.resolve(operation).names

    async def is_private(self, guild_id: int, member_id: int, typed: Typed, *, private: bool) -> bool:
        """Return whether the typed request is private, `private` being the option."""
        if private or "private" in typed.said:
            return private
        return (await self.settings.of(guild_id, member_id)).private

    async def _with_preset(self, generation: Generation, guild_id: int, member_id: int, name: str) -> Generation:
        preset = await self.settings.preset(guild_id, member_id, name)
        catalogue = self.catalogue.current
        operation, of_preset = catalogue.resolve(generation.operation), catalogue.find(preset.operation)
        if of_preset is None or of_preset.id != operation.id:
            title = preset.operation if of_preset is None else of_preset.title
            raise InputError(texts.PRESET_OF_OTHER(name=preset.name, operation=title), "preset")
        if MODEL not in generation.values:
            require_preset_model(operation, preset)
        return _filled(generation, preset.values)

    def _with_defaults(self, generation: Generation, own: MemberSettings) -> Generation:
        operation = self.catalogue.current.resolve(generation.operation)
        names = operation.names - generation.fill.keys()
        defaults: dict[str, Any] = {}
        model = own.models.get(operation.id, "")
        if model and MODEL in names and MODEL not in generation.values:
            require_model(operation, model, texts.DEFAULT_MODEL_GONE(model=model, operation=operation.title))
            defaults[MODEL] = model
        ratio = ratio_field(operation)
        is_new = operation.workflow in STYLED and not _has_source(generation)
        if own.aspect_ratio and ratio in names and is_new:
            chosen = generation.values.get(MODEL, defaults.get(MODEL))
            if _takes(operation, ratio, own.aspect_ratio, chosen):
                defaults[ratio] = own.aspect_ratio
        return _filled(generation, defaults)


def require_preset_model(operation: Operation, preset: Preset) -> None:
    """Raise InputError if the preset's model is no longer offered."""
    model = preset.values.get(MODEL)
    if isinstance(model, str):
        require_model(operation, model, texts.PRESET_MODEL_GONE(name=preset.name, model=model))


def require_model(operation: Operation, model: str, sentence: str) -> None:
    """Raise InputError with the sentence if the operation lists its models, without this one."""
    listed = [each for each in operation.models if each.offered]
    if listed and not any(same_name(model, each.id or "") or same_name(model, each.name) for each in listed):
        raise InputError(sentence, MODEL)


def _has_source(generation: Generation) -> bool:
    return any(file.field != REFERENCES for file in generation.files)


def _takes(operation: Operation, ratio: str, value: str, model: object) -> bool:
    field = operation.field(ratio)
    known = field.choices_for(model if isinstance(model, str) else None) or field.suggestions
    return not known or value in known


def _filled(generation: Generation, more: Mapping[str, Any]) -> Generation:
    before = [
        replace(step, input={**more, **step.input}) if step.operation == generation.operation else step
        for step in generation.before
    ]
    return replace(generation, values={**more, **generation.values}, before=before)


def _styled(catalogue: Catalogue, generation: Generation, style: str) -> Generation:
    """Add the style to each prompt; if the prompt is still to be typed, keep the style for it."""
    operation = catalogue.resolve(generation.operation) if not generation.raw else None
    if not style or operation is None or operation.workflow not in STYLED:
        return generation
    if PROMPT not in operation.names:
        return generation
    longest = operation.field(PROMPT).longest
    if not generation.values.get(PROMPT) and PROMPT not in generation.fill:
        return replace(generation, style=style)
    before = [_styled_step(step, style, longest) for step in generation.before]
    values = {**generation.values, PROMPT: _with_style(generation.values.get(PROMPT), style, longest)}
    return replace(generation, values=values, before=before, style="")


def _styled_step(step: JobSpec, style: str, longest: int) -> JobSpec:
    if PROMPT not in step.input:
        return step
    return replace(step, input={**step.input, PROMPT: _with_style(step.input[PROMPT], style, longest)})


def _with_style(prompt: object, style: str, longest: int) -> object:
    if not isinstance(prompt, str) or not prompt.strip() or prompt.rstrip().endswith(style):
        return prompt
    styled = f"{prompt.rstrip()}, {style}"
    if len(styled) > longest:
        raise InputError(texts.TOO_LONG_WITH_STYLE(count=longest), PROMPT)
    return styled
