"""`/jobs`: what is being made and was made here, what came from what, and what can still be done about it."""

from collections.abc import Sequence
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.text import message_link
from bot.domain.models import END_STATES, OPEN_STATES, Job, JobState
from bot.errors import InputError, NotAllowed
from bot.jobs.intake import TOKEN_LIFE_S
from bot.jobs.surface import Later, NoPlace
from bot.store import Cancelled
from cogs.jobs import pages as job_pages
from cogs.results import buttons as results
from cogs.results import fresh_links
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.controls import GONE, on, on_job
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, is_moderator, require_moderator
from cogs.workflows.options import job_label

ID_HELP = "The id of a job, as its card shows it"
NOT_YOURS = "Only who asked for this job, or a moderator, can do this."
NOTHING_HELD = "Nothing of yours here waits to be posted."
POSTED_MEANWHILE = "This has been posted already."
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
        jobs = await bot.parts.store.job_lists.recent(
            interaction.guild_id or 0, limit=100, states=states, author_id=interaction.user.id
        )
        word, now = typed.strip().lower(), bot.clock.wall()
        offers = [(job_label(job, now), job.id) for job in jobs]
        return [app_commands.Choice(name=label, value=key) for label, key in offers if word in label.lower()][
            :CHOICES_MAX
        ]

    return complete


async def wanted(interaction: Interaction, job_id: str) -> Job:
    """Return the job that the member names, if they may see it. Raises Refused, InputError with the constant answer."""
    guild_id = guild_of(interaction)
    job = await interaction.client.parts.store.job_lists.visible(guild_id, interaction.user.id, job_id.strip().upper())
    if job is None:
        raise InputError(GONE)
    return job


async def require_own(interaction: Interaction, job: Job) -> None:
    """Raise NotAllowed unless the job is the member's own or they are a moderator."""
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(NOT_YOURS)


