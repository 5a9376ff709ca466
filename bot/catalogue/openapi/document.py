"""Collects a document's facts per operation, in any plausible shape."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue.openapi.entry import (
    CHOICE_LIMIT,
    Described,
    Entry,
    FactSource,
    NamedModel,
    combined,
    in_order,
    is_field_name,
    is_operation_id,
    of_sample,
    titles_of,
    without_envelope,
)
from bot.catalogue.openapi.requests import examples, fields_of_example, input_of, shown, tied
from bot.catalogue.openapi.schemas import Reader, line_of
from bot.catalogue.operation import Operation, bare
from bot.catalogue.texts import printable

SEVERAL = 3
"""Known operations that prove a document's naming scheme."""
PLACE_LIMIT = 2_000
"""How many paths or components are read."""

_METHODS = ("post", "put")
_KEYS = ("x-operation", "x-operation-id", "x-operationId", "operationId")
_PREFIX = re.compile(r"(?:api|v\d+|rest|public|operations?|requests?|workflows?|generate|run|create)", re.IGNORECASE)
"""Parts of a path that come before the operation's own."""
_PARTS_MAX = 5
_ENDINGS = ("input", "requestinput", "inputschema", "requestbody", "request", "params", "parameters", "body", "")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


class Names:
    """Finds ids by names derived from them or their titles: `generate_image`, `imageGenerate`."""

    def __init__(self, titles: Mapping[str, Collection[str]], operations: Sequence[Operation]) -> None:
        """Know the titles of the listed ids, which win, and the ids and titles of `operations`.

        A title of an operation whose id is not listed may be that of a listed one.
        """
        self._families = {each.split(".")[0] for each in (*titles, *(operation.id for operation in operations))}
        known = [each for each in operations if not titles or each.id in titles]
        self._by_bare = {bare(title): key for key, listed in titles.items() for title in listed}
        self._by_bare |= {bare(operation.title): operation.id for operation in known}
        self._by_bare |= {bare(each): each for each in (*(operation.id for operation in operations), *titles)}

    def has_family(self, operation_id: str) -> bool:
        """Whether a known id begins with the same word: most new operations are of known families."""
        return operation_id.partition(".")[0] in self._families

    def find(self, name: str) -> str | None:
        """Return the id that `name` derives from, None if none."""
        return self._by_bare.get(bare(name))


def at_paths(reader: Reader, document: Mapping[str, Any], names: Names) -> list[Entry]:
    """Return operations with a path each: by its last parts, its operation id or its summary.

    A path of an unknown operation counts if its family is known, or if its last part is an id where known
    operations have theirs; if only its parts make an id, next to several known ones. Others are uploads, keys …
    """
    paths = document.get("paths")
    known: list[Entry] = []
    unknown: list[tuple[str, Entry, bool]] = []
    homes: set[str] = set()
    for path, item in list(paths.items())[:PLACE_LIMIT] if isinstance(paths, Mapping) else ():
        for call in _calls(reader, path, item):
            home, _, last = path.rpartition("/")
            own = next((each for each in (last, *_own_ids(call)) if is_operation_id(each)), "")
            key = _known_id(path, call, names, own)
            if key is not None:
                known.append(_entry_at(reader, key, call))
                homes |= {home} if is_operation_id(last) else set()
            elif is_operation_id(own or _parts(path)):
                unknown.append((home if own == last else "", _entry_at(reader, own or _parts(path), call), bool(own)))
    several = len({each.id for each in known}) >= SEVERAL
    return known + [
        entry for home, entry, is_id in unknown if home in homes or (names.has_family(entry.id) and (is_id or several))
    ]


