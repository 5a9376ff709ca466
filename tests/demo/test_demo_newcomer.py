"""The demo of a server that the bot has just joined: the bot's own greeting, nothing set up, and a key that works."""

from __future__ import annotations

import pytest

from bot.domain.server.first_contact import SetupStep
from cogs.moderate.setup import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import DEMO_KEY
from sandbox.demo.texts import MORGAN
from tests.support.surface import unlinked


@pytest.mark.long
async def test_the_bot_has_greeted_the_server_and_nothing_is_set_up_until_the_key_is_entered():
    async with Demo(joins=True) as demo:
        guild_id, [looks, *_] = demo.preview.channel.guild.id, demo.preview.viewers
        note, greeting = demo.preview.channel.history()
        assert DEMO_KEY in note.embeds[0].description
        assert str(texts.WHAT_IT_IS) in unlinked(greeting.content)
        assert demo.env.backend.users[looks.id].global_name == str(MORGAN)
        setup = demo.bot.parts.first_setup
        assert await setup.done(guild_id, lambda _: True) == frozenset()
        await demo.bot.parts.moderation.key.set(guild_id, DEMO_KEY, by_id=looks.id)
        assert await setup.done(guild_id, lambda _: True) == {SetupStep.KEY}
