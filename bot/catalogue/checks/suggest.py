"""Autocomplete of a field: known values, and the typed text. From memory only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.catalogue.checks.tried import Tried, untried_id
from bot.catalogue.checks.values import clean_text, nearest, size_of, take
from bot.catalogue.fields import Field, FieldKind, Scalar
from bot.catalogue.operation import Operation, model_id, model_name, same_name
from bot.catalogue.texts import ENDED_VALUE, ID_UNKNOWN, counted, printable, refused_here
from bot.errors import InputError

OFFER_LIMIT = 25
"""The most choices that Discord shows."""
OFFER_LIMIT_CHARS = 100
"""The longest label or text value of a choice."""

Offer = tuple[str, Scalar]


def suggest(
    operation: Operation, field: Field, typed: str, given: Mapping[str, object], tried: Sequence[Tried] = ()
) -> list[Offer]:
    """Return up to 25 (label, value) pairs for what is `typed`; `given` are the other options.

    `tried` are values sent from the account: working ones come first, in order, rejected ones last, marked.
    """
    if field.kind not in {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}:
        return []
    model = given.get("model")
    closed = field.choices_for(model_id(operation, model) if isinstance(model, str) else None)
    known = {each.value: each for each in tried}
    values = (
        _ordered(closed, known, is_open=False) if closed else _ordered(_open_values(operation, field, known), known)
    )
    offers = [_offer(operation, field, value, known.get(str(value))) for value in values]
    offers = [
        (label, value) for label, value in offers if not isinstance(value, str) or len(value) <= OFFER_LIMIT_CHARS
    ]
    return _refused_last(_typed_first(offers, field, typed, is_closed=bool(closed)), known)[:OFFER_LIMIT]


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


def _open_values(operation: Operation, field: Field, known: Mapping[str, Tried]) -> list[Scalar]:
    values: list[Scalar] = []
    if field.name == "model":
        values += [model.id for model in operation.models if model.id is not None and model.offered]
        values += _names_to_try(operation, known)
    values += [value for value in field.suggestions if value not in values]
    return values


def _names_to_try(operation: Operation, known: Mapping[str, Tried]) -> list[str]:
    """Return documented models without a known id or an untried likely form."""
    works = [each.value for each in known.values() if each.works]
    refused = {each.value for each in known.values() if not each.works}
    models = [model for model in operation.models if model.id is None and model.offered]
    unknown = [each for each in models if not any(same_name(each.name, value) for value in works)]
    return [each.name for each in unknown if untried_id(operation, each, refused) is not None]


def _ordered(values: Sequence[Scalar], known: Mapping[str, Tried], *, is_open: bool = True) -> list[Scalar]:
    """Return the values, working ones first; of an open list, all tried ones too."""
    listed = {str(value): value for value in values}
    tried = [listed.get(each.value, each.value) for each in known.values() if is_open or each.value in listed]
    works = [value for value in tried if known[str(value)].works]
    return [*works, *(value for value in dict.fromkeys([*values, *tried]) if value not in works)]


def _refused_last(offers: list[Offer], known: Mapping[str, Tried]) -> list[Offer]:
    return sorted(offers, key=lambda offer: not known[str(offer[1])].works if str(offer[1]) in known else False)


def _offer(operation: Operation, field: Field, value: Scalar, tried: Tried | None = None) -> Offer:
    if tried is not None and tried.label:
        label = f"{tried.label} ({value})"
    elif field.name == "model":
        label = _model_label(operation, str(value))
    else:
        label = counted(value, field.unit)
    end = next((each.end for each in operation.models if value in {each.id, each.name}), None)
    if field.name == "model" and end is not None:
        label = ENDED_VALUE(value=label, date=end.date)
    if tried is not None and not tried.works:
        label = refused_here(label, tried.said)
    return printable(label, OFFER_LIMIT_CHARS), value


def _model_label(operation: Operation, value: str) -> str:
    name = model_name(operation, value)
    if any(model.id is None and model.name == value for model in operation.models):
        return ID_UNKNOWN(model=name)
    return name if name == value else f"{name} ({value})"


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
