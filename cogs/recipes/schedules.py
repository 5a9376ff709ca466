"""`/studio recipes`, *Schedules…*: the list of a server's schedules, each with its controls. Redrawn at each press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import discord

from bot.delivery.channels.facts import CONTENT_CHARS, EMBED_FIELD_CHARS, in_time
from bot.domain.models import new_id
from bot.domain.money.spend_request import YES_COVERS
from bot.domain.server.guild_rules import Rules
from bot.domain.server.schedules import BEST, Plan, Schedule
from bot.domain.texts import GONE
from bot.domain.words.text import harmless_within, shortened, stamp
from bot.errors import InputError
from bot.generation.recipes.recipes import Parameter, Recipe, RecipeStep
from bot.generation.recipes.run import RecipeRuns
from bot.server.community.schedules import ScheduleChanges, TypedSchedule, title_of, values_of
from bot.server.community.texts import when_words
from bot.store import GuildSettings, Schedules
from cogs.recipes import texts
from cogs.recipes.schedule_form import ScheduleForm
from cogs.recipes.shown import find, find_subject
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, require_may_post_in, require_moderator
from cogs.ui.prices import Total, pressed, priced, total_of
from cogs.ui.texts import DELETE

Page = tuple[str, discord.ui.View]
PRIMARY, DANGER = discord.ButtonStyle.primary, discord.ButtonStyle.danger
OPTION_CHARS = 100


async def recipe_of(bot: Bot, guild_id: int, recipe: str, operation: str) -> Recipe:
    """Return the recipe of this name; '': one of a prompt for an operation. Raises InputError if there is none."""
    if recipe:
        return await find(bot, guild_id, recipe)
    step = RecipeStep(operation=operation, values={"prompt": "{prompt}"})
    return Recipe(name="", about="", parameters=(Parameter(name="prompt"),), steps=(step,))


async def price_of(bot: Bot, guild_id: int, plan: Plan, rules: Rules) -> Total:
    """Return what a run costs now. Raises InputError if it can't run."""
    recipe, runs = await recipe_of(bot, guild_id, plan.recipe, plan.operation), use(bot, RecipeRuns)
    if recipe.name:
        runs.require_runnable(recipe)
    begun = runs.begin(recipe, values_of(plan, bot.clock.wall(), rules.zone, BEST))
    return await total_of(bot, guild_id, [(step.operation, step.input) for step in begun.steps])


def state_of(schedule: Schedule) -> str:
    if schedule.next_at is not None:
        return texts.NEXT_RUN(time=stamp(schedule.next_at, "f"))
    return str(texts.PAUSED_MARK if schedule.is_paused else texts.HAS_RUN)


async def _list(bot: Bot, guild_id: int) -> Page:
    found, rules = await use(bot, Schedules).all(guild_id), await use(bot, GuildSettings).get(guild_id)
    note = texts.ZONE_NOTE(zone=rules.timezone)
    lines = [f"• {_line(each)}" for each in found] or [str(texts.NO_SCHEDULES)]
    kinds = [discord.SelectOption(label=str(label), value=each) for each, label in texts.KINDS.items()]
    controls = [Control.select("schedule_kind", "panel", placeholder=texts.SCHEDULE_PROMPT, options=kinds)]
    if found:
        options = [
            discord.SelectOption(label=shortened(each.plan.title, OPTION_CHARS), value=each.id) for each in found
        ]
        controls.insert(0, Control.select("schedule_open", "panel", placeholder=texts.OPEN_SCHEDULE, options=options))
    view = view_of([*controls, Control.button("recipes_list", "panel", label=texts.BACK)])
    return f"{fitting(lines, CONTENT_CHARS - len(note) - 1)}\n{note}", view


def _line(schedule: Schedule) -> str:
    plan = schedule.plan
    return texts.SCHEDULE_LINE(
        title=title_of(plan), when=when_words(plan.when), channel=schedule.channel_id, state=state_of(schedule)
    )


