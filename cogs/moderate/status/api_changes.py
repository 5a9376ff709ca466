"""What Cannon Studio has changed in its API, as `/studio status` shows it."""

from itertools import groupby, islice

import discord

from bot.app.client import CannonBot
from bot.domain.harmless_text import harmless_within
from bot.domain.text import shortened, stamp
from bot.guild.api_drift import change_words
from bot.language import tr
from cogs.moderate.status import texts

SEEN_MAX = 100
READINGS_MAX = 3
"""Of how many readings of the description the changes are shown."""
LINE_CHARS = 300
GONE_MAX = 8
TITLE_CHARS = 80


async def add_api_changes(embed: discord.Embed, bot: CannonBot, guild_id: int) -> None:
    """Add when the API's description was read, its latest changes, and what it no longer offers."""
    drift, read_at = bot.parts.api_drift, bot.parts.catalogue_refresh.read_at
    lines = [str(texts.DESCRIPTION_NOT_READ) if read_at is None else texts.description_read(stamp(read_at))]
    seen = await drift.latest(guild_id, SEEN_MAX)
    for at, changes in islice(groupby(seen, key=lambda each: each.at), READINGS_MAX):
        lines.append(f"{stamp(at)} {shortened(change_words(list(changes)), LINE_CHARS)}")
    embed.add_field(name=texts.DESCRIPTION, value="\n".join(lines), inline=False)
    gone = [harmless_within(tr(each.title), TITLE_CHARS) for each in drift.gone(guild_id)]
    if gone:
        embed.add_field(name=texts.NOT_OFFERED, value=texts.named_or_more(gone[:GONE_MAX], len(gone)), inline=False)
