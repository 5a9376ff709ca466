"""`/studio recipes`, *Schedules…*: a server's schedules, each to be turned on and off. Redrawn at each press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.delivery.channels.facts import CONTENT_CHARS, EMBED_FIELD_CHARS, in_time
from bot.domain.money.spend_request import YES_COVERS
from bot.domain.server.guild_rules import Rules
from bot.domain.server.schedules import DAILY, ONCE, VARIABLES, Schedule
from bot.domain.texts import GONE
from bot.domain.words.text import harmless_within, shortened, stamp
from bot.errors import InputError
from bot.generation.recipes.recipes import Parameter, Recipe, RecipeStep
from bot.generation.recipes.run import RecipeRuns
from bot.language import listed
from bot.server.community.schedules import ScheduleChanges, TypedSchedule, title_of, values_of
from bot.server.community.texts import WEEKDAYS, when_words
from bot.server.recipes import FormTexts
from bot.store import GuildSettings, Schedules
from cogs.recipes import texts
from cogs.recipes.form import offer_again
from cogs.recipes.shown import find, find_subject
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import INPUT_CHARS, Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, require_may_post_in, require_moderator
from cogs.ui.prices import Total, pressed, total_of
from cogs.ui.texts import DELETE

Page = tuple[str, discord.ui.View]
PRIMARY, DANGER = discord.ButtonStyle.primary, discord.ButtonStyle.danger
OPTION_CHARS, TIME_CHARS, LIMIT_CHARS = 100, 20, 10
CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice]


async def recipe_of(bot: Bot, guild_id: int, schedule: Schedule | TypedSchedule) -> Recipe:
    """Return a schedule's recipe, or one of its prompt. Raises InputError if there is none of its name."""
    if schedule.recipe:
        return await find(bot, guild_id, schedule.recipe)
    step = RecipeStep(operation=schedule.operation, values={"prompt": "{prompt}"})
    return Recipe(name="", about="", parameters=(Parameter(name="prompt"),), steps=(step,))


async def _price_of(bot: Bot, schedule: Schedule, rules: Rules) -> Total:
    """Return what a run costs now. Raises InputError if it can't run."""
    recipe, runs = await recipe_of(bot, schedule.guild_id, schedule), use(bot, RecipeRuns)
    if recipe.name:
        runs.require_runnable(recipe)
    begun = runs.begin(recipe, values_of(schedule, bot.clock.wall(), rules.zone))
    return await total_of(bot, schedule.guild_id, [(step.operation, step.input) for step in begun.steps])


async def _list(bot: Bot, guild_id: int) -> Page:
    found, rules = await use(bot, Schedules).all(guild_id), await use(bot, GuildSettings).get(guild_id)
    note = texts.ZONE_NOTE(zone=rules.timezone)
    lines = [f"• {_line(each)}" for each in found] or [str(texts.NO_SCHEDULES)]
    kinds = [discord.SelectOption(label=str(label), value=each) for each, label in texts.KINDS.items()]
    controls = [Control.select("schedule_kind", "panel", placeholder=texts.SCHEDULE_PROMPT, options=kinds)]
    if found:
        options = [discord.SelectOption(label=shortened(each.title, OPTION_CHARS), value=each.id) for each in found]
        controls.insert(0, Control.select("schedule_open", "panel", placeholder=texts.OPEN_SCHEDULE, options=options))
    view = view_of([*controls, Control.button("recipes_list", "panel", label=texts.BACK)])
    return f"{fitting(lines, CONTENT_CHARS - len(note) - 1)}\n{note}", view


def _line(schedule: Schedule) -> str:
    next_at = schedule.next_at
    state = texts.NEXT_RUN(time=stamp(next_at, "f")) if next_at is not None else str(texts.IS_OFF)
    return texts.SCHEDULE_LINE(
        title=title_of(schedule), when=when_words(schedule), channel=schedule.channel_id, state=state
    )


