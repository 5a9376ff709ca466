"""What people read about inputs: what is wrong with one, and what the live document has changed. One line each.

Labels, titles and units are those of the catalogue; what a member typed is shown through `echo`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue.fields import Scalar
from bot.domain.harmless_text import tame

ECHO_LIMIT_CHARS = 40
"""How much of a member's own words a sentence repeats."""
EITHER_LIMIT = 12
"""How many values a sentence lists."""

_JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and many emoji fall apart without them."""

# ---------------------------------------------------------------------- the pieces of a sentence

TEXT, NUMBER, WHOLE_NUMBER, BOOLEAN = "text", "a number", "a whole number", "true or false"
LINK, LINKS = "a link", "a list of links"
OBJECT, LIST = "an object", "a list"
JSON_OBJECT, JSON_OBJECTS = "a JSON object", "a JSON list of objects"


def echo(value: object, limit: int = ECHO_LIMIT_CHARS) -> str:
    """Return `value` as one short line that does nothing in a message, whoever wrote it."""
    return tame(printable(value, limit))


def printable(value: object, limit: int) -> str:
    """Return `value` as one short printable line."""
    raw = value[: limit * 4] if isinstance(value, str) else str(value)
    line = " ".join("".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in raw).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def id_unknown(name: str) -> str:
    """Return how a documented model is offered whose id is not public."""
    return f"{name} (id not known yet)"


def refused_here(label: str, said: str) -> str:
    """Return how a value is offered that the API has refused; `said` is its own word, '' for none."""
    return f"{label} · refused here: {said}" if said else f"{label} · refused here"


def either(values: Sequence[Scalar]) -> str:
    """Return `values` as `4, 8 or 12`; long lists are cut."""
    words = [echo(value) for value in values]
    if len(words) > EITHER_LIMIT:
        words = [*words[: EITHER_LIMIT - 1], f"{len(words) - EITHER_LIMIT + 1} others"]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def of_unit(what: str, unit: str) -> str:
    """Return a kind of number with its unit, if it has one."""
    return f"{what} of {unit}" if unit else what


def the_nearest(values: Sequence[Scalar]) -> str:
    """Return `The nearest are 8 and 12.`, or '' for no values."""
    if not values:
        return ""
    return f"The nearest {'are' if len(values) > 1 else 'is'} {' and '.join(echo(value) for value in values)}."


# ---------------------------------------------------------------------- operations and their fields

INPUT_NOT_OBJECT = 'The input must be a JSON object of named fields, such as {"prompt": "a lighthouse"}.'


def no_operation(given: str, nearest: str | None, count: int) -> str:
    """Refuse an operation's id; `nearest` is one that is spelled alike, `count` how many operations there are."""
    hint = f"there are {count}, such as image.generate" if nearest is None else f"the nearest is {nearest}"
    return f"There is no operation {echo(given) or 'of that name'}; {hint}."


def offered_before(label: str) -> str:
    """Mark an operation that the live document no longer names, in front, where no limit cuts it off."""
    return f"No longer offered: {label}"


def no_field(operation: str, given: object, nearest: str | None, known: Sequence[str]) -> str:
    """Refuse a field's name; `nearest` is one that is spelled alike."""
    hint = f"It has {', '.join(known)}." if nearest is None else f"The nearest is {nearest}."
    return f"{operation} has no field named {echo(given) or 'like that'}. {hint}"


def missing(operation: str, labels: Sequence[str]) -> str:
    """Name the required fields that an input lacks."""
    return f"{operation} needs {' and '.join(f'the {label}' for label in labels)}."


def not_a_choice(who: str, choices: Sequence[Scalar], label: str, unit: str, given: object) -> str:
    """Refuse a value that is not in the list of `who`, an operation or a model."""
    return f"{echo(who)} takes {either(choices)} {unit or f'as the {label}'}; you gave {echo(given)}."


def described_elsewhere(label: str) -> str:
    """Describe a field of which only the name is known."""
    return f"The {label}, as Cannon Studio's docs describe it"


# ---------------------------------------------------------------------- values

NOT_JSON = "The input holds something that JSON cannot carry; use text, numbers, lists and objects."
NUMBER_TOO_LARGE = "The input holds a number that is not finite or too large; the limit is 9007199254740992."


def too_deep(limit: int) -> str:
    """Refuse JSON that is nested too deeply."""
    return f"The input is nested more than {limit} levels deep; make it flatter."