@app_commands.guild_only()
class JobCommands(
    commands.GroupCog, group_name="jobs", group_description="Jobs: lists, families, cancelling, another try"
):
    """The jobs of a server."""

    @app_commands.command(name="list", description="Jobs of this server: your own, or for moderators all")
    @app_commands.describe(whose="Your own, or everybody's (for moderators)", state="Only those in this state")
    async def list(
        self, interaction: Interaction, whose: Literal["mine", "all"] = "mine", state: States | None = None
    ) -> None:
        """Show the first page, privately."""
        if whose == "all":
            await require_moderator(interaction)
        embed, view = await _page(interaction, whose, state or "any", 0)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @app_commands.command(name="show", description="A job with its family: what came from what, and what each cost")
    @app_commands.describe(id=ID_HELP)
    @app_commands.autocomplete(id=completion(frozenset(JobState)))  # type: ignore[arg-type]  # made above
    async def show(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Show a job that the member may see, privately."""
        job = await wanted(interaction, id)
        embed, view = await job_pages.family_page(interaction.client, interaction.user.id, job)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @app_commands.command(name="cancel", description="Stop a job; what Cannon Studio has begun goes on and is paid")
    @app_commands.describe(id=ID_HELP, drop="Do not post the result of what cannot be stopped any more")
    @app_commands.autocomplete(id=completion(OPEN_STATES))  # type: ignore[arg-type]  # made above
    async def cancel(
        self,
        interaction: Interaction,
        id: JobId,  # noqa: A002 - the option's name
        drop: bool = False,
    ) -> None:
        """Cancel one's own job, or as a moderator any, a private one too."""
        guild_id, store = guild_of(interaction), interaction.client.parts.store
        job = await store.jobs.get(guild_id, id.strip().upper())
        moderates = await is_moderator(interaction)
        if job is None or (
            not moderates and await store.job_lists.visible(guild_id, interaction.user.id, job.id) is None
        ):
            raise InputError(GONE)
        if job.author_id != interaction.user.id and not moderates:
            raise NotAllowed(NOT_YOURS)
        done = await _cancel(interaction, job, drop=drop)
        try:
            await interaction.response.send_message(done, ephemeral=True)
        finally:
            await interaction.client.parts.delivery.show(guild_id, job.card_id)

    @app_commands.command(name="recover", description="Post a result that could not be posted: on its card, or here")
    @app_commands.describe(id="The id of a job; left out, your newest one that could not be posted")
    @app_commands.autocomplete(id=completion(STATES["held"]))  # type: ignore[arg-type]  # made above
    async def recover(self, interaction: Interaction, id: JobId | None = None) -> None:  # noqa: A002 - as above
        """Try again to post what was made."""
        if id is None:
            held = await interaction.client.parts.store.job_lists.held(guild_of(interaction), interaction.user.id)
            if not held:
                raise InputError(NOTHING_HELD)
            job = held[0]
        else:
            job = await wanted(interaction, id)
        await recover_job(interaction, job, ())

    @app_commands.command(name="retry", description="Try again what failed; the steps before it are kept")
    @app_commands.describe(id=ID_HELP)
    @app_commands.autocomplete(id=completion(STATES["failed"] | STATES["cancelled"]))  # type: ignore[arg-type]  # as above
    async def retry(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Make once more what a card still lacks."""
        await results.retry_job(interaction, await wanted(interaction, id))

    @app_commands.command(name="link", description="A fresh link to a result, for the seven days that it is kept")
    @app_commands.describe(id=ID_HELP)
    @app_commands.autocomplete(id=completion(STATES["delivered"] | STATES["held"]))  # type: ignore[arg-type]  # as above
    async def link(self, interaction: Interaction, id: JobId) -> None:  # noqa: A002 - the option's name
        """Renew the links of a card's results."""
        await fresh_links.give(interaction, await wanted(interaction, id))


# ---------------------------------------------------------------------- pages


async def _page(interaction: Interaction, whose: str, state: str, number: int) -> tuple[discord.Embed, discord.ui.View]:
    author_id = None if whose == "all" else interaction.user.id
    return await job_pages.list_page(
        interaction.client, guild_of(interaction), author_id, state, STATES.get(state), number
    )


@on("jobs_page")
async def turn_page(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show another page of a list in place of this one. Moderators are looked at again."""
    whose, _, rest = subject.partition(".")
    state, _, number = rest.partition(".")
    if whose not in {"mine", "all"} or state not in {"any", *STATES} or not number.isdecimal() or len(number) > 6:
        raise InputError(GONE)
    if whose == "all":
        await require_moderator(interaction)
    embed, view = await _page(interaction, whose, state, int(number))
    await interaction.response.edit_message(embed=embed, view=view)


# ---------------------------------------------------------------------- cancelling


async def _cancel(interaction: Interaction, job: Job, *, drop: bool) -> str:
    """Cancel, and return what came of it in words."""
    done = await interaction.client.parts.jobs.cancel(job, by_id=interaction.user.id, drop=drop)
    if done is None:
        raise InputError(f"Job {job.id} has ended already, so there is nothing to cancel.")
    return _outcome(done, drop=drop)


def _outcome(done: Cancelled, *, drop: bool) -> str:
    others = f" {done.others} that waited for it were given back too." if done.others else ""
    if done.stopped:
        return f"Job {done.job.id} is cancelled; nothing was charged for it.{others}"
    then = (
        "Its result will not be posted; `/jobs recover` posts it all the same."
        if drop
        else "Its result will still be posted; with `drop` it is not."
    )
    return (
        f"Job {done.job.id} has been sent to Cannon Studio, which cannot stop it: it goes on and costs what it costs. "
        f"{then}{others}"
    )


# ---------------------------------------------------------------------- results that could not be posted


@on_job("recover")
async def recover_job(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post all results of the job's card that were made but not posted."""
    await require_own(interaction, job)
    bot = interaction.client
    held = [each for each in await bot.parts.generation.earlier.of_card(job) if each.state is JobState.HELD]
    if not held:
        raise InputError(POSTED_MEANWHILE if job.state in END_STATES else f"Job {job.id} is still being made.")
    await interaction.response.defer(ephemeral=True, thinking=True)
    if await bot.parts.generation.earlier.is_private(job):
        await _stand_here(interaction, job)
    for each in held:
        await _post(interaction, each)
    await bot.parts.delivery.show(job.guild_id, job.card_id)
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    if card is not None and not card.private:
        await interaction.edit_original_response(content=f"Posted: {message_link(card)}")


async def _stand_here(interaction: Interaction, job: Job) -> None:
    """Let a private card stand in this private answer: nobody else is to see it."""
    bot, original = interaction.client, await interaction.original_response()
    await bot.parts.store.cards.move(
        job.guild_id,
        job.card_id,
        message_id=original.id,
        channel_id=interaction.channel_id or 0,
        token=interaction.token,
        token_expires_at=bot.clock.wall() + TOKEN_LIFE_S,
    )


async def _post(interaction: Interaction, job: Job) -> None:
    bot = interaction.client
    fresh = await fresh_links.renewed(bot, [job]) if job.media else {}
    media = [job_pages.with_link(medium, fresh.get(medium.url)) for medium in job.media]
    try:
        posted = await bot.parts.delivery.poster.post_held(
            job, media, channel_id=interaction.channel_id or 0, is_reviewed=await is_moderator(interaction)
        )
    except NoPlace as error:
        raise InputError(error.sentence) from error
    except Later as error:
        raise InputError("Its file, or Discord, cannot be reached just now. Try again in a minute.") from error
    if not posted:
        raise InputError(POSTED_MEANWHILE)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(JobCommands())
