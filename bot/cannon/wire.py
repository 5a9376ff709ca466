"""Converts Cannon Studio's JSON to and from our types. The only module that knows its spelling.

All that it answers is read by one door, `parsed`: off the event loop, and only so much of it.

The create answer is snake_case, the request object camelCase, media outputs snake_case again and prompt outputs
camelCase (https://www.cannonstudio.app/developers/docs/reference/get-request). Reading is tolerant: missing or mistyped
fields become None, new ones are logged once by name, and only a meaningless answer raises UnreadableAnswer.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

import structlog

from bot.cannon import texts
from bot.cannon.errors import SENTENCE_LIMIT_CHARS, asks_to_verify, clean, message_read
from bot.domain.models import AccountStatus, credits_of
from bot.domain.words.text import shortened
from bot.errors import FieldFault, UnreadableAnswer

NODES_MAX: Final = 20_000
"""Objects, lists, and values of one answer."""
DOCUMENT_NODES_MAX: Final = 200_000
"""Of the description of the whole API."""
DEPTH_MAX: Final = 100
"""What reads an answer further may recurse."""
PIECES_MAX: Final = 64
"""Pieces of a tool's answer, and events before it."""
INLINE_BYTES: Final = 16 * 1024
"""An answer below this size is read in less than a millisecond."""

_VERIFIED: Final = ("emailVerified", "email_verified", "isEmailVerified", "verified")
"""Possible names in `account`: whether its e-mail address is verified is not documented."""
T = TypeVar("T")


async def aside(size: int, read: Callable[[], T]) -> T:
    """Return what `read` makes of an answer of `size` bytes: in a thread, unless it is small."""
    return read() if size <= INLINE_BYTES else await asyncio.to_thread(read)


def parsed(text: str | bytes, nodes_max: int = NODES_MAX, **hooks: Any) -> Any:
    """Return JSON; `hooks` are those of `json.loads`.

    Raises ValueError, also for an answer that is too deep or has too many parts, and RecursionError.
    """
    found = json.loads(text, **hooks)
    nodes, level = 0, _children([found])
    for _ in range(DEPTH_MAX):
        nodes += sum(map(len, level))
        if nodes > nodes_max:
            raise ValueError("too many parts")
        level = [child for each in level for child in _children(each)]
        if not level:
            return found
    raise ValueError("too deep")


def _children(value: Any) -> Sequence[Any]:
    inner = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, dict | list)]


log = structlog.get_logger(__name__)

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
REMOTE_ID = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._~:-]{1,200}\Z")
"""A valid request id, safe in a URL path."""
LABEL_CHARS, SCOPES_MAX = 40, 20
"""Maximum lengths of plan and scope names, and number of scopes: they fit into an embed's field."""
_SEEN_LIMIT = 500


class RemoteStatus(StrEnum):
    """A request's states (https://www.cannonstudio.app/developers/docs/lifecycle), and one for unknown words."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """Whether the API documents this state as final."""
        return self in {RemoteStatus.SUCCEEDED, RemoteStatus.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedRequest:
    """The answer to a create. `poll_after_s`: delay of the first poll, in seconds."""

    remote_id: str
    status: RemoteStatus
    poll_after_s: float | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request's state. Times are Unix seconds, `cost` is in credits and may be known before the end."""

    remote_id: str
    status: RemoteStatus
    cost: Decimal | None = None
    error: str | None = None
    """Why it failed: one sentence for members."""
    faults: tuple[FieldFault, ...] = ()
    """The same by field, if given."""
    output: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Operation specific; partial before the end."""
    created_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    poll_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiAnswer:
    """The API's live description, and the ETag for the next request."""

    document: Mapping[str, Any]
    etag: str | None


def account_status(document: object) -> AccountStatus:
    """Read the answer of `GET /api/v1/status`. Raises UnreadableAnswer for a non-object or a failure."""
    answer = _object(document)
    account, api_key = _mapping(answer.get("account")), _mapping(answer.get("apiKey"))
    _note_new("status", answer, _STATUS_FIELDS)
    said = _label(answer.get("message")) or ""
    must_verify = asks_to_verify(said) or any(account.get(name) is False for name in _VERIFIED)
    if answer.get("ok") is False and not must_verify:
        raise UnreadableAnswer(texts.NOT_WELL(reason=said or str(texts.NO_REASON)), 200)
    remaining = answer.get("creditsRemaining")
    if remaining is None:
        remaining = _mapping(answer.get("credits")).get("remaining")
    return AccountStatus(
        credits=_credits(remaining, "creditsRemaining"),
        plan=_label(account.get("plan"), LABEL_CHARS),
        scopes=_scopes(api_key.get("scopes")),
        must_verify=must_verify,
    )


