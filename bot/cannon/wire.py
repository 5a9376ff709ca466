"""Cannon Studio's JSON to and from our values. No other module but account_wire knows its spelling.

The create answer is snake_case, the request object camelCase, media outputs snake_case again and prompt outputs
camelCase (https://www.cannonstudio.app/developers/docs/reference/get-request). Reading is tolerant: what is missing
or of the wrong type becomes None, what is new is logged once by name, and only an answer without any usable meaning
raises UnreadableAnswer.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import structlog

from bot.cannon import texts
from bot.cannon.account_wire import expiring_credits, top_up_link
from bot.cannon.error_text import SENTENCE_LIMIT_CHARS, clean, message_read
from bot.catalogue import Operation
from bot.domain.models import AccountStatus, Media, MediaKind, credits_of
from bot.domain.text import shortened
from bot.errors import FieldFault, UnreadableAnswer

log = structlog.get_logger(__name__)

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
REMOTE_ID = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._~:-]{1,200}\Z")
"""What we accept as a request id: it becomes part of a path, so no character with a meaning in a path."""
LONGEST_POLL_AFTER_S = 3600.0
LINK_LIMIT_CHARS = 8192
LABEL_CHARS, SCOPES_MAX = 40, 20
"""How much is taken of a plan's or a scope's name, and of the scopes: they all fit into a field of an embed."""
_SEEN_LIMIT = 500


class RemoteStatus(StrEnum):
    """The states of a request (https://www.cannonstudio.app/developers/docs/lifecycle), and one for any new word."""

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
    """The answer to a create. `poll_after_s` is when the API wants the first poll, in seconds from now."""

    remote_id: str
    status: RemoteStatus
    poll_after_s: float | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request as the API reports it. Times are Unix seconds, `cost` is in credits and may be known before the end."""

    remote_id: str
    status: RemoteStatus
    cost: Decimal | None = None
    error: str | None = None
    """Why it failed: one sentence that a member may read."""
    faults: tuple[FieldFault, ...] = ()
    """The same field by field, where that is how it was told."""
    output: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Operation specific; partial before the end."""
    created_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    poll_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiAnswer:
    """The live description of the API, and the ETag for the next request."""

    document: Mapping[str, Any]
    etag: str | None


def account_status(document: object) -> AccountStatus:
    """Read the answer of `GET /api/v1/status`. Raises UnreadableAnswer if it is no object or says that it is not ok."""
    answer = _object(document)
    account, api_key = _mapping(answer.get("account")), _mapping(answer.get("apiKey"))
    _note_new("status", answer, {"ok", "status", "message", "creditsRemaining", "credits", "account", "apiKey"})
    if answer.get("ok") is False:
        said = _label(answer.get("message")) or texts.NO_REASON
        raise UnreadableAnswer(texts.not_well(said), 200)
    remaining = answer.get("creditsRemaining")
    if remaining is None:
        remaining = _mapping(answer.get("credits")).get("remaining")
    return AccountStatus(
        credits=_credits(remaining, "creditsRemaining"),
        plan=_label(account.get("plan"), LABEL_CHARS),
        scopes=_scopes(api_key.get("scopes")),
        expiring=expiring_credits(answer),
        top_up_url=top_up_link(answer),
    )


def accepted(document: object) -> CreatedRequest:
    """Read the answer of a create. Raises UnreadableAnswer without a usable id: such a request could not be polled."""
    answer = _object(document)
    _note_new("create", answer, {"id", "status", "operation", "poll_after_ms", "urls"})
    remote_id = answer.get("id")
    if not isinstance(remote_id, str) or not REMOTE_ID.match(remote_id):
        raise UnreadableAnswer(texts.WITHOUT_ID)
    return CreatedRequest(
        remote_id=remote_id,
        status=_status(answer.get("status", RemoteStatus.QUEUED)),
        poll_after_s=_poll_after(answer),
        operation=_label(answer.get("operation")),
    )


def progress(document: object, remote_id: str) -> Progress:
    """Read a request object that was fetched as `remote_id`.

    Raises UnreadableAnswer if it is no object, or another request's: a result must never reach the wrong member.
    """
    answer = _object(document)
    _note_new("request", answer, _REQUEST_FIELDS)
    if answer.get("id", remote_id) != remote_id:
        raise UnreadableAnswer(texts.OF_ANOTHER_JOB)
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


def media_of(operation: Operation | None, output: Mapping[str, Any]) -> tuple[Media, ...]:
    """Return the first MEDIA_MAX result files in `output`, each link once, in the order of the operation's outputs.

    Temporary copies and echoes of the input are left out. Where the operation is unknown, or none of its outputs is
    there, every `*_url` and `*_urls` counts, with the kind that the key's name suggests.
    """
    return tuple(itertools.islice(_media(operation, output), MEDIA_MAX))


def has_more_media(operation: Operation | None, output: Mapping[str, Any]) -> bool:
    """Whether `output` has more result files than `media_of` returns."""
    return next(itertools.islice(_media(operation, output), MEDIA_MAX, None), None) is not None


def _media(operation: Operation | None, output: Mapping[str, Any]) -> Iterator[Media]:
    """Find the result files in `output`, each link once."""
    seen: set[str] = set()
    known = _known_media(operation, output) if operation is not None else iter(())
    first = next(known, None)
    if first is None:
        passed_over = {item.key for item in operation.outputs if item.temporary or item.echo} if operation else set()
        found = _guessed_media(output, passed_over)
    else:
        found = itertools.chain((first,), known)
    for item in found:
        if item.url not in seen:
            seen.add(item.url)
            yield item


def text_of(operation: Operation | None, output: Mapping[str, Any]) -> str | None:
    """Return the text that the operation made (`enhancedPrompt`), None if it made none.

    Where the operation's outputs are not public, everything counts that is neither a medium nor about how it was
    made, a line each: `character_id: ch_12`. It was paid for, and is shown nowhere else.
    """
    keys = [item.key for item in operation.outputs if item.kind is None] if operation is not None else []
    for key in (*keys, "enhancedPrompt", "enhanced_prompt"):
        value = output.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    if operation is not None and operation.outputs:
        return None
    media = {item.url for item in _media(operation, output)}
    return "\n".join(_said(output, media)) or None


def _said(output: Mapping[str, Any], media: set[str]) -> Iterator[str]:
    for key, value in output.items():
        if key in _MAKING or key.lower().startswith(_PASSED_OVER) or media.intersection(_links(value)):
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            said = next(_links(value), None) or clean(str(value))  # a shortened link would not work
            if said:
                yield f"{clean(key)}: {said}"


_REQUEST_FIELDS = {
    "id", "operation", "status", "billableCredits", "inputPreview", "outputPreview", "createdAtMs", "startedAtMs",
    "completedAtMs", "errorMessage", "output", "requestLog", "poll_after_ms", "urls",
}  # fmt: skip
_MAKING = frozenset(
    {"task_id", "asset_type", "status", "provider", "model", "operation", "mode", "seed", "exact_cost_credits"}
)
"""Output keys that describe how a result was made rather than what it is."""
_PASSED_OVER = ("provider_", "source_", "input_", "reference_", "thumbnail", "webhook")
_KIND_WORDS = (
    (MediaKind.VIDEO, ("video", "clip", "movie")),
    (MediaKind.AUDIO, ("audio", "music", "narration", "sound", "sfx", "voice", "speech")),
    (MediaKind.IMAGE, ("image", "picture", "photo", "frame", "panorama")),
)
_EXTENSIONS = {
    MediaKind.VIDEO: (".mp4", ".mov", ".webm"),
    MediaKind.AUDIO: (".mp3", ".wav", ".m4a", ".ogg", ".flac"),
    MediaKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"),
}
_LINK_KEY = re.compile(r"_urls?\Z|[a-z0-9]Urls?\Z|\Aurls?\Z")
MEDIA_MAX = 20
"""How many files of one answer are taken: each of them is fetched."""
_seen: set[str] = set()


def _known_media(operation: Operation, output: Mapping[str, Any]) -> Iterator[Media]:
    for item in operation.outputs:
        if item.kind is None or item.temporary or item.echo:
            continue
        for url in _links(output.get(item.key)):
            yield Media(url=url, kind=item.kind, key=item.key)


def _guessed_media(output: Mapping[str, Any], passed_over: set[str]) -> Iterator[Media]:
    for key, value in output.items():
        name = key.lower()
        if key in passed_over or name.startswith(_PASSED_OVER) or not _LINK_KEY.search(key):
            continue
        for url in _links(value):
            kind = _kind_of(name, url, output.get("asset_type"))
            if kind is not None:
                yield Media(url=url, kind=kind, key=key)


def _links(value: object) -> Iterator[str]:
    for link in value if isinstance(value, list | tuple) else (value,):
        if isinstance(link, str) and link.startswith(("https://", "http://")) and len(link) <= LINK_LIMIT_CHARS:
            yield link


def _kind_of(name: str, url: str, asset_type: object) -> MediaKind | None:
    for kind, words in _KIND_WORDS:
        if any(word in name for word in words):
            return kind
    path = url.partition("?")[0].lower()
    for kind, extensions in _EXTENSIONS.items():
        if path.endswith(extensions):
            return kind
    return MediaKind(asset_type) if isinstance(asset_type, str) and asset_type in set(MediaKind) else None


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
    """Turn the API's Unix milliseconds into seconds; None for what cannot be a date of this or the next century."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 7.3e12:
        return None
    return value / 1000


def _poll_after(answer: Mapping[str, Any]) -> float | None:
    value = answer.get("poll_after_ms", answer.get("pollAfterMs"))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return min(value / 1000, LONGEST_POLL_AFTER_S)


def _note_new(where: str, answer: Mapping[str, Any], known: set[str]) -> None:
    for name in answer.keys() - known:
        _note_once(f"{where} field", name)


def _note_once(what: str, name: str) -> None:
    """Log something new in the API by its name, once in this process and never with its value."""
    entry = f"{what}: {clean(name)[:60]}"
    if entry not in _seen and len(_seen) < _SEEN_LIMIT:
        _seen.add(entry)
        log.info("cannon.new", what=entry)
