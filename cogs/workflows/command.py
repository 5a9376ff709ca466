"""Builds the discord.py command of a plan, and reads its options."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.catalogue import Catalogue
from bot.catalogue.catalogue import kinds_of
from bot.delivery.answers.command_payload import anywhere, file_types, takes_files
from bot.domain.models import MediaKind
from bot.domain.money.spend_request import TYPED, Consent, Pays
from bot.domain.words.orders import OWN, with_cast
from bot.generation.generation import Generation, SourceFile, flattened, nested
from cogs.ui.interaction import Bot, Interaction
from cogs.workflows import texts
from cogs.workflows.asked.files import offered_files
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.options import Count, cast_completion, field_completion, job_completion, offers_values, runs
from cogs.workflows.asked.own import preset_completion, with_own
from cogs.workflows.plan import OVERFLOW, CommandPlan, Common, OptionKind, PlannedOption, is_needed, planned
from cogs.workflows.table import COMMANDS, GROUPS

MadeCommand: TypeAlias = app_commands.Command[Any, ..., None]

NUMBER_MAX = 2**53
"""Discord's largest number in an option."""
TEXT_CHARS = 6000
_TYPES = {
    OptionKind.TEXT: str,
    OptionKind.FROM: str,
    OptionKind.CHOICE: str,
    OptionKind.INTEGER: int,
    OptionKind.NUMBER: float,
    OptionKind.FLAG: bool,
    OptionKind.UPLOAD: discord.Attachment,
}


def command_of(plan: CommandPlan, name: str, *, translated: bool) -> MadeCommand:
    """Return the command of a plan; `translated` looks up its words in other languages."""
    options = {f"option_{number}": option for number, option in enumerate(plan.options)}

    async def callback(interaction: Interaction, **_given: object) -> None:
        await _run(interaction, plan)

    # discord.py reads the options from the signature.
    head = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    described = inspect.Signature([head, *(_parameter(key, option) for key, option in options.items())])
    vars(callback)["__signature__"] = described
    runs(callback, *plan.spec.operations, *(each.operation for each in plan.spec.forms.values()))
    uploads = {key: option for key, option in options.items() if option.kind is OptionKind.UPLOAD}
    takes_files(**{key: file_types(_kinds(option)) for key, option in uploads.items()})(callback)
    app_commands.rename(**{key: option.name for key, option in options.items()})(callback)
    app_commands.describe(**{key: option.about for key, option in options.items()})(callback)
    app_commands.autocomplete(**_completions(plan, options))(callback)
    app_commands.choices(
        **{key: _choices(plan, each) for key, each in options.items() if each.kind is OptionKind.CHOICE}
    )(callback)
    return app_commands.Command(
        name=name, description=plan.spec.about, callback=callback, auto_locale_strings=translated
    )


def _choices(plan: CommandPlan, option: PlannedOption) -> list[app_commands.Choice[str]]:
    if option.name == Common.PAY:
        words = {Pays.SERVER: texts.PAY_SERVER, Pays.MINE: texts.PAY_MINE}
        return [app_commands.Choice(name=said, value=each.value) for each, said in words.items()]
    return [app_commands.Choice(name=each, value=each) for each in (*plan.spec.instead, *plan.spec.forms)]


def generation_of(plan: CommandPlan, given: Mapping[str, Any]) -> Generation:
    """Return the generation of the options; `given` are values by name.

    Raises InputError for a missing file, unless a form asks for the rest.
    """
    style = given.get(Common.STYLE) if plan.has(Common.STYLE) else None
    return Generation(
        operation=plan.operation(given),
        values=_values(plan, given),
        files=_files(plan, given),
        count=(given.get(Common.COUNT) or 1) if plan.has(Common.COUNT) else 1,
        private=bool(given.get(Common.PRIVATE)),
        spoiler=bool(given.get(Common.SPOILER)) and plan.has(Common.SPOILER),
        enhance=bool(given.get(Common.ENHANCE)) and plan.has(Common.ENHANCE),
        derivation=with_cast(OWN, str(given.get(Common.CAST) or ""), str(style or "")),
        consent=Consent(pay=str(given.get(Common.PAY) or "")) if plan.has(Common.PAY) else TYPED,
        typed=True,
    )


async def _run(interaction: Interaction, plan: CommandPlan) -> None:
    given, catalogue = vars(interaction.namespace), interaction.client.catalogue
    chosen = plan.spec.forms.get(str(given.get(Common.FOR)))
    if chosen is not None:
        plan = planned(chosen, [catalogue.resolve(chosen.operation)])
    generation = generation_of(plan, given)

    async def send(sent: Interaction, complete: Generation) -> None:
        await plan.spec.hook(sent, complete, given)

    if chosen is None and not (given.get(Common.REST) and plan.has(Common.REST)):
        await send(interaction, generation)
        return
    generation = await with_own(interaction, generation)
    operation = catalogue.resolve(generation.operation)
    form = OperationForm(
        interaction.client,
        replace(generation, values={}),
        prefilled=flattened(generation.values),
        kept=generation.values,
        only=plan.left(operation),
        about_request=plan.left_common,
        send=send,
    )
    await form.open(interaction)


