"""What people read about inputs: what is wrong with one. One line each.

Labels, titles and units are those of the catalogue, in English; they are translated here. What a member typed is shown
through `echo`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from bot.domain.words.text import tame
from bot.language import Text, amount, because, both, either, ntr, sentences, tr, whole_day

ECHO_LIMIT_CHARS = 40
"""How much of a member's own words a sentence repeats."""
EITHER_LIMIT = 12
"""How many values a sentence lists."""

Value: TypeAlias = str | int | float

_UNITS = {
    "seconds": Text("{number} seconds"),
    "frames per second": Text("{number} frames per second"),
    "degrees": Text("{number} degrees"),
}
"""The catalogue's units after several numbers."""
_JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and many emoji fall apart without them."""

# ---------------------------------------------------------------------- parts of sentences


def echo(value: object, limit: int = ECHO_LIMIT_CHARS) -> str:
    """Return `value` as one short line without effect in a message."""
    return tame(printable(value, limit))


def printable(value: object, limit: int) -> str:
    """Return `value` as one short printable line."""
    raw = value[: limit * 4] if isinstance(value, str) else str(value)
    line = " ".join("".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in raw).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


ENDED_VALUE = Text("{value} · retired {date}", date=whole_day)
"""Return how something is offered that its provider has ended."""


def counted(number: Value, unit: str) -> str:
    """Return a number with its unit, one of the catalogue's or '': `10 seconds`. A text is returned as it is."""
    if isinstance(number, str):
        return _with_unit(number, unit) if unit else number
    if unit == "seconds":
        return ntr("{count} second", "{count} seconds", number)
    if unit == "frames per second":
        return ntr("{count} frame per second", "{count} frames per second", number)
    if unit == "degrees":
        return ntr("{count} degree", "{count} degrees", number)
    return _with_unit(amount(number), unit) if unit else amount(number)


def the_nearest(values: Sequence[Value]) -> str:
    """Return `Nearest: 8 or 12.`, or '' for no values."""
    if not values:
        return ""
    return tr("Nearest: {values}.", values=either(echo(value) for value in values))


def _name(label: str) -> str:
    """Return a field's label as the first word of a sentence; the API's own name for it, as `zone_id`, stays."""
    said = _inner(label)
    return said if "_" in said else f"{said[:1].upper()}{said[1:]}"


def _inner(label: str) -> str:
    """Return a field's label, or an operation's title, in the language of the moment."""
    return tr(label) if label else ""  # the empty message is the header of a translation


def _with_unit(number: str, unit: str) -> str:
    """Return a number, or several, with a unit; one that only the live document has is written as it is there."""
    known = _UNITS.get(unit)
    return f"{number} {unit}" if known is None else tr(known.message, number=number)


def _one_of(values: Sequence[Value], unit: str) -> str:
    """Return `4, 8, or 12 seconds`; long lists are cut."""
    shown = [echo(value) for value in values]
    if len(shown) > EITHER_LIMIT:
        rest = len(shown) - EITHER_LIMIT + 1
        shown = [*shown[: EITHER_LIMIT - 1], ntr("{count} other", "{count} others", rest)]
    return _with_unit(either(shown), unit) if unit else either(shown)


# ---------------------------------------------------------------------- operations and their fields

INPUT_NOT_OBJECT = Text(
    'The input must be a JSON object of named fields, such as {"prompt": "a lighthouse"}.', why="input.json"
)
DESCRIBED_ELSEWHERE = Text("See Cannon Studio's docs for accepted values")
"""The help of a field of which only the name is known."""
ASKED_BY_THE_API = Text("Cannon Studio requires this")
"""The help of a field that only a refusal of the API has named."""


@because("input.name")
def no_operation(given: str, nearest: str | None) -> str:
    """Refuse an operation's id; `nearest` is one that is spelled alike."""
    said = tr("There is no operation {operation}. Choose one from the list.", operation=echo(given) or "…")
    return sentences(said, the_nearest([nearest] if nearest else []))


ENDED = Text(
    "{product} was retired on {date}, so this will probably fail. You pay only if Cannon Studio charges for it.",
    date=whole_day,
)
OFFERED_BEFORE = Text("No longer offered: {operation}")


@because("input.name")
def no_field(operation: str, given: object, nearest: str | None, known: Sequence[str]) -> str:
    """Refuse a field's name; `nearest` is one that is spelled alike."""
    use = both(known) if nearest is None else nearest
    return tr(
        "{operation} has no field {field}. Use: {known}.", operation=_inner(operation), field=echo(given), known=use
    )


@because("input.missing")
def missing(operation: str, labels: Sequence[str], *, any_of: bool = False) -> str:
    """Say which fields are missing; `any_of`: one of them is enough."""
    fields = (either if any_of else both)(map(_inner, labels))
    return tr("{operation} needs: {fields}.", operation=_inner(operation), fields=fields)


@because("input.choice")
def not_a_choice(who: str, choices: Sequence[Value], label: str, unit: str, given: object) -> str:
    """Refuse a value that is not in the list of `who`, an operation or a model."""
    return tr(
        "For {operation_or_model}, {field} must be {values}; you gave {given}.",
        operation_or_model=echo(_inner(who)),
        field=_inner(label),
        values=_one_of(choices, unit),
        given=echo(given),
    )


