"""`/shootout`: one prompt on several models, the vote, and what the server has learned from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalogue import Catalogue, model_name
from bot.delivery import Delivery
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import EMBED_DESCRIPTION_CHARS, in_time
from bot.domain.models import Job
from bot.domain.server.shootouts import MINUTES_MAX, MINUTES_MIN, MINUTES_USUAL, ShootoutKind, Standing, letter
from bot.domain.words.text import harmless, harmless_within, stamp
from bot.generation.generation import Generation
from bot.language import amount, tr
from bot.server.community.shootouts import OPERATIONS, TYPED_MAX, ServerShootouts
from cogs.community import texts
from cogs.results.buttons import DEFAULT, END_VOTE, VOTE
from cogs.ui.choices import or_none
from cogs.ui.controls import on_job
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, is_moderator, require_moderator, require_unblocked
from cogs.workflows.asked.submit import submit

STANDINGS_SHOWN, NAME_CHARS = 5, 60
KINDS = [
    app_commands.Choice(name=texts.KIND_IMAGE, value="image"),
    app_commands.Choice(name=texts.KIND_VIDEO, value="video"),
]


@or_none
async def _models(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Offer the models for what is typed behind the last comma, with those before it."""
    kind = str(vars(interaction.namespace).get("kind") or "image")
    before, comma, last = typed.rpartition(",")
    known = f"{before.strip()}{comma} " if comma else ""
    offered = interaction.client.catalogue.suggest(OPERATIONS[kind], "model", last.strip(), {})
    named = {each.strip().casefold() for each in before.split(",", TYPED_MAX)}
    return [
        app_commands.Choice(name=f"{known}{value}"[:100], value=f"{known}{value}")
        for _, value in offered
        if isinstance(value, str) and value.casefold() not in named and len(f"{known}{value}") <= 100
    ]


class ShootoutCommand(commands.Cog):
    """The command."""

    @app_commands.command(name="shootout", description=texts.SHOOTOUT)
    @app_commands.guild_only()
    @app_commands.describe(
        prompt=texts.PROMPT_OPTION, kind=texts.KIND_OPTION, models=texts.MODELS_OPTION, minutes=texts.MINUTES_OPTION
    )
    @app_commands.choices(kind=KINDS)
    @app_commands.autocomplete(models=_models)
    async def shootout(
        self,
        interaction: Interaction,
        prompt: str | None = None,
        kind: str = "image",
        models: str | None = None,
        minutes: app_commands.Range[int, MINUTES_MIN, MINUTES_MAX] = MINUTES_USUAL,
    ) -> None:
        """Start one, or show the table. A card of a shoot-out is never private: there would be no one to vote."""
        guild_id, shootouts = guild_of(interaction), use(interaction, ServerShootouts)
        if prompt is None or not prompt.strip():
            await _show_table(interaction, guild_id)
            return
        *before, last = await shootouts.steps(guild_id, kind, prompt.strip(), models or "")
        generation = Generation(operation=last.operation, values=last.input, before=before, shootout_minutes=minutes)
        await submit(interaction, generation)


async def _show_table(interaction: Interaction, guild_id: int) -> None:
    lines = await table_lines(interaction.client, guild_id)
    text = fitting(lines, EMBED_DESCRIPTION_CHARS // 2) if lines else str(texts.NOTHING_YET)
    embed = discord.Embed(title=str(texts.TITLE), description=f"{text}\n\n-# {texts.ABOUT}", colour=NEUTRAL)
    await in_time(interaction.response.send_message(embed=embed, ephemeral=True))


async def table_lines(bot: Bot, guild_id: int) -> list[str]:
    """Return the server's table of wins, a heading and a few lines for each kind; [] before the first end."""
    found = await use(bot, ServerShootouts).table(guild_id)
    return list(_lines(bot.catalogue, found))


def _lines(catalogue: Catalogue, found: Mapping[ShootoutKind, Sequence[Standing]]) -> Iterator[str]:
    for kind, standings in found.items():
        yield f"**{texts.KINDS[kind]}**"
        operation = catalogue.find(OPERATIONS["video" if kind is ShootoutKind.VIDEO else "image"])
        for number, each in enumerate(standings[:STANDINGS_SHOWN], start=1):
            name = each.model if operation is None else model_name(operation, each.model)
            yield texts.STANDING(
                number=number,
                model=harmless_within(name, NAME_CHARS),
                wins=texts.WINS(count=each.wins),
                rounds=each.rounds,
                rate=amount(round(each.wins_per_100, 1)),
            )


@on_job(VOTE, when_erased=True)
async def vote(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Store the member's vote. Only they learn of it; the card shows how many have voted."""
    await require_unblocked(interaction)
    shootout = await use(interaction, ServerShootouts).vote(job, interaction.user.id)
    said = texts.VOTED_EARLY(letter=letter(job))
    if shootout.ends_at is not None:
        said = texts.VOTED(letter=letter(job), when=stamp(shootout.ends_at, "t"))
    await in_time(interaction.response.send_message(said, ephemeral=True))


@on_job(END_VOTE, when_erased=True)
async def end_vote(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    moderates = await is_moderator(interaction)
    await use(interaction, ServerShootouts).end(job, by_id=interaction.user.id, is_moderator=moderates)
    try:
        await in_time(interaction.response.send_message(str(texts.ENDED_NOW), ephemeral=True))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


@on_job(DEFAULT)
async def make_default(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make the winner the server's default model. Raises NotAllowed for members."""
    await require_moderator(interaction)
    model = await use(interaction, ServerShootouts).make_default(job, by_id=interaction.user.id)
    operation = interaction.client.catalogue.resolve(job.operation)
    said = texts.DEFAULT_NOW(model=harmless(model_name(operation, model)), operation=tr(operation.title))
    await in_time(interaction.response.send_message(said, ephemeral=True))


async def setup(bot: Bot) -> None:
    await bot.add_cog(ShootoutCommand())
