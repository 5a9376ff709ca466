"""What people read about inputs: what is wrong with one. One line each. What the live document has changed is for logs.

Labels, titles and units are those of the catalogue, in English; they are translated here. What a member typed is shown
through `echo`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
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
    """Return `The nearest are 8 and 12.`, or '' for no values."""
    if not values:
        return ""
    if len(values) == 1:
        return tr("The nearest is {value}.", value=echo(values[0]))
    return tr("The nearest are {values}.", values=both(echo(value) for value in values))


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
    shown = echo(given)
    if not shown:
        return tr("Name an operation, such as image.generate.")
    if nearest is None:
        return tr("There is no operation {operation}. Choose one from the list.", operation=shown)
    return tr("There is no operation {operation}. Did you mean {nearest}?", operation=shown, nearest=nearest)


ENDED = Text(
    "{product} was retired on {date}, so this will probably fail. You pay only if Cannon Studio charges for it.",
    date=whole_day,
)
OFFERED_BEFORE = Text("No longer offered: {operation}")


@because("input.name")
def no_field(operation: str, given: object, nearest: str | None, known: Sequence[str]) -> str:
    """Refuse a field's name; `nearest` is one that is spelled alike."""
    title, shown = _inner(operation), echo(given)
    if nearest is None:
        return tr("{operation} has no field {field}. It has: {known}.", operation=title, field=shown, known=both(known))
    return tr(
        "{operation} has no field {field}. Did you mean {nearest}?", operation=title, field=shown, nearest=nearest
    )


def missing(operation: str, labels: Sequence[str]) -> str:
    return tr("{operation} needs: {fields}.", operation=_inner(operation), fields=both(map(_inner, labels)))


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

NOT_JSON = Text(
    "The input contains something that JSON can't hold. Use text, numbers, lists, and objects.", why="input.json"
)
NUMBER_TOO_LARGE = Text(
    "The input contains a number that is too large. The limit is 9007199254740992.", why="input.range"
)

TEXT, NUMBER, BOOLEAN = Text("text"), Text("a number"), Text("true or false")
OBJECT, LIST = Text("an object"), Text("a list")