# ---------------------------------------------------------------------- values

NOT_IN_JSON = Text(
    "The input can't contain {value}. Use text, numbers below 9007199254740992, lists, and objects.", why="input.json"
)
TOO_DEEP, NAME_TWICE = Text("more than {limit} levels of lists"), Text("the name {name} twice")
TOO_LARGE = Text("so large a number")
"""What else JSON can't contain here."""

TEXT, NUMBER, BOOLEAN = Text("text"), Text("a number"), Text("true or false")
OBJECT, LIST = Text("an object"), Text("a list")


WHOLE_NUMBER, LINK, LINKS = (
    Text("a whole number"),
    Text("a link that starts with https:// and has no spaces"),
    Text("a list of links"),
)
JSON_OBJECT, JSON_OBJECTS = Text("a JSON object"), Text("a JSON list of objects")
JSON_SUCH_AS = Text("JSON, such as {example}")
MORE_THAN_0, RATIO, ID = Text("more than 0"), Text("a ratio like 16:9"), Text("an ID that you copy from its source")


@because("input.kind")
def must_be(label: str, wanted: str | Text, given: str | Text) -> str:
    """Refuse a value of the wrong kind; `given` says what it is, or is its echo."""
    return tr("{field} must be {wanted}; you gave {given}.", field=_name(label), wanted=wanted, given=given)


@because("input.length")
def text_too_long(label: str, limit: int, length: int) -> str:
    return tr(
        "{field} can have up to {limit} characters; yours has {length}. Shorten it by {excess}.",
        field=_name(label),
        limit=amount(limit),
        length=amount(length),
        excess=amount(length - limit),
    )


def whole_number_near(number: float) -> str:
    below = math.floor(number)
    return tr("a whole number, such as {below} or {above}", below=amount(below), above=amount(below + 1))


@because("input.range")
def out_of_range(label: str, low: float | None, high: float | None, unit: str, number: float) -> str:
    """Refuse a number outside of `low` to `high`; without both, it has to be more than 0. `unit` may be ''."""
    if low is not None and high is not None:
        wanted = tr("between {low} and {high}", low=amount(low), high=counted(high, unit))
    elif low is not None:
        wanted = tr("at least {minimum}", minimum=counted(low, unit))
    else:
        wanted = str(MORE_THAN_0) if high is None else tr("at most {maximum}", maximum=counted(high, unit))
    return tr("{field} must be {wanted}; you gave {given}.", field=_name(label), wanted=wanted, given=number)


INSIDE = Text("{field}: {problem}", field=_name)
"""Say in which field the fault is that `problem` describes."""


# ---------------------------------------------------------------------- what is doubtful, and may be tried

SPELLED_OTHERWISE = Text("The slash commands would send part of this in another form.")
"""Why an input is doubtful that has no fault."""
NO_LONGER_OFFERED = Text("Cannon Studio no longer lists {operation}, so it may fail.", operation=_inner)
LARGEST_SIZE = Text("Without a resolution GPT Image 2 makes the largest size, which may cost the most.")
PROBABLY_NEEDS = Text(
    "{operation} probably needs: {field}. Cannon Studio's docs aren't clear about it.",
    why="input.missing",
    operation=_inner,
    field=_inner,
)


def unusual(label: str, usual: tuple[float, float] | None, unit: str, number: float) -> str:
    """Warn of a number beyond what makes sense; `usual` are the least and the greatest of those that do."""
    low, high = usual or (0, 0)
    return tr(
        "{field} is usually between {low} and {high}; you gave {number}.",
        field=_name(label),
        low=amount(low),
        high=counted(high, unit),
        number=amount(number),
    )


UNLIKELY_ID = Text(
    "{given} doesn't look like a valid {field}: IDs have digits and no spaces.", field=_inner, given=echo
)
FIELD_NOT_DOCUMENTED = Text("Cannon Studio's docs list no field {field} for {operation}.", field=echo, operation=_inner)
DESCRIBED_OTHERWISE = Text("Cannon Studio's description of its API has changed, so this may fail: {reason}")
"""Warn of a value that Cannon Studio's own description of its API would refuse; `reason` is a sentence."""


def no_document_names(operation_id: str, nearest: str | None) -> str:
    """Say that an operation is not documented; `nearest` is one that is spelled alike."""
    shown = echo(operation_id, 60)
    if nearest is None:
        return tr("Cannon Studio's docs list no operation {operation}.", operation=shown)
    return tr(
        "Cannon Studio's docs list no operation {operation}. The nearest is {nearest}.",
        operation=shown,
        nearest=nearest,
    )


def sent_as_typed(operation: str, reason: str | Text) -> str:
    """Warn that an input is sent as it was typed; `reason` is a sentence."""
    title = echo(_inner(operation), 60)
    said = tr("{operation} is sent exactly as you typed it, and it may fail.", operation=title)
    return sentences(said, reason)
