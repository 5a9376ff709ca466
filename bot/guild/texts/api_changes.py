"""What Cannon Studio changes in its API."""

from __future__ import annotations

from collections.abc import Sequence

from bot.language import both, ntr, tr


def api_changed(changes: str, *, is_first: bool) -> str:
    """Return the line of what the description of the API shows; `changes` is made of sentences by `changed_so`."""
    if is_first:
        found = tr("The bot read Cannon Studio's API description for the first time. It differs from what it knew.")
    else:
        found = tr("Cannon Studio changed its API.")
    return f"{found} {changes}"


def changed_so(kind: str, things: Sequence[str]) -> str:
    """Return a sentence about what `came`, is `gone` or `changed`."""
    named = both(things)
    match kind:
        case "came":
            return tr("New: {things}.", things=named)
        case "gone":
            return tr("Removed: {things}.", things=named)
        case _:
            return tr("Changed: {things}.", things=named)


def changed_thing(subject: str, operation: str, name: str) -> str:
    """Name an operation with its former id, if it has one; or a `model` or `field` of an operation."""
    if subject == "operation":
        return tr("{old}, now {operation}", old=name, operation=operation) if name else operation
    if subject == "model":
        return tr("the model {model} of {operation}", model=name, operation=operation)
    return tr("the field {field} of {operation}", field=name, operation=operation)


def counted(count: int, subject: str) -> str:
    """Return how many operations, models or fields there are."""
    match subject:
        case "operation":
            return ntr("{count} operation", "{count} operations", count)
        case "model":
            return ntr("{count} model", "{count} models", count)
        case _:
            return ntr("{count} field", "{count} fields", count)
