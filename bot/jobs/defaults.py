"""What a job gets where its author named nothing: the server's model, a voice; and the id of a model that was named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalogue import Operation
from bot.catalogue.tried import resolved_model
from bot.catalogue.values import clean_text
from bot.domain.guild_rules import Rules
from bot.guild.account_memory import MODEL, VOICE, AccountMemory
from bot.jobs.card_spec import JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What applies to one request: the server's settings, and what its account took before."""

    rules: Rules
    memory: AccountMemory
    voice: str = ""
    """The author's own voice, else the server's, '' for none."""


def with_defaults(operation: Operation, step: JobSpec, defaults: Defaults) -> Mapping[str, Any]:
    """Return the step's input with what was left out, and with a model's name as an id."""
    names = {each.name for each in operation.fields} - step.fill.keys()
    given = dict(step.input)
    model = given.get(MODEL) or defaults.rules.default_models.get(operation.id)
    if MODEL in names and isinstance(model, str):
        given[MODEL] = resolved_model(operation, clean_text(model), defaults.memory.of(operation, MODEL))
    if VOICE in names and not given.get(VOICE) and defaults.voice:
        given[VOICE] = defaults.voice
    return given
