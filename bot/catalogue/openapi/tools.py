"""Reads answers of Cannon Studio's keyless MCP tools: what an operation takes, and which models there are.

The tools' names and arguments are public, the forms of their answers are not
(https://www.cannonstudio.app/developers/docs/mcp), so every likely one is read: JSON Schema, lists and maps of fields,
examples, and Markdown with them. An answer that contradicts itself, or is about another operation, is dropped whole.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalogue.openapi.entry import Entry, NamedModel, combined, is_operation_id, without_envelope
from bot.catalogue.openapi.listed import model_of, models_in, of_sample, schema_in, titles_in
from bot.catalogue.openapi.schemas import CHOICE_LIMIT, Reader, Schema, line_of
from bot.catalogue.operation import Operation, same_name

MARK = "tools"
"""The key by which a document is one of tools' answers."""
OPERATIONS, SURFACES, LISTS = "operations", "surfaces", "lists"
API_SURFACES: Mapping[str, frozenset[str]] = {
    "image-api": frozenset({"image"}),
    "video-api": frozenset({"video", "sora2", "lipsync", "smartmotion", "subtitles"}),
    "three-d-api": frozenset({"three_d"}),
}
"""Surfaces of `get_model_availability`, and first words of their operations' ids."""

KNOWN_MIN = 5
"""Operations that a tool must know, before it is believed that it does not know another."""
NODES_MAX = 1_000
INPUTS_MAX = 6
"""Descriptions of an input that are read in one answer: more are repetitions."""
TEXT_MAX_CHARS = 60_000
IDS_MAX = 60
"""New ids taken from one answer."""

Parts = Sequence[Any]
"""An answer: its JSON values, and its other texts."""

_ID_KEYS = ("operation", "operationId", "operation_id", "id", "key", "slug", "name")
_INPUT_KEYS = (
    "inputSchema", "input_schema", "schema", "input", "inputs", "fields", "inputFields", "input_fields", "parameters",
    "payload", "payloadShape", "payload_shape", "inputShape", "input_shape", "shape", "requestBody", "request_body",
    "request", "body",
)  # fmt: skip
_EXAMPLE_KEYS = frozenset(
    {"example", "examples", "sample", "samples", "samplepayload", "examplepayload", "exampleinput"}
)
_NOT_INPUT = re.compile(r"output|response|result|error|webhook|related|pricing", re.IGNORECASE)
"""Parts of an answer that describe something else."""
_SURFACE_WORDS = frozenset({*API_SURFACES, "image tools", "video tools", "creator flow", "world generator"})
_ABOUT = frozenset(
    {"id", "key", "name", "title", "label", "surface", "note", "notes", "status", "description", "operation"}
    | {"operations"}
)
"""Keys of what is said beside models."""
_LIST_WORDS = frozenset({"available", "options", "items", "entries", "values"})
_UNKNOWN = re.compile(
    r"\b(?:unknown|not found|no such|does not exist|unsupported|not a(?:n)? \w+|no operation)\b", re.IGNORECASE
)
_TROUBLE = frozenset({401, 403, 408, 425, 429})
_FENCE = "```"
_BULLET = re.compile(r"^[ \t]*[-*|][ \t]*(?:\*\*)?`([A-Za-z]\w{0,63})`([^\n]{0,400})", re.MULTILINE | re.ASCII)
_OPTIONAL = re.compile(r"\b(?:optional|not required)\b", re.IGNORECASE)
_REQUIRED = re.compile(r"\brequired\b", re.IGNORECASE)
_IN_TEXT = re.compile(r"(?<![\w./-])[A-Za-z]\w{0,40}(?:\.\w{1,40}){1,4}(?![\w/-])", re.ASCII)


class Contradiction(ValueError):
    """An answer is about something else than was requested, or gives one id to two things."""


@dataclass(frozen=True, slots=True)
class Availability:
    """A model of a surface, and the operations that it was listed for, () if for none."""

    model: NamedModel
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What tools' answers say: of operations, of those that the vendor does not know, and of models by surface."""

    entries: Mapping[str, Entry]
    unknown: frozenset[str]
    surfaces: Mapping[str, Sequence[Availability]]

    @classmethod
    def of(cls, answers: object, operations: Sequence[Operation]) -> Answers:
        """Read what a document of answers has; what is not readable is left out."""
        held = answers if isinstance(answers, Mapping) else {}
        titles = {operation.id: operation.title for operation in operations}
        entries, unknown = [], set()
        for key, parts in _listed(held.get(OPERATIONS)).items():
            if parts is None:
                unknown.add(key)
            elif isinstance(parts, list) and (entry := _read(key, titles.get(key, ""), parts)) is not None:
                entries.append(entry)
        surfaces = {
            surface: models
            for surface, parts in _listed(held.get(SURFACES)).items()
            if surface in API_SURFACES and isinstance(parts, list) and (models := _models_read(surface, parts))
        }
        # A tool that knows no operation has another argument, or is another tool.
        sure = frozenset(unknown) if len(entries) >= KNOWN_MIN else frozenset()
        return cls(combined(entries), sure, surfaces)


