"""`/help`: the commands, their prices on this server, and who pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.account.api_keys import ApiKeys
from bot.catalogue import Operation
from bot.catalogue.checks.cautions import ended_models, passed_end
from bot.catalogue.texts import echo
from bot.delivery.answers.command_payload import anywhere, is_anywhere
from bot.delivery.answers.texts import GET_SUPPORT
from bot.delivery.channels.facts import OPTIONS_PER_SELECT, in_time
from bot.domain.server.guild_rules import Rules
from bot.domain.server.reaction_rules import ReactionAction, acting
from bot.domain.texts import REACTIONS_DO
from bot.errors import InputError, NoKey
from bot.language import NAME, aside, listed, name_of, named, ptr, sentences, tr
from bot.prices.book import PriceBook, PriceBooks
from bot.server.operations import OperationSwitches
from bot.store import GuildSettings
from cogs.member import texts
from cogs.member.prices import price_lines, price_range
from cogs.member.why import choices, show_page
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX, or_none
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import pages, show_instead
from cogs.ui.permissions import guild_of, is_moderator, is_outside
from cogs.ui.texts import GONE, OPTION_IS
from cogs.workflows.asked.options import operations_of


def legal_links(interaction: Interaction) -> list[discord.ui.Button[Any]]:
    settings = interaction.client.settings
    found = (
        (texts.PRIVACY_POLICY, settings.privacy_url),
        (texts.TERMS, settings.terms_url),
        (GET_SUPPORT, settings.support_url),
    )
    return [discord.ui.Button(label=str(label), url=url) for label, url in found if url is not None]


AnyCommand = app_commands.Command[Any, ..., Any]
HelpEntry = AnyCommand | app_commands.Group

KINDS_SHOWN = 5
"""Kinds priced per operation on a group's page."""
START, AROUND = "start_page", "more_page"
"""The pages besides groups; the underscore keeps them apart from commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpContext:
    """What a page needs: the bot, this server's prices, and the disabled operations."""

    bot: Bot
    prices: PriceBook
    off: frozenset[str]

    def line(self, command: AnyCommand) -> str:
        text = f"{named(f'/{command.qualified_name}')} {tr(str(command.description))}"
        operations = operations_of(self.bot, command)
        if not operations:
            return text
        operation = next((each for each in operations if each.id not in self.off), None)
        if operation is None:
            return texts.SWITCHED_OFF(command=text)
        text = f"{text} · {price_range(operation, self.prices)}"
        if passed_end(operation, None, self.bot.clock.wall()) is not None:
            return texts.ENDED(command=text)
        return text if operation.offered else texts.NO_LONGER_OFFERED(command=text)

    def ended_models(self, command: AnyCommand) -> list[str]:
        """Return a line for each retired model of the command that is not retired itself."""
        operation, now = self._operation(command), self.bot.clock.wall()
        if operation is None or passed_end(operation, None, now) is not None:
            return []
        ended = [(each.name, each.end) for each in ended_models(operation, now) if each.offered]
        return [texts.MODEL_ENDED(model=name, date=end.date) for name, end in ended if end is not None]

    def kinds(self, command: AnyCommand) -> list[str]:
        """Return a line for each kind of the command's jobs with a known price."""
        operation = self._operation(command)
        return [] if operation is None else price_lines(operation, self.prices, KINDS_SHOWN)

    def _operation(self, command: AnyCommand) -> Operation | None:
        return next(iter(operations_of(self.bot, command)), None)


async def entries(interaction: Interaction) -> dict[str, HelpEntry]:
    """Return the commands and groups that the member may use there, by name."""
    found = interaction.client.tree.get_commands(type=discord.AppCommandType.chat_input)
    moderates, outside = await is_moderator(interaction), is_outside(interaction)
    return {each.name: each for each in found if is_offered(each, moderates=moderates, outside=outside)}


def is_offered(command: HelpEntry | app_commands.ContextMenu, *, moderates: bool, outside: bool) -> bool:
    return is_anywhere(command) if outside else moderates or command.default_permissions is None


def commands_of(entry: HelpEntry) -> Iterator[AnyCommand]:
    """Yield the commands of a group, at any depth; of a command, itself."""
    if isinstance(entry, app_commands.Group):
        for each in entry.commands:
            yield from commands_of(each)
    else:
        yield entry


