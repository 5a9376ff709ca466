"""The state of each of the bot's connections to Discord's gateway."""

from __future__ import annotations

import math

import discord

from bot.runtime.collectors import ShardState


def shard_states(bot: discord.AutoShardedClient) -> list[ShardState]:
    """Return the state of each shard, in order; [] before the first one is connected."""
    return [
        ShardState(number, not shard.is_closed(), shard.latency if math.isfinite(shard.latency) else None)
        for number, shard in sorted(bot.shards.items())
    ]
