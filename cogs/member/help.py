"""`/help`: the commands, what they cost on this server, and who pays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.catalogue.ends import passed_end, passed_models
from bot.delivery.deadlines import in_time
from bot.errors import InputError, NoKey
from bot.jobs.price_book import PriceBook
from cogs.member import texts
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.interaction import Interaction
from cogs.ui.legend import reaction_legend
from cogs.ui.pages import pages
from cogs.ui.permissions import is_moderator
from cogs.ui.prices import price_lines, price_range
from cogs.ui.texts import LEGEND_WORDS
from cogs.workflows.options import operation_of

AnyCommand = app_commands.Command[Any, ..., Any]
HelpEntry = AnyCommand | app_commands.Group

KINDS_SHOWN = 8
"""How many kinds of an operation's jobs a group's page prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpContext:
    """What a page is drawn from: the bot, this server's prices, and which operations are switched off here."""

    bot: CannonBot
    prices: PriceBook
    off: frozenset[str]

    def line(self, command: AnyCommand) -> str:
        """Return a command with what it does and what it costs here."""
        text = f"{self.bot.parts.command_sync.mention(command.qualified_name)} {command.description}"
        operation = self._operation(command)
        if operation is None:
            return text
        if operation.id in self.off:
            return texts.switched_off(text)
        text = f"{text} · {price_range(operation, self.prices)}"
        if not operation.offered:
            return texts.no_longer_offered(text)
        ended = passed_end(operation, None, self.bot.clock.wall())
        return text if ended is None else texts.end_passed(text, ended.date)

    def ended_models(self, command: AnyCommand) -> list[str]:
        """Return a line for each model of the command whose announced end has passed, though the command has none."""
        operation, now = self._operation(command), self.bot.clock.wall()
        if operation is None or passed_end(operation, None, now) is not None:
            return []
        return [texts.model_end_passed(each.name, each.date) for each in passed_models(operation, now)]

    def kinds(self, command: AnyCommand) -> list[str]:
        """Return a line for each kind of the command's jobs whose price is known here."""
        operation = self._operation(command)
        return [] if operation is None else price_lines(operation, self.prices, KINDS_SHOWN)

    def _operation(self, command: AnyCommand) -> Operation | None:
        key = operation_of(command)
        return None if key is None else self.bot.catalogue.find(key)


async def entries(interaction: Interaction) -> dict[str, HelpEntry]:
    """Return the slash groups and commands that the member may use, by name."""
    found = interaction.client.tree.get_commands(type=discord.AppCommandType.chat_input)
    moderates = await is_moderator(interaction)
    return {each.name: each for each in found if moderates or each.default_permissions is None}


def commands_of(entry: HelpEntry) -> Iterator[AnyCommand]:
    """Yield the commands of a group, at any depth; of a command, itself."""
    if isinstance(entry, app_commands.Group):
        for each in entry.commands:
            yield from commands_of(each)
    else:
        yield entry


def overview(
    shown: HelpContext, found: Iterable[HelpEntry], menus: Sequence[str], payer: str, legend: str
) -> list[str]:
    """Return the blocks of the first page: each group with its commands, then how things work."""
    blocks = [texts.introduction(payer)]
    for entry in found:
        lines = [shown.line(command) for command in commands_of(entry)]
        if isinstance(entry, app_commands.Group):
            lines.insert(0, f"**{entry.name}** · {entry.description}")
        if entry.name in texts.EXAMPLES:
            lines.append(f"-# {texts.example(texts.EXAMPLES[entry.name])}")
        blocks.append("\n".join(lines))
    if menus:
        blocks.append(texts.message_menus(menus))
    return [*blocks, legend, texts.SOURCES, texts.COSTS]


def details(shown: HelpContext, entry: HelpEntry) -> list[str]:
    """Return the blocks of a group's page: its commands with the names of their options, then each option once."""
    commands_ = list(commands_of(entry))
    blocks = [entry.description]
    blocks += [
        "\n".join(
            line for line in (shown.line(each), _names(each), *shown.kinds(each), *shown.ended_models(each)) if line
        )
        for each in commands_
    ]
    if entry.name in texts.EXAMPLES:
        blocks.append(texts.example(texts.EXAMPLES[entry.name]))
    return [*blocks, texts.OPTIONS, *_options(commands_)]