def named_components(
    reader: Reader,
    document: Mapping[str, Any],
    listed_titles: Mapping[str, Collection[str]],
    operations: Sequence[Operation],
) -> Iterator[Entry]:
    """Yield components named after an operation: `ImageGenerateInput` for `image.generate`.

    If the document lists no ids, one named alike but unknown is a new operation. If it does, one named by title
    belongs to the listed id of that title.
    """
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    if not isinstance(schemas, Mapping):
        return
    by_name = {bare(name): name for name in sorted(name for name in schemas if isinstance(name, str))[:PLACE_LIMIT]}
    used: dict[str, int] = {}
    for key in sorted({*listed_titles, *(operation.id for operation in operations)}):
        titles = [*listed_titles.get(key, ())]
        if not listed_titles or key in listed_titles:
            titles += [operation.title for operation in operations if operation.id == key]
        for ending in _ENDINGS:
            name = next((by_name[bare(each) + ending] for each in (key, *titles) if bare(each) + ending in by_name), "")
            entry = _component(reader, key, schemas[name]) if name else None
            if entry is not None:
                used[ending] = used.get(ending, 0) + 1
                yield entry
                break
    if not listed_titles and sum(used.values()) >= SEVERAL:
        yield from _like_the_others(reader, schemas, max(used, key=lambda each: used[each]), operations)


def _like_the_others(
    reader: Reader, schemas: Mapping[Any, Any], ending: str, operations: Sequence[Operation]
) -> Iterator[Entry]:
    known = {bare(each) for operation in operations for each in (operation.id, operation.title)}
    families = {operation.id.split(".")[0] for operation in operations}
    for name in [name for name in schemas if isinstance(name, str)][:PLACE_LIMIT]:
        stem = name[: len(name) - len(ending)]
        if not ending or not bare(name).endswith(ending) or bare(stem) in known:
            continue
        key = _id_of_words([word.casefold() for word in _WORD.findall(stem)], families)
        entry = _component(reader, key, schemas[name]) if key is not None else None
        if entry is not None:
            yield entry


def _id_of_words(words: Sequence[str], families: set[str]) -> str | None:
    """Return the id made of words such as `prompt enhance place`, None if of no known family."""
    for family in families:
        for count in range(1, len(words)):
            if "".join(words[:count]) == bare(family):
                key = ".".join([family, *words[count:]])
                return key if is_operation_id(key) else None
    return None


def _component(reader: Reader, key: str, schema: object) -> Entry | None:
    whole = reader.resolve(schema)
    fields = without_envelope(reader.fields(input_of(reader, whole)))
    return Entry(id=key, titles=titles_of(whole), fields=fields, is_whole=True) if fields else None


def _calls(reader: Reader, path: object, raw: object) -> Iterator[Mapping[str, Any]]:
    item = reader.linked(raw)
    if not isinstance(path, str) or not isinstance(item, Mapping):
        return
    for method in _METHODS:
        call = item.get(method)
        if isinstance(call, Mapping) and isinstance(reader.linked(call.get("requestBody")), Mapping):
            properties = reader.resolve(_media(reader, call).get("schema")).get("properties")
            if not (isinstance(properties, Mapping) and "operation" in properties):  # else it takes all operations
                yield call


def _known_id(path: str, call: Mapping[str, Any], names: Names, own: str) -> str | None:
    """Return the known operation at `path`, or its `own` id if it has a known title."""
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    tails = [".".join(parts[-count:]) for count in range(min(_PARTS_MAX, len(parts)), 0, -1)]
    likely = (*_own_ids(call), *tails, *titles_of(call))
    key = next((key for each in likely if (key := names.find(each))), None)
    return key if key is None or not own else names.find(own) or own


def _own_ids(call: Mapping[str, Any]) -> list[str]:
    return [call[key] for key in _KEYS if isinstance(call.get(key), str)]


def _parts(path: str) -> str:
    """Return the id that a path implies: `image.tile` for `/api/v1/image/tile`."""
    parts = [part for part in path.split("/") if part]
    if any(part.startswith("{") for part in parts):
        return ""
    while parts and _PREFIX.fullmatch(parts[0]):
        parts = parts[1:]
    return ".".join(parts)


