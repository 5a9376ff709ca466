"""`/jobs`: lists of jobs, one job with its family, and what can still be done about it."""

from collections.abc import Sequence
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.delivery.formatting import message_link
from bot.domain.harmless_text import harmless
from bot.domain.models import END_STATES, OPEN_STATES, Job, JobState
from bot.errors import InputError, NotAllowed
from bot.generation.sources import require_kept, require_shown
from bot.guild.removals import recovered_by
from bot.jobs.surface import Later, NoPlace
from bot.store import Cancelled
from cogs.jobs import pages as job_pages
from cogs.jobs import texts
from cogs.results import buttons as results
from cogs.results import fresh_links
from cogs.results.details import show_job
from cogs.results.late import find_late, may_come_late
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.controls import on, on_job
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, is_moderator, require_moderator
from cogs.ui.texts import GONE
from cogs.ui.viewer import viewer_of
from cogs.workflows.options import job_label

STATES = {
    "open": OPEN_STATES,
    "delivered": frozenset({JobState.DELIVERED}),
    "held": frozenset({JobState.HELD}),
    "failed": frozenset({JobState.FAILED, JobState.EXPIRED, JobState.REFUSED}),
    "cancelled": frozenset({JobState.CANCELLED}),
}
JobId = app_commands.Range[str, 1, 20]
States = Literal["open", "delivered", "held", "failed", "cancelled"]