def accepted(document: object) -> CreatedRequest:
    """Read the answer of a create. Raises UnreadableAnswer without a usable id, which polling needs."""
    answer = _object(document)
    _note_new("create", answer, {"id", "status", "operation", "poll_after_ms", "urls"})
    remote_id = answer.get("id")
    if not isinstance(remote_id, str) or not REMOTE_ID.match(remote_id):
        raise UnreadableAnswer(texts.UNREADABLE)
    return CreatedRequest(
        remote_id=remote_id,
        status=_status(answer.get("status", RemoteStatus.QUEUED)),
        poll_after_s=_poll_after(answer),
        operation=_label(answer.get("operation")),
    )


def progress(document: object, remote_id: str) -> Progress:
    """Read the request object of `remote_id`.

    Raises UnreadableAnswer for a non-object or another request's: a result must never reach the wrong member.
    """
    answer = _object(document)
    _note_new("request", answer, _REQUEST_FIELDS)
    if answer.get("id", remote_id) != remote_id:
        raise UnreadableAnswer(texts.UNREADABLE)
    status = _status(answer.get("status"))
    output = _mapping(answer.get("output"))
    if not output and status is RemoteStatus.SUCCEEDED:
        output = _mapping(_mapping(answer.get("requestLog")).get("output"))  # the log repeats it for seven days
    message = answer.get("errorMessage")
    error, faults = message_read(message) if isinstance(message, str) else ("", ())
    return Progress(
        remote_id=remote_id,
        status=status,
        cost=_credits(answer.get("billableCredits"), "billableCredits"),
        error=error or None,
        faults=faults,
        output=MappingProxyType(dict(output)),
        created_at=_seconds(answer.get("createdAtMs")),
        started_at=_seconds(answer.get("startedAtMs")),
        completed_at=_seconds(answer.get("completedAtMs")),
        poll_after_s=_poll_after(answer),
    )


_STATUS_FIELDS = {"ok", "status", "message", "creditsRemaining", "credits", "account", "apiKey", "serverTime"}
"""https://www.cannonstudio.app/developers/docs/reference/status"""
_REQUEST_FIELDS = {
    "id", "operation", "status", "billableCredits", "inputPreview", "outputPreview", "createdAtMs", "startedAtMs",
    "completedAtMs", "errorMessage", "output", "requestLog", "poll_after_ms", "urls",
}  # fmt: skip
_seen: set[str] = set()


def _object(document: object) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise UnreadableAnswer(texts.UNREADABLE)
    return document


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else NOTHING


def _status(value: object) -> RemoteStatus:
    if isinstance(value, str) and value.lower() in set(RemoteStatus):
        return RemoteStatus(value.lower())
    _note_once("status", str(value))
    return RemoteStatus.UNKNOWN


def _credits(value: object, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        return credits_of(value)
    except ValueError:
        _note_once("credits", name)
        return None


def _label(value: object, limit: int = SENTENCE_LIMIT_CHARS) -> str | None:
    return (shortened(clean(value), limit) or None) if isinstance(value, str) else None


def _scopes(value: object) -> tuple[str, ...]:
    names = [_label(name, LABEL_CHARS) for name in value[:SCOPES_MAX]] if isinstance(value, list) else []
    return tuple(name for name in names if name is not None)


def _seconds(value: object) -> float | None:
    """Convert Unix milliseconds to seconds; None for no date of this or the next century."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 7.3e12:
        return None
    return value / 1000


def _poll_after(answer: Mapping[str, Any]) -> float | None:
    value = answer.get("poll_after_ms", answer.get("pollAfterMs"))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return value / 1000


def _note_new(where: str, answer: Mapping[str, Any], known: set[str]) -> None:
    for name in answer.keys() - known:
        _note_once(f"{where} field", name)


def _note_once(what: str, name: str) -> None:
    """Log a new field name once per process, never its value."""
    entry = f"{what}: {clean(name)[:60]}"
    if entry not in _seen and len(_seen) < _SEEN_LIMIT:
        _seen.add(entry)
        log.info("cannon.new", what=entry)
