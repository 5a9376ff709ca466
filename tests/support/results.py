"""Results as the tests make them, with the components of their cards and presses on them."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.surface import DETAILS, REMOVE, agreed, delete, fill, icon, whole
from tests.support.workflows import IMAGE, earlier

RESULT = ["Vary", "Re-run", "Edit and run", "Next step…", DETAILS, REMOVE]


def card_of(rig: Rig, job: Job) -> discord.Message:
    [message] = [m for m in rig.messages() if m.id == job.message_id]
    return message


async def picture(rig: Rig, **options: Any) -> tuple[discord.Message, Job]:
    job = await earlier(rig, IMAGE, **options)
    return card_of(rig, job), job


async def count(rig: Rig) -> int:
    return len(await rig.jobs())


async def block(rig: Rig, member: Any) -> None:
    await rig.bot.parts.store.blocks.add(rig.guild.id, member.id, until=None, reason="", by_id=rig.moderator.id)


class Press:
    """A control of one result, pressed, the card's message being there, older than the bot, or gone."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch, message: discord.Message, who: Any, age: str) -> None:
        self.rig = rig
        self.monkeypatch = monkeypatch
        self.message = message
        self.who = who
        self.age = age

    def lose(self) -> None:
        """Delete the card between two presses."""
        if self.age == "deleted":
            delete(self.rig, self.message)

    def lose_during_press(self) -> None:
        """Delete the card at the moment of the press: Discord takes no press on what is gone."""
        if self.age != "deleted":
            return
        look_up, lost = self.rig.bot.parts.store.job_lists.placed, [self.message]

        async def too_late(*args: Any) -> Any:
            if lost:
                delete(self.rig, lost.pop())
            return await look_up(*args)

        self.monkeypatch.setattr(self.rig.bot.parts.store.job_lists, "placed", too_late)

    async def rerun(self) -> Any:
        self.lose_during_press()
        return await self.who.click(self.message, label=whole(self.message, "Re-run"))

    async def vary(self) -> Any:
        asked = await self.who.click(self.message, label="Vary")
        assert asked.ephemeral
        self.lose()
        if not asked.response.components:
            return asked
        return await agreed(self.who, await self.who.click(asked.response, label=whole(asked.response, "Subtle")))

    async def edit(self) -> Any:
        shown = await self.who.click(self.message, label="Edit and run")
        self.lose()
        if shown.modal is None:
            return shown
        if self.age == "deleted":
            shown._interaction.source_message_id = None  # simcord sends no form whose message is gone; Discord does
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "an edited fox #fast"}))

    async def next_step(self) -> Any:
        asked = await self.who.click(self.message, label="Next step…")
        assert asked.ephemeral
        self.lose()
        if not asked.response.components:
            return asked
        shown = await self.who.select(asked.response, ["image.edit"])
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "at night #fast"}))

    async def remove(self) -> Any:
        asked = await self.who.click(self.message, custom_id=icon(self.message, REMOVE))
        assert asked.ephemeral
        if not asked.response.components:
            return asked
        self.lose()
        return await self.who.click(asked.response, label="Remove the result")