def overview(found: Iterable[HelpEntry], payer: str) -> list[str]:
    """Return the blocks of the first page: how it works, and each group with its commands' names."""
    groups = [
        texts.group_line(
            ptr(NAME, entry.name),
            tr(str(entry.description)),
            [named(f"/{each.qualified_name}") for each in commands_of(entry)],
        )
        for entry in found
    ]
    personal = str(texts.PERSONAL)
    costs = f"{texts.COSTS}\n{texts.OWN_COSTS}"
    return [texts.introduction(payer), "\n".join(groups), personal, str(texts.SOURCES), costs]


def around(message_menus: Sequence[str], member_menus: Sequence[str], legend: str) -> list[str]:
    """Return the blocks of the page about everything besides slash commands."""
    return [
        texts.REACTIONS(legend=legend),
        *([texts.message_menus(message_menus)] if message_menus else []),
        *([texts.member_menus(member_menus)] if member_menus else []),
    ]


def details(shown: HelpContext, entry: HelpEntry) -> list[str]:
    """Return the blocks of a group's page: its commands with option names, then each option once."""
    commands_ = list(commands_of(entry))
    blocks = [tr(str(entry.description))]
    blocks += [
        "\n".join(
            line for line in (shown.line(each), _names(each), *shown.kinds(each), *shown.ended_models(each)) if line
        )
        for each in commands_
    ]
    if entry.name in texts.EXAMPLES:
        blocks.append(texts.example(entry.name))
    return [*blocks, str(texts.OPTIONS), *_options(commands_)]


def _names(command: AnyCommand) -> str:
    return " ".join(named(_name(each)) if each.required else f"[{named(_name(each))}]" for each in command.parameters)


def _name(option: app_commands.Parameter) -> str:
    return str(option.display_name)


def _options(commands_: Sequence[AnyCommand]) -> list[str]:
    """Return a line for each option, naming the commands where its meaning differs."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for command in commands_:
        for each in command.parameters:
            about = tr(str(each.description))
            if each.choices:
                about = texts.WITH_CHOICES(about=about, choices=[tr(choice.name) for choice in each.choices])
            meanings.setdefault(_name(each), {}).setdefault(about, []).append(ptr(NAME, command.name))
    lines = []
    for name, senses in meanings.items():
        for about, users in senses.items():
            option = aside(named(name), listed(users)) if len(senses) > 1 else named(name)
            lines.append(texts.OPTION_LINE(option=option, about=about))
    return lines


class Help(commands.Cog):
    """Explains the other commands."""

    @app_commands.command(name="help", description=texts.HELP)
    @anywhere
    @app_commands.describe(topic=texts.HELP_TOPIC_OPTION, why=texts.HELP_WHY_OPTION)
    async def explain(self, interaction: Interaction, topic: str | None = None, why: str | None = None) -> None:
        """Show the first page, that of one group, or that of a refusal."""
        if why is not None:
            await show_page(interaction, why)
            return
        found = await entries(interaction)
        name = "" if topic is None else topic.strip().removeprefix("/").casefold()
        if topic is not None and name not in found:
            raise InputError(texts.NO_TOPIC(topic=echo(topic)), "topic")
        await show_help(interaction, name or START)

    @explain.autocomplete("topic")
    @or_none
    async def _topic(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        word = typed.strip().removeprefix("/").casefold()
        found = (await entries(interaction)).items()
        offered = [
            (OPTION_IS(option=ptr(NAME, name), value=tr(str(entry.description)))[:CHOICE_CHARS], name)
            for name, entry in found
        ]
        return [app_commands.Choice(name=label, value=name) for label, name in offered if word in label.casefold()][
            :CHOICES_MAX
        ]

    @explain.autocomplete("why")
    async def _why(self, _interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return choices(typed)


@on("help_topic")
async def choose(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Show the chosen group's page."""
    await turn_help(interaction, next(iter(values), ""), ())


