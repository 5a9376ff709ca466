"""`/help`: what there is, what it costs here, and who pays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.domain.models import credits_text, credits_words
from bot.errors import InputError, NoKey
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import is_moderator
from cogs.ui.texts import IN_SERVER_ONLY
from cogs.workflows.options import operation_of

EXAMPLES = {
    "image": "/image generate prompt: a fox in fog",
    "video": "/video generate prompt: waves break on a lighthouse",
    "audio": "/audio narration text: Welcome aboard!",
    "prompt": "/prompt image prompt: a fox",
    "finish": "/finish subtitles job: (pick a video)",
    "sora": "/sora edit prompt: make it snow job: (pick a video)",
    "recipe": "/recipe run recipe: trailer",
    "batch": "/batch operation: image.generate prompts: a fox | an owl | a deer",
    "jobs": "/jobs list state: open",
    "quota": "/quota set credits: 200 period: week",
    "usage": "/usage report period: month",
    "privacy": "/privacy export",
    "studio": "/studio operations operation: image.edit switch: off",
}
"""How each group is used, as it is typed."""

INTRO = "Ask for something with a slash command. Its card shows the state and then the result."
SOURCES = (
    "**Files** · Where a command takes a picture, a video or a sound, give it in one way: upload it, give `url` (a "
    "link to the file, or to a Discord message that has it), or pick `job`, an earlier result of this server. It is "
    "looked at before any credit is spent."
)
COSTS = (
    "**Costs** · In credits, as earlier jobs cost: the middle of them, and what nine of ten stay within. What a job "
    "truly cost stands on its card; one that fails costs nothing."
)

AnyCommand = app_commands.Command[Any, ..., Any]
HelpEntry = AnyCommand | app_commands.Group


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpContext:
    """What a page needs to know: how commands are mentioned, what they cost, and what is switched off here."""

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
            return f"🚫 {text} · switched off here"
        return f"{text} · {self._price(operation)}"

    def _price(self, operation: Operation) -> str:
        listed = self.prices.get((operation.id, ""))
        if listed is not None and operation.fixed_credits is None:
            return f"about {credits_words(listed)}, as this server's moderators reckon"
        return price_text(operation.fixed_credits, self.costs.get(operation.id, ()))


def price_text(fixed: Decimal | None, costs: Sequence[Decimal]) -> str:
    """Return what a job costs: its fixed price, or what earlier jobs cost (their median and 90th percentile)."""
    if fixed is not None:
        return credits_words(fixed)
    if not costs:
        return "cost not known yet"
    ordered = sorted(costs)
    middle, dear = ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]
    return (
        f"about {credits_words(middle)}"
        if middle == dear
        else f"about {credits_words(middle)}, up to {credits_text(dear)}"
    )


async def entries(interaction: Interaction) -> dict[str, HelpEntry]:
    """Return the slash groups and commands that the member may use, by name."""
    found = interaction.client.tree.get_commands(type=discord.AppCommandType.chat_input)
    moderates = await is_moderator(interaction)
    return {each.name: each for each in found if moderates or each.default_permissions is None}


def inner(entry: HelpEntry) -> Iterator[AnyCommand]:
    """Give the commands of a group, however deep; a command by itself."""
    if isinstance(entry, app_commands.Group):
        for each in entry.commands:
            yield from inner(each)
    else:
        yield entry


def overview(shown: HelpContext, found: Iterable[HelpEntry], menus: Sequence[str], payer: str) -> list[str]:
    """Return the blocks of the first page: each group with its commands, then how things work."""
    blocks = [f"{INTRO}\n{payer} More on a group: `/help` with `topic`."]
    for entry in found:
        lines = [shown.line(command) for command in inner(entry)]
        if isinstance(entry, app_commands.Group):
            lines.insert(0, f"**{entry.name}** · {entry.description}")
        if entry.name in EXAMPLES:
            lines.append(f"-# e.g. `{EXAMPLES[entry.name]}`")
        blocks.append("\n".join(lines))
    if menus:
        blocks.append(f"**On a message** · Right click on it, then Apps: {', '.join(menus)}")
    return [*blocks, SOURCES, COSTS]


def details(shown: HelpContext, entry: HelpEntry) -> list[str]:
    """Return the blocks of a group's page: its commands with the names of their options, then each option once."""
    commands_ = list(inner(entry))
    blocks = [entry.description]
    blocks += [f"{shown.line(command)}\n{_names(command)}".rstrip() for command in commands_]
    if entry.name in EXAMPLES:
        blocks.append(f"e.g. `{EXAMPLES[entry.name]}`")
    return [*blocks, "**Options**", *_options(commands_)]


def _names(command: AnyCommand) -> str:
    return " ".join(
        f"`{each.display_name}`" if each.required else f"[`{each.display_name}`]" for each in command.parameters
    )


def _options(commands_: Sequence[AnyCommand]) -> list[str]:
    """Return a line for each option; the commands stand with it where it means something else in others."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for command in commands_:
        for each in command.parameters:
            about = str(each.description)
            if each.choices:
                about += f" ({', '.join(choice.name for choice in each.choices)})"
            meanings.setdefault(each.display_name, {}).setdefault(about, []).append(command.name)
    lines = []
    for name, texts in meanings.items():
        for about, users in texts.items():
            where = f" ({', '.join(users)})" if len(texts) > 1 else ""
            lines.append(f"`{name}`{where} {about}")
    return lines


class Help(commands.Cog):
    """Explains the other commands."""

    @app_commands.command(name="help", description="What there is, what it costs here, and who pays")
    @app_commands.describe(topic="A group of commands, e.g. image: all its options")
    async def explain(self, interaction: Interaction, topic: str | None = None) -> None:
        """Show all groups, or one with every option."""
        found = await entries(interaction)
        shown = await self._shown(interaction)
        if topic is None:
            made = pages(
                "What you can ask for", overview(shown, found.values(), _menus(interaction), await _payer(interaction))
            )
        else:
            name = topic.strip().removeprefix("/").casefold()
            if name not in found:
                raise InputError(f"There is no such group; there are {', '.join(found)}.", "topic")
            made = pages(f"/{name}", details(shown, found[name]))
        await interaction.response.send_message(embed=made[0], ephemeral=True)
        for more in made[1:]:
            await interaction.followup.send(embed=more, ephemeral=True)

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
    if interaction.guild_id is None:
        return IN_SERVER_ONLY
    try:
        key = await interaction.client.parts.keys.for_guild(interaction.guild_id)
    except NoKey as error:
        return error.sentence
    who = "The host of this bot pays, with their own key." if key.id is None else "This server pays, with its own key."
    return f"{who} Cannon Studio refuses that key now, so nothing can be made." if key.refused else who


async def setup(bot: CannonBot) -> None:
    """Load the command."""
    await bot.add_cog(Help())