def _names(command: AnyCommand) -> str:
    return " ".join(
        f"`{each.display_name}`" if each.required else f"[`{each.display_name}`]" for each in command.parameters
    )


def _options(commands_: Sequence[AnyCommand]) -> list[str]:
    """Return a line for each option, with its commands where other commands have the same option in another sense."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for command in commands_:
        for each in command.parameters:
            about = str(each.description)
            if each.choices:
                about += f" ({', '.join(choice.name for choice in each.choices)})"
            meanings.setdefault(each.display_name, {}).setdefault(about, []).append(command.name)
    lines = []
    for name, senses in meanings.items():
        for about, users in senses.items():
            where = f" ({', '.join(users)})" if len(senses) > 1 else ""
            lines.append(f"`{name}`{where} {about}")
    return lines


class Help(commands.Cog):
    """Explains the other commands."""

    @app_commands.command(name="help", description=texts.HELP)
    @app_commands.describe(topic=texts.HELP_TOPIC_OPTION)
    async def explain(self, interaction: Interaction, topic: str | None = None) -> None:
        """Show all groups, or one with every option."""
        found = await entries(interaction)
        name = "" if topic is None else topic.strip().removeprefix("/").casefold()
        if topic is not None and name not in found:
            raise InputError(texts.no_such_group(found), "topic")
        if topic is None:
            await show_overview(interaction)
        else:
            await _send(interaction, pages(f"/{name}", details(await _shown(interaction), found[name])))

    @explain.autocomplete("topic")
    async def _topic(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        word = typed.strip().removeprefix("/").casefold()
        offered = [(f"{name}: {entry.description}"[:100], name) for name, entry in (await entries(interaction)).items()]
        return [app_commands.Choice(name=label, value=name) for label, name in offered if word in label.casefold()][
            :CHOICES_MAX
        ]


async def show_overview(interaction: Interaction) -> None:
    """Answer with all groups that the member may use."""
    found, shown = await entries(interaction), await _shown(interaction)
    payer, legend = await _payer(interaction), await _legend(interaction)
    blocks = overview(shown, found.values(), _menus(interaction), payer, legend)
    await _send(interaction, pages(texts.HELP_TITLE, blocks))


async def _shown(interaction: Interaction) -> HelpContext:
    """Return what the pages are drawn from; where prices can be had from Cannon Studio, defer and ask for them."""
    bot, guild_id = interaction.client, interaction.guild_id or 0
    books = bot.parts.price_books
    if not await books.is_complete(guild_id):
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        await books.refresh(guild_id)
    return HelpContext(bot=bot, prices=await books.of(guild_id), off=bot.parts.switches.off(guild_id))


async def _send(interaction: Interaction, made: Sequence[discord.Embed]) -> None:
    if interaction.response.is_done():
        await in_time(interaction.edit_original_response(embed=made[0]))
    else:
        await in_time(interaction.response.send_message(embed=made[0], ephemeral=True))
    for more in made[1:]:
        await in_time(interaction.followup.send(embed=more, ephemeral=True))


def _menus(interaction: Interaction) -> list[str]:
    return [each.name for each in interaction.client.tree.get_commands(type=discord.AppCommandType.message)]


async def _legend(interaction: Interaction) -> str:
    """Return what reactions and words do on this server."""
    store, guild_id = interaction.client.parts.store, interaction.guild_id or 0
    legend = reaction_legend(await store.reactions.get(guild_id))
    rules = await store.settings.get(guild_id)
    return f"{legend} {LEGEND_WORDS}" if rules.answer_words else legend


async def _payer(interaction: Interaction) -> str:
    try:
        key = await interaction.client.parts.keys.for_guild(interaction.guild_id or 0)
    except NoKey as error:
        return error.sentence
    payer = texts.HOST_PAYS if key.id is None else texts.SERVER_PAYS
    return texts.key_refused(payer) if key.refused else payer


async def setup(bot: CannonBot) -> None:
    """Load the command."""
    await bot.add_cog(Help())