async def _page(bot: Bot, schedule: Schedule) -> Page:
    guild_id, price = schedule.guild_id, None
    try:
        price = await price_of(bot, guild_id, schedule.plan, await use(bot, GuildSettings).get(guild_id))
        costs = price.words()
    except InputError as error:
        costs = error.sentence
    plan, spent = schedule.plan, await use(bot, Schedules).spent(guild_id, schedule.id)
    is_new = schedule.is_paused and not plan.agreed
    lines = [_line(schedule), texts.A_RUN(price=costs), texts.SPENT_OF(spent=spent, limit=schedule.limit)]
    lines += [str(texts.REVIEW_SCHEDULE)] if is_new else []
    lines += [shortened(schedule.reason, EMBED_FIELD_CHARS)] if schedule.reason else []
    values = [plan.values["prompt"]] if not plan.recipe else [f"{name}: {value}" for name, value in plan.values.items()]
    words = harmless_within("\n".join(values), EMBED_FIELD_CHARS)
    lines += [f">>> {words}"] if words else []
    turn = []
    if schedule.next_at is not None:
        turn = [Control.button("schedule_pause", schedule.id, label=texts.PAUSE, style=PRIMARY)]
    elif schedule.is_paused and price is not None:
        label = priced(texts.SCHEDULE_IT if is_new else texts.RESUME, price.price)
        turn = [Control.button("schedule_resume", schedule.id, label=label, style=PRIMARY)]
    delete_it = Control.button("schedule_delete", schedule.id, label=DELETE, style=DANGER)
    every = Control.button("schedules_list", "panel", label=texts.ALL_SCHEDULES)
    return "\n".join(lines), view_of([*turn, delete_it, every])


async def scheduled_lines(bot: Bot, guild_id: int, recipe: Recipe) -> list[str]:
    """Return a line for each schedule of a recipe that will run again, for members."""
    found = [each for each in await use(bot, Schedules).all(guild_id) if each.plan.recipe == recipe.name]
    return [
        texts.SCHEDULED_RUN(when=when_words(each.plan.when), state=state_of(each))
        for each in found
        if each.next_at is not None
    ]


# ---------------------------------------------------------------------- a new one


async def add(interaction: Interaction, typed: TypedSchedule) -> None:
    """Check what was typed and store it, paused: a button on its page starts it at the price there.

    Of what is wrong, a sentence says what; only the text is kept then, for a while.
    """
    bot, guild_id = interaction.client, guild_of(interaction)
    await require_moderator(interaction)
    changes = use(bot, ScheduleChanges)
    try:
        schedule = await _checked(interaction, typed)
        await changes.add(schedule)
    except InputError as error:
        draft_id = await changes.keep(guild_id, interaction.user.id, typed, bot.clock.wall())
        again = Control.button("schedule_text", draft_id, label=texts.EDIT_AGAIN)
        await bot.responses.reply_privately(interaction, texts.not_scheduled(error.sentence), view_of([again]))
        return
    content, view = await _page(bot, schedule)
    await bot.responses.reply_privately(interaction, content, view)


async def _checked(interaction: Interaction, typed: TypedSchedule) -> Schedule:
    """Return what was typed as a schedule of the sender that does not run yet. Raises InputError."""
    bot, guild_id, now = interaction.client, guild_of(interaction), interaction.client.clock.wall()
    rules = await use(bot, GuildSettings).get(guild_id)
    recipe = await recipe_of(bot, guild_id, typed.recipe, typed.operation)
    files = use(bot, RecipeRuns).media_parameters(recipe)
    plan, limit = typed.plan([each.name for each in recipe.parameters], files, rules, now)
    _require_channel(interaction, typed.channel_id)
    await price_of(bot, guild_id, plan, rules)
    return Schedule(
        id=new_id(), guild_id=guild_id, plan=plan, channel_id=typed.channel_id, made_by=interaction.user.id,
        made_at=now, limit=limit, next_at=None, is_paused=True,
    )  # fmt: skip