def _entry_at(reader: Reader, key: str, call: Mapping[str, Any]) -> Entry:
    media = _media(reader, call)
    schema = reader.resolve(media.get("schema"))
    fields: tuple[Described, ...] = without_envelope(reader.fields(input_of(reader, schema)))
    entry = Entry(id=key, titles=titles_of(call, schema), fields=fields, is_whole=bool(fields))
    sample = next((value for _, value in examples(reader, media)), None)
    if fields or sample is None:
        return entry
    return Entry(id=key, source=FactSource.SAMPLE, titles=entry.titles, fields=fields_of_example(sample))


def _media(reader: Reader, call: Mapping[str, Any]) -> Mapping[str, Any]:
    body = reader.linked(call.get("requestBody"))
    content = body.get("content") if isinstance(body, Mapping) else None
    return _json(content) if isinstance(content, Mapping) else {}


def _json(content: Mapping[Any, Any]) -> Mapping[str, Any]:
    media = content.get("application/json")
    if isinstance(media, Mapping):
        return media
    others = [content[name] for name in sorted(name for name in content if isinstance(name, str))]
    return next((each for each in others if isinstance(each, Mapping)), {})


LIST_LIMIT = 300
MODEL_LIMIT_CHARS = 100

_ID_KEYS = ("id", "operation", "operationId", "key", "slug", "value", "name")
_NAME_KEYS = ("title", "label", "displayName", "display_name", "name", "summary", "description")
_FIELD_KEYS = ("fields", "inputFields", "input_fields", "inputs", "input", "inputSchema", "input_schema", "parameters")
_MODEL_KEYS = (
    "models", "modelOptions", "model_options", "supportedModels", "supported_models", "availableModels",
    "available_models",
)  # fmt: skip
_SAMPLE_KEYS = ("example", "exampleInput", "example_input", "sample", "sampleInput", "sampleRequest")
_MODEL_ID_KEYS = (
    "apiModel", "api_model", "apiModelId", "api_model_id", "apiId", "api_id", "apiValue", "api_value", "modelId",
    "model_id", "id", "value", "key", "slug", "model",
)  # fmt: skip
_NEEDED_KEYS = ("required", "requiredFields", "required_fields")
_REQUIRED_WORDS = ("required", "isRequired", "is_required")


def listed(reader: Reader, node: Mapping[Any, Any], known: Collection[str]) -> Iterator[Entry]:
    """Yield the operations under the document's `x-` keys.

    Models, tags and names of values are listed there too, with similar ids: a list is one of operations if an id
    has the first word of one of `known`, or if it has fields.
    """
    families = {each.partition(".")[0] for each in known}
    for key, value in node.items():
        if not isinstance(key, str) or not key.casefold().startswith("x-") or key.casefold().startswith("x-enum"):
            continue
        pairs: list[tuple[object, object]] = []
        if isinstance(value, list):
            pairs = [(None, each) for each in value[:LIST_LIMIT]]
        elif isinstance(value, Mapping):
            pairs = list(value.items())[:LIST_LIMIT]
        found = [entry for name, each in pairs for entry in _item(reader, name, each)]
        if any(entry.fields or entry.id.partition(".")[0] in families for entry in found):
            yield from found


def _item(reader: Reader, name: object, raw: object) -> Iterator[Entry]:
    if name is None and isinstance(raw, str):
        if is_operation_id(raw):
            yield Entry(id=raw, source=FactSource.VENDOR)
        return
    item = reader.linked(raw)
    if not isinstance(item, Mapping):
        if isinstance(name, str) and is_operation_id(name) and isinstance(item, str):
            yield Entry(id=name, source=FactSource.VENDOR, titles=titles_of({"title": item}))
        return
    key = next((item[word] for word in _ID_KEYS if is_operation_id(item.get(word))), name)
    if isinstance(key, str) and is_operation_id(key):
        yield _entry(reader, key, item)


def _entry(reader: Reader, key: str, item: Mapping[str, Any]) -> Entry:
    fields = with_required(fields_in(reader, _first(item, _FIELD_KEYS)), _first(item, _NEEDED_KEYS))
    entry = Entry(
        id=key,
        source=FactSource.VENDOR,
        titles=titles_in(item, key),
        fields=fields,
        is_whole=bool(fields),
        models=models_in(item),
    )
    sample = reader.linked(_first(item, _SAMPLE_KEYS))
    if not isinstance(sample, Mapping):
        return entry
    given = Entry(id=key, source=FactSource.SAMPLE, fields=fields_of_example(sample))
    return combined([entry, given])[key]