async def _page(bot: Bot, schedule: Schedule) -> Page:
    guild_id, price = schedule.guild_id, None
    try:
        price = await _price_of(bot, schedule, await use(bot, GuildSettings).get(guild_id))
        costs = price.words()
    except InputError as error:
        costs = error.sentence
    spent = await use(bot, Schedules).spent(guild_id, schedule.id)
    lines = [_line(schedule), texts.A_RUN(price=costs), texts.SPENT_OF(spent=spent, limit=schedule.limit)]
    lines += [str(texts.PAID_BY_YOU)] if schedule.next_at is None else []
    lines += [shortened(schedule.reason, EMBED_FIELD_CHARS)] if schedule.reason else []
    inputs = "\n".join(f"{name}: {value}" for name, value in schedule.values.items())
    lines.append(f">>> {harmless_within(inputs, EMBED_FIELD_CHARS)}")
    switch = []
    if schedule.next_at is not None:
        switch = [Control.button("schedule_pause", schedule.id, label=texts.TURN_OFF, style=PRIMARY)]
    elif price is not None:
        switch = [
            Control.button("schedule_resume", schedule.id, label=price.on(texts.TURN_ON), style=PRIMARY),
            Control.button("schedule_once", schedule.id, label=price.on(texts.RUN_NOW)),
        ]
    delete_it = Control.button("schedule_ask", schedule.id, label=texts.DELETE, style=DANGER)
    every = Control.button("schedules_list", "panel", label=texts.ALL_SCHEDULES)
    return "\n".join(lines), view_of([*switch, delete_it, every])


# ---------------------------------------------------------------------- a new one


class ScheduleForm(Form):
    """Takes a schedule's texts; `asks`: a prompt or inputs, too."""

    def __init__(self, bot: Bot, typed: TypedSchedule, *, zone: str, asks: bool) -> None:
        super().__init__(bot, title=str(texts.NEW_SCHEDULE), name="schedule")
        self._typed, ask, about = typed, self.ask_text, texts.VARIABLES_HELP(variables=listed(VARIABLES))
        label = texts.INPUTS_LABEL if typed.recipe else texts.PROMPT
        self._inputs = ask(label, about, text=typed.inputs, chars=INPUT_CHARS, long=True) if asks else None
        self._repeat = self.ask(texts.REPEAT, discord.ui.Select[Any](options=_repeats(typed.repeat or DAILY)))
        self._time = ask(texts.TIME, texts.TIME_HELP(zone=zone), text=typed.time, chars=TIME_CHARS)
        there = discord.SelectDefaultValue(id=typed.channel_id, type=discord.SelectDefaultValueType.channel)
        chosen = [there] if typed.channel_id else []
        self._channel = self.ask(
            texts.CHANNEL, discord.ui.ChannelSelect[Any](channel_types=CHANNELS, default_values=chosen)
        )
        self._limit = ask(texts.LIMIT, texts.LIMIT_HELP, text=typed.limit, chars=LIMIT_CHARS)

    async def answer(self, interaction: Interaction) -> None:
        """Check what was typed and store it, off: a button on its page turns it on at the price there.

        If something is wrong a sentence says what, and only the text is kept, for a while.
        """
        bot, guild_id = interaction.client, guild_of(interaction)
        await require_moderator(interaction)
        typed = replace(
            self._typed,
            inputs="" if self._inputs is None else self._inputs.value,
            repeat=next(iter(self._repeat.values), ""),
            time=self._time.value,
            channel_id=next((each.id for each in self._channel.values), 0),
            limit=self._limit.value,
        )
        try:
            rules = await use(bot, GuildSettings).get(guild_id)
            schedule = typed.read(guild_id, rules, by_id=interaction.user.id, now=bot.clock.wall())
            _require_channel(interaction, typed.channel_id)
            await _price_of(bot, schedule, rules)
            await use(bot, ScheduleChanges).add(schedule)
        except InputError as error:
            await offer_again(interaction, "schedule_text", typed, error.sentence)
            return
        content, view = await _page(bot, schedule)
        await bot.responses.reply_privately(interaction, content, view)


