"""Registers the slash commands with Discord, and mentions them so that members can click them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.deadlines import in_time
from bot.store import Store

CHAT_INPUT = discord.AppCommandType.chat_input.value


class CommandSync:
    """Keeps the registered commands equal to the loaded ones, and stores the ids that Discord gave them."""

    def __init__(self, bot: commands.Bot, store: Store) -> None:
        self._bot = bot
        self._store = store
        self._ids: dict[str, int] = {}

    async def sync_if_changed(self) -> None:
        """Register the commands, in every language, if they have changed since the last time (200 creations a day)."""
        meta, application_id = self._store.meta, self._bot.application_id
        payload = await self._payload()
        text = json.dumps(payload, sort_keys=True).encode()
        digest = f"{application_id}:{hashlib.sha256(text).hexdigest()}"
        if application_id is not None and await meta.get("commands") != digest:
            # What `tree.sync` does, with the payload that is there: translating it again takes as long as the rest.
            made = await in_time(self._bot.http.bulk_upsert_global_commands(application_id, payload=payload))
            slash = {each["name"]: int(each["id"]) for each in made if each["type"] == CHAT_INPUT}
            await meta.set("command_ids", json.dumps(slash))
            await meta.set("commands", digest)
        self._ids = json.loads(await meta.get("command_ids") or "{}")

    def mention(self, command: str) -> str:
        """Return a slash command, such as `image generate`, as members can click it, in their own language."""
        command_id = self._ids.get(command.partition(" ")[0])
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"

    async def _payload(self) -> list[dict[str, Any]]:
        """Return the payload that registers the commands."""
        tree = self._bot.tree
        translator = tree.translator or app_commands.Translator()
        return [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
