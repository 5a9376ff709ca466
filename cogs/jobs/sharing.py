"""*Share in channel*: posts a member's private result where they are. Free."""

from collections.abc import Sequence

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.posting.copies import Sharing
from bot.domain.models import Job
from bot.domain.texts import PAUSED
from bot.errors import InputError, NotAllowed, Refused
from bot.store import Cards, GuildSettings
from cogs.jobs import texts
from cogs.results import post_again as fresh_links
from cogs.results.buttons import SHARE
from cogs.results.post_again import require_may_copy
from cogs.ui.controls import on_job
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import refused_places
from cogs.ui.texts import GONE


@on_job(SHARE)
async def share(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the results of the job's card here; the card is public from then on."""
    bot = interaction.client
    if job.author_id != interaction.user.id:
        raise NotAllowed(GONE)
    found = await use(bot, Cards).with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    card, jobs = found
    if not card.private:
        raise Refused(texts.POSTED_MEANWHILE)
    await require_may_copy(interaction)
    if (await use(bot, GuildSettings).get(job.guild_id)).paused:
        raise Refused(PAUSED)
    await defer(interaction, ephemeral=True, thinking=True)
    with_files = [each for each in jobs if each.media]
    links = await fresh_links.renew(bot, with_files) if with_files else {}
    with refused_places():
        is_shared = await use(bot, Sharing).share(card, jobs, channel_id=interaction.channel_id or 0, links=links)
    if not is_shared:
        raise Refused(texts.POSTED_MEANWHILE)
    now = await use(bot, Cards).get(job.guild_id, job.card_id)
    link = "" if now is None else message_link(now)
    await in_time(interaction.edit_original_response(content=texts.SHARED(link=link)))
