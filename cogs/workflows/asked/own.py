"""A member's presets and defaults in requests; and what presets keep."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from discord import app_commands

from bot.catalogue import Field, Operation
from bot.domain.models import PROMPT_FIELDS
from bot.generation.generation import Generation
from bot.generation.own_defaults import PRESET, OwnDefaults, Typed
from bot.server.members import OwnSettings
from cogs.ui.choices import CHOICES_MAX, or_none
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of
from cogs.workflows.asked.form import MAIN_FIELDS, TYPED

NOT_KEPT: Final = frozenset({*PROMPT_FIELDS, "seed"})
"""Always different, so no preset has it."""


async def with_own(interaction: Interaction, generation: Generation) -> Generation:
    """Return the generation with the member's preset and defaults for omitted options.

    Raises InputError for a preset that does not fit, and for a model that no longer exists.
    """
    own = use(interaction, OwnDefaults)
    return await own.applied(generation, guild_of(interaction), interaction.user.id, _typed(interaction))


async def is_private(interaction: Interaction, *, private: bool) -> bool:
    """Return whether the request is private; `private` is the option, None if omitted."""
    own = use(interaction, OwnDefaults)
    member = guild_of(interaction), interaction.user.id
    return await own.is_private(*member, _typed(interaction), private=private)


def as_typed(generation: Generation) -> Generation:
    """Return a generation whose form the member fills in: defaults apply to omitted fields."""
    return replace(generation, typed=True)


def _typed(interaction: Interaction) -> Typed:
    if not isinstance(interaction.command, app_commands.Command):
        return Typed()
    options = vars(interaction.namespace)
    return Typed(preset=str(options.get(PRESET) or ""), said=frozenset(options))


def preset_completion(choose: Callable[[Mapping[str, Any]], str]) -> Any:
    """Return an autocomplete over the member's presets for the operation that the options typed so far choose."""

    @or_none
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        operation = interaction.client.catalogue.find(choose(vars(interaction.namespace)))
        if operation is None:
            return []
        presets = await use(interaction, OwnSettings).presets(guild_of(interaction), interaction.user.id)
        wanted = typed.strip().casefold()
        names = [each.name for each in presets if _is_for(interaction, each.operation, operation.id)]
        return [app_commands.Choice(name=name, value=name) for name in names if wanted in name.casefold()][:CHOICES_MAX]

    return complete


def _is_for(interaction: Interaction, of_preset: str, operation_id: str) -> bool:
    found = interaction.client.catalogue.find(of_preset)
    return found is not None and found.id == operation_id


def preset_fields(operation: Operation) -> list[Field]:
    """Return the fields of presets, main ones first."""
    fields = [each for each in operation.fields if each.kind in TYPED and each.name not in NOT_KEPT and each.offered]
    main = {name: place for place, name in enumerate(MAIN_FIELDS)}
    return sorted(fields, key=lambda field: main.get(field.name, len(main)))


def preset_values(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a job's input that a preset keeps."""
    return {field.name: given[field.name] for field in preset_fields(operation) if given.get(field.name) is not None}
