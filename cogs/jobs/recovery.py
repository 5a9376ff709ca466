"""*Post it*: results that exist but could not be posted."""

from collections.abc import Sequence
from dataclasses import replace

from bot.delivery import Delivery
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.posting.poster import Poster
from bot.domain.models import END_STATES, Job, JobState, Media
from bot.domain.texts import OWNER_ONLY, STILL_MADE
from bot.errors import InputError, NotAllowed
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.sources import require_kept, require_shown
from bot.jobs.intake import JobService
from bot.moderation.results import recovered_by
from bot.store import Cards, Jobs, Reviews
from cogs.jobs import texts
from cogs.results import post_again as fresh_links
from cogs.results.pressing import find_late, may_come_late
from cogs.ui.controls import on_job
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import is_moderator, refused_places


async def require_own(interaction: Interaction, job: Job) -> None:
    """Raise NotAllowed unless the job is the member's own or they are a moderator."""
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(OWNER_ONLY)


@on_job("recover")
async def recover_job(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post all unposted results of the job's card."""
    await require_own(interaction, job)
    require_kept(job)
    if may_come_late([job]):
        await _recover_late(interaction, job)
        return
    held = [each for each in await use(interaction, EarlierJobs).of_card(job) if each.state is JobState.HELD]
    if not held:
        raise InputError(_nothing_held(job))
    await defer(interaction, ephemeral=True, thinking=True)
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    if card is not None and card.lives_by_token:
        if not await is_moderator(interaction):
            await require_shown(use(interaction, Reviews).withheld_of, job.guild_id, [each.id for each in held])
        await _move_here(interaction, job)
    for each in held:
        await _post(interaction, each)
    await use(interaction, Delivery).show_now(job.guild_id, job.card_id)
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    if card is not None and not card.lives_by_token:
        await in_time(interaction.edit_original_response(content=texts.POSTED(link=message_link(card))))


async def _recover_late(interaction: Interaction, job: Job) -> None:
    """Look for the late result of a failed job, and report what was found."""
    await defer(interaction, ephemeral=True, thinking=True)
    late = await find_late(interaction, [job])
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    now = await use(interaction, Jobs).get(job.guild_id, job.id) or job
    if now.state is JobState.DELIVERED and card is not None and not card.private:
        late = texts.POSTED(link=message_link(card))
    await in_time(interaction.edit_original_response(content=late or _nothing_held(job)))


def _nothing_held(job: Job) -> str:
    if job.state is JobState.DELIVERED:
        return str(texts.POSTED_MEANWHILE)
    if job.state in END_STATES:
        return texts.no_result(job.error)
    return str(STILL_MADE)


async def _move_here(interaction: Interaction, job: Job) -> None:
    """Move a card into this ephemeral response: a private one, which only its author may see, or one outside."""
    bot, original = interaction.client, await in_time(interaction.original_response())
    await use(bot, JobService).move_card(
        job, message_id=original.id, channel_id=interaction.channel_id or 0, token=interaction.token
    )


async def _post(interaction: Interaction, job: Job) -> None:
    bot = interaction.client
    fresh = await fresh_links.renew(bot, [job]) if job.media else {}
    media = [_with_link(medium, fresh.get(medium.url)) for medium in job.media]
    with refused_places():
        posted = await use(bot, Poster).post_held(
            job,
            media,
            channel_id=interaction.channel_id or 0,
            by_moderator=await is_moderator(interaction),
            by_author=interaction.user.id == job.author_id,
            record=recovered_by(interaction.user.id),
        )
    if not posted:
        raise InputError(texts.POSTED_MEANWHILE)


def _with_link(medium: Media, link: str | None) -> Media:
    return medium if link is None else replace(medium, url=link)
