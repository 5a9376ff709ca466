"""Turns API error bodies into one clean sentence. Pure.

Error bodies are not documented (`cannon-api`: "Error body, error codes: UNKNOWN"), so every common shape is read and
distrusted: no markup, control characters, links or keys reach a member. Linear in the length.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from bot.cannon.texts import IS_REQUIRED
from bot.domain.words.text import one_line, tame
from bot.errors import FieldFault

FAULTS_MAX: Final = 8
"""Maximum number of faults: more than a sentence has room for."""
_NODES_MAX = 400
_DEPTH = 8
_HEADLINES = (
    "message", "errorMessage", "error_message", "error_description", "error", "detail", "msg", "reason", "title",
    "description", "statusText",
)  # fmt: skip
_REASONS = ("message", "msg", "description", "reason", "detail", "error", "title")
_NAMES = ("path", "loc", "field", "param", "parameter", "pointer", "instancePath", "property", "name", "dataPath")
_LISTS = (
    "issues", "errors", "error", "detail", "details", "fieldViolations", "field_violations", "invalid-params",
    "invalid_params", "invalidParams", "violations", "validationErrors", "validation_errors", "fieldErrors",
    "formErrors", "_errors", "messages", "message", "cause", "data",
    "unionErrors",
)  # fmt: skip
_MAPS = frozenset({"errors", "fieldErrors", "detail", "details", "properties", "validationErrors", "validation_errors"})
"""Keys of maps from fields to errors."""
_NOT_FIELDS = frozenset({"body", "input", "query", "params", "json", "request", "requestBody", "root", "$", "#", ""})
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}", re.ASCII)
_MISSING = re.compile(r"\b(?:required|missing|received undefined|blank|must have required)\b", re.IGNORECASE)
_NOT_MISSING = re.compile(r"\b(?:not|no longer|unless|if|when) (?:\w+ )?required\b", re.IGNORECASE)
_NAMED_MISSING = (
    re.compile(r"(?:missing|required)(?: required)?(?: field| parameter| property| input| key)?s?:? ['\"`]?(\w{1,60})"),
    re.compile(r"['\"`]?(\w{1,60})['\"`]? (?:is|field is) (?:a )?(?:required|missing)"),
)
"""Sentences that name a missing field: `Missing required field: display_name`, `'display_name' is required`."""


@dataclass(slots=True)
class Said:
    """An error document's content. `headline` is '' without a message."""

    headline: str = ""
    faults: list[FieldFault] = field(default_factory=list)


def said_in(document: object) -> Said:
    """Read a JSON document's error. Never raises."""
    found = Said(headline=_headline(document, _DEPTH))
    nodes = iter(range(_NODES_MAX))
    for fault in _faults(document, (), _DEPTH, nodes):
        if fault not in found.faults and fault.reason:
            found.faults.append(fault)
        if len(found.faults) >= FAULTS_MAX:
            break
    if not found.faults and (named := _named_missing(found.headline)):
        found.faults.append(FieldFault(named, found.headline, is_missing=True))
    return found