def _require_channel(interaction: Interaction, channel_id: int) -> None:
    require_may_post_in(interaction, channel_id, files=True)
    guild, member = interaction.guild, interaction.user
    channel = None if guild is None else guild.get_channel(channel_id)
    if channel is None or not isinstance(member, discord.Member) or not may_post(channel, member):
        raise InputError(texts.CHANNEL_HIDDEN(channel=channel_id), "channel")


def may_post(channel: discord.abc.GuildChannel | discord.Thread, member: discord.Member) -> bool:
    allowed = channel.permissions_for(member)
    return allowed.view_channel and allowed.send_messages


@on("schedule_text")
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    typed = await use(interaction, ScheduleChanges).kept(guild_of(interaction), interaction.user.id, draft_id)
    await _open_form(interaction, typed)


@on("schedule_new")
async def schedule_recipe(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    found = await find_subject(interaction.client, guild_of(interaction), subject)
    inputs = "\n".join(f"{each.name}: {each.default}" for each in found.parameters)
    await _open_form(interaction, TypedSchedule(recipe=found.name, inputs=inputs))


@on("schedule_kind")
async def schedule_prompt(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    operation = next((each for each in texts.KINDS if each in values), next(iter(texts.KINDS)))
    await _open_form(interaction, TypedSchedule(operation=operation))


async def _open_form(interaction: Interaction, typed: TypedSchedule) -> None:
    bot, guild_id = interaction.client, guild_of(interaction)
    recipe = await recipe_of(bot, guild_id, typed.recipe, typed.operation)
    zone = (await use(bot, GuildSettings).get(guild_id)).timezone
    if not typed.channel_id and isinstance(interaction.channel, discord.TextChannel | discord.VoiceChannel):
        typed = replace(typed, channel_id=interaction.channel.id)
    form = ScheduleForm(bot, typed, zone=zone, asks=bool(recipe.parameters), send=add)
    await form.open(interaction)


# ---------------------------------------------------------------------- those that exist


async def _redraw(interaction: Interaction, page: Page) -> None:
    content, view = page
    await in_time(interaction.response.edit_message(content=content, embed=None, view=view))


@on("schedules_list")
async def show_list(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await _redraw(interaction, await _list(interaction.client, guild_of(interaction)))


async def _found(interaction: Interaction, schedule_id: str) -> Schedule:
    await require_moderator(interaction)
    found = await use(interaction, Schedules).get(guild_of(interaction), schedule_id)
    if found is None:
        raise InputError(GONE)
    return found


@on("schedule_open")
async def show_one(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await _redraw(interaction, await _page(interaction.client, await _found(interaction, next(iter(values), ""))))


@on("schedule_delete")
async def delete(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    found = await _found(interaction, schedule_id)
    await use(interaction, ScheduleChanges).delete(found.guild_id, found.id, by_id=interaction.user.id)
    await _redraw(interaction, await _list(interaction.client, found.guild_id))


@on("schedule_pause")
async def pause(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    found = await _found(interaction, schedule_id)
    await use(interaction, ScheduleChanges).pause(found.guild_id, found.id, by_id=interaction.user.id)
    await _redraw(interaction, await _page(interaction.client, await _found(interaction, found.id)))


@on("schedule_resume")
async def resume(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    """Resume it in the presser's name, at the price on the button; one that has risen since is shown again."""
    found, bot, consent = await _found(interaction, schedule_id), interaction.client, pressed(interaction)
    rules = await use(bot, GuildSettings).get(found.guild_id)
    _require_channel(interaction, found.channel_id)
    price = await price_of(bot, found.guild_id, found.plan, rules)
    if consent.labelled is None or price.most <= consent.labelled * YES_COVERS:
        await use(bot, ScheduleChanges).resume(
            found.guild_id, found.id, shown=price.shown, rules=rules, now=bot.clock.wall(), by_id=interaction.user.id
        )
    await _redraw(interaction, await _page(bot, await _found(interaction, found.id)))
