"""The server's price list, the estimate tool, and which operations are on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.account.texts import actor
from bot.domain.texts import TURNED_OFF
from bot.domain.words.text import full_stop
from bot.language import Plural, Text, amount, because, both, either, ntr, sentences, tr

# ---------------------------------------------------------------------- operations


def switched_operation(by_id: int, operation_id: str, *, on: bool) -> str:
    if on:
        return tr("{who} turned on `{operation}`.", who=actor(by_id), operation=operation_id)
    return tr("{who} turned off `{operation}`.", who=actor(by_id), operation=operation_id)


_OFF_EVERYWHERE = Text("The host of this bot has turned off {operation}.", why="command.off_by_host")


def switched_off(operation: str, *, everywhere: bool) -> str:
    return (_OFF_EVERYWHERE if everywhere else TURNED_OFF)(operation=operation)


# ---------------------------------------------------------------------- prices

PRICE_TWICE = Text("This operation and model already have a line.")
ALWAYS_COSTS = Text("{operation} always costs {price}, so you can't set another price.", why="settings.value")


@because("settings.value")
def no_unit(operation: str, units: Sequence[str]) -> str:
    return tr(
        "A price of {operation} is per {units}. Choose one of these.",
        operation=operation,
        units=either(f"`{each}`" for each in units),
    )


@because("prices.file")
def no_columns(columns: Sequence[str]) -> str:
    return tr(
        "The first line of the file must name each of these columns once: {columns}.",
        columns=both(f"`{each}`" for each in columns),
    )


WRONG_LINE = Text("Line {number}: {reason}", reason=full_stop)
"""Return what is wrong with a line of a file; `reason` is a sentence."""


@because("prices.file")
def wrong_lines(errors: Sequence[str], more: int) -> str:
    rest = [ntr("{count} more line has an error.", "{count} more lines have errors.", more)] if more > 0 else []
    return sentences(tr("No price was changed."), *errors, *rest)


PRICES_REPLACED = Plural(
    "{who} replaced the price list with a file of {count} price: {new} new, {changed} changed, {removed} removed.",
    "{who} replaced the price list with a file of {count} prices: {new} new, {changed} changed, {removed} removed.",
    who=actor,
    new=amount,
    changed=amount,
    removed=amount,
)


def with_model(operation_id: str, model: str) -> str:
    """Name an operation, with one of its models unless that is ''."""
    return tr("`{operation}` with {model}", operation=operation_id, model=model) if model else f"`{operation_id}`"


def price_set(by_id: int, named: str, price: str, before: str) -> str:
    """Return the line of a price; `before` is '' for the first."""
    if before:
        return tr(
            "{who} changed the price of {operation} from {before} to {price}.",
            who=actor(by_id),
            operation=named,
            before=before,
            price=price,
        )
    return tr("{who} set the price of {operation} to {price}.", who=actor(by_id), operation=named, price=price)


def price_removed(by_id: int, named: str, before: str) -> str:
    """Return the line of a removed price; `before` is '' where none was set."""
    if before:
        return tr(
            "{who} removed the price of {operation}, which was {before}.",
            who=actor(by_id),
            operation=named,
            before=before,
        )
    return tr("{who} removed the price of {operation}.", who=actor(by_id), operation=named)
