"""How a command's request is submitted where that takes more than its row of the table says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from bot.catalogue.catalogue import NATIVE_ID
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.generation import Generation
from bot.generation.sources import SourceRef
from bot.store import GuildSettings
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, viewer_of
from cogs.workflows.asked.submit import submit

Hook: TypeAlias = Callable[[Interaction, Generation, Mapping[str, Any]], Awaitable[None]]
"""Submits a command's request; the mapping has the typed options. Raises what `submit` raises."""

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
