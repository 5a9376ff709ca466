"""Turns whatever an API says about an error into one clean sentence. Pure.

Error bodies are not documented (`cannon-api`: "Error body, error codes: UNKNOWN"), so every common shape is read, and
nothing of it is trusted: no markup, no control characters, no link, no key reaches a member. Linear in the length.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from bot.cannon.error_body import Said, parsed, said_in
from bot.cannon.texts import IS_REQUIRED
from bot.domain.harmless_text import tame
from bot.domain.reading_time import reads_foreign_text
from bot.domain.text import one_line
from bot.errors import FieldFault

SENTENCE_LIMIT_CHARS: Final = 200
_READ_LIMIT_CHARS = 20_000
_CLEANED_CHARS = 1000
"""What is read of a text once its tags are gone: whole words, of which 200 characters are shown."""
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
    """Return what an error answer says, in at most 200 characters; the status in words if it says nothing.

    In: the body (any shape), its content type and the HTTP status. Never raises.
    """
    return reading_of(body, content_type, status)[0]


@reads_foreign_text("api_error")
def reading_of(body: bytes, content_type: str | None, status: int) -> tuple[str, tuple[FieldFault, ...]]:
    """Return what an error answer says, as `sentence_of` does, and its faults by field. Never raises."""
    text = _decoded(body)
    if text.startswith(("{", "[", '"')):
        said = said_in(parsed(text))
    elif is_page(body, content_type):
        said = Said(headline=_page_title(text))
    else:
        said = Said() if "json" in (content_type or "").lower() else said_in(text)
    return _sentence(said, {}) or _in_words(status), tuple(said.faults)


@reads_foreign_text("api_message")
def message_read(text: str) -> tuple[str, tuple[FieldFault, ...]]:
    """Return the sentence in a message of the API's, which may be JSON itself, and its faults; '' if there is none."""
    said = said_in(text[:_READ_LIMIT_CHARS])
    return _sentence(said, {}), tuple(said.faults)


def relabelled(sentence: str, said: str, faults: Sequence[FieldFault], labels: Mapping[str, str]) -> str:
    """Return a sentence that ends in what the API said, with its fields by the names that members know.

    `labels` are those by wire name.
    """
    if not said or not any(each.field.partition(".")[0] in labels for each in faults):
        return sentence
    return sentence.replace(said, _sentence(Said(faults=list(faults)), labels), 1)


def missing_in(faults: Sequence[FieldFault]) -> tuple[str, ...]:
    """Return the fields that the API says are missing, by their names on the wire; for one in an object, the object."""
    return tuple(dict.fromkeys(each.field.partition(".")[0] for each in faults if each.field and each.is_missing))


def _sentence(said: Said, labels: Mapping[str, str]) -> str:
    """Join as many faults as there is room for, each after the name of its field."""
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
    """Return the title of a page, or the message of an XML document; '' if it has none."""
    lower = text.lower()
    for tag in ("title", "message"):
        start = lower.find(f"<{tag}")
        begin = lower.find(">", start) + 1 if start >= 0 else 0
        end = lower.find(f"</{tag}", begin) if begin else -1
        if end > begin > 0:
            return html.unescape(text[begin : min(end, begin + _CLEANED_CHARS)])
    return ""


def is_own_error(body: bytes, content_type: str | None) -> bool:
    """Whether an error answer has the form of the API's own: a JSON object with a sentence in it, not sent as a page.

    Whoever wrote anything else cannot know what the API knows. Never raises.
    """
    document = parsed(_decoded(body))
    return not _is_page_kind(content_type) and isinstance(document, Mapping) and bool(_sentence(said_in(document), {}))


def is_page(body: bytes, content_type: str | None) -> bool:
    """Whether an answer is a web page or an XML document, by its content type or its first character."""
    return _is_page_kind(content_type) or _decoded(body).startswith("<")


def clean(text: str) -> str:
    """Return `text` as one line without markup, control characters, links' addresses or keys, in 200 characters."""
    text = text[:_READ_LIMIT_CHARS].encode("utf-8", "replace").decode("utf-8")
    text = _words(_TAG.sub(" ", text).translate(_SPACES))
    text = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)
    text = _BEARER.sub(r"\1…", _KEY.sub(r"\1…", _LINK.sub(_without_secrets, text)))
    text = tame(text)
    return text if len(text) <= SENTENCE_LIMIT_CHARS else text[: SENTENCE_LIMIT_CHARS - 1].rstrip() + "…"


def _words(text: str) -> str:
    """Return as many words as are read, one space between them."""
    words = one_line(text)
    if len(words) <= _CLEANED_CHARS:
        return words
    return words[:_CLEANED_CHARS].rpartition(" ")[0] or words[:_CLEANED_CHARS]


def _without_secrets(link: re.Match[str]) -> str:
    """Return a link without its login, its query and what follows."""
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