def completion(states: frozenset[JobState]) -> object:
    """Return an autocomplete over the member's own recent jobs in one of `states`, newest first."""

    async def complete(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
        bot = interaction.client
        jobs = await bot.parts.store.job_lists.own(interaction.guild_id or 0, interaction.user.id, states=states)
        word, now = typed.strip().lower(), bot.clock.wall()
        offers = [(job_label(job, now), job.id) for job in jobs]
        return [app_commands.Choice(name=label, value=key) for label, key in offers if word in label.lower()][
            :CHOICES_MAX
        ]

    return complete


async def visible_job(interaction: Interaction, job_id: str) -> Job:
    """Return the job with this id, if the member may see it. Raises Refused, InputError with the constant answer."""
    job = await interaction.client.parts.generation.visible.get(await viewer_of(interaction), job_id)
    if job is None:
        raise InputError(GONE)
    return job


async def any_job(interaction: Interaction, job_id: str) -> Job:
    """Return the server's job with this id, for a moderator: nothing of its words or files may be shown of it."""
    job = await interaction.client.parts.store.jobs.get(guild_of(interaction), job_id.strip().upper())
    if job is None:
        raise InputError(GONE)
    return job


async def require_own(interaction: Interaction, job: Job) -> None:
    """Raise NotAllowed unless the job is the member's own or they are a moderator."""
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(texts.NOT_YOURS)


@app_commands.guild_only()
class JobCommands(commands.GroupCog, group_name="jobs", group_description=texts.JOBS_GROUP):
    """The jobs of a server."""

    @app_commands.command(name="list", description=texts.JOBS_LIST)
    @app_commands.describe(whose=texts.WHOSE_OPTION, state=texts.STATE_OPTION)
    async def list(
        self, interaction: Interaction, whose: Literal["mine", "all"] = "mine", state: States | None = None
    ) -> None:
        """Show the first page ephemerally."""
        if whose == "all":
            await require_moderator(interaction)
        embed, view = await _page(interaction, whose, state or "any", 0)
        await in_time(interaction.response.send_message(embed=embed, view=view, ephemeral=True))

    @app_commands.command(name="show", description=texts.JOBS_SHOW)
    @app_commands.describe(id=texts.JOB_ID_OPTION)
    @app_commands.autocomplete(id=completion(frozenset(JobState)))  # type: ignore[arg-type]  # made above
    async def show(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Show ephemerally a job that the member may see."""
        job = await visible_job(interaction, id)
        jobs = await interaction.client.parts.generation.earlier.of_card(job)
        rules = await interaction.client.parts.store.settings.get(job.guild_id)
        controls = results.offered(interaction.client, jobs, linked=bool(job.media), told_above=rules.confirm_above)
        await show_job(interaction, job, controls)

    @app_commands.command(name="cancel", description=texts.JOBS_CANCEL)
    @app_commands.describe(id=texts.JOB_ID_OPTION, drop=texts.DROP_OPTION)
    @app_commands.autocomplete(id=completion(OPEN_STATES))  # type: ignore[arg-type]  # made above
    async def cancel(
        self,
        interaction: Interaction,
        id: JobId,  # noqa: A002 - the option's name
        drop: bool = False,
    ) -> None:
        """Cancel the member's own job; as a moderator, any job of the server, private ones included."""
        guild_id, moderates = guild_of(interaction), await is_moderator(interaction)
        job = await any_job(interaction, id) if moderates else await visible_job(interaction, id)
        if job.author_id != interaction.user.id and not moderates:
            raise NotAllowed(texts.NOT_YOURS)
        done = await _cancel(interaction, job, drop=drop)
        try:
            await in_time(interaction.response.send_message(done, ephemeral=True))
        finally:
            await interaction.client.parts.delivery.show_now(guild_id, job.card_id)

    @app_commands.command(name="recover", description=texts.JOBS_RECOVER)
    @app_commands.describe(id=texts.HELD_JOB_OPTION)
    @app_commands.autocomplete(id=completion(STATES["held"]))  # type: ignore[arg-type]  # made above
    async def recover(self, interaction: Interaction, id: JobId | None = None) -> None:  # noqa: A002 - as above
        """Retry the post of a held result."""
        if id is None:
            held = await interaction.client.parts.store.job_lists.held(guild_of(interaction), interaction.user.id)
            if not held:
                raise InputError(texts.NOTHING_HELD)
            job = held[0]
        else:
            job = await visible_job(interaction, id)
        await recover_job(interaction, job, ())

    @app_commands.command(name="retry", description=texts.JOBS_RETRY)
    @app_commands.describe(id=texts.JOB_ID_OPTION)
    @app_commands.autocomplete(id=completion(STATES["failed"] | STATES["cancelled"]))  # type: ignore[arg-type]  # as above
    async def retry(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Submit the failed jobs of a card again."""
        await results.retry_job(interaction, await visible_job(interaction, id))

    @app_commands.command(name="link", description=texts.JOBS_LINK)
    @app_commands.describe(id=texts.JOB_ID_OPTION)
    @app_commands.autocomplete(id=completion(STATES["delivered"] | STATES["held"]))  # type: ignore[arg-type]  # as above
    async def link(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Renew the links of a card's results."""
        await fresh_links.send(interaction, await visible_job(interaction, id))


# ---------------------------------------------------------------------- pages


async def _page(interaction: Interaction, whose: str, state: str, number: int) -> tuple[discord.Embed, discord.ui.View]:
    author_id = None if whose == "all" else interaction.user.id
    return await job_pages.list_page(
        interaction.client, guild_of(interaction), author_id, state, STATES.get(state), number
    )


@on("jobs_page")
async def turn_page(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show another page of a list in place of this one. For all jobs, the moderator's permission is checked again."""
    whose, _, rest = subject.partition(".")
    state, _, number = rest.partition(".")
    if whose not in {"mine", "all"} or state not in {"any", *STATES} or not number.isdecimal() or len(number) > 6:
        raise InputError(GONE)
    if whose == "all":
        await require_moderator(interaction)
    embed, view = await _page(interaction, whose, state, int(number))
    await in_time(interaction.response.edit_message(embed=embed, view=view))


# ---------------------------------------------------------------------- cancelling


async def _cancel(interaction: Interaction, job: Job, *, drop: bool) -> str:
    """Cancel the job, and return the outcome as a sentence."""
    done = await interaction.client.parts.jobs.cancel(job, by_id=interaction.user.id, drop=drop)
    if done is None:
        raise InputError(texts.nothing_to_cancel(job.id))
    return _outcome(done, drop=drop)


def _outcome(done: Cancelled, *, drop: bool) -> str:
    others = texts.others_refunded(done.others) if done.others else ""
    if done.stopped:
        return texts.cancelled(done.job.id, others)
    result = texts.RESULT_DROPPED if drop else texts.RESULT_POSTED
    return texts.too_late_to_cancel(done.job.id, result, others)


# ---------------------------------------------------------------------- results that could not be posted


@on_job("recover")
async def recover_job(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post all results of the job's card that were made but not posted."""
    await require_own(interaction, job)
    require_kept(job)
    bot = interaction.client
    if may_come_late([job]):
        await _recover_late(interaction, job)
        return
    held = [each for each in await bot.parts.generation.earlier.of_card(job) if each.state is JobState.HELD]
    if not held:
        raise InputError(_nothing_held(job))
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    if await bot.parts.generation.earlier.is_private(job):
        if not await is_moderator(interaction):
            await require_shown(bot.parts.store, job.guild_id, [each.id for each in held])
        await _move_here(interaction, job)
    for each in held:
        await _post(interaction, each)
    await bot.parts.delivery.show_now(job.guild_id, job.card_id)
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    if card is not None and not card.private:
        await in_time(interaction.edit_original_response(content=texts.posted(message_link(card))))


async def _recover_late(interaction: Interaction, job: Job) -> None:
    """Look for the result of a job that was given up, and say what came of it."""
    bot = interaction.client
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    late = await find_late(interaction, [job])
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    now = await bot.parts.store.jobs.get(job.guild_id, job.id) or job
    if now.state is JobState.DELIVERED and card is not None and not card.private:
        late = texts.posted(message_link(card))
    await in_time(interaction.edit_original_response(content=late or _nothing_held(job)))


def _nothing_held(job: Job) -> str:
    """Say why there is nothing of the job to post."""
    if job.state is JobState.DELIVERED:
        return texts.POSTED_MEANWHILE
    if job.state in END_STATES:
        return texts.no_result(job.id, job.state, job.error and harmless(job.error))
    return texts.still_being_made(job.id)


async def _move_here(interaction: Interaction, job: Job) -> None:
    """Move a private card into this ephemeral response: nobody else may see it."""
    bot, original = interaction.client, await in_time(interaction.original_response())
    await bot.parts.jobs.move_card(
        job, message_id=original.id, channel_id=interaction.channel_id or 0, token=interaction.token
    )


async def _post(interaction: Interaction, job: Job) -> None:
    bot = interaction.client
    fresh = await fresh_links.renew(bot, interaction.user.id, [job]) if job.media else {}
    media = [job_pages.with_link(medium, fresh.get(medium.url)) for medium in job.media]
    try:
        posted = await bot.parts.delivery.poster.post_held(
            job,
            media,
            channel_id=interaction.channel_id or 0,
            by_moderator=await is_moderator(interaction),
            record=recovered_by(interaction.user.id),
        )
    except NoPlace as error:
        raise InputError(error.sentence) from error
    except Later as error:
        raise InputError(texts.FILE_UNREACHABLE) from error
    if not posted:
        raise InputError(texts.POSTED_MEANWHILE)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(JobCommands())