def parsed(text: str) -> object:
    """Parse JSON, None if invalid."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _headline(value: object, depth: int) -> str:
    if isinstance(value, str):
        inner = _inner(value)
        return value.strip() if inner is None else _headline(inner, depth - 1) if depth else ""
    if depth and isinstance(value, Mapping):
        return next(filter(None, (_headline(value.get(key), depth - 1) for key in _HEADLINES)), "")
    return ""


def _faults(value: object, path: tuple[str, ...], depth: int, nodes: Iterator[int]) -> Iterator[FieldFault]:
    if depth == 0 or next(nodes, None) is None:
        return
    if isinstance(value, str):
        inner = _inner(value)
        if inner is not None:
            yield from _faults(inner, path, depth - 1, nodes)
        elif path:
            yield _fault(path, value, {})
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str) and not path and _inner(item) is None:
                yield _fault((), item, {})
            else:
                yield from _faults(item, path, depth - 1, nodes)
    elif isinstance(value, Mapping):
        yield from _in_object(value, path, depth, nodes)


def _in_object(
    value: Mapping[str, object], path: tuple[str, ...], depth: int, nodes: Iterator[int]
) -> Iterator[FieldFault]:
    own = (*path, *_own_path(value))
    reason = _reason(value)
    lists = [key for key in _LISTS if isinstance(value.get(key), list | Mapping) or _has_json(value.get(key))]
    if reason and (own or (path == () and depth < _DEPTH and not lists and _is_listed(value))):
        yield _fault(own, reason, value)
    for key in lists:
        inner = value[key]
        if isinstance(inner, Mapping) and key in _MAPS and _headline(inner, 1) == "" and not _is_wrapper(inner):
            yield from _in_map(inner, own, depth - 1, nodes)
        else:
            yield from _faults(inner, own, depth - 1, nodes)
    if isinstance(value.get("properties"), Mapping):
        yield from _in_map(value["properties"], own, depth - 1, nodes)
    if "_errors" in value:  # zod's `format()`: fields next to `_errors`
        rest = {key: each for key, each in value.items() if isinstance(each, Mapping)}
        yield from _in_map(rest, own, depth - 1, nodes)


def _in_map(value: object, path: tuple[str, ...], depth: int, nodes: Iterator[int]) -> Iterator[FieldFault]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _faults(inner, (*path, *_split(name)), depth, nodes)


def _is_wrapper(value: Mapping[str, object]) -> bool:
    return any(isinstance(value.get(key), list) for key in _LISTS if key not in {"message", "data", "detail", "error"})


def _is_listed(value: Mapping[str, object]) -> bool:
    """Whether an object without a field is an item of an error list rather than the whole error."""
    if isinstance(value.get("message", value.get("msg")), str):
        return True
    reason = value.get("reason")
    return isinstance(reason, str) and " " in reason  # Google's `reason` is a code, not a sentence


def _reason(value: Mapping[str, object]) -> str:
    constraints = value.get("constraints")
    if isinstance(constraints, Mapping):
        texts = [each for each in constraints.values() if isinstance(each, str)]
        if texts:
            return "; ".join(texts[:3])
    found = next((each for key in _REASONS if isinstance(each := value.get(key), str) and each.strip()), "")
    return "" if _inner(found) is not None else found.strip()


def _own_path(value: Mapping[str, object]) -> tuple[str, ...]:
    source = value.get("source")
    places = [each for key in _NAMES if not _is_no_field(key, each := value.get(key))]
    if isinstance(source, Mapping):
        places += [source.get("pointer"), source.get("parameter")]
    path = next((found for each in places if (found := _split(each))), ())
    params = value.get("params")
    missing = params.get("missingProperty") if isinstance(params, Mapping) else None
    return (*path, *_split(missing))


def _is_no_field(key: str, place: object) -> bool:
    """Whether a place is the error's type (`ZodError`) or the call's address rather than a field."""
    if not isinstance(place, str):
        return False
    if key == "name":
        return place.endswith(("Error", "Exception"))
    return place.startswith("/") and key not in {"pointer", "instancePath", "dataPath"}


def _split(place: object) -> tuple[str, ...]:
    """Split a path: `["body", "duration"]`, `/input/duration`, `input.items[0].duration`."""
    if isinstance(place, str):
        parts: list[object] = list(re.split(r"[./\[\]]", place[:200]))
    elif isinstance(place, list):
        parts = place[:12]
    else:
        return ()
    names = [each for each in parts if isinstance(each, str) and each not in _NOT_FIELDS and not each.isdigit()]
    return tuple(names) if all(_FIELD.fullmatch(each) for each in names) else ()


def _fault(path: tuple[str, ...], reason: str, about: Mapping[str, object]) -> FieldFault:
    kind = (about.get("type"), about.get("code"), about.get("keyword"))
    is_named = "missing" in kind or "required" in kind or about.get("received") == "undefined"
    is_named = is_named or (isinstance(params := about.get("params"), Mapping) and "missingProperty" in params)
    if not path:
        named = _named_missing(reason)
        return FieldFault(named, reason, is_missing=bool(named))
    is_missing = is_named or bool(_MISSING.search(reason) and not _NOT_MISSING.search(reason))
    return FieldFault(".".join(path)[:120], reason, is_missing=is_missing)


def _named_missing(sentence: str) -> str:
    """Return the field that a sentence calls missing, '' if not clearly a field name."""
    for pattern in _NAMED_MISSING:
        for found in pattern.finditer(sentence[:400]):
            quoted = sentence[found.start(1) - 1 : found.start(1)] in {"'", '"', "`"}
            if _FIELD.fullmatch(found[1]) and (quoted or "_" in found[1] or found[1] != found[1].lower()):
                return found[1] if quoted or "_" in found[1] or not found[1].istitle() else ""
    return ""


def _has_json(value: object) -> bool:
    return isinstance(value, str) and _inner(value) is not None


def _inner(text: str) -> object:
    """Return the JSON list or object in a text, None for plain text."""
    text = text.strip()
    if not text.startswith(("{", "[")) or not text.endswith(("}", "]")):
        return None
    found = parsed(text)
    return found if isinstance(found, dict | list) else None


SENTENCE_LIMIT_CHARS: Final = 200
_READ_LIMIT_CHARS = 20_000
_CLEANED_CHARS = 1000
"""Maximum length read of a text without its tags: whole words, of which 200 characters are shown."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINK = re.compile(r"(https?://)([^\s\"']+)")
_LOGIN = re.compile(r"(?<![^/@])[^/@]*@")
_AFTER_PATH = re.compile(r"[?#].*")
_KEY = re.compile(r"\b((?:cs|sk|pk|rk)[_-](?:(?:live|test)[_-])?)[A-Za-z0-9_\-]{6,}")
_BEARER = re.compile(r"\b(Bearer\s+)\S+", re.IGNORECASE)
_SPACES = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
"""Control characters and ends of lines."""
_INVISIBLE = frozenset({"Cf", "Cs", "Co"})


def sentence_of(body: bytes, content_type: str | None, status: int) -> str:
    """Return an error answer's message in at most 200 characters; by default the status in words.

    In: the body (any shape), its content type and the HTTP status. Never raises.
    """
    return reading_of(body, content_type, status)[0]


def reading_of(body: bytes, content_type: str | None, status: int) -> tuple[str, tuple[FieldFault, ...]]:
    """Return the message, as `sentence_of`, and faults by field. Never raises."""
    text = _decoded(body)
    if text.startswith(("{", "[", '"')):
        said = said_in(parsed(text))
    elif is_page(body, content_type):
        said = Said(headline=_page_title(text))
    else:
        said = Said() if "json" in (content_type or "").lower() else said_in(text)
    return _sentence(said, {}) or _in_words(status), tuple(said.faults)


def message_read(text: str) -> tuple[str, tuple[FieldFault, ...]]:
    """Return the sentence of an API message, which may be JSON, and its faults; '' if none."""
    said = said_in(text[:_READ_LIMIT_CHARS])
    return _sentence(said, {}), tuple(said.faults)


def relabelled(sentence: str, said: str, faults: Sequence[FieldFault], labels: Mapping[str, str]) -> str:
    """Replace wire names by the members' names in a sentence that ends in the API's message.

    `labels` are those by wire name.
    """
    if not said or not any(each.field.partition(".")[0] in labels for each in faults):
        return sentence
    return sentence.replace(said, _sentence(Said(faults=list(faults)), labels), 1)


def missing_in(faults: Sequence[FieldFault]) -> tuple[str, ...]:
    """Return the wire names of fields that the API calls missing; for one in an object, the object."""
    return tuple(dict.fromkeys(each.field.partition(".")[0] for each in faults if each.field and each.is_missing))


def _sentence(said: Said, labels: Mapping[str, str]) -> str:
    parts: list[str] = []
    for fault in said.faults:
        part = _of_fault(fault, labels)
        if part and part not in parts:
            if parts and len("; ".join([*parts, part])) > SENTENCE_LIMIT_CHARS:
                break
            parts.append(part)
    return clean("; ".join(parts)) if parts else clean(said.headline)


def _of_fault(fault: FieldFault, labels: Mapping[str, str]) -> str:
    reason = clean(fault.reason)
    if not fault.field:
        return reason
    first, _, rest = fault.field.partition(".")
    name = f"{labels.get(first, first)}{f' ({rest})' if rest else ''}"
    if fault.is_missing:
        return f"{name}: {IS_REQUIRED}"
    return f"{name}: {reason[:1].lower()}{reason[1:]}" if reason else ""


def _page_title(text: str) -> str:
    """Return an HTML page's title, or an XML document's message; '' if none."""
    lower = text.lower()
    for tag in ("title", "message"):
        start = lower.find(f"<{tag}")
        begin = lower.find(">", start) + 1 if start >= 0 else 0
        end = lower.find(f"</{tag}", begin) if begin else -1
        if end > begin > 0:
            return html.unescape(text[begin : min(end, begin + _CLEANED_CHARS)])
    return ""


def is_own_error(body: bytes, content_type: str | None) -> bool:
    """Whether an error answer has the API's own form: a JSON object with a sentence, not sent as a page.

    Other senders don't know what the API knows. Never raises.
    """
    document = parsed(_decoded(body))
    return not _is_page_kind(content_type) and isinstance(document, Mapping) and bool(_sentence(said_in(document), {}))


def is_page(body: bytes, content_type: str | None) -> bool:
    """Whether an answer is HTML or XML, by content type or first character."""
    return _is_page_kind(content_type) or _decoded(body).startswith("<")


def clean(text: str) -> str:
    """Clean `text` to one line without markup, control characters, URLs or keys, in 200 characters."""
    text = text[:_READ_LIMIT_CHARS].encode("utf-8", "replace").decode("utf-8")
    text = _words(_TAG.sub(" ", text).translate(_SPACES))
    text = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)
    text = _BEARER.sub(r"\1…", _KEY.sub(r"\1…", _LINK.sub(_without_secrets, text)))
    text = tame(text)
    return text if len(text) <= SENTENCE_LIMIT_CHARS else text[: SENTENCE_LIMIT_CHARS - 1].rstrip() + "…"


