"""Validates a whole input before payment."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

from bot.catalogue import texts
from bot.catalogue.checks.values import nearest, plain, require_id, take
from bot.catalogue.fields import NAMED_IDS, Field, FieldKind, Scalar
from bot.catalogue.operation import Operation, bare, model_id, model_name
from bot.catalogue.operations import label_of
from bot.errors import FieldsMissing, InputError
from bot.language import sentences

_RATIO = re.compile(r"\s*(\d{1,5})\s*[:x/]\s*(\d{1,5})\s*", re.ASCII | re.IGNORECASE)


def check_rules(operation: Operation, taken: Mapping[str, Any]) -> None:
    """Check the values against each other. Raises InputError."""
    for rule in _RULES:
        rule(operation, taken)


def _only(who: str, label: str, given: object, *choices: str) -> InputError:
    return InputError(texts.not_a_choice(who, choices, label, "", given), label.replace(" ", "_"))


def _no_square_4k(_operation: Operation, taken: Mapping[str, Any]) -> None:
    """`image.generate`: "1:1 stays under 4K" for GPT Image 2."""
    if _model(taken) != "gptimage2" or not _square(taken.get("aspect_ratio")):
        return
    if _text(taken, "resolution").casefold() == "4k":
        raise _only("GPT Image 2 (1:1)", "resolution", taken["resolution"], "1K", "2K")


def _sora_is_not_square(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: portrait or landscape only."""
    if _is_sora(operation, taken) and _square(taken.get("aspect_ratio")):
        raise _only("Sora 2", "aspect ratio", taken["aspect_ratio"], "9:16", "16:9")


def _sora_1080p_is_pro(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: native 1080p is for the Pro tier."""
    if not _is_sora(operation, taken) or _text(taken, "resolution").casefold() != "1080p":
        return
    if "pro" not in _model(taken):
        raise _only("Sora 2", "resolution", "1080p", "720p", "1080p (sora-2-pro)")


def _wan_audio_has_company(_operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: with Wan 2.7, audio needs a prompt-first render or a clip to continue."""
    if _model(taken) != "wan27video" or "audio_url" not in taken:
        return
    if not taken.keys() & {"prompt", "source_video_url", "first_clip_url"}:
        raise FieldsMissing(texts.missing("Wan 2.7", ["prompt", "source video"], any_of=True), ["prompt"])


def _frame_rate_is_starlight(_operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.upscale`: the frame rate is for Starlight 2.5 only, whose id is not public."""
    model = _model(taken)
    if "target_fps" in taken and any(word in model for word in ("wavespeed", "proteus", "magnific")):
        raise _only("frame rate", "model", taken["model"], "Starlight 2.5")


def _sound_has_source(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`soundfx.generate`: all fields are optional, but one is needed."""
    if operation.id == "soundfx.generate" and not taken.keys() & {"prompt", "description_prompt", "video_url"}:
        raise FieldsMissing(texts.missing(operation.title, ["prompt", "video"], any_of=True), ["prompt"])


def _video_has_source(operation: Operation, taken: Mapping[str, Any]) -> None:
    """`video.generate`: the page shows prompts, pictures and clips to start from; one is needed."""
    media = {field.name for field in operation.fields if field.kind in {FieldKind.URL, FieldKind.URLS}}
    if operation.id == "video.generate" and not taken.keys() & {"prompt", *media}:
        raise FieldsMissing(texts.missing(operation.title, ["prompt", "image", "video"], any_of=True), ["prompt"])


def _is_sora(operation: Operation, taken: Mapping[str, Any]) -> bool:
    return operation.workflow == "sora" or "sora" in _model(taken)


def _model(taken: Mapping[str, Any]) -> str:
    return bare(_text(taken, "model"))


def _text(taken: Mapping[str, Any], name: str) -> str:
    value = taken.get(name)
    return value if isinstance(value, str) else ""


def _square(value: object) -> bool:
    if not isinstance(value, str):
        return False
    ratio = _RATIO.fullmatch(value)
    return value.casefold() == "square" or (ratio is not None and int(ratio[1]) == int(ratio[2]))


_RULES: tuple[Callable[[Operation, Mapping[str, Any]], None], ...] = (
    _no_square_4k,
    _sora_is_not_square,
    _sora_1080p_is_pro,
    _wan_audio_has_company,
    _frame_rate_is_starlight,
    _sound_has_source,
    _video_has_source,
)


def check_input(
    operation: Operation,
    values: Mapping[str, object],
    *,
    allow_local: bool,
    pending: Collection[str] = (),
    extra: Collection[str] = (),
) -> dict[str, Any]:
    """Return `values` in wire form, without empty ones.

    `allow_local` allows links to http://127.0.0.1; `pending` fields are filled later; undocumented `extra` fields
    go unchanged. Raises InputError.
    """
    if not isinstance(values, Mapping):
        raise InputError(texts.INPUT_NOT_OBJECT)
    if not operation.fields:
        return _undescribed(values)
    known = operation.names
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
    """Return why the live document would reject a value valid before; None if it would not."""
    if field.known is None or field.name not in taken:
        return None
    try:
        _chosen(operation, field, take(field, taken[field.name], allow_local=True), taken)
    except InputError as error:
        return error
    return None


def _taken(field: Field, value: object, *, allow_local: bool) -> Any:
    try:
        return take(field, value, allow_local=allow_local)
    except InputError:
        if field.known is None:
            raise
        return take(field.known, value, allow_local=allow_local)


def _settled(operation: Operation, field: Field, given: object, taken: Mapping[str, Any], *, allow_local: bool) -> Any:
    """Return a value in the closed list's spelling: the document's, else the built-in one."""
    try:
        return _chosen(operation, field, taken[field.name], taken)
    except InputError:
        if field.known is None:
            raise
        return _chosen(operation, field.known, take(field.known, given, allow_local=allow_local), taken)


def _undescribed(values: Mapping[str, object]) -> dict[str, Any]:
    """Return the input of an operation without public fields. Raises InputError for malformed ids."""
    given = {key: value for key, value in plain(values).items() if value is not None and value not in ("", [])}
    for name, value in given.items():
        if name.endswith("_id") and name not in NAMED_IDS and isinstance(value, str):
            require_id(name, label_of(name), value.strip())
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
    return sentences(sentence, texts.the_nearest(nearest(value, choices)))