def with_required(fields: Sequence[Described], needed: object) -> tuple[Described, ...]:
    if not isinstance(needed, list):
        return tuple(fields)
    return in_order([replace(each, required=each.name in needed) for each in fields])


def _first(item: Mapping[str, Any], words: tuple[str, ...]) -> object:
    return next((item[word] for word in words if item.get(word) is not None), None)


def titles_in(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return possible titles of the operation `key` that an object describes."""
    words = [item[word] for word in _NAME_KEYS if isinstance(item.get(word), str) and item[word] != key]
    return tuple(dict.fromkeys(line for word in words for line in titles_of({"title": word})))


def fields_in(reader: Reader, given: object) -> tuple[Described, ...]:
    """Return fields from a list of names or objects, a map by name, or a schema."""
    if isinstance(given, Mapping):
        schema = input_of(reader, given)
        if isinstance(schema.get("properties"), Mapping):
            return reader.fields(schema)
        return _of_map(reader, given)
    if not isinstance(given, list):
        return ()
    found = [_field(reader, None, each) for each in given[:CHOICE_LIMIT]]
    return in_order(list({each.name: each for each in found if each is not None}.values()))


def _of_map(reader: Reader, given: Mapping[str, Any]) -> tuple[Described, ...]:
    """Read fields by name, in a request's `input`, or in lists of required and optional ones."""
    if is_operation_id(given.get("operation")) and isinstance(given.get("input"), Mapping):
        given = given["input"]
    if given.keys() and given.keys() <= _LISTS and all(isinstance(each, list | Mapping) for each in given.values()):
        sorted_ = {word: fields_in(reader, each) for word, each in given.items()}
        return in_order([replace(each, required=word == "required") for word in sorted_ for each in sorted_[word]])
    found = [_field(reader, name, each) for name, each in list(given.items())[:CHOICE_LIMIT]]
    return in_order(list({each.name: each for each in found if each is not None}.values()))


def _field(reader: Reader, name: object, raw: object) -> Described | None:
    """Return a list's field: a bare name, or a schema-like object with its name; a map's may be a type or a sample."""
    if name is None and is_field_name(raw):
        return Described(name=str(raw))
    item = reader.linked(raw)
    if not isinstance(item, Mapping):
        return _of_word(str(name), item) if is_field_name(name) else None
    own = next((item[word] for word in ("name", "id", "key", "field") if is_field_name(item.get(word))), name)
    if not is_field_name(own):
        return None
    inner = item.get("schema")
    known = {word: item[word] for word in _REQUIRED_WORDS if isinstance(item.get(word), bool)}
    parts = {**item, **(inner if isinstance(inner, Mapping) else {})}
    schema = {_AS_SCHEMA.get(word, word): value for word, value in parts.items() if word not in known}
    required = {"required": [own] if any(known.values()) else []} if known else {}
    return next(iter(reader.fields({"properties": {own: schema}, **required})), None)


def _of_word(name: str, word: object) -> Described | None:
    """Return a map's field by the word for its type, such as `string (required)`, or by a sample value."""
    found = _TYPE_WORD.match(word) if isinstance(word, str) else None
    if found is None:
        return next(iter(of_sample({name: word})), None)
    said, kind = str(word).casefold(), _AS_TYPE.get(found[1].casefold())
    schema = {"type": kind} if kind else {}
    described = next(iter(_TYPES.fields({"properties": {name: _array_of(schema) if found[2] else schema}})), None)
    is_optional = "optional" in said or "not required" in said or bool(found[3])
    required = False if is_optional else True if "required" in said else None
    return None if described is None else replace(described, required=required)


def _array_of(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TYPES = Reader({})

_AS_SCHEMA = {"options": "enum", "values": "enum", "choices": "enum", "allowedValues": "enum", "min": "minimum"}
_TYPE_WORD = re.compile(
    r"(string|text|url|number|integer|int|float|boolean|bool|object|array)(\[\])?(\?)?(?=$|[\s(,;|:])", re.IGNORECASE
)
_AS_TYPE = {"string": "string", "text": "string", "url": "string", "number": "number", "float": "number"}
_AS_TYPE |= {"integer": "integer", "int": "integer", "boolean": "boolean", "bool": "boolean", "object": "object"}
_AS_TYPE |= {"array": "array"}
_LISTS = frozenset({"required", "optional"})
_AS_SCHEMA |= {"max": "maximum", "defaultValue": "default", "kind": "type", "label": "title"}


def models_in(item: Mapping[str, Any]) -> tuple[NamedModel, ...]:
    """Return an object's models, from a list of names, ids or objects, or a map of names by id."""
    given = _first(item, _MODEL_KEYS)
    pairs: list[tuple[object, object]] = []
    if isinstance(given, Mapping):
        pairs = [(key, each) for key, each in list(given.items())[:CHOICE_LIMIT]]
    elif isinstance(given, list):
        pairs = [(None, each) for each in given[:CHOICE_LIMIT]]
    return tuple(model for key, each in pairs if (model := model_of(key, each)) is not None)


def model_of(key: object, each: object) -> NamedModel | None:
    """Return a listed model: a name, an id, or an object with them; `key` is its id in a map. None if it is none."""
    own = key
    if isinstance(each, Mapping):
        own = next((each[word] for word in _MODEL_ID_KEYS if isinstance(each.get(word), str)), key)
        name = next((line for word in _NAME_KEYS if (line := line_of(each.get(word)))), "")
    else:
        name = line_of(each)
    wire_id = own if isinstance(own, str) and own and own == printable(own, MODEL_LIMIT_CHARS) else None
    if wire_id is None and name and _reads_like_an_id(name):
        wire_id = name
    return NamedModel(id=wire_id, name=name or wire_id or "") if wire_id or name else None


def _reads_like_an_id(word: str) -> bool:
    """Whether a bare model is an id, such as `gptimage2`, rather than a name such as `GPT Image 2`."""
    return word == word.casefold() and " " not in word


NODE_LIMIT = 100_000
"""Maximum number of objects and lists read."""
OPERATION_LIMIT = 300
FOUND_LIMIT = 20 * OPERATION_LIMIT
"""How many mentions of operations are collected."""


def entries_of(document: Mapping[str, Any], operations: Sequence[Operation]) -> dict[str, Entry]:
    """Return one entry per operation id, independent of key order."""
    reader = Reader(document)
    known = {operation.id for operation in operations}
    found: list[Entry] = []
    for node in _nodes(document):
        if len(found) >= FOUND_LIMIT:
            break
        found += [*tied(reader, node), *shown(reader, node), *listed(reader, node, known)]
    found += at_paths(reader, document, Names(_listed_titles(found), operations))
    found += named_components(reader, document, _listed_titles(found), operations)
    sure = known | _listed_titles(found).keys()
    entries = combined(each for each in found if each.id in sure or each.source is FactSource.SAMPLE)
    return {key: _tidy(entry) for key, entry in list(entries.items())[:OPERATION_LIMIT]}


def _listed_titles(found: Sequence[Entry]) -> dict[str, list[str]]:
    """Return the titles of the listed operations, by id."""
    titles: dict[str, list[str]] = {
        entry.id: [] for entry in sorted(found, key=lambda each: each.id) if entry.is_listed
    }
    for entry in found:
        if entry.id in titles:
            titles[entry.id] += entry.titles
    return titles


def _tidy(entry: Entry) -> Entry:
    return replace(entry, titles=tuple(sorted(entry.titles, key=lambda title: (" " not in title, "." in title))))


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Walk the document's objects iteratively, up to a limit."""
    waiting: list[object] = [document]
    for _ in range(NODE_LIMIT):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting += [value for value in reversed(list(node.values())) if isinstance(value, Mapping | list)]
        elif isinstance(node, list):
            waiting += [value for value in reversed(node) if isinstance(value, Mapping | list)]
