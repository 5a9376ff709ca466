"""Settings in words: what each is called, how its value reads, and what has changed between two sets of them."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from bot.delivery.text import plain
from bot.domain.guild_rules import Payer, Rules
from bot.domain.models import credits_text
from bot.domain.text import on_off, shortened

PAYERS = {
    Payer.PRESSER: "who asks for it",
    Payer.AUTHOR: "only the author may, and pays",
    Payer.OFF: "nobody: re-runs are off",
}
MODELS_SHOWN_CHARS = 700


def credits_or_none(amount: Decimal | None) -> str:
    """Write a threshold."""
    return "none" if amount is None else f"{credits_text(amount)} credits"


def channel_or_none(channel_id: int | None) -> str:
    """Write a channel."""
    return "none" if channel_id is None else f"<#{channel_id}>"


def role_or_none(role_id: int | None) -> str:
    """Write a role."""
    return "none" if role_id is None else f"<@&{role_id}>"


def channels(ids: frozenset[int], empty: str = "none") -> str:
    """Write a set of channels."""
    return ", ".join(f"<#{each}>" for each in sorted(ids)) or empty


def word_count(words: tuple[str, ...]) -> str:
    """Write how many words are on the list; which stands in the settings only, as the log may have other readers."""
    return f"{len(words)} word{'' if len(words) == 1 else 's'}" if words else "empty"


def models(chosen: Mapping[str, str]) -> str:
    """Write default models by operation."""
    named = ", ".join(f"`{operation}` {plain(model)}" for operation, model in sorted(chosen.items()))
    return shortened(named, MODELS_SHOWN_CHARS) or "none"


_WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "moderator_role": ("moderator role", role_or_none),
    "allowed_channels": ("allowed channels", lambda ids: channels(ids, "all")),
    "forbidden_channels": ("forbidden channels", channels),
    "unchecked_only_in_age_restricted": ("safety check off in age-restricted channels only", on_off),
    "running_per_member": ("running jobs per member", str),
    "queued_per_member": ("waiting jobs per member", str),
    "running_per_server": ("running jobs in the server", str),
    "job_ceiling": ("most that a job may cost", credits_or_none),
    "confirm_above": ("own yes needed above", credits_or_none),
    "approve_above": ("approval needed above", credits_or_none),
    "approval_channel": ("approval channel", channel_or_none),
    "approve_own": ("approving one's own jobs", on_off),
    "log_channel": ("log channel", channel_or_none),
    "rerun_payer": ("who pays for a re-run", PAYERS.__getitem__),
    "words": ("word list", word_count),
    "ping": ("ping with the result", on_off),
    "default_models": ("default models", models),
    "timezone": ("time zone", lambda name: f"`{name}`"),
    "paused": ("new jobs paused", on_off),
    "estimate_tool": ("Cannon Studio's estimate tool", on_off),
}


def label(name: str) -> str:
    """Return what a setting is called."""
    return _WORDS[name][0]


def value(rules: Rules, name: str) -> str:
    """Return how a setting's value reads."""
    return _WORDS[name][1](getattr(rules, name))


def changed(old: Rules, new: Rules) -> list[str]:
    """Return the names of the settings that differ."""
    return [each.name for each in fields(Rules) if getattr(old, each.name) != getattr(new, each.name)]


def sentence(old: Rules, new: Rules) -> str:
    """Say what has changed, for the record; '' if nothing has."""
    parts = [_change(old, new, name) for name in changed(old, new)]
    return f"changed {'; '.join(parts)}." if parts else ""


def _change(old: Rules, new: Rules, name: str) -> str:
    if name == "words":
        gone, come = len(set(old.words) - set(new.words)), len(set(new.words) - set(old.words))
        return f"{label(name)}: {value(old, name)} → {value(new, name)} ({come} added, {gone} removed)"
    return f"{label(name)}: {value(old, name)} → {value(new, name)}"


def about(old: Rules, new: Rules) -> dict[str, Any]:
    """Return what has changed as JSON, old and new value by name; None stands for the default."""
    before, after = old.to_json(), new.to_json()
    return {name: [before.get(name), after.get(name)] for name in changed(old, new)}
