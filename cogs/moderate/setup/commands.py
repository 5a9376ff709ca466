"""The controls of `/studio setup`. Permission is checked at each press.

They share the use cases of `/studio key`, `/quota` and `/studio settings`.
Progress comes from the store, so an old or second panel does no harm.
"""

from collections.abc import Callable, Sequence
from functools import partial

import discord

from bot.delivery.channels.facts import in_time, missing_of, to_post
from bot.domain.server.first_contact import SetupStep, StepOutcome
from bot.domain.server.guild_rules import Limit
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.moderation.members import QuotaChanges
from bot.moderation.questions import ReviewDecisions
from bot.server.practice import PracticeMode
from bot.server.reactions import ReactionChanges
from bot.server.settings import SettingsChanges
from bot.server.welcome import FirstSetup
from bot.store import BestOfWeek, GuildKeys, GuildSettings, Limits, ReactionMaps, ReviewRule, Reviews
from cogs.moderate.api_key import open_key_form
from cogs.moderate.decisions.review import require_review_place
from cogs.moderate.role_access import role_access
from cogs.moderate.settings.commands import role_chosen
from cogs.moderate.setup import texts
from cogs.moderate.setup.panel import (
    OVERVIEW,
    LimitChange,
    LimitsForm,
    SetupKeyForm,
    SetupKnown,
    checklist_lines,
    setup_panel,
    step_after,
)
from cogs.ui.controls import on
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, require_may_post_in, require_moderator
from cogs.ui.prices import pressed
from cogs.ui.texts import GONE
from cogs.workflows.asked.submit import submit

TEST_OPERATION = "image.generate"


async def open_setup(interaction: Interaction) -> None:
    """Answer with the overview, ephemerally."""
    await require_moderator(interaction)
    embed, view = await _draw(interaction, None)
    await in_time(interaction.response.send_message(embed=embed, view=view, ephemeral=True))


async def add_setup(embed: discord.Embed, interaction: Interaction) -> None:
    """Add the list of steps, while one is neither done nor skipped."""
    setup = use(interaction, FirstSetup)
    checklist = await setup.checklist(guild_of(interaction), _exists(interaction.guild))
    if not checklist.is_complete:
        embed.add_field(
            name=str(texts.CHECKLIST), value=f"{checklist_lines(checklist)}\n{texts.CONTINUE_HINT}", inline=False
        )


# ---------------------------------------------------------------------- drawing


async def _draw(interaction: Interaction, step: SetupStep | None) -> tuple[discord.Embed, discord.ui.View]:
    guild_id, exists = guild_of(interaction), _exists(interaction.guild)
    rules = await use(interaction, GuildSettings).get(guild_id)
    reviews = await use(interaction, Reviews).rules(guild_id)
    review = next((each.review_channel for each in reviews if each.channel_id == 0), None)
    gallery = (await use(interaction, ReactionMaps).get(guild_id)).gallery_channel
    checklist = await use(interaction, FirstSetup).checklist(guild_id, exists)
    own_key = await use(interaction, GuildKeys).current(guild_id)
    known = SetupKnown(
        checklist=checklist,
        rules=rules,
        limits=await use(interaction, Limits).all(guild_id),
        host_pays=own_key is None and checklist.states[SetupStep.KEY].outcome is StepOutcome.DONE,
        review_channel=review,
        gallery_channel=gallery,
        week_channel=await use(interaction, BestOfWeek).channel_of(guild_id),
        exists=exists,
        problems=_problems(interaction, [review, rules.log_channel, gallery, *sorted(rules.allowed_channels)]),
        practice=use(interaction, PracticeMode).is_allowed and own_key is None,
        role_access=await role_access(interaction) if step is SetupStep.ROLE else None,
    )
    return setup_panel(step, known)


def _exists(guild: discord.Guild | None) -> Callable[[int], bool]:
    if guild is None:
        return lambda _id: False
    return lambda each: guild.get_channel_or_thread(each) is not None or guild.get_role(each) is not None


def _problems(interaction: Interaction, channel_ids: Sequence[int | None]) -> list[str]:
    """Return a sentence for each place where the bot lacks permissions: server, this channel, configured ones."""
    guild = interaction.guild
    if guild is None:
        return []
    lacks = missing_of(guild.me.guild_permissions)
    here = [each for each in missing_of(interaction.app_permissions) if each not in lacks]
    made = [texts.missing_in_server(lacks)] if lacks else []
    made += [texts.missing_here(here)] if here else []
    for channel_id in dict.fromkeys(channel_ids):
        channel = None if channel_id is None else guild.get_channel_or_thread(channel_id)
        if channel is None or channel.id == interaction.channel_id:
            continue
        needed = to_post(is_thread=isinstance(channel, discord.Thread), files=True)
        there = [each for each in missing_of(channel.permissions_for(guild.me), needed) if each not in lacks]
        made += [texts.missing_in(channel.id, there)] if there else []
    return made


