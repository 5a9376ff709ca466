"""Checks a whole input against its operation, before anything is paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from bot.catalogue import texts
from bot.catalogue.constraints import check_rules
from bot.catalogue.fields import NAMED_IDS, Field, FieldKind, Scalar
from bot.catalogue.nearest import nearest
from bot.catalogue.operation import Operation, model_id, model_name
from bot.catalogue.values import plain, require_id, take
from bot.errors import FieldsMissing, InputError


def check_input(
    operation: Operation,
    values: Mapping[str, object],
    *,
    allow_local: bool,
    pending: Collection[str] = (),
    extra: Collection[str] = (),
) -> dict[str, Any]:
    """Return `values` as the operation takes them on the wire, without empty ones.

    `allow_local` also allows links to http://127.0.0.1; `pending` fields are filled later; `extra` are fields that no
    document names, which go as they are. Raises InputError.
    """
    if not isinstance(values, Mapping):
        raise InputError(texts.INPUT_NOT_OBJECT)
    if not operation.fields:
        return _undescribed(values)
    known = {field.name for field in operation.fields}
    if operation.is_open:
        extra = values.keys()
    _refuse_unknown(operation, [name for name in values if name not in extra])
    taken: dict[str, Any] = {}
    for field in operation.fields:
        value = _taken(field, values.get(field.name), allow_local=allow_local)
        if value is not None:
            taken[field.name] = model_id(operation, value) if field.name == "model" and type(value) is str else value
    _need_required(operation, {*taken, *pending})
    for field in operation.fields:
        if field.name in taken:
            given = values[field.name]
            taken[field.name] = _settled(operation, field, given, taken, allow_local=allow_local)
    check_rules(operation, {**dict.fromkeys(pending), **taken})
    unnamed = plain({name: values[name] for name in values if name in extra and name not in known})
    return taken | {name: value for name, value in unnamed.items() if value not in (None, "", [])}


def refusal(operation: Operation, field: Field, taken: Mapping[str, Any]) -> InputError | None:
    """Return why the live document would refuse a value that was taken as it was known before; None if it would not."""
    if field.known is None or field.name not in taken:
        return None
    try:
        _chosen(operation, field, take(field, taken[field.name], allow_local=True), taken)
    except InputError as error:
        return error
    return None


def _taken(field: Field, value: object, *, allow_local: bool) -> Any:
    """Return `value` as the document has the field, else as it was known before. Raises InputError."""
    try:
        return take(field, value, allow_local=allow_local)
    except InputError:
        if field.known is None:
            raise
        return take(field.known, value, allow_local=allow_local)


def _settled(operation: Operation, field: Field, given: object, taken: Mapping[str, Any], *, allow_local: bool) -> Any:
    """Return a taken value in the closed list's own spelling: the document's list, else the one known before."""
    try:
        return _chosen(operation, field, taken[field.name], taken)
    except InputError:
        if field.known is None:
            raise
        return _chosen(operation, field.known, take(field.known, given, allow_local=allow_local), taken)


def _undescribed(values: Mapping[str, object]) -> dict[str, Any]:
    """Return the input of an operation whose fields are not public. Raises InputError for ids that are none."""
    given = {key: value for key, value in plain(values).items() if value is not None and value not in ("", [])}
    for name, value in given.items():
        if name.endswith("_id") and name not in NAMED_IDS and isinstance(value, str):
            require_id(name, name.replace("_", " "), value.strip())
    return given


def _refuse_unknown(operation: Operation, names: Collection[str]) -> None:
    known = [field.name for field in operation.fields]
    for name in names:
        if name in known:
            continue
        close = get_close_matches(texts.echo(name), known, n=1, cutoff=0.5)
        raise InputError(texts.no_field(operation.title, name, close[0] if close else None, known))


def _need_required(operation: Operation, given: Collection[str]) -> None:
    needed = (field for field in operation.fields if field.required and not field.rule_inferred)
    missing = [field for field in needed if field.name not in given]
    if missing:
        sentence = texts.missing(operation.title, [field.label for field in missing])
        raise FieldsMissing(sentence, [field.name for field in missing])


def _chosen(operation: Operation, field: Field, value: Any, taken: Mapping[str, Any]) -> Any:
    """Return `value` in the closed list's own spelling. Raises InputError if it is not in the list."""
    model = taken.get("model")
    choices = field.choices_for(model if isinstance(model, str) else None)
    if not choices or not isinstance(value, str | int | float):
        return value
    for choice in choices:
        if choice == value or (field.kind is FieldKind.TEXT and str(choice).casefold() == str(value).casefold()):
            return choice
    raise InputError(_choice_sentence(operation, field, value, choices, taken), field.name)


def _choice_sentence(
    operation: Operation, field: Field, value: Scalar, choices: tuple[Scalar, ...], taken: Mapping[str, Any]
) -> str:
    by_model = choices != field.choices
    who = model_name(operation, str(taken["model"])) if by_model else operation.title
    sentence = texts.not_a_choice(who, choices, field.label, field.unit, value)
    return f"{sentence} {texts.the_nearest(nearest(value, choices))}".rstrip()
