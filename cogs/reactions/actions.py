"""The actions of reactions: start a job, star a result, take it down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import discord
import structlog

from bot.delivery.posting.copies import shown_jobs
from bot.domain.jobs.card_jobs import main_job, results_of
from bot.domain.models import Job
from bot.domain.money.spending_policy import refuse_blocked
from bot.domain.server.places import Viewer
from bot.domain.server.reaction_rules import REMAKES, ReactionAction, ReactionKey
from bot.domain.texts import OWNER_ONLY
from bot.errors import InputError, NotAllowed, Refused
from bot.generation.again.reactions import NEXT_STEPS, ReactedCard, Reactions
from bot.generation.again.rerun import require_payer
from bot.jobs.intake import Unconfirmed
from bot.runtime.pace import TokenBucket
from bot.server.operations import OperationSwitches
from bot.store import Blocks, GuildSettings
from cogs.reactions import texts
from cogs.reactions.gallery import Gallery
from cogs.reactions.submit import is_price_shown, origin_in, post, question, tell_price
from cogs.results.pressing import rerun_price
from cogs.results.remove import remove
from cogs.results.texts import STILL_OPEN
from cogs.ui.interaction import Bot, PostableChannel, use

log = structlog.get_logger(__name__)

MEMBER_A_MINUTE, SERVER_A_MINUTE = 5, 20
MINUTE_S = 60.0
BURST = "burst"
"""A refusal when a whole server reacts at once: sent to one member, not each."""
NOTICES_A_MINUTE = 10
"""How many members of a server get a direct message; Discord would treat more as spam."""


@dataclass(frozen=True, kw_only=True)
class Reacted(ReactedCard):
    """A member's reaction on a card."""

    guild: discord.Guild
    channel: PostableChannel
    message_id: int
    member: discord.Member
    viewer: Viewer
    """The member with their current access to channels."""

    @property
    def key(self) -> ReactionKey:
        return ReactionKey(
            guild_id=self.guild.id,
            message_id=self.message_id,
            emoji=self.rule.emoji,
            member_id=self.member.id,
        )


class ReactionContext:
    """What the actions need: the bot, the gallery and the rate limiters."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.gallery = bot, Gallery(bot)
        self._of_member = TokenBucket(bot.clock, MEMBER_A_MINUTE, MINUTE_S)
        self._of_server = TokenBucket(bot.clock, SERVER_A_MINUTE, MINUTE_S)
        self.notices = TokenBucket(bot.clock, NOTICES_A_MINUTE, MINUTE_S)

    def require_few(self, guild_id: int, member_id: int) -> None:
        """Raise Refused for a member or a server with too many of these in a minute."""
        if self._of_member.wait_s((guild_id, member_id)):
            raise Refused(texts.TOO_MANY(limit=SERVER_A_MINUTE, own=MEMBER_A_MINUTE))
        if self._of_server.wait_s(guild_id):
            raise Refused(texts.TOO_MANY(limit=SERVER_A_MINUTE, own=MEMBER_A_MINUTE), BURST)


def acting_part(reacted: Reacted) -> Reacted | None:
    """Return the reaction on its target: the card once it has ended, else the posted results.

    None: nothing is done yet, so the reaction waits. Taking down does not wait: it is refused until then.
    """
    if reacted.rule.action is ReactionAction.REMOVE or all(job.state.ended for job in reacted.jobs):
        return reacted
    results = {job.id for job in results_of(reacted.jobs)}
    shown = tuple(job for job in shown_jobs(reacted.jobs) if job.id in results)
    return replace(reacted, jobs=shown) if shown else None


ReactionHandler = Callable[[ReactionContext, Reacted], Awaitable[None]]


async def require_allowed(context: ReactionContext, reacted: Reacted) -> None:
    """Raise NotAllowed or Refused if the reaction does not count, InputError if it can't do anything."""
    bot, rule = context.bot, reacted.rule
    refuse_blocked(await use(bot, Blocks).active(reacted.guild.id, reacted.member.id), bot.clock.wall())
    rules = await use(bot, GuildSettings).get(reacted.guild.id)
    may_remove = reacted.viewer.is_moderator or reacted.member.id == reacted.card.author_id
    if rule.action is ReactionAction.REMOVE and not may_remove:
        raise NotAllowed(OWNER_ONLY)
    if rule.action in REMAKES:
        require_payer(rules, main_job(reacted.jobs), reacted.member.id)
    if rule.action is ReactionAction.GALLERY and acting_part(reacted) is not None:
        await context.gallery.require_fit(reacted.guild, reacted.card, reacted.jobs, rules.gallery_channel)


# ---------------------------------------------------------------------- jobs


async def start(context: ReactionContext, reacted: Reacted) -> None:
    """Start the requested job; its card replies to the source card.

    The member gets the price privately before anything is sent, unless a button of that card shows it.
    """
    bot = context.bot
    context.require_few(reacted.guild.id, reacted.member.id)
    generation = await use(bot, Reactions).generation(reacted, shown_jobs(reacted.jobs), reacted.viewer)
    origin = await origin_in(bot, reacted.channel, reacted.member, reacted.viewer)
    try:
        accepted = await use(bot, Reactions).accept(reacted.key, generation, origin)
    except Unconfirmed as unconfirmed:
        raise Refused(question(unconfirmed)) from unconfirmed
    is_labelled = reacted.rule.action is ReactionAction.RERUN and len(results_of(reacted.jobs)) == 1
    labelled = rerun_price(bot, main_job(reacted.jobs), reacted.jobs) if is_labelled else None
    if not is_price_shown(accepted.jobs, labelled) and not context.notices.wait_s(reacted.guild.id):
        await tell_price(reacted.member, reacted.rule.shown, reacted.channel.id, accepted.jobs)
    key = reacted.key
    await post(bot, f"{key.message_id} {key.emoji} {key.member_id}", accepted, reacted.channel, reply_to=key.message_id)


# ---------------------------------------------------------------------- results


async def star(context: ReactionContext, reacted: Reacted) -> None:
    await context.gallery.update(reacted.guild.id, reacted.card, reacted.jobs)


async def take_down(context: ReactionContext, reacted: Reacted) -> None:
    """Remove every message that shows the results. The record of the jobs stays."""
    if not all(job.state.ended for job in reacted.jobs):
        raise Refused(STILL_OPEN)
    by_id = reacted.member.id
    sentence, is_done = await remove(context.bot, reacted.card, reacted.jobs, by_id=by_id, with_record=False)
    if not is_done:
        raise InputError(sentence)


ACTIONS: Mapping[ReactionAction, ReactionHandler] = {
    **dict.fromkeys((ReactionAction.RERUN, ReactionAction.VARY, *NEXT_STEPS), start),
    ReactionAction.GALLERY: star,
    ReactionAction.REMOVE: take_down,
}


def fits(bot: Bot, action: ReactionAction, jobs: Sequence[Job], *, gallery: bool) -> bool:
    """Whether the action applies to these delivered jobs, so that the bot seeds its emoji."""
    kinds = {medium.kind for job in shown_jobs(jobs) for medium in job.media}
    if action in NEXT_STEPS:
        operation_id, kind = NEXT_STEPS[action]
        return kind in kinds and use(bot, OperationSwitches).is_on(jobs[0].guild_id, operation_id)
    return (gallery and bool(kinds)) if action is ReactionAction.GALLERY else True
