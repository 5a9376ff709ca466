"""The moderators' panel of recipes, as tests use it."""

from __future__ import annotations

from typing import Any

from tests.support.rig import Rig


async def new_recipe(rig: Rig) -> Any:
    """Let the moderator open the form of a new recipe."""
    panel = await rig.moderator.slash(rig.channel, "studio recipes")
    return await rig.moderator.click(panel.response, label="New recipe…")


async def opened_recipe(rig: Rig, name: str) -> Any:
    """Let the moderator open a recipe; return the message."""
    return (await rig.moderator.slash(rig.channel, "studio recipes", recipe=name)).response
