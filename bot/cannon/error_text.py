"""Turns whatever an API says about an error into one clean sentence. Pure.

Error bodies are not documented (`cannon-api`: "Error body, error codes: UNKNOWN"), so every common shape is read, and
nothing of it is trusted: no markup, no control characters, no link, no key reaches a member. Linear in the length.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from bot.domain.harmless_text import tame
from bot.domain.text import one_line

SENTENCE_LIMIT_CHARS: Final = 200
_READ_LIMIT_CHARS = 20_000
_MESSAGE_KEYS = ("message", "errorMessage", "error_description", "error", "detail", "msg", "reason", "title", "errors")
_DEPTH = 4
_CLEANED_CHARS = 1000
"""What is read of a text once its tags are gone: whole words, of which 200 characters are shown."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINK = re.compile(r"(https?://)([^\s\"']+)")
_LOGIN = re.compile(r"[^/@]*@")
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
    text = _decoded(body)
    said = ""
    if text.startswith(("{", "[", '"')):
        said = _said(_parsed(text), _DEPTH)
    elif not is_page(body, content_type) and "json" not in (content_type or "").lower():
        said = text
    return clean(said) or _in_words(status)


def is_own_error(body: bytes, content_type: str | None) -> bool:
    """Whether an error answer has the form of the API's own: a JSON object with a sentence in it, not sent as a page.

    Whoever wrote anything else cannot know what the API knows. Never raises.
    """
    document = _parsed(_decoded(body))
    return not _is_page_kind(content_type) and isinstance(document, Mapping) and bool(_said(document, _DEPTH))


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


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _said(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value.strip()
    if depth == 0:
        return ""
    if isinstance(value, Mapping):
        for key in _MESSAGE_KEYS:
            if said := _said(value.get(key), depth - 1):
                return said
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_said(item, depth - 1) for item in value[:3])))
    return ""


def _in_words(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
