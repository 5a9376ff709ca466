"""How a command's request is submitted where that takes more than its row of the table says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from bot.catalogue import FieldKind, Operation
from bot.catalogue.catalogue import NATIVE_ID
from bot.catalogue.operation import bare
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.generation import Generation
from bot.generation.sources import SourceRef
from bot.store import GuildSettings
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, viewer_of
from cogs.workflows.asked.submit import submit

Hook: TypeAlias = Callable[[Interaction, Generation, Mapping[str, Any]], Awaitable[None]]
"""Submits a command's request; the mapping has the typed options. Raises what `submit` raises."""

NAME = "name"
CAMERA = ("pan", "tilt", "roll", "zoom", "horizontal", "vertical")


async def plain(interaction: Interaction, generation: Generation, _typed: Mapping[str, Any]) -> None:
    await submit(interaction, generation)


async def usual_count(interaction: Interaction, generation: Generation, typed: Mapping[str, Any]) -> None:
    """Submit as many pictures as the server has set if the member does not say."""
    if typed.get("count") is None:
        rules = await use(interaction, GuildSettings).get(guild_of(interaction))
        generation = replace(generation, count=int(rules.pictures))
    await submit(interaction, generation)


async def sound_of_video(interaction: Interaction, generation: Generation, _typed: Mapping[str, Any]) -> None:
    mode = {"mode": "video_context"} if generation.files else {}
    await submit(interaction, replace(generation, values={**mode, **generation.values}))


async def camera_motion(interaction: Interaction, generation: Generation, _typed: Mapping[str, Any]) -> None:
    """Complete the camera's movement: the API's sample gives all six, the unused ones as 0."""
    values = dict(generation.values)
    camera = values.get("camera_control")
    if isinstance(camera, Mapping):
        values["camera_control"] = {**dict.fromkeys(CAMERA, 0), **camera}
        values.setdefault("control_mode", "camera_control")
    await submit(interaction, replace(generation, values=values))


async def sora_video(interaction: Interaction, generation: Generation, _typed: Mapping[str, Any]) -> None:
    """Turn the job that made a video into Sora's own id of it. Raises InputError for any other job."""
    given = SourceRef.of_text(str(generation.values.get(NATIVE_ID) or ""))
    if given.job_id is not None:
        native = await use(interaction, EarlierJobs).sora_video_id(await viewer_of(interaction), given.job_id)
        generation = replace(generation, values={**generation.values, NATIVE_ID: native})
    await submit(interaction, generation)


async def by_true_names(interaction: Interaction, generation: Generation, _typed: Mapping[str, Any]) -> None:
    """Give the values the names that the live document has for our guesses; what it lacks is left out."""
    operation = interaction.client.catalogue.resolve(generation.operation)
    own_name = wire_name(operation, NAME, FieldKind.TEXT)
    named = {own_name if name == NAME else name: value for name, value in generation.values.items()}
    known = {field.name for field in operation.fields}
    files = [replace(file, field=wire_name(operation, file.field or "", FieldKind.URL)) for file in generation.files]
    values = {name: value for name, value in named.items() if not known or name in known}
    await submit(interaction, replace(generation, values=values, files=files))


def wire_name(operation: Operation, guess: str, kind: FieldKind) -> str:
    """Return the operation's field for our `guess`: the same name, one that ends alike, or the only one of its kind.

    No page names the fields: the live document may name them otherwise, such as `character_file_url`.
    """
    names = [field.name for field in operation.fields if field.kind is kind]
    alike = [name for name in names if bare(name).endswith(bare(guess))]
    if guess in names or not names:
        return guess
    return alike[0] if alike else names[0] if len(names) == 1 else guess