def must_be(label: str, wanted: str, given: str) -> str:
    """Refuse a value of the wrong kind; `given` says what it is, or is its echo."""
    return f"The {label} must be {wanted}; you gave {given}."


def text_too_long(label: str, limit: int, length: int) -> str:
    """Refuse a text."""
    return f"The {label} may have {limit:,} characters; yours has {length:,}. Shorten it by {length - limit:,}."


def must_be_finite(label: str) -> str:
    """Refuse a number that JSON cannot carry."""
    return f"The {label} must be a finite number below 9007199254740992."


def must_be_whole(label: str, number: float, below: int) -> str:
    """Refuse a fraction; `below` is the whole number below it."""
    return f"The {label} must be a whole number; you gave {number}. The nearest are {below} and {below + 1}."


def too_small(label: str, minimum: float, unit: str, number: float) -> str:
    """Refuse a number below its minimum; `unit` may be ''."""
    return f"The {label} must be at least {minimum:g}{_after(unit)}; you gave {number}. The nearest is {minimum:g}."


def too_large(label: str, maximum: float, unit: str, number: float) -> str:
    """Refuse a number above its maximum; `unit` may be ''."""
    return f"The {label} may be {maximum:g}{_after(unit)} at most; you gave {number}. The nearest is {maximum:g}."


def not_between(label: str, usual: tuple[float, float], unit: str, number: float) -> str:
    """Refuse a number far beyond what makes sense; `unit` may be ''."""
    low, high = usual
    nearest = low if number < low else high
    return (
        f"The {label} must be between {low:g} and {high:g}{_after(unit)}; you gave {number:g}. "
        f"The nearest is {nearest:g}."
    )


def must_be_above_zero(label: str, unit: str, number: float) -> str:
    """Refuse a quantity that cannot exist."""
    return f"The {label} must be more than 0 {unit}; you gave {number}."


def not_a_ratio(given: object) -> str:
    """Refuse a width to a height that is none."""
    return f"{echo(given)} is not an aspect ratio like 16:9."


def not_an_id(label: str, given: object) -> str:
    """Refuse an id that has a space or another letter that ids have not."""
    return f"The {label} must be an ID, which has no spaces and is not a short word; you gave {echo(given)}."


def link_too_long(label: str, limit: int, length: int) -> str:
    """Refuse a link for its length."""
    return f"The link of the {label} may have {limit:,} characters; yours has {length:,}."


def must_be_https(label: str) -> str:
    """Refuse what is no link, or one that is not https."""
    return f"The {label} must be a link that starts with https:// and has no spaces."


def no_key(label: str, given: object, known: Sequence[str]) -> str:
    """Refuse a key of an object."""
    return f"The {label} has no {echo(given)}; it has {', '.join(known)}."


def inside(label: str, sentence: str) -> str:
    """Say in which field the fault is that `sentence` describes."""
    return f"In the {label}: {sentence}"


def must_be_json(label: str, example: str) -> str:
    """Refuse a text that is no JSON."""
    return f"The {label} must be JSON, such as {example}."


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


# ---------------------------------------------------------------------- rules that tie several fields together

SORA_1080P_IS_PRO = "On Sora 2 only the Pro model makes 1080p. Choose the model sora-2-pro."
SOUND_OF_NOTHING = "A sound effect needs a prompt or a video."
VIDEO_OF_NOTHING = "A video needs a prompt, a picture or a clip."
WAN_AUDIO_ALONE = "With Wan 2.7, audio needs a prompt or a source clip beside it."


def no_square_4k(model: str) -> str:
    """Refuse 4K at 1:1."""
    return f"{model} makes no 4K at 1:1. The nearest is 2K, or 4K at 16:9."


def sora_not_square(given: object) -> str:
    """Refuse a square video of Sora 2."""
    return f"Sora 2 makes portrait or landscape only; you gave {echo(given)}. The nearest are 9:16 and 16:9."


def no_frame_rate(model: str) -> str:
    """Refuse a frame rate for a model that has none."""
    return f"{echo(model)} takes no frame rate. Leave it out, or choose Starlight 2.5."


# ---------------------------------------------------------------------- what is doubtful, and may be tried

SPELLED_OTHERWISE = "The commands would send some of it in another form."
"""Why an input is doubtful that has no fault."""


