"""Slash options built from the catalogue: descriptions and autocomplete."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from discord import app_commands

from bot.account.memory import AccountMemories
from bot.catalogue import Catalogue, Field, FieldKind, Tried
from bot.catalogue.catalogue import kinds_named, kinds_of
from bot.catalogue.checks.tried import OWN_IDS
from bot.delivery.answers.command_payload import file_types, takes_files
from bot.domain.models import Job, MediaKind
from bot.domain.words.text import shortened
from bot.errors import InputError, StoreError
from bot.generation.own_defaults import PRESET
from bot.generation.visible_jobs import VisibleJobs
from bot.language import ago
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import viewer_of
from cogs.ui.prices import with_prices
from cogs.ui.texts import PRIVATE_OPTION, SPOILER_OPTION
from cogs.workflows import texts
from cogs.workflows.asked.own import preset_completion

READ_WAIT_S: Final = 0.5
"""Time limit for the first read of the store: Discord waits 3 seconds for choices."""


async def tried_here(interaction: Interaction, operation_id: str, field: str) -> Sequence[Tried]:
    """Return the values of the field that worked or were rejected on this server's account."""
    if interaction.guild_id is None:
        return ()
    bot = interaction.client
    try:
        operation = bot.catalogue.resolve(operation_id)
        async with asyncio.timeout(READ_WAIT_S):
            memory = await use(bot, AccountMemories).of(interaction.guild_id)
    except (InputError, StoreError, TimeoutError):
        return ()
    return memory.of(operation, field)


Callback = TypeVar("Callback", bound=Callable[..., Any])

Count = app_commands.Range[int, 1, 4]
PromptOption = app_commands.Range[str, 1, 6000]

_BUILT_IN = Catalogue()
MINUTE_S = 60
_OPERATION_OF: WeakKeyDictionary[Callable[..., Any], str] = WeakKeyDictionary()
_COMPLETED = {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}
_NUMBERS = {FieldKind.INTEGER, FieldKind.NUMBER}
REFERENCES = ("reference", *(f"reference_{number}" for number in range(2, 11)))
"""Upload options for a list of reference images: Discord's maximum in one input of a form."""
_COMMON = {
    **dict.fromkeys(REFERENCES, texts.REFERENCE_OPTION),
    "count": texts.COUNT_OPTION,
    "private": PRIVATE_OPTION,
    "spoiler": SPOILER_OPTION,
    "preset": texts.PRESET_OPTION,
    "enhance": texts.ENHANCE_OPTION,
    "url": texts.URL_OPTION,
    "job": texts.JOB_OPTION,
}


def offers(
    operation_id: str,
    *,
    renamed: Mapping[str, str] | None = None,
    jobs: Mapping[str, frozenset[MediaKind]] | None = None,
    uploads: Mapping[str, Sequence[str]] | None = None,
    only: Callable[[Job], object] | None = None,
    **own: str,
) -> Callable[[Callback], Callback]:
    """Describe a command's options from the operation's fields, and complete them while typing.

    `renamed` maps options to fields, `jobs` maps options to the kinds of results they pick from, filtered by `only` if
    given. `uploads` maps options to the fields that say which kinds of files can be picked. `own` describes the options
    that are not fields. Completions come from memory and the store, never from the network, with prices if known; any
    text may be typed.
    """
    fields = {field.name: field for field in _BUILT_IN.resolve(operation_id).fields}
    wire_names = renamed or {}
    taken = {option: _upload_types(fields, names) for option, names in (uploads or {}).items()}

    def decorate(callback: Callback) -> Callback:
        runs(callback, operation_id)
        options = callback.__code__.co_varnames[2 : callback.__code__.co_argcount]
        of_option = {option: fields.get(wire_names.get(option, option)) for option in options}
        helps = {option: field.help for option, field in of_option.items() if field is not None}
        helps |= {option: _COMMON[option] for option in options if option in _COMMON}
        completed = {
            option: field_completion(operation_id, field, wire_names)
            for option, field in of_option.items()
            if field is not None and offers_values(field)
        }
        completed |= {option: job_completion(kinds, only) for option, kinds in (jobs or {}).items()}
        if PRESET in options:
            completed[PRESET] = preset_completion(operation_id)
        described = app_commands.describe(**(helps | own))(takes_files(**taken)(callback))
        return app_commands.autocomplete(**completed)(described)

    return decorate


def _upload_types(fields: Mapping[str, Field], names: Sequence[str]) -> tuple[str, ...]:
    """Return the file types for these fields; if their types are not public, by name."""
    known = (kinds_of(fields[name]) if name in fields else kinds_named(name) for name in names)
    return file_types(frozenset[MediaKind]().union(*known))


def operation_of(command: app_commands.Command[Any, ..., Any]) -> str | None:
    """Return the id of a command's operation, None without one; the built-in one if there is one."""
    return _OPERATION_OF.get(command.callback)


def runs(callback: Callable[..., Any], operation_id: str) -> None:
    _OPERATION_OF[callback] = operation_id


def command_names(bot: Bot) -> dict[str, str]:
    """Return each operation's command as members type it, by current id."""
    found: dict[str, str] = {}
    for each in bot.tree.walk_commands():
        key = operation_of(each) if isinstance(each, app_commands.Command) else None
        operation = None if key is None else bot.catalogue.find(key)
        if operation is not None:
            found[operation.id] = each.qualified_name
    return found


def offers_values(field: Field) -> bool:
    if field.kind not in _COMPLETED:
        return False
    return field.name in OWN_IDS or bool(field.choices or field.choices_by_model or field.suggestions)


def field_completion(operation_id: str, field: Field, wire_names: Mapping[str, str]) -> Any:
    """Return an autocomplete over a field's values; `wire_names` maps other options to their fields."""
    wanted: tuple[type, ...] = (int, float) if field.kind in _NUMBERS else (str,)

    async def complete(interaction: Interaction, typed: str | float) -> list[app_commands.Choice[Any]]:
        options = vars(interaction.namespace)
        given = {wire_names.get(key, key): value for key, value in options.items() if value is not None}
        given.pop(field.name, None)
        text = "" if isinstance(typed, float) and math.isnan(typed) else str(typed)  # a number before its first digit
        tried = await tried_here(interaction, operation_id, field.name)
        offered = interaction.client.catalogue.suggest(operation_id, field.name, text, given, tried)
        offered = await with_prices(interaction, operation_id, field.name, offered, given)
        # A live document may have changed the field's form; Discord takes only values of the option's own.
        return [app_commands.Choice(name=label, value=value) for label, value in offered if isinstance(value, wanted)]

    return complete


def job_completion(kinds: frozenset[MediaKind], only: Callable[[Job], object] | None = None) -> Any:
    """Return an autocomplete over this server's recent results of `kinds` that the member may see, newest first."""

    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        bot = interaction.client
        viewer, now = await viewer_of(interaction), bot.clock.wall()
        jobs = await use(bot, VisibleJobs).results(viewer, kinds=kinds, typed=typed, only=only, limit=CHOICES_MAX)
        return [app_commands.Choice(name=job_label(job, now), value=job.id) for job in jobs]

    return complete


def job_label(job: Job, now: float) -> str:
    """Return a job's label in a list: id, start of the prompt, age."""
    age = age_text(now - job.created_at)
    return shortened(f"{job.id} · {shortened(job.prompt or job.operation, 60)} · {age}", CHOICE_CHARS)


def age_text(seconds: float) -> str:
    """Return an age in its largest unit: `5 min ago`."""
    return str(texts.JUST_NOW) if seconds < MINUTE_S else ago(seconds)