def _repeats(chosen: str) -> list[discord.SelectOption]:
    weekly = [(texts.RUNS_WEEKLY(weekday=day), str(number)) for number, day in enumerate(WEEKDAYS)]
    offered = [(str(texts.RUNS_DAILY), DAILY), *weekly, (str(texts.RUNS_ONCE), ONCE)]
    return [discord.SelectOption(label=label, value=value, default=value == chosen) for label, value in offered]


def _require_channel(interaction: Interaction, channel_id: int) -> None:
    require_may_post_in(interaction, channel_id, files=True)
    guild, member = interaction.guild, interaction.user
    channel = None if guild is None else guild.get_channel(channel_id)
    if channel is None or not isinstance(member, discord.Member) or not may_post(channel, member):
        raise InputError(texts.CHANNEL_HIDDEN(channel=channel_id), "channel")


def may_post(channel: discord.abc.GuildChannel, member: discord.Member) -> bool:
    allowed = channel.permissions_for(member)
    return allowed.view_channel and allowed.send_messages


async def _open_form(interaction: Interaction, typed: TypedSchedule) -> None:
    bot, guild_id = interaction.client, guild_of(interaction)
    recipe = await recipe_of(bot, guild_id, typed)
    zone = (await use(bot, GuildSettings).get(guild_id)).timezone
    if not typed.channel_id and isinstance(interaction.channel, discord.TextChannel | discord.VoiceChannel):
        typed = replace(typed, channel_id=interaction.channel.id)
    await ScheduleForm(bot, typed, zone=zone, asks=bool(recipe.parameters)).open(interaction)


@on("schedule_text")
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    draft = await use(interaction, FormTexts).get(guild_of(interaction), interaction.user.id, draft_id)
    await _open_form(interaction, TypedSchedule(**draft))


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


@on("schedule_ask")
async def ask_to_delete(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    found = await _found(interaction, schedule_id)
    yes = Control.button("schedule_delete", found.id, label=DELETE, style=DANGER)
    no = Control.button("schedules_list", "panel", label=texts.ALL_SCHEDULES)
    await _redraw(interaction, (texts.DELETE_SCHEDULE(title=title_of(found)), view_of([yes, no])))


@on("schedule_delete")
async def delete(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    found = await _found(interaction, schedule_id)
    await use(interaction, ScheduleChanges).delete(found.guild_id, found.id, by_id=interaction.user.id)
    await _redraw(interaction, await _list(interaction.client, found.guild_id))


@on("schedule_pause")
async def turn_off(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    found = await _found(interaction, schedule_id)
    await use(interaction, ScheduleChanges).turn_off(found.guild_id, found.id, by_id=interaction.user.id)
    await _redraw(interaction, await _page(interaction.client, await _found(interaction, found.id)))


@on("schedule_resume")
async def turn_on(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    await _begin(interaction, schedule_id, once=False)


@on("schedule_once")
async def run_now(interaction: Interaction, schedule_id: str, _values: Sequence[str]) -> None:
    await _begin(interaction, schedule_id, once=True)


async def _begin(interaction: Interaction, schedule_id: str, *, once: bool) -> None:
    """Have it run in the presser's name, at the price on the button; one that has risen since is shown again."""
    found, bot, consent = await _found(interaction, schedule_id), interaction.client, pressed(interaction)
    rules = await use(bot, GuildSettings).get(found.guild_id)
    _require_channel(interaction, found.channel_id)
    price = await _price_of(bot, found, rules)
    if consent.labelled is None or price.most <= consent.labelled * YES_COVERS:
        now, by_id = bot.clock.wall(), interaction.user.id
        await use(bot, ScheduleChanges).turn_on(
            found.guild_id, found.id, shown=price.shown, rules=rules, now=now, by_id=by_id, once=once
        )
    await _redraw(interaction, await _page(bot, await _found(interaction, found.id)))