_TO_VERIFY = re.compile(
    r"(?<![a-z])(?:un)?(?:verif|confirm)[a-z]{0,12}[^.]{0,60}(?<![a-z])e-?mail(?![a-z])"
    r"|(?<![a-z])e-?mail(?![a-z])[^.]{0,60}(?<![a-z])(?:un)?(?:verif|confirm)",
    re.IGNORECASE,
)
"""Also as a code: `email_not_verified`."""


def asks_to_verify(sentence: str) -> bool:
    """Whether a message says that the account's e-mail address must be verified first.

    An account must, before anything that costs credits (https://www.cannonstudio.app/faq).
    """
    return _TO_VERIFY.search(sentence) is not None


def _words(text: str) -> str:
    words = one_line(text)
    if len(words) <= _CLEANED_CHARS:
        return words
    return words[:_CLEANED_CHARS].rpartition(" ")[0] or words[:_CLEANED_CHARS]


def _without_secrets(link: re.Match[str]) -> str:
    return link[1] + _LOGIN.sub("", _AFTER_PATH.sub("", link[2]), count=1)


def _decoded(body: bytes) -> str:
    return body[: _READ_LIMIT_CHARS * 4].decode("utf-8-sig", "replace").strip()


def _is_page_kind(content_type: str | None) -> bool:
    kind = (content_type or "").lower()
    return "html" in kind or "xml" in kind


def _in_words(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
