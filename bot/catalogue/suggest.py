"""What autocomplete offers for a field: known values, and the typed text itself. From memory only."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalogue.fields import Field, FieldKind, Scalar
from bot.catalogue.nearest import nearest, size_of
from bot.catalogue.operation import Operation, model_id, model_name
from bot.catalogue.texts import printable
from bot.catalogue.values import clean_text, take
from bot.errors import InputError

OFFER_LIMIT = 25
"""The most choices that Discord shows."""
OFFER_LIMIT_CHARS = 100
"""The longest label or text value of a choice."""

Offer = tuple[str, Scalar]


def suggest(operation: Operation, field: Field, typed: str, given: Mapping[str, object]) -> list[Offer]:
    """Return up to 25 pairs of label and value for what is `typed` so far; `given` are the other options."""
    if field.kind not in {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}:
        return []
    model = given.get("model")
    closed = field.choices_for(model_id(operation, model) if isinstance(model, str) else None)
    offers = [_offer(operation, field, value) for value in closed or _open_values(operation, field)]
    offers = [
        (label, value) for label, value in offers if not isinstance(value, str) or len(value) <= OFFER_LIMIT_CHARS
    ]
    wanted = clean_text(typed)
    if not wanted:
        return offers[:OFFER_LIMIT]
    found = _matching(offers, wanted)
    if closed:
        return (found or _by_nearness(offers, wanted))[:OFFER_LIMIT]
    own = _own(field, wanted)
    if own is not None and not any(_is(offer, wanted) or offer[1] == own[1] for offer in found):
        found.insert(0, own)
    return found[:OFFER_LIMIT]


def _open_values(operation: Operation, field: Field) -> list[Scalar]:
    values: list[Scalar] = []
    if field.name == "model":
        values += [model.id for model in operation.models if model.id is not None]
    values += [value for value in field.suggestions if value not in values]
    return values


def _offer(operation: Operation, field: Field, value: Scalar) -> Offer:
    if field.name == "model":
        name = model_name(operation, str(value))
        label = name if name == value else f"{name} ({value})"
    else:
        label = f"{value} {field.unit}".rstrip()
    return printable(label, OFFER_LIMIT_CHARS), value


def _matching(offers: list[Offer], wanted: str) -> list[Offer]:
    """Return the offers that contain `wanted`: the exact one, then those that start with it, then the others."""
    word = wanted.casefold()
    matching = [offer for offer in offers if word in offer[0].casefold() or word in str(offer[1]).casefold()]
    return sorted(matching, key=lambda offer: (not _is(offer, wanted), not offer[0].casefold().startswith(word)))


def _is(offer: Offer, wanted: str) -> bool:
    label, value = offer
    word = wanted.casefold()
    return word in {label.casefold(), str(value).casefold(), label.casefold().removesuffix(f" ({value})".casefold())}


def _by_nearness(offers: list[Offer], wanted: str) -> list[Offer]:
    near = nearest(size_of(wanted) or wanted, [value for _, value in offers])
    return sorted(offers, key=lambda offer: offer[1] not in near)


def _own(field: Field, wanted: str) -> Offer | None:
    """Return what the member typed as an offer, None if it is too long or not of the field's kind."""
    try:
        value = take(field, wanted, allow_local=False)
    except InputError:
        return None
    if value is None or (isinstance(value, str) and len(value) > OFFER_LIMIT_CHARS):
        return None
    return printable(f"{value} {field.unit}".rstrip(), OFFER_LIMIT_CHARS) or "…", value
