"""Slash options built from the catalogue: descriptions and autocomplete."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from discord import app_commands

from bot.catalogue import Field, FieldKind, Operation
from bot.catalogue.fields import OWN_IDS, VOICE
from bot.domain.jobs.card_jobs import job_words
from bot.domain.models import Job, MediaKind
from bot.domain.words.text import one_line, shortened
from bot.errors import NoKey
from bot.generation.visible_jobs import VisibleJobs
from bot.language import ago
from bot.server.cast.changes import ServerCast
from bot.server.cast.voices import ServerVoices
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX, or_none
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, viewer_of
from cogs.ui.prices import with_prices
from cogs.workflows import texts


async def _voices_here(interaction: Interaction) -> Mapping[str, str]:
    """Return the server's voices with their labels or ''."""
    try:
        found = await use(interaction, ServerVoices).of(guild_of(interaction), interaction.user.id)
    except NoKey:
        return {}
    return {each.id: each.label for each in found.voices}


Count = app_commands.Range[int, 1, 4]
Choose: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Returns the id of the operation that the options typed so far choose."""

MINUTE_S = 60
_OPERATIONS_OF: WeakKeyDictionary[Callable[..., Any], Sequence[str]] = WeakKeyDictionary()
_COMPLETED = {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}
_NUMBERS = {FieldKind.INTEGER, FieldKind.NUMBER}


def operations_of(bot: Bot, command: app_commands.Command[Any, ..., Any]) -> list[Operation]:
    """Return a command's operations as they are now; [] if it runs none of its own."""
    found = (bot.catalogue.find(key) for key in _OPERATIONS_OF.get(command.callback, ()))
    return [operation for operation in found if operation is not None]


def runs(callback: Callable[..., Any], *operation_ids: str) -> None:
    _OPERATIONS_OF[callback] = operation_ids


def command_names(bot: Bot) -> dict[str, str]:
    """Return each operation's command as members type it, by current id."""
    return {
        operation.id: each.qualified_name
        for each in bot.tree.walk_commands()
        if isinstance(each, app_commands.Command)
        for operation in operations_of(bot, each)
    }


def offers_values(field: Field) -> bool:
    if field.kind not in _COMPLETED:
        return False
    return field.name in OWN_IDS or field.has_listed_values


def field_completion(choose: Choose, field: Field, wire_names: Mapping[str, str]) -> Any:
    """Return an autocomplete over a field's values; `wire_names` maps other options to their fields."""
    wanted: tuple[type, ...] = (int, float) if field.kind in _NUMBERS else (str,)

    @or_none
    async def complete(interaction: Interaction, typed: str | float) -> list[app_commands.Choice[Any]]:
        options = vars(interaction.namespace)
        given = {wire_names.get(key, key): value for key, value in options.items() if value is not None}
        given.pop(field.name, None)
        text = "" if isinstance(typed, float) and math.isnan(typed) else str(typed)  # a number before its first digit
        operation_id = choose(options)
        labels = await _voices_here(interaction) if field.name == VOICE else {}
        offered = interaction.client.catalogue.suggest(operation_id, field.name, text, given, labels)
        offered = await with_prices(interaction, operation_id, field.name, offered, given)
        # A live document may have changed the field's form; Discord takes only values of the option's own.
        return [app_commands.Choice(name=label, value=value) for label, value in offered if isinstance(value, wanted)]

    return complete


def job_completion(kinds: frozenset[MediaKind]) -> Any:
    """Return an autocomplete over recent results of `kinds`, newest first: the member's own and this channel's.

    Typed words search all that the member may see on this server.
    """

    @or_none
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        bot = interaction.client
        viewer, now = await viewer_of(interaction), bot.clock.wall()
        jobs = await use(bot, VisibleJobs).results(
            viewer, kinds=kinds, typed=typed, limit=CHOICES_MAX, near=interaction.channel_id
        )
        return [app_commands.Choice(name=job_label(job, now), value=job.id) for job in jobs]

    return complete


def cast_completion(*, styles: bool) -> Any:
    """Return an autocomplete over what the member may use: one style, or several of the cast, with commas."""

    @or_none
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        viewer = await viewer_of(interaction)
        found = await use(interaction, ServerCast).completed(viewer, typed, styles=styles, most=CHOICES_MAX)
        return [app_commands.Choice(name=each, value=each) for each in found if len(each) <= CHOICE_CHARS]

    return complete


def job_label(job: Job, now: float) -> str:
    """Return a job's label in a list: id, start of the prompt, age."""
    age = age_text(now - job.created_at)
    return shortened(f"{job.id} · {shortened(one_line(job_words(job)) or job.operation, 60)} · {age}", CHOICE_CHARS)


def age_text(seconds: float) -> str:
    """Return an age in its largest unit: `5 min ago`."""
    return str(texts.JUST_NOW) if seconds < MINUTE_S else ago(seconds)