async def _show(interaction: Interaction, step: SetupStep | None) -> None:
    embed, view = await _draw(interaction, step)
    await in_time(interaction.response.edit_message(embed=embed, view=view))


async def _finish(interaction: Interaction, step: SetupStep) -> None:
    setup = use(interaction, FirstSetup)
    await setup.note_done(guild_of(interaction), step, by_id=interaction.user.id)
    await _show(interaction, step)


def _step(subject: str) -> SetupStep:
    try:
        return SetupStep(subject)
    except ValueError:
        raise InputError(GONE) from None


# ---------------------------------------------------------------------- what the controls do


@on("setup")
async def show_step(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await _show(interaction, None if subject == OVERVIEW else _step(subject))


@on("setup_skip")
async def skip(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    step, setup = _step(subject), use(interaction, FirstSetup)
    await setup.skip(guild_of(interaction), step, by_id=interaction.user.id)
    await _show(interaction, step_after(step))


@on("setup_key")
async def enter_key(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await open_key_form(interaction, partial(SetupKeyForm, redraw=_redraw_key))


async def _redraw_key(interaction: Interaction) -> None:
    embed, view = await _draw(interaction, SetupStep.KEY)
    await in_time(interaction.edit_original_response(embed=embed, view=view))


@on("setup_test")
async def make_test(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Request an image for this moderator alone, as a command does; its price is shown and confirmed first."""
    await require_moderator(interaction)
    values = {"prompt": str(texts.TEST_PROMPT)}
    await submit(
        interaction, Generation(operation=TEST_OPERATION, values=values, private=True, consent=pressed(interaction))
    )


@on("setup_limits")
async def enter_limits(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    limits = await use(interaction, Limits).all(guild_of(interaction))
    plain = {(each.scope, each.period): each for each in limits if not each.operation and not each.channel_id}
    await in_time(interaction.response.send_modal(LimitsForm(interaction.client, plain, set_limits)))


async def set_limits(interaction: Interaction, changes: Sequence[LimitChange]) -> None:
    """Set or remove the typed limits, if the sender is still a moderator."""
    await require_moderator(interaction)
    guild_id, by_id, quota = guild_of(interaction), interaction.user.id, use(interaction, QuotaChanges)
    for scope, period, amount in changes:
        if amount is not None:
            await quota.set_limit(guild_id, Limit(scope=scope, period=period, credits=amount), by_id=by_id)
            continue
        for each in await use(interaction, Limits).all(guild_id):
            if (each.scope, each.period, each.operation, each.channel_id) == (scope, period, "", 0):
                await quota.remove_limit(guild_id, each.id, by_id=by_id)
    await _finish(interaction, SetupStep.LIMITS)


@on("setup_role")
async def choose_role(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    role_id = role_chosen(interaction, values)
    settings = use(interaction, SettingsChanges)
    await settings.change(
        guild_of(interaction), lambda rules: rules.having("moderator_role", role_id), by_id=interaction.user.id
    )
    await _finish(interaction, SetupStep.ROLE)


@on("setup_channel")
async def choose_channel(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    ids = [int(each) for each in values]
    if subject not in {"results", "review", "log", "gallery"}:
        raise InputError(GONE)
    if subject != "results":
        for each in ids:
            require_may_post_in(interaction, each, files=subject != "log")
            if subject == "review":
                await require_review_place(interaction, each)
    await _set_channel(interaction, subject, ids)
    await _finish(interaction, SetupStep.CHANNELS)


@on("setup_week")
async def turn_on_week(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Have the best of the week posted in the gallery's channel."""
    await require_moderator(interaction)
    channel_id = (await use(interaction, ReactionMaps).get(guild_of(interaction))).gallery_channel
    if channel_id is None:
        raise InputError(GONE)
    require_may_post_in(interaction, channel_id, files=True)
    reactions = use(interaction, ReactionChanges)
    await reactions.set_weekly(guild_of(interaction), channel_id, by_id=interaction.user.id)
    await _finish(interaction, SetupStep.CHANNELS)


async def _set_channel(interaction: Interaction, subject: str, ids: Sequence[int]) -> None:
    guild_id, by_id, settings = guild_of(interaction), interaction.user.id, use(interaction, SettingsChanges)
    chosen = next(iter(ids), None)
    if subject == "results":
        await settings.change(guild_id, lambda rules: rules.having("allowed_channels", frozenset(ids)), by_id=by_id)
    elif subject == "log":
        await settings.change(guild_id, lambda rules: rules.having("log_channel", chosen), by_id=by_id)
    elif subject == "gallery":
        gallery = use(interaction, ReactionChanges)
        await gallery.set_gallery(guild_id, channel_id=chosen, stars=None, off=chosen is None, by_id=by_id)
    elif chosen is not None:
        rule = ReviewRule(channel_id=0, review_channel=chosen)
        await use(interaction, ReviewDecisions).set_rule(guild_id, rule, by_id=by_id)
    else:
        await use(interaction, ReviewDecisions).remove_rule(guild_id, 0, by_id=by_id)