def _listed(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(key: str, title: str, parts: Parts) -> Entry | None:
    try:
        return operation_in(key, title, parts)
    except Contradiction:
        return None


def _models_read(surface: str, parts: Parts) -> list[Availability]:
    try:
        return models_of_surface(surface, parts)
    except Contradiction:
        return []


def is_unknown(parts: Parts, *, is_error: bool) -> bool:
    """Whether an answer says that there is no such operation, rather than that something failed."""
    nodes = [each for each in parts if isinstance(each, Mapping)]
    statuses = [each.get("status") for each in nodes]
    if any(isinstance(each, int) and (each in _TROUBLE or each >= 500) for each in statuses):
        return False
    if 404 in statuses or any(each.get("found") is False for each in nodes):
        return True
    failed = is_error or any(each.get("ok") is False or each.get("error") for each in nodes)
    return failed and any(_UNKNOWN.search(each[:TEXT_MAX_CHARS]) for each in _texts(parts))


def operation_in(wanted: str, title: str, parts: Parts) -> Entry | None:
    """Return what an answer says of the operation `wanted`, known by `title` ('' for none); None for nothing.

    An answer under another id is of the same operation if its title is. Raises Contradiction.
    """
    holder = _holder(wanted, title, parts)
    key = wanted if holder is None else _id_of(holder) or wanted
    roots = parts if holder is None else [holder]
    found = [entry for each in [*roots, *_blocks(roots)] for entry in _entries(key, each)]
    found += [_of_text(key, text) for text in _texts(roots)]
    entry = combined(found).get(key) if found else None
    if entry is None or not (entry.titles or entry.fields or entry.models or holder is not None):
        return None
    _require_once(entry.models)
    return entry


def ids_in(value: object, families: Collection[str]) -> list[str]:
    """Return operation ids that an answer names, of these families (first words)."""
    found: dict[str, None] = {}
    for text in _strings(value):
        for word in _IN_TEXT.findall(text[:TEXT_MAX_CHARS]):
            if is_operation_id(word) and word.partition(".")[0] in families:
                found[word] = None
    return list(found)[:IDS_MAX]


def models_of_surface(surface: str, parts: Parts) -> list[Availability]:
    """Return the models that an answer lists for a surface. Raises Contradiction."""
    found: list[Availability] = []
    for each in [*parts, *_blocks(parts)]:
        found += _available(surface, each, (), is_models=isinstance(each, list))
    _require_once([each.model for each in found])
    return list(dict.fromkeys(found))


# ---------------------------------------------------------------------- one operation


def _holder(wanted: str, title: str, parts: Parts) -> Mapping[str, Any] | None:
    """Return the object that describes the operation, the outermost that names an id; None if none does.

    Raises Contradiction if only others are described.
    """
    level: list[Any] = [*parts]
    for _ in range(NODES_MAX):
        if not level:
            return None
        named = [each for each in level if isinstance(each, Mapping) and _id_of(each)]
        if named:
            own = next((each for each in named if _id_of(each) == wanted), None)
            own = own or next((each for each in named if title and _is_called(each, title)), None)
            if own is None:
                raise Contradiction(_id_of(named[0]))
            return own
        level = [inner for each in level for inner in _inner(each)][:NODES_MAX]
    return None


def _id_of(node: Mapping[str, Any]) -> str:
    return next((node[word] for word in _ID_KEYS if is_operation_id(node.get(word))), "")


def _is_called(node: Mapping[str, Any], title: str) -> bool:
    return any(same_name(each, title) for each in titles_in(node, _id_of(node)))


def _entries(key: str, root: object) -> Iterator[Entry]:
    """Yield facts of the operation `key` in an object and what it holds."""
    if isinstance(root, Mapping) and _id_of(root) in {key, ""}:
        yield Entry(id=key, rank=1, titles=titles_in(root, key) if _id_of(root) else ())
    inputs = 0
    for node in _nodes(root):
        if inputs < INPUTS_MAX:
            found = list(_inputs(key, node))
            inputs += len(found)
            yield from found
        if models := models_in(node):
            yield Entry(id=key, rank=1, models=models)


def _inputs(key: str, node: Mapping[str, Any]) -> Iterator[Entry]:
    for word, given in node.items():
        if str(word).replace("_", "").casefold() in _EXAMPLE_KEYS:
            for each in given if isinstance(given, list) else [given]:
                if isinstance(each, Mapping) and each.get("operation", key) == key:
                    yield _entry(key, 2, Reader({}).resolved(of_sample(each.get("input", each))))
        elif word in _INPUT_KEYS and isinstance(given, Mapping | list):
            is_schema = isinstance(given, Mapping) and isinstance(given.get("properties"), Mapping)
            found = _entry(key, 1, schema_in(given, node.get("required")), is_whole=is_schema)
            if found.fields:
                yield found


def _of_text(key: str, text: str) -> Entry:
    """Read a list of fields in Markdown: "- `prompt` (string, required): …"."""
    fields = {}
    for name, rest in _BULLET.findall(text[:TEXT_MAX_CHARS]):
        is_required = {} if (known := _is_required(rest)) is None else {"required": known}
        fields[name] = {"description": line_of(rest.strip(" *:|-"))} | is_required
    return _entry(key, 2, Reader({}).resolved({"properties": fields}))


def _entry(key: str, rank: int, schema: Schema, *, is_whole: bool = False) -> Entry:
    return Entry(id=key, rank=rank, schema=without_envelope(schema), is_whole=is_whole)


def _is_required(words: str) -> bool | None:
    if _OPTIONAL.search(words):
        return False
    return True if _REQUIRED.search(words) else None


# ---------------------------------------------------------------------- models


def _available(surface: str, value: object, operations: tuple[str, ...], *, is_models: bool) -> Iterator[Availability]:
    if isinstance(value, list):
        for each in value[:CHOICE_LIMIT]:
            model = model_of(None, each) if is_models and not _holds_models(each) else None
            if model is not None:
                yield Availability(model, _operations_of(each) or operations)
            elif isinstance(each, Mapping):
                yield from _available(surface, each, operations, is_models=False)
    elif isinstance(value, Mapping) and not (names := _surfaces_named(value)) - {surface}:
        own = () if names else _operations_of(value) or operations  # a surface has models of several operations
        for key, inner in list(value.items())[:CHOICE_LIMIT]:
            yield from _under(surface, str(key), inner, own, is_models=is_models)


def _under(
    surface: str, key: str, inner: object, operations: tuple[str, ...], *, is_models: bool
) -> Iterator[Availability]:
    if key.casefold() in _SURFACE_WORDS - {surface} or _NOT_INPUT.search(key):
        return
    is_list = "model" in key.casefold() or key.casefold() in _LIST_WORDS | {surface} or is_operation_id(key)
    held = (key,) if is_operation_id(key) else operations
    if is_models and not is_list and key.casefold() not in _ABOUT and isinstance(inner, str | Mapping):
        model = None if _holds_models(inner) else model_of(key, inner)
        if model is not None:
            yield Availability(model, held)
            return
    if isinstance(inner, Mapping | list):
        yield from _available(surface, inner, held, is_models=is_list)


def _holds_models(value: object) -> bool:
    return isinstance(value, Mapping) and any(
        isinstance(each, list) and "model" in str(key) for key, each in value.items()
    )


def _operations_of(value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping):
        return ()
    given = [value.get(word) for word in ("operation", "operations", "operationId", "operationIds")]
    listed = [each for one in given for each in (one if isinstance(one, list) else [one])]
    return tuple(dict.fromkeys(str(each) for each in listed if is_operation_id(each)))


def _surfaces_named(node: Mapping[str, Any]) -> set[str]:
    names = {each.casefold() for word in ("surface", "id", "key", "name") if isinstance(each := node.get(word), str)}
    return names & _SURFACE_WORDS


def _require_once(models: Iterable[NamedModel]) -> None:
    names: dict[str, str] = {}
    for model in models:
        if model.id is not None and not same_name(names.setdefault(model.id, model.name), model.name):
            raise Contradiction(model.id)


# ---------------------------------------------------------------------- walking


def _nodes(root: object) -> Iterator[Mapping[str, Any]]:
    """Walk the objects of an answer, outermost first, without those about outputs and the like."""
    waiting = deque([root])
    for _ in range(NODES_MAX):
        if not waiting:
            return
        value = waiting.popleft()
        if isinstance(value, Mapping):
            yield value
        waiting += _inner(value)[:NODES_MAX]


def _inner(value: object) -> list[Any]:
    if isinstance(value, Mapping):
        kept = (each for key, each in list(value.items())[:CHOICE_LIMIT] if not _NOT_INPUT.search(str(key)))
        return [each for each in kept if isinstance(each, Mapping | list)]
    return (
        [each for each in value[:CHOICE_LIMIT] if isinstance(each, Mapping | list)] if isinstance(value, list) else []
    )


def _strings(value: object) -> Iterator[str]:
    waiting = deque([value])
    for _ in range(NODES_MAX):
        if not waiting:
            return
        each = waiting.popleft()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each[:CHOICE_LIMIT]


def _texts(parts: Iterable[object]) -> list[str]:
    found = [each for each in parts if isinstance(each, str)]
    for part in parts:
        for node in _nodes(part):
            found += [each for each in node.values() if isinstance(each, str)]
    return found


def _blocks(parts: Iterable[object]) -> list[Any]:
    found = []
    for text in _texts(parts):
        for block in text[:TEXT_MAX_CHARS].split(_FENCE)[1::2]:
            try:
                found.append(json.loads(block.partition("\n")[2]))
            except (ValueError, RecursionError):
                continue
    return found
