"""What reactions do: start a job in the channel, send a result by direct message, star it, take it down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import discord
import structlog

from bot.app.client import CannonBot
from bot.delivery.copies import shown_jobs
from bot.delivery.formatting import message_link
from bot.domain.card_jobs import main_job, open_part
from bot.domain.models import Card, Job, JobState
from bot.domain.reaction_rules import REMAKES, Purse, Reaction, ReactionAction, Who
from bot.domain.spending_policy import refuse_blocked
from bot.errors import InputError, NotAllowed, Refused
from bot.generation.reactions import NEXT_STEPS, NOTHING_THERE, ReactedCard, ReactionKey
from bot.generation.rerun import require_payer
from bot.runtime.rate_limiter import RateLimiter
from cogs.reactions.gallery import Gallery
from cogs.reactions.submit import CardTarget, PostableChannel, accept, post
from cogs.results.remove import remove
from cogs.results.texts import STILL_OPEN
from cogs.ui.permissions import moderates

log = structlog.get_logger(__name__)

MEMBER_A_MINUTE, SERVER_A_MINUTE = 5, 20
MINUTE_S = 60.0
NOT_DONE = "It is still being made; react again when it is done."
TOO_MUCH = "That is too much at once: reactions start {times} jobs a minute {whose}. Nothing was spent."
BURST = "burst"
"""Why it is refused where a whole server reacts at once: it is reported once, not to each."""
TOLD_A_MINUTE = 10
"""How many members of a server get a direct message; Discord takes more for spam."""
AUTHOR_GONE = "Here its author pays for this, who is no longer on the server."
NOT_YOURS = {
    Who.EVERYONE: "Only who asked for a result, or a moderator, may take it down.",
    Who.AUTHOR: "Only who asked for the result, or a moderator, may do this here.",
    Who.MODERATORS: "Only moderators may do this here.",
    Who.ROLE: "Only members with the role <@&{role}> may do this here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A member's reaction on one of our cards."""

    guild: discord.Guild
    channel: PostableChannel
    message_id: int
    member: discord.Member
    on: ReactedCard

    @property
    def key(self) -> ReactionKey:
        """The reaction as the store knows it."""
        return ReactionKey(
            guild_id=self.guild.id,
            message_id=self.message_id,
            emoji=self.rule.emoji,
            member_id=self.member.id,
        )

    @property
    def rule(self) -> Reaction:
        """What the emoji does here."""
        return self.on.rule

    @property
    def card(self) -> Card:
        """The card that was reacted to."""
        return self.on.card

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The card's jobs."""
        return self.on.jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionContext:
    """What the actions work with."""

    bot: CannonBot
    gallery: Gallery
    of_member: RateLimiter
    of_server: RateLimiter
    telling: RateLimiter

    @classmethod
    def of(cls, bot: CannonBot) -> "ReactionContext":
        """Set it up."""
        return cls(
            bot=bot,
            gallery=Gallery(bot),
            of_member=RateLimiter(bot.clock, MEMBER_A_MINUTE, MINUTE_S),
            of_server=RateLimiter(bot.clock, SERVER_A_MINUTE, MINUTE_S),
            telling=RateLimiter(bot.clock, TOLD_A_MINUTE, MINUTE_S),
        )


Do = Callable[[ReactionContext, Reacted], Awaitable[None]]


async def require_allowed(context: ReactionContext, reacted: Reacted) -> None:
    """Raise NotAllowed or Refused if this member's reaction does not count, InputError where it cannot do anything."""
    bot, rule = context.bot, reacted.rule
    refuse_blocked(await bot.parts.store.blocks.active(reacted.guild.id, reacted.member.id), bot.clock.wall())
    rules = await bot.parts.store.settings.get(reacted.guild.id)
    is_moderator = moderates(reacted.member.guild_permissions, reacted.member, rules)
    if not is_moderator and not _is_meant(rule, reacted):
        raise NotAllowed(NOT_YOURS[rule.who].format(role=rule.role_id))
    if rule.action is ReactionAction.REMOVE and not is_moderator and reacted.member.id != reacted.card.author_id:
        raise NotAllowed(NOT_YOURS[Who.EVERYONE])
    if rule.action in REMAKES:
        require_payer(rules, main_job(reacted.jobs), reacted.member.id)
    if rule.action is ReactionAction.GALLERY:
        settings = await bot.parts.store.reactions.get(reacted.guild.id)
        context.gallery.require_fit(reacted.guild, reacted.card, reacted.jobs, settings)