def no_longer_offered(operation: str) -> str:
    """Warn of an operation that the live document no longer names."""
    return f"Cannon Studio no longer lists {operation}; it may fail."


def probably_needs(operation: str, label: str) -> str:
    """Warn that a field is missing which the docs seem to require."""
    return f"{operation} probably needs the {label}; Cannon Studio's docs do not say so clearly."


def unusual(label: str, usual: tuple[float, float] | None, unit: str, number: float) -> str:
    """Warn of a number beyond what makes sense; `usual` are the least and the greatest of those that do."""
    low, high = usual or (0, 0)
    return f"A {label} of {number:g}{_after(unit)} is unusual: {low:g} to {high:g} is what others take."


def unlikely_id(label: str, given: object) -> str:
    """Warn of an id that does not look like one."""
    return f"{echo(given)} does not look like {label}: ids have digits and no spaces."


def field_not_documented(operation: str, name: object) -> str:
    """Warn of a field that no document names."""
    return f"Cannon Studio does not say that {operation} takes {echo(name)}."


def asked_by_the_api(label: str) -> str:
    """Describe a field that only a refusal of the API has named."""
    return f"Cannon Studio asks for the {echo(label)}"


def no_document_names(operation_id: str, nearest: str | None) -> str:
    """Say that an operation is not documented; `nearest` is one that is spelled alike."""
    hint = "" if nearest is None else f" The nearest that is documented is {nearest}."
    return f"No document of Cannon Studio names {echo(operation_id, 60)}.{hint}"


def sent_as_typed(operation: str, reason: str) -> str:
    """Warn that an input is sent as it was typed; `reason` is a sentence."""
    return f"{echo(operation, 60)} is sent exactly as you typed it, and it may fail. {reason}"


# ---------------------------------------------------------------------- what the live document has changed


def new_operation(operation_id: str) -> str:
    """Report an operation that was not known."""
    return f"There is a new operation: {operation_id}."


def gone_operation(title: str, operation_id: str) -> str:
    """Report an operation that the document lists no longer."""
    return f"{title} ({operation_id}) is no longer offered."


def operation_is_back(title: str, operation_id: str) -> str:
    """Report an operation that the document lists again."""
    return f"{title} ({operation_id}) is offered again."


def other_id(title: str, present: str, former: str) -> str:
    """Report another id of an operation: one that was deduced, or that has been renamed."""
    return f"The id of {title} is {present}, not {former}."


def not_listed(field: str) -> str:
    """Report a field that the document lacks."""
    return f"the live document does not list {field}."


def new_fields(operation_id: str, names: Sequence[str]) -> str:
    """Report fields that were not known."""
    return f"{operation_id} has new fields: {', '.join(names)}."


def new_models(operation_id: str, ids: Sequence[str]) -> str:
    """Report models that were not known."""
    return f"{operation_id} has new models: {', '.join(ids)}."


def gone_models(operation_id: str, ids: Sequence[str]) -> str:
    """Report models that the document lists no longer, by their ids, or by their names where no id is known."""
    return f"{operation_id} no longer offers these models: {', '.join(ids)}."


def of_operation(operation_id: str, change: str) -> str:
    """Say in which operation a change is."""
    return f"{operation_id}: {change}"


def now_required(field: str, *, required: bool) -> str:
    """Report a field that has become required, or optional."""
    return f"{field} is {'now' if required else 'no longer'} required."


def new_range(field: str, minimum: float | None, maximum: float | None) -> str:
    """Report other limits of a number; None for no limit."""
    return f"{field} goes from {_end(minimum)} to {_end(maximum)}."


def new_length(field: str, limit: int) -> str:
    """Report another limit of a text, in characters."""
    return f"{field} may have {limit:,} characters."


def new_keys(field: str, names: Sequence[str]) -> str:
    """Report keys of an object that were not known."""
    return f"{field} has new keys: {', '.join(names)}."


def other_kind(field: str, present: str, former: str) -> str:
    """Report another kind of a field."""
    return f"{field} is of the kind {present}, not {former}."


def takes_only(field: str, values: Sequence[Scalar]) -> str:
    """Report another closed list of values."""
    return f"{field} takes {either(values)} only."


def takes_any(field: str) -> str:
    """Report that a list of values is closed no longer."""
    return f"{field} takes any value."


def _end(value: float | None) -> str:
    return "any" if value is None else f"{value:,}"
