"""What reactions do, by a button: a result to one's direct messages, or a star for the gallery.

The same functions as for reactions, with the same rights: whose reactions count, who sees the result, the gate.
"""

from collections.abc import Sequence

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.models import Job
from bot.domain.reaction_rules import Reaction, ReactionAction, ReactionRules
from bot.errors import InputError, Refused
from bot.generation.reactions import ReactedCard
from bot.generation.texts import NO_RESULT
from cogs.reactions import texts
from cogs.reactions.actions import Reacted, ReactionContext, acting_part, require_allowed, send_privately
from cogs.reactions.listener import ReactionListener
from cogs.ui.controls import on_job
from cogs.ui.interaction import Interaction
from cogs.ui.texts import GONE, IN_SERVER_ONLY
from cogs.ui.viewer import viewer_of


@on_job("to_dms")
async def to_direct_messages(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Send the results of the job's card to who presses."""
    reacted = await _pressed(interaction, job, ReactionAction.SEND)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))  # files take their time
    try:
        await send_privately(_context(interaction.client), reacted)
    except discord.Forbidden:
        raise InputError(texts.DMS_CLOSED) from None
    await interaction.client.responses.reply_privately(interaction, str(texts.SENT))


@on_job("to_gallery")
async def to_gallery(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Count a star for the result, or take it back."""
    bot = interaction.client
    reacted = await _pressed(interaction, job, ReactionAction.GALLERY)
    if reacted.card.private:
        raise Refused(texts.NOT_IN_GALLERY)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    is_starred = await bot.parts.generation.reactions.press_star(reacted.key, reacted.on)
    await _context(bot).gallery.update(reacted.guild.id, reacted.card, reacted.jobs)
    settings = await bot.parts.store.reactions.get(reacted.guild.id)
    stars = await bot.parts.store.reaction_acts.stars(reacted.guild.id, reacted.card.id)
    said = texts.starred(stars, settings.gallery_stars) if is_starred else str(texts.UNSTARRED)
    await bot.responses.reply_privately(interaction, said)


async def _pressed(interaction: Interaction, job: Job, action: ReactionAction) -> Reacted:
    """Return the press as a reaction on the job's card, if it would count. Raises as `require_allowed`."""
    bot, guild, member = interaction.client, interaction.guild, interaction.user
    if guild is None or not isinstance(member, discord.Member):
        raise Refused(IN_SERVER_ONLY)
    found = await bot.parts.store.cards.with_jobs(job.guild_id, job.card_id)
    if found is None or found[0].message_id is None:
        raise InputError(GONE)
    settings = await bot.parts.store.reactions.get(guild.id)
    channel = guild.get_channel_or_thread(interaction.channel_id or 0)
    if not isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
        raise InputError(GONE)
    reacted = Reacted(
        guild=guild,
        channel=channel,
        message_id=found[0].message_id,
        member=member,
        viewer=await viewer_of(interaction),
        on=ReactedCard(card=found[0], jobs=found[1], rule=_rule(settings, action)),
    )
    await require_allowed(_context(bot), reacted)
    part = acting_part(reacted)
    if part is None:
        raise InputError(NO_RESULT)
    return part


def _rule(settings: ReactionRules, action: ReactionAction) -> Reaction:
    """Return the server's rule of the action. Raises Refused where no emoji has it any more."""
    for rule in settings.rules.values():
        if rule.action is action:
            return rule
    raise Refused(texts.NOT_HERE)


def _context(bot: CannonBot) -> ReactionContext:
    """Return the context of the listener, whose rate limits hold for presses too."""
    listener = bot.get_cog(ReactionListener.__name__)
    if not isinstance(listener, ReactionListener):
        raise TypeError("the listener of reactions is not loaded")
    return listener.context


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered when this module is imported."""
