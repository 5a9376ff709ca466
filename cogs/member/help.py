"""`/help`: the commands, what they cost on this server, and who pays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.delivery.deadlines import in_time
from bot.domain.models import credits_text, credits_words
from bot.errors import InputError, NoKey
from cogs.member import texts
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import is_moderator
from cogs.workflows.options import operation_of

AnyCommand = app_commands.Command[Any, ..., Any]
HelpEntry = AnyCommand | app_commands.Group


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpContext:
    """What a page is drawn from: the bot, the costs of operations, and which are switched off on this server."""

    bot: CannonBot
    prices: Mapping[tuple[str, str], Decimal]
    """The server's own price list, by operation and model."""
    costs: Mapping[str, Sequence[Decimal]]
    off: frozenset[str]

    def line(self, command: AnyCommand) -> str:
        """Return a command with what it does and what it costs here."""
        text = f"{self.bot.parts.command_sync.mention(command.qualified_name)} {command.description}"
        key = operation_of(command)
        if key is None:
            return text
        operation = self.bot.catalogue.resolve(key)
        if operation.id in self.off:
            return texts.switched_off(text)
        return f"{text} · {self._price(operation)}"

    def _price(self, operation: Operation) -> str:
        listed = self.prices.get((operation.id, ""))
        if listed is not None and operation.fixed_credits is None:
            return texts.listed_price(credits_words(listed))
        return price_text(operation.fixed_credits, self.costs.get(operation.id, ()))


def price_text(fixed: Decimal | None, costs: Sequence[Decimal]) -> str:
    """Return what a job costs: its fixed price, or what earlier jobs cost (their median and 90th percentile)."""
    if fixed is not None:
        return credits_words(fixed)
    if not costs:
        return texts.PRICE_NOT_KNOWN
    ordered = sorted(costs)
    median, high = ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]
    return texts.estimated_price(credits_words(median), None if median == high else credits_text(high))


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


def overview(shown: HelpContext, found: Iterable[HelpEntry], menus: Sequence[str], payer: str) -> list[str]:
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
    return [*blocks, texts.SOURCES, texts.COSTS]


def details(shown: HelpContext, entry: HelpEntry) -> list[str]:
    """Return the blocks of a group's page: its commands with the names of their options, then each option once."""
    commands_ = list(commands_of(entry))
    blocks = [entry.description]
    blocks += [f"{shown.line(command)}\n{_names(command)}".rstrip() for command in commands_]
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
        shown = await self._shown(interaction)
        if topic is None:
            made = pages(
                texts.HELP_TITLE, overview(shown, found.values(), _menus(interaction), await _payer(interaction))
            )
        else:
            name = topic.strip().removeprefix("/").casefold()
            if name not in found:
                raise InputError(texts.no_such_group(found), "topic")
            made = pages(f"/{name}", details(shown, found[name]))
        await in_time(interaction.response.send_message(embed=made[0], ephemeral=True))
        for more in made[1:]:
            await in_time(interaction.followup.send(embed=more, ephemeral=True))

    @explain.autocomplete("topic")
    async def _topic(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        word = typed.strip().removeprefix("/").casefold()
        offered = [(f"{name}: {entry.description}"[:100], name) for name, entry in (await entries(interaction)).items()]
        return [app_commands.Choice(name=label, value=name) for label, name in offered if word in label.casefold()][
            :CHOICES_MAX
        ]

    @staticmethod
    async def _shown(interaction: Interaction) -> HelpContext:
        bot = interaction.client
        costs: dict[str, list[Decimal]] = {}
        for operation_id, found in (await bot.parts.store.ledger.costs_by_operation()).items():
            costs.setdefault(bot.catalogue.aliases.get(operation_id, operation_id), []).extend(found)
        prices = await bot.parts.store.prices.all(interaction.guild_id or 0)
        return HelpContext(bot=bot, prices=prices, costs=costs, off=bot.parts.switches.off(interaction.guild_id or 0))


def _menus(interaction: Interaction) -> list[str]:
    return [each.name for each in interaction.client.tree.get_commands(type=discord.AppCommandType.message)]


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
