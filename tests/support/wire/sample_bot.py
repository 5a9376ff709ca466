"""A small discord.py bot that proves the wire Discord by itself, without the real bot.

It leaves a note of its last answer (channel, message, interaction token) in WIRE_NOTE, and edits that message when a
later life finds the note.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from tests.support.wire.child import point_discord_at

NOTE = Path(os.environ["WIRE_NOTE"])


def read_note() -> dict[str, Any] | None:
    return json.loads(NOTE.read_text()) if NOTE.exists() else None


def write_note(note: dict[str, Any]) -> None:
    NOTE.write_text(json.dumps(note))


class Again(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"again:(?P<name>\w+)"):
    def __init__(self, name: str) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{name}"))
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Again:
        return cls(match["name"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"again {self.name}", ephemeral=True)


class Ask(discord.ui.Modal, title="Ask"):
    words: discord.ui.TextInput[Ask] = discord.ui.TextInput(label="Words", custom_id="words")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"asked: {self.words.value}")


class SampleBot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True, guild_reactions=True))
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        self.tree.add_command(make)
        self.tree.add_command(say)
        self.tree.add_command(refuse)
        self.tree.add_command(ask)
        self.tree.add_command(digest)
        await self.tree.sync()

    async def on_ready(self) -> None:
        note = read_note()
        if note is None:
            return
        assert self.application_id
        by_token = discord.Webhook.partial(self.application_id, note["token"], client=self)
        await by_token.edit_message(note["message_id"], content="edited by interaction token")
        channel = self.get_partial_messageable(note["channel_id"])
        await channel.get_partial_message(note["message_id"]).edit(content="edited by bot token")

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        channel = self.get_partial_messageable(payload.channel_id)
        await channel.get_partial_message(payload.message_id).add_reaction(payload.emoji)


@app_commands.command(description="Answer with a file")
@app_commands.describe(name="Its name", size="Its size in bytes")
async def make(interaction: discord.Interaction, name: str, size: int = 3) -> None:
    await interaction.response.defer()
    answer = await interaction.original_response()
    # Before the answer is filled in: from then on the test may kill us.
    write_note({"token": interaction.token, "channel_id": interaction.channel_id, "message_id": answer.id})
    view = discord.ui.View(timeout=None)
    view.add_item(Again(name))
    file = discord.File(io.BytesIO(bytes(size)), f"{name}.bin", description="zeros")
    await interaction.edit_original_response(content=f"made {name}", attachments=[file], view=view)


@app_commands.command(description="Post twice with one nonce")
async def say(interaction: discord.Interaction, words: str) -> None:
    await interaction.response.defer(ephemeral=True)
    ids = []
    assert isinstance(interaction.channel, discord.TextChannel)
    for _ in range(2):
        file = discord.File(io.BytesIO(b"words"), "words.txt")
        ids.append((await interaction.channel.send(words, file=file, nonce="sample-1")).id)
    await interaction.edit_original_response(content=f"{ids[0]} {ids[1]}")


@app_commands.command(description="Think in public, refuse in private")
async def refuse(interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    await interaction.delete_original_response()
    await interaction.followup.send("no", ephemeral=True)


@app_commands.command(description="Ask with a modal")
async def ask(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Ask(timeout=60))


@app_commands.command(description="Read an attachment")
async def digest(interaction: discord.Interaction, file: discord.Attachment, hint: str | None = None) -> None:
    found = hashlib.sha256(await file.read()).hexdigest()
    limit = interaction.filesize_limit
    await interaction.response.send_message(f"{found} {limit} {interaction.permissions.manage_guild}")


@digest.autocomplete("hint")
async def hints(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{typed}!", value=typed)]


if __name__ == "__main__":
    point_discord_at(os.environ["WIRE_DISCORD_URL"])
    SampleBot().run(os.environ["DISCORD_TOKEN"])
