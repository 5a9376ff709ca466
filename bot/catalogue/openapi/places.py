"""Operations that have a place of their own in a document: a path, or a component that is named after them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.catalogue.openapi.described import Described, without_envelope
from bot.catalogue.openapi.entry import Entry, FactSource, is_operation_id, titles_of
from bot.catalogue.openapi.requests import input_of
from bot.catalogue.openapi.samples import examples, fields_of_example
from bot.catalogue.openapi.schemas import Reader
from bot.catalogue.operation import Operation, bare

SEVERAL = 3
"""How many known operations make it plain that a document names all of them in one way."""
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
    """Finds ids by names that were made of them, or of their operations' titles: `generate_image`, `imageGenerate`."""

    def __init__(self, ids: Sequence[str], operations: Sequence[Operation]) -> None:
        """Know `ids`, which win, and the ids and titles of `operations`."""
        self._families = {each.split(".")[0] for each in (*ids, *(operation.id for operation in operations))}
        self._by_bare = {bare(operation.title): operation.id for operation in operations}
        self._by_bare |= {bare(each): each for each in (*(operation.id for operation in operations), *ids)}

    def has_family(self, operation_id: str) -> bool:
        """Whether a known id begins with the same word: new operations are mostly of the known families."""
        return operation_id.partition(".")[0] in self._families

    def find(self, name: str) -> str | None:
        """Return the id that `name` is made of, None if it is none of these."""
        return self._by_bare.get(bare(name))


def at_paths(reader: Reader, document: Mapping[str, Any], names: Names) -> list[Entry]:
    """Return the operations that have a path each: by its last part or parts, its operation id or its summary.

    A path that is named like no known operation is one if its family is known, or if its last part is an id where
    known operations have theirs; if only its parts make an id, next to several known ones. Others are uploads, keys …
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
    reader: Reader, document: Mapping[str, Any], ids: Sequence[str], operations: Sequence[Operation]
) -> Iterator[Entry]:
    """Yield what a component says that is named after an operation: `ImageGenerateInput` for `image.generate`.

    If the document lists no ids, one that is named like the others but after no known operation is a new one.
    """
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    if not isinstance(schemas, Mapping):
        return
    by_name = {bare(name): name for name in sorted(name for name in schemas if isinstance(name, str))[:PLACE_LIMIT]}
    used: dict[str, int] = {}
    for key in sorted({*ids, *(operation.id for operation in operations)}):
        titles = [operation.title for operation in operations if operation.id == key]
        for ending in _ENDINGS:
            name = next((by_name[bare(each) + ending] for each in (key, *titles) if bare(each) + ending in by_name), "")
            entry = _component(reader, key, schemas[name]) if name else None
            if entry is not None:
                used[ending] = used.get(ending, 0) + 1
                yield entry
                break
    if not ids and sum(used.values()) >= SEVERAL:
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
    """Return the id that words such as `prompt enhance place` are made of, None if they begin like no known one."""
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
            if not (isinstance(properties, Mapping) and "operation" in properties):  # else it takes every operation
                yield call


def _known_id(path: str, call: Mapping[str, Any], names: Names, own: str) -> str | None:
    """Return the id of the known operation that a call at `path` runs, or its `own` id if it has the title of one."""
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    tails = [".".join(parts[-count:]) for count in range(min(_PARTS_MAX, len(parts)), 0, -1)]
    likely = (*_own_ids(call), *tails, *titles_of(call))
    key = next((key for each in likely if (key := names.find(each))), None)
    return key if key is None or not own else names.find(own) or own


def _own_ids(call: Mapping[str, Any]) -> list[str]:
    return [call[key] for key in _KEYS if isinstance(call.get(key), str)]


def _parts(path: str) -> str:
    """Return what an operation's id would be that has this path: `image.tile` for `/api/v1/image/tile`."""
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
    """Return the media type of a body in JSON, or the first that there is."""
    media = content.get("application/json")
    if isinstance(media, Mapping):
        return media
    others = [content[name] for name in sorted(name for name in content if isinstance(name, str))]
    return next((each for each in others if isinstance(each, Mapping)), {})
