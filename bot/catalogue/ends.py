"""Announced ends that have passed: of an operation, or of a model that it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.catalogue.operation import Model, Operation, same_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedEnd:
    """What may fail since its announced last day, an ISO date, is over. `name` is shown to members."""

    name: str
    date: str


def passed_end(operation: Operation, model: object, now: float) -> PassedEnd | None:
    """Return the end that a request meets at `now` (Unix seconds): of the operation, else of the model it names."""
    if _is_over(operation.ends, now):
        return PassedEnd(name=operation.title, date=str(operation.ends))
    ended = passed_models(operation, now, named="" if model is None else model)
    return ended[0] if ended else None


def passed_models(operation: Operation, now: float, *, named: object = None) -> list[PassedEnd]:
    """Return the operation's models whose end has passed; only the one that is `named`, if a text is."""
    return [
        PassedEnd(name=each.name, date=str(each.ends))
        for each in operation.models
        if _is_over(each.ends, now) and (named is None or _is_named(each, named))
    ]


def _is_named(model: Model, named: object) -> bool:
    return isinstance(named, str) and any(same_name(named, each) for each in (model.id or "", model.name))


def _is_over(ends: str | None, now: float) -> bool:
    return ends is not None and datetime.fromtimestamp(now, UTC).date().isoformat() > ends
