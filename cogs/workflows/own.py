"""What a member's own settings add to what they typed into a command, a form or a message."""

from dataclasses import replace
from typing import Any

from discord import app_commands

from bot.generation.generation import Generation
from bot.generation.own_defaults import PRESET, Typed
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.interaction import Interaction


async def with_own(interaction: Interaction, generation: Generation) -> Generation:
    """Return the generation with the member's preset and defaults where they left an option out.

    Raises InputError for a preset that does not fit, and for a model that is gone.
    """
    own = interaction.client.parts.generation.own_defaults
    return await own.applied(generation, interaction.guild_id or 0, interaction.user.id, _typed(interaction))


async def is_private(interaction: Interaction, *, private: bool) -> bool:
    """Return whether what the member typed is for them alone; `private` is what the option says, off if left out."""
    own = interaction.client.parts.generation.own_defaults
    member = interaction.guild_id or 0, interaction.user.id
    return await own.is_private(*member, _typed(interaction), private=private)


def as_typed(generation: Generation) -> Generation:
    """Return a generation whose form the member fills in, so that their defaults apply to what they leave out."""
    return replace(generation, typed=True)


def _typed(interaction: Interaction) -> Typed:
    if not isinstance(interaction.command, app_commands.Command):
        return Typed()
    options = vars(interaction.namespace)
    return Typed(preset=str(options.get(PRESET) or ""), said=frozenset(options))


def preset_completion(operation_id: str | None) -> Any:
    """Return an autocomplete over the member's presets for an operation; None: the one that is typed so far."""

    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        chosen = operation_id or str(vars(interaction.namespace).get("operation") or "")
        operation = interaction.client.catalogue.find(chosen)
        if operation is None:
            return []
        parts = interaction.client.parts
        presets = await parts.own_settings.presets(interaction.guild_id or 0, interaction.user.id)
        wanted = typed.strip().casefold()
        names = [each.name for each in presets if _is_for(interaction, each.operation, operation.id)]
        return [app_commands.Choice(name=name, value=name) for name in names if wanted in name.casefold()][:CHOICES_MAX]

    return complete


def _is_for(interaction: Interaction, of_preset: str, operation_id: str) -> bool:
    found = interaction.client.catalogue.find(of_preset)
    return found is not None and found.id == operation_id
