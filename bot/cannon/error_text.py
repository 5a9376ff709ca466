"""Turns whatever an API says about an error into one clean sentence. Pure.

Error bodies are not documented (`cannon-api`: "Error body, error codes: UNKNOWN"), so every common shape is read, and
nothing of it is trusted: no markup, no control characters, no query of a link, no key reaches a member.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

SENTENCE_LIMIT_CHARS: Final = 200
_READ_LIMIT_CHARS = 20_000
_MESSAGE_KEYS = ("message", "errorMessage", "error_description", "error", "detail", "msg", "reason", "title", "errors")
_DEPTH = 4
_TAG = re.compile(r"<[^<>]{0,2000}>")
_QUERY = re.compile(r"(https?://[^\s?#\"']+)[?#][^\s\"']*")
_LOGIN = re.compile(r"(https?://)[^\s/@]+@")
_KEY = re.compile(r"\b((?:cs|sk|pk|rk)[_-](?:(?:live|test)[_-])?)[A-Za-z0-9_\-]{6,}")
_BEARER = re.compile(r"\b(Bearer\s+)\S+", re.IGNORECASE)


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
    """Return `text` as one line without markup, control characters, queries of links or keys, in 200 characters."""
    text = text[:_READ_LIMIT_CHARS].encode("utf-8", "replace").decode("utf-8")
    text = _TAG.sub(" ", text)
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    text = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cs", "Co"} and char not in "<>`")
    text = _LOGIN.sub(r"\1", _QUERY.sub(r"\1", text))
    text = _BEARER.sub(r"\1…", _KEY.sub(r"\1…", text))
    text = " ".join(text.replace("](", "] (").split())
    return text if len(text) <= SENTENCE_LIMIT_CHARS else text[: SENTENCE_LIMIT_CHARS - 1].rstrip() + "…"


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
