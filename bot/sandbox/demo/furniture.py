"""What the demo's server has in it before anybody comes: channels, members, prices, and what stands in the channels.

Everything that is there at the start is made here; `Demo` only opens the page on what `furnish` returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import discord

from bot.domain.price_list import PriceUnit
from bot.sandbox.demo import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simcord
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle

    from bot.app.client import CannonBot
    from bot.sandbox.server import Sandbox

DEMO_KEY = "cs_test_demo_0000000000000000"
DEMO_CREDITS = 5000
CONFIRM_ABOVE = Decimal(40)
"""From how many credits on a price is confirmed: ten seconds of video show it."""
UNPRICED = "music.generate"
"""The operation whose price nobody knows before it was paid."""


@dataclass(frozen=True)
class Furnished:
    """What the page shows: its channels, and as whom one may look. The page opens on the first of both."""

    channels: Sequence[ChannelHandle]
    viewers: Sequence[MemberActor]


async def furnish(env: simcord.Env, bot: CannonBot, sandbox: Sandbox) -> Furnished:
    """Make the demo's server, with a key and prices, and its channels and members."""
    guild = env.create_guild(texts.GUILD_NAME)
    channel = guild.create_text_channel("studio", topic=texts.CHANNEL_TOPIC)
    moderators = guild.create_role(
        "Moderators", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
    )
    moderator = guild.add_member(env.create_user("morgan", global_name=texts.MODERATOR_NAME), roles=[moderators])
    member = guild.add_member(env.create_user("ada", global_name=texts.MEMBER_NAME))
    # A key of its own, so that its account is compared with its books: the host's would serve other servers too.
    sandbox.add_key(DEMO_KEY, credits=DEMO_CREDITS)
    await bot.parts.moderation.key.set(guild.id, DEMO_KEY, by_id=moderator.id)
    await _price(bot, sandbox, guild.id)
    await moderator.send(channel, texts.WELCOME)
    return Furnished([channel], [member, moderator])


async def _price(bot: CannonBot, sandbox: Sandbox, guild_id: int) -> None:
    """Set what the server knows of prices: estimates, a line of its own list, and one operation without either."""
    store = bot.parts.store
    sandbox.tariff.hide(UNPRICED)
    await store.settings.change(guild_id, lambda old: replace(old, estimate_tool=True, confirm_above=CONFIRM_ABOVE))
    await store.prices.set(guild_id, "soundfx.generate", "", Decimal("0.6"), per=PriceUnit.SECOND)