class Wanted(StrEnum):
    """What a value has to be."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE_NUMBER = "whole number"
    BOOLEAN = "boolean"
    LINK = "link"
    LINKS = "links"
    OBJECT = "object"
    OBJECTS = "objects"


_MUST_BE: Mapping[Wanted, Text] = {
    Wanted.TEXT: Text("{field} must be text; you gave {given}.", why="input.kind"),
    Wanted.NUMBER: Text("{field} must be a number; you gave {given}.", why="input.kind"),
    Wanted.WHOLE_NUMBER: Text("{field} must be a whole number; you gave {given}.", why="input.kind"),
    Wanted.BOOLEAN: Text("{field} must be true or false; you gave {given}.", why="input.kind"),
    Wanted.LINK: Text("{field} must be a link; you gave {given}.", why="input.kind"),
    Wanted.LINKS: Text("{field} must be a list of links; you gave {given}.", why="input.kind"),
    Wanted.OBJECT: Text("{field} must be a JSON object; you gave {given}.", why="input.kind"),
    Wanted.OBJECTS: Text("{field} must be a JSON list of objects; you gave {given}.", why="input.kind"),
}
TOO_DEEP = Text("The input is nested more than {limit} levels deep. Make it flatter.", why="input.json")


def must_be(label: str, wanted: Wanted, given: str | Text) -> str:
    """Refuse a value of the wrong kind; `given` says what it is, or is its echo."""
    return _MUST_BE[wanted](field=_name(label), given=given)


@because("input.length")
def text_too_long(label: str, limit: int, length: int) -> str:
    return tr(
        "{field} can have up to {limit} characters; yours has {length}. Shorten it by {excess}.",
        field=_name(label),
        limit=amount(limit),
        length=amount(length),
        excess=amount(length - limit),
    )


MUST_BE_FINITE = Text("{field} must be a number below 9007199254740992.", why="input.range", field=_name)


@because("input.kind")
def must_be_whole(label: str, number: float, below: int) -> str:
    """Refuse a fraction; `below` is the whole number below it."""
    return tr(
        "{field} must be a whole number, such as {below} or {above}; you gave {number}.",
        field=_name(label),
        number=amount(number),
        below=amount(below),
        above=amount(below + 1),
    )


@because("input.range")
def too_small(label: str, minimum: float, unit: str, number: float) -> str:
    """Refuse a number below its minimum; `unit` may be ''."""
    least = counted(minimum, unit)
    return tr(
        "{field} must be at least {minimum}; you gave {number}.", field=_name(label), minimum=least, number=number
    )


@because("input.range")
def too_large(label: str, maximum: float, unit: str, number: float) -> str:
    """Refuse a number above its maximum; `unit` may be ''."""
    most = counted(maximum, unit)
    return tr("{field} can be at most {maximum}; you gave {number}.", field=_name(label), maximum=most, number=number)


@because("input.range")
def not_between(label: str, usual: tuple[float, float], unit: str, number: float) -> str:
    """Refuse a number far beyond what makes sense; `unit` may be ''."""
    return tr(
        "{field} must be between {low} and {high}; you gave {number}.",
        field=_name(label),
        low=amount(usual[0]),
        high=counted(usual[1], unit),
        number=amount(number),
    )


MUST_BE_ABOVE_ZERO = Text(
    "{field} must be more than 0; you gave {number}.", why="input.range", field=_name, number=amount
)
NOT_A_RATIO = Text("{given} is not an aspect ratio like 16:9.", why="input.kind", given=echo)
NOT_AN_ID = Text(
    "{field} must be an ID that you copy from its source; you gave {given}.", why="input.kind", field=_name, given=echo
)
LINK_TOO_LONG = Text(
    "{field}: a link can have up to {limit} characters; yours has {length}.",
    why="file.link",
    field=_name,
    limit=amount,
    length=amount,
)
MUST_BE_HTTPS = Text(
    "{field} must be a link that starts with https:// and has no spaces.", why="file.link", field=_name
)
NO_KEY = Text("{field} has no key {key}. It has: {known}.", why="input.name", field=_name, key=echo, known=both)
INSIDE = Text("{field}: {problem}", field=_name)
"""Say in which field the fault is that `problem` describes."""
MUST_BE_JSON = Text("{field} must be JSON, such as {example}.", why="input.json", field=_name)


# ---------------------------------------------------------------------- rules that tie several fields together

SORA_1080P_IS_PRO = Text("On Sora 2, only the Pro model makes 1080p. Choose the model sora-2-pro.", why="input.model")
SOUND_OF_NOTHING = Text("A sound effect needs a prompt or a video.", why="input.missing")
VIDEO_OF_NOTHING = Text("A video needs a prompt, an image, or a video to start from.", why="input.missing")
WAN_AUDIO_ALONE = Text("With Wan 2.7, audio also needs a prompt or a source video.", why="input.missing")
NO_SQUARE_4K = Text("{model} can't make 4K at 1:1. Choose 2K, or 4K at 16:9.", why="input.model")
SORA_NOT_SQUARE = Text(
    "Sora 2 makes portrait and landscape videos only; you gave {given}. Choose 9:16 or 16:9.",
    why="input.model",
    given=echo,
)
NO_FRAME_RATE = Text(
    "{model} takes no frame rate. Leave it out, or choose Starlight 2.5.", why="input.model", model=echo
)


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


# ---------------------------------------------------------------------- what the live document has changed (logs)


NEW_OPERATION = "There is a new operation: {operation_id}.".format
GONE_OPERATION = "{title} ({operation_id}) is no longer offered.".format
OPERATION_IS_BACK = "{title} ({operation_id}) is offered again.".format
OTHER_ID = "The id of {title} is {present}, not {former}.".format
NOT_LISTED = "the live document does not list {field}.".format


def new_fields(operation_id: str, names: Sequence[str]) -> str:
    return f"{operation_id} has new fields: {', '.join(names)}."


def new_models(operation_id: str, ids: Sequence[str]) -> str:
    return f"{operation_id} has new models: {', '.join(ids)}."


def gone_models(operation_id: str, ids: Sequence[str]) -> str:
    return f"{operation_id} no longer offers these models: {', '.join(ids)}."


OF_OPERATION = "{operation_id}: {change}".format


def now_required(field: str, *, required: bool) -> str:
    return f"{field} is {'now' if required else 'no longer'} required."


def new_range(field: str, minimum: float | None, maximum: float | None) -> str:
    """Report other limits of a number; None for no limit."""
    return f"{field} goes from {_end(minimum)} to {_end(maximum)}."


NEW_LENGTH = "{field} may have {limit:,} characters.".format


def new_keys(field: str, names: Sequence[str]) -> str:
    return f"{field} has new keys: {', '.join(names)}."


OTHER_KIND = "{field} is of the kind {present}, not {former}.".format


def takes_only(field: str, values: Sequence[Value]) -> str:
    return f"{field} takes {', '.join(map(str, values))} only."


TAKES_ANY = "{field} takes any value.".format


def _end(value: float | None) -> str:
    return "any" if value is None else f"{value:,}"