def _is_meant(rule: Reaction, reacted: Reacted) -> bool:
    member = reacted.member
    return {
        Who.EVERYONE: True,
        Who.AUTHOR: member.id == reacted.card.author_id,
        Who.MODERATORS: False,
        Who.ROLE: any(role.id == rule.role_id for role in member.roles),
    }[rule.who]


# ---------------------------------------------------------------------- jobs


async def start(context: ReactionContext, reacted: Reacted) -> None:
    """Start the job that the reaction requests; its card replies to the one that was reacted to."""
    if not all(job.state.ended for job in reacted.jobs):
        raise InputError(NOT_DONE)
    bot = context.bot
    payer = await _payer(reacted)
    _keep_pace(context, reacted)
    generation = await bot.parts.generation.reactions.generation(reacted.on, shown_jobs(reacted.jobs), payer.id)
    target = CardTarget(channel=reacted.channel, message_id=reacted.message_id)
    accepted = await accept(bot, reacted.key, generation, target, payer)
    await post(bot, accepted, target)


async def _payer(reacted: Reacted) -> discord.Member:
    """Return who pays, with the roles they have now."""
    if reacted.rule.payer is Purse.REACTOR or reacted.card.author_id == reacted.member.id:
        return reacted.member
    guild, author_id = reacted.guild, reacted.card.author_id
    try:
        return guild.get_member(author_id) or await guild.fetch_member(author_id)
    except discord.NotFound:
        raise Refused(AUTHOR_GONE) from None


def _keep_pace(context: ReactionContext, reacted: Reacted) -> None:
    """Raise Refused where a burst of reactions would start more than anybody can have meant."""
    if context.of_member.wait_s((reacted.guild.id, reacted.member.id)):
        raise Refused(TOO_MUCH.format(times=MEMBER_A_MINUTE, whose="for each member"))
    if context.of_server.wait_s(reacted.guild.id):
        raise Refused(TOO_MUCH.format(times=SERVER_A_MINUTE, whose="on a server"), BURST)


# ---------------------------------------------------------------------- results


async def send(context: ReactionContext, reacted: Reacted) -> None:
    """Send the results to who reacted, by direct message."""
    card, jobs, parts = reacted.card, reacted.jobs, context.bot.parts
    if all(job.state is not JobState.DELIVERED for job in jobs):
        raise InputError(NOTHING_THERE if all(job.state.ended for job in jobs) else NOT_DONE)
    _keep_pace(context, reacted)
    withheld = await parts.store.reviews.withheld(card.guild_id, card.id)
    embed, documents = await parts.delivery.cards.first_answer(card, open_part(jobs, withheld))
    embed.url = message_link(card)
    try:
        channel = reacted.member.dm_channel or await reacted.member.create_dm()
        await parts.copies.post(channel, card, jobs, kind="dm", embed=embed, documents=documents)
    except discord.Forbidden as error:  # they take no direct messages, so this cannot be reported to them either
        log.info("reaction.no_private_message", card=card.id, code=error.code)


async def star(context: ReactionContext, reacted: Reacted) -> None:
    """Count a star."""
    await context.gallery.update(reacted.guild.id, reacted.card, reacted.jobs)


async def take_down(context: ReactionContext, reacted: Reacted) -> None:
    """Take down every message that shows the results. The record of the job stays."""
    if not all(job.state.ended for job in reacted.jobs):
        raise Refused(STILL_OPEN)
    by_id = reacted.member.id
    sentence, is_done = await remove(context.bot, reacted.card, reacted.jobs, by_id=by_id, with_record=False)
    if not is_done:
        raise InputError(sentence)


ACTIONS: Mapping[ReactionAction, Do] = {
    **dict.fromkeys((ReactionAction.RERUN, ReactionAction.VARY, *NEXT_STEPS), start),
    ReactionAction.SEND: send,
    ReactionAction.GALLERY: star,
    ReactionAction.REMOVE: take_down,
}


def fits(bot: CannonBot, action: ReactionAction, jobs: Sequence[Job], *, gallery: bool) -> bool:
    """Whether the action makes sense on these delivered jobs: what the bot puts there itself."""
    kinds = {medium.kind for job in shown_jobs(jobs) for medium in job.media}
    if action in NEXT_STEPS:
        operation_id, kind = NEXT_STEPS[action]
        return kind in kinds and bot.parts.switches.is_on(jobs[0].guild_id, operation_id)
    return (gallery and bool(kinds)) if action is ReactionAction.GALLERY else True
