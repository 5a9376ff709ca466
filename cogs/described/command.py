"""Builds the discord.py command of a plan, and reads its options."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.catalogue import FieldKind
from bot.catalogue.catalogue import kinds_of
from bot.delivery.answers.command_payload import file_types, takes_files
from bot.delivery.channels.facts import in_time
from bot.generation.generation import Generation, SourceFile, nested
from cogs.described.plan import CommandPlan, Common, OptionKind, PlannedOption, is_needed
from cogs.ui.interaction import Interaction
from cogs.workflows.asked.files import offered_file, offered_files
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.options import Count, field_completion, job_completion, offers_values, runs
from cogs.workflows.asked.own import preset_completion, with_own
from cogs.workflows.asked.submit import submit

DescribedCommand: TypeAlias = app_commands.Command[Any, ..., None]

NUMBER_MAX = 2**53
"""Discord's largest number in an option."""
TEXT_CHARS = 6000
_TYPES = {
    OptionKind.TEXT: str,
    OptionKind.LINK: str,
    OptionKind.JOB: str,
    OptionKind.INTEGER: int,
    OptionKind.NUMBER: float,
    OptionKind.FLAG: bool,
    OptionKind.UPLOAD: discord.Attachment,
}


def command_of(plan: CommandPlan, name: str, *, translated: bool) -> DescribedCommand:
    """Return the command of a plan; `translated` looks up its words in other languages."""
    options = {f"option_{number}": option for number, option in enumerate(plan.options)}

    async def callback(interaction: Interaction, **_given: object) -> None:
        await _run(interaction, plan)

    # discord.py reads the options from the signature.
    head = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    described = inspect.Signature([head, *(_parameter(key, option) for key, option in options.items())])
    vars(callback)["__signature__"] = described
    runs(callback, plan.operation)
    uploads = {key: option.field for key, option in options.items() if option.kind is OptionKind.UPLOAD}
    takes_files(**{key: file_types(kinds_of(field)) for key, field in uploads.items() if field is not None})(callback)
    app_commands.rename(**{key: option.name for key, option in options.items()})(callback)
    app_commands.describe(**{key: option.about for key, option in options.items()})(callback)
    app_commands.autocomplete(**_completions(plan, options))(callback)
    return app_commands.Command(name=name, description=plan.about, callback=callback, auto_locale_strings=translated)


def generation_of(plan: CommandPlan, given: Mapping[str, Any]) -> Generation:
    """Return the generation of the options; `given` are values by name. Raises InputError for a missing file."""
    return Generation(
        operation=plan.operation,
        values=_values(plan, given),
        files=_files(plan, given),
        count=given.get(Common.COUNT, 1) if _has(plan, Common.COUNT) else 1,
        enhance=bool(given.get(Common.ENHANCE)) and _has(plan, Common.ENHANCE),
        private=bool(given.get(Common.PRIVATE)),
        spoiler=bool(given.get(Common.SPOILER)) and _has(plan, Common.SPOILER),
        typed=True,
    )


async def _run(interaction: Interaction, plan: CommandPlan) -> None:
    given = vars(interaction.namespace)
    generation = generation_of(plan, given)
    if given.get(Common.REST) and _has(plan, Common.REST):
        generation = await with_own(interaction, generation)
        form = OperationForm(interaction.client, generation, only=plan.left, send=submit)
        if form.has_inputs:
            await in_time(interaction.response.send_modal(form))
            return
    await submit(interaction, generation)


def _has(plan: CommandPlan, word: Common) -> bool:
    return any(option.field is None and option.name == word for option in plan.options)


def _values(plan: CommandPlan, given: Mapping[str, Any]) -> dict[str, Any]:
    media = {OptionKind.UPLOAD, OptionKind.LINK, OptionKind.JOB}
    return nested(
        {
            option.path: given[option.name]
            for option in plan.options
            if option.field is not None and option.kind not in media and given.get(option.name) is not None
        }
    )


def _files(plan: CommandPlan, given: Mapping[str, Any]) -> list[SourceFile]:
    """Return the files, by upload, link or job. Raises InputError if a required one is missing."""
    fields = {option.field.name: option.field for option in plan.options if option.field is not None}
    files: list[SourceFile] = []
    for field in fields.values():
        kinds = kinds_of(field)
        if not kinds:
            continue
        found = [(option.kind, given.get(option.name)) for option in plan.of_field(field.name)]
        uploads = [value for kind, value in found if kind is OptionKind.UPLOAD]
        [link] = [value for kind, value in found if kind is OptionKind.LINK]
        [job] = [value for kind, value in found if kind is OptionKind.JOB]
        if field.kind is FieldKind.URLS:
            files += offered_files(
                field.label, *uploads, url=link, job=job, field=field.name, kinds=kinds, required=is_needed(field)
            )
        else:
            files += offered_file(
                field.label,
                attachment=uploads[0],
                url=link,
                job=job,
                field=field.name,
                kinds=kinds,
                required=is_needed(field),
            )
    return files


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
        if field is None or option.inside:
            continue
        if option.kind is OptionKind.JOB:
            found[key] = job_completion(kinds_of(field))
        elif option.kind not in {OptionKind.UPLOAD, OptionKind.LINK} and offers_values(field):
            found[key] = field_completion(plan.operation, field, wire_names)
    return found