def _values(plan: CommandPlan, given: Mapping[str, Any]) -> dict[str, Any]:
    media = {OptionKind.UPLOAD, OptionKind.FROM}
    return nested(
        {
            option.path: given[option.name]
            for option in plan.options
            if option.fields and option.kind not in media and given.get(option.name) is not None
        }
    )


def _files(plan: CommandPlan, given: Mapping[str, Any]) -> list[SourceFile]:
    """Return the files, by upload, link or job. Raises InputError if a required one is missing."""
    files: list[SourceFile] = []
    for source in plan.spec.files:
        option = next(each for each in plan.options if each.name == source.upload)
        required = is_needed(option.fields[0]) and not given.get(Common.REST)
        uploads, typed = [given.get(source.upload)], given.get(source.link) or ""
        files += offered_files(option.fields, uploads, typed, required=required, label=source.label)
    return files


def _kinds(option: PlannedOption) -> frozenset[MediaKind]:
    return frozenset[MediaKind]().union(*(kinds_of(field) for field in option.fields))


def _parameter(key: str, option: PlannedOption) -> inspect.Parameter:
    annotation = Count if option.field is None and option.name == Common.COUNT else _annotation(option)
    default = inspect.Parameter.empty if option.required else None
    needed = annotation if option.required else annotation | None
    return inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=needed)


def _annotation(option: PlannedOption) -> Any:
    field = option.field
    if option.kind is OptionKind.TEXT:
        longest = TEXT_CHARS if field is None else min(field.max_length, TEXT_CHARS)
        return app_commands.Range[str, 1, longest]
    if field is None or option.kind not in {OptionKind.INTEGER, OptionKind.NUMBER}:
        return _TYPES[option.kind]
    is_whole = option.kind is OptionKind.INTEGER
    low, high = _limit(field.minimum, whole=is_whole, up=True), _limit(field.maximum, whole=is_whole, up=False)
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        return _TYPES[option.kind]
    return app_commands.Range[int, low, high] if is_whole else app_commands.Range[float, low, high]


def _limit(value: float | None, *, whole: bool, up: bool) -> Any:
    """Return a number's limit; None if Discord doesn't take one of that size."""
    if value is None or not math.isfinite(value) or abs(value) > NUMBER_MAX:
        return None
    if whole:
        return math.ceil(value) if up else math.floor(value)
    return float(value)


def _completions(plan: CommandPlan, options: Mapping[str, PlannedOption]) -> dict[str, Any]:
    wire_names = {option.name: option.field.name for option in plan.options if option.field is not None}
    found: dict[str, Any] = {}
    for key, option in options.items():
        field = option.field
        if field is None and option.name == Common.PRESET:
            found[key] = preset_completion(plan.operation)
        elif option.name == Common.CAST or (option.name == Common.STYLE and plan.has(Common.CAST)):
            found[key] = cast_completion(styles=option.name == Common.STYLE)
        elif option.kind is OptionKind.FROM:
            found[key] = job_completion(_kinds(option))
        elif field is not None and not option.inside and option.kind is not OptionKind.UPLOAD and offers_values(field):
            found[key] = field_completion(plan.operation, field, wire_names)
    return found


def built_in() -> Iterator[tuple[str, MadeCommand]]:
    """Yield the commands of the table, each with its group, '' for none."""
    known = Catalogue()
    for spec in COMMANDS:
        plan = planned(spec, [known.resolve(each) for each in spec.operations])
        group, _, name = spec.name.rpartition(" ")
        yield group, command_of(plan, name, translated=True)


def add_to_group(tree: app_commands.CommandTree[Any], group: str, command: MadeCommand) -> None:
    """Add the command to its group, which is made if it is not there; to the tree for ''."""
    found = tree.get_command(group)
    if not group:
        tree.add_command(anywhere(command))
    elif found is None:
        made = app_commands.Group(name=group, description=GROUPS[group], auto_locale_strings=group != OVERFLOW)
        made.add_command(command)
        tree.add_command(anywhere(made))
    elif isinstance(found, app_commands.Group):
        found.add_command(command)


def take_from_group(tree: app_commands.CommandTree[Any], group: str, command: MadeCommand) -> None:
    """Remove the command from its group, and a group that is empty then; nothing if it is not there."""
    found = tree.get_command(group or command.name)
    if found is command:
        tree.remove_command(command.name)
    elif isinstance(found, app_commands.Group) and found.get_command(command.name) is command:
        found.remove_command(command.name)
        if not found.commands:
            tree.remove_command(group)


async def setup(bot: Bot) -> None:
    """Load the commands of the table."""
    for group, command in built_in():
        add_to_group(bot.tree, group, command)