@on("help_open")
async def open_help(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Show the first page to the presser, ephemerally."""
    await show_help(interaction)


@on("help")
async def turn_help(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show another page of the help; `subject` is its name, or `name.number`."""
    name, _, number = subject.partition(".")
    if name not in {START, AROUND, *await entries(interaction)}:
        raise InputError(GONE)
    await show_help(interaction, name, int(number) if number.isdecimal() else 0, again=True)


async def show_help(interaction: Interaction, name: str = START, number: int = 0, *, again: bool = False) -> None:
    """Answer with a page; `number` counts its parts. `again`: replace the page shown."""
    found = await entries(interaction)
    if name == START:
        made = pages(str(texts.HELP_TITLE), overview(found.values(), await _payer(interaction)))
    elif name == AROUND:
        on_messages = await _menus(interaction, discord.AppCommandType.message)
        on_members = await _menus(interaction, discord.AppCommandType.user)
        made = pages(str(texts.HELP_MORE), around(on_messages, on_members, await _legend(interaction)))
    else:
        bot, guild_id = interaction.client, guild_of(interaction)
        prices, off = await use(bot, PriceBooks).of(guild_id), use(bot, OperationSwitches).off(guild_id)
        made = pages(name_of(f"/{name}"), details(HelpContext(bot=bot, prices=prices, off=off), found[name]))
    number = min(number, len(made) - 1)
    links = legal_links(interaction) if name == START else []
    view = view_of([_topics(found, name), *_turns(name, number, len(made)), *links])
    if again or interaction.response.is_done():
        await show_instead(interaction, embed=made[number], view=view)
    else:
        await in_time(interaction.response.send_message(embed=made[number], view=view, ephemeral=True))


def _topics(found: Mapping[str, HelpEntry], name: str) -> Control:
    options = [
        discord.SelectOption(
            label=name_of(f"/{each}"),
            description=tr(str(entry.description))[:CHOICE_CHARS],
            value=each,
            default=each == name,
        )
        for each, entry in found.items()
    ]
    return Control.select(
        "help_topic", "list", placeholder=str(texts.CHOOSE_TOPIC), options=options[:OPTIONS_PER_SELECT]
    )


def _turns(name: str, number: int, count: int) -> list[Control]:
    """Return the buttons: the two other pages, and back and forth where a group needs several."""
    buttons = [
        Control.button("help", page, label=str(label))
        for page, label in ((START, texts.HELP_START), (AROUND, texts.HELP_MORE))
        if page != name
    ]
    if number > 0:
        buttons.append(Control.button("help", f"{name}.{number - 1}", label=str(texts.BACK)))
    if number + 1 < count:
        buttons.append(Control.button("help", f"{name}.{number + 1}", label=str(texts.NEXT)))
    return buttons


async def _menus(interaction: Interaction, kind: discord.AppCommandType) -> list[str]:
    found = [each for each in interaction.client.tree.get_commands() if isinstance(each, app_commands.ContextMenu)]
    place = {"moderates": await is_moderator(interaction), "outside": is_outside(interaction)}
    return [tr(each.name) for each in found if each.type is kind and is_offered(each, **place)]


async def _legend(interaction: Interaction) -> str:
    guild_id = guild_of(interaction)
    rules = await use(interaction, GuildSettings).get(guild_id)
    legend = _emojis(rules)
    return sentences(legend, texts.LEGEND_WORDS) if rules.answer_words else legend


def _emojis(rules: Rules) -> str:
    """Return a line about the emojis on results here."""
    shown = [
        (rule.shown, str(REACTIONS_DO[rule.action]))
        for rule in acting(rules.reactions)
        if rules.gallery_channel is not None or rule.action is not ReactionAction.GALLERY
    ]
    return texts.legend_of(shown) if shown else str(texts.LEGEND_OFF)


async def _payer(interaction: Interaction) -> str:
    try:
        key = await use(interaction, ApiKeys).of_payer(guild_of(interaction), own=is_outside(interaction))
    except NoKey as error:
        return error.sentence
    payer = str(texts.YOU_PAY if is_outside(interaction) else texts.HOST_PAYS if key.id is None else texts.SERVER_PAYS)
    return sentences(payer, texts.KEY_REFUSED) if key.refused else payer


async def setup(bot: Bot) -> None:
    await bot.add_cog(Help())
