"""What the bot is measured beside: a competent afternoon's work, without a store, limits or an answer to a restart."""

from __future__ import annotations

import asyncio
import io
import os

import discord
import httpx
from discord import app_commands

from tests.support.wire.child import point_discord_at

image = app_commands.Group(name="image", description="Pictures of Cannon Studio")
api = httpx.AsyncClient(
    base_url=os.environ["CANNON_API_URL"], headers={"Authorization": f"Bearer {os.environ['CANNON_API_KEY']}"}
)
POLL_S = float(os.environ.get("NAIVE_POLL_S", "1"))


@image.command(description="Generate a picture")
@app_commands.describe(prompt="What it shows")
async def generate(interaction: discord.Interaction, prompt: str) -> None:
    await interaction.response.defer()
    body = {"operation": "image.generate", "input": {"prompt": prompt}}
    request = (await api.post("/api/v1/requests", json=body)).raise_for_status().json()
    while request["status"] not in {"succeeded", "failed"}:
        await asyncio.sleep(POLL_S)
        try:
            request = (await api.get(f"/api/v1/requests/{request['id']}")).raise_for_status().json()
        except httpx.HTTPError:
            continue  # the next poll may be better
    if request["status"] == "failed":
        await interaction.edit_original_response(content=f"That did not work: {request['errorMessage']}")
        return
    picture = (await api.get(request["output"]["image_url"])).raise_for_status().content
    await interaction.edit_original_response(
        content=prompt, attachments=[discord.File(io.BytesIO(picture), "image.png")]
    )


class Naive(discord.Client):
    async def setup_hook(self) -> None:
        tree = app_commands.CommandTree(self)
        tree.add_command(image)
        await tree.sync()


if __name__ == "__main__":
    point_discord_at(os.environ["WIRE_DISCORD_URL"])  # the one line that no afternoon needs
    Naive(intents=discord.Intents(guilds=True)).run(os.environ["DISCORD_TOKEN"])
