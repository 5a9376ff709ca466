"""Fresh links to results whose links have expired, as long as Cannon Studio keeps the files."""

from collections.abc import Sequence

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import BUTTONS_PER_MESSAGE
from bot.delivery.texts import NOT_REVIEWED
from bot.domain.models import Job
from bot.errors import InputError, MediaGone
from bot.generation.sources import require_kept
from cogs.results import texts
from cogs.ui.controls import on_job
from cogs.ui.interaction import Interaction
from cogs.ui.texts import GONE

KEPT_DAYS = 7
"""How long Cannon Studio keeps results (its docs)."""


@on_job("link")
async def fresh_link(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Renew the links of the job's card."""
    await send(interaction, job)


async def send(interaction: Interaction, job: Job) -> None:
    """Answer ephemerally with fresh links to the card's files, and put them on the card. Raises InputError."""
    require_kept(job)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    bot = interaction.client
    found = await bot.parts.store.cards.with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    card, jobs = found
    withheld = await bot.parts.store.reviews.withheld_of(card.guild_id, [each.id for each in jobs])
    if job.id in withheld:
        raise InputError(NOT_REVIEWED)
    async with bot.parts.sources.pace.request(interaction.user.id):
        fresh = await renew(bot, interaction.user.id, [each for each in jobs if each.id not in withheld])
    view = discord.ui.View(timeout=None)
    for number, link in enumerate(list(fresh.values())[:BUTTONS_PER_MESSAGE], start=1):
        view.add_item(
            discord.ui.Button(label=texts.open_result(number) if len(fresh) > 1 else str(texts.OPEN_RESULT), url=link)
        )
    await in_time(interaction.edit_original_response(content=str(texts.LINKS), view=view))
    await bot.parts.delivery.cards.renew_links(card, jobs, fresh)


async def renew(bot: CannonBot, member_id: int, jobs: Sequence[Job]) -> dict[str, str]:
    """Return fresh links for a member, by the links that were delivered. Raises InputError for a file that is gone."""
    fresh: dict[str, str] = {}
    for job in jobs:
        for medium in job.media:
            try:
                source = await bot.parts.sources.of_job(member_id, job, medium, frozenset({medium.kind}), "result")
            except MediaGone as error:
                raise InputError(gone_text(bot, job)) from error
            fresh[medium.url] = source.url
    if not fresh:
        raise InputError(texts.NO_FILES)
    return fresh


def gone_text(bot: CannonBot, job: Job) -> str:
    """Return why there is no fresh link."""
    age_s = bot.clock.wall() - (job.finished_at or job.created_at)
    if age_s > KEPT_DAYS * 86400:
        return texts.too_old(KEPT_DAYS)
    return str(texts.NO_NEW_LINK)
