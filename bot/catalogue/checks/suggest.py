"""Autocomplete of a field: known values, and the typed text. From memory only."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalogue.checks.values import clean_text, nearest, size_of, take
from bot.catalogue.fields import MODEL, Field, FieldKind, Scalar
from bot.catalogue.operation import Operation, model_id, model_name, same_name
from bot.catalogue.texts import ENDED_VALUE, counted, printable
from bot.errors import InputError

OFFER_LIMIT = 25
"""The most choices that Discord shows."""
OFFER_LIMIT_CHARS = 100
"""The longest label or text value of a choice."""

Offer = tuple[str, Scalar]


def suggest(
    operation: Operation, field: Field, typed: str, given: Mapping[str, object], labels: Mapping[str, str]
) -> list[Offer]:
    """Return up to 25 (label, value) pairs for what is `typed`; `given` are the other options.

    `labels` are an open list's values on this server, each with what moderators call it or ''.
    """
    if field.kind not in {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}:
        return []
    model = given.get("model")
    closed = field.choices_for(model_id(operation, model) if isinstance(model, str) else None)
    values = closed or dict.fromkeys([*labels, *_open_values(operation, field)])
    offers = [
        _offer(operation, field, value, labels.get(str(value), ""))
        for value in values
        if not isinstance(value, str) or len(value) <= OFFER_LIMIT_CHARS
    ]
    return _typed_first(offers, field, typed, is_closed=bool(closed))[:OFFER_LIMIT]


def _typed_first(offers: list[Offer], field: Field, typed: str, *, is_closed: bool) -> list[Offer]:
    wanted = clean_text(typed)
    if not wanted:
        return offers
    found = _matching(offers, wanted)
    if is_closed:
        return found or _by_nearness(offers, wanted)
    own = _own(field, wanted)
    if own is not None and not any(_is(offer, wanted) or offer[1] == own[1] for offer in found):
        found.insert(0, own)
    return found


def _open_values(operation: Operation, field: Field) -> list[Scalar]:
    models = operation.models if field.name == MODEL else ()
    return [*(model.id for model in models if model.id is not None and model.offered), *field.suggestions]


def _offer(operation: Operation, field: Field, value: Scalar, label: str) -> Offer:
    if field.name == MODEL:
        label = model_name(operation, str(value))
    label = f"{label} ({value})" if label not in {"", value} else counted(value, field.unit)
    end = next((each.end for each in operation.models if each.id == value), None)
    if field.name == MODEL and end is not None:
        label = ENDED_VALUE(value=label, date=end.date)
    return printable(label, OFFER_LIMIT_CHARS), value


def _matching(offers: list[Offer], wanted: str) -> list[Offer]:
    """Return the offers containing `wanted`: exact, then prefix, then other matches."""
    word = wanted.casefold()
    matching = [offer for offer in offers if word in offer[0].casefold() or word in str(offer[1]).casefold()]
    return sorted(matching, key=lambda offer: (not _is(offer, wanted), not offer[0].casefold().startswith(word)))


def _is(offer: Offer, wanted: str) -> bool:
    label, value = offer
    word = wanted.casefold()
    return same_name(wanted, str(value)) or word in {
        label.casefold(),
        str(value).casefold(),
        label.casefold().removesuffix(f" ({value})".casefold()),
    }


def _by_nearness(offers: list[Offer], wanted: str) -> list[Offer]:
    near = nearest(size_of(wanted) or wanted, [value for _, value in offers])
    return sorted(offers, key=lambda offer: offer[1] not in near)


def _own(field: Field, wanted: str) -> Offer | None:
    """Return the typed text as an offer, None if too long or of the wrong kind."""
    try:
        value = take(field, wanted, allow_local=False)
    except InputError:
        return None
    if value is None or (isinstance(value, str) and len(value) > OFFER_LIMIT_CHARS):
        return None
    return printable(counted(value, field.unit), OFFER_LIMIT_CHARS) or "…", value
