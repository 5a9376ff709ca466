"""The faults on demand: queued through the sandbox's API, or requested by a word in the prompt.

Pure data: their effect on the socket is in `broken.py`. `docs/sandbox.md` has the same tables, compared by a test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Where = str
"""`submit`, `get`, `status`, `openapi`, `mcp`, `media` or `webhook`."""

_ANYWHERE = {
    "status": "answers `status` (default 500) with `body` and `headers`",
    "page": "answers `status` (default 500) with a web page, as a proxy in front of the API does",
    "flood": "answers 429, with `retry_after` as the Retry-After header if given",
    "drop": "closes the socket before anything happened",
    "slow_drip": "sends the true answer one byte every `interval_s` seconds (default 1)",
    "stall": "sends half of the true answer, then nothing more",
    "truncated": "promises the true length, sends half, closes",
    "garbage": "answers 200 with an HTML page",
    "empty": "answers 200 with no body",
    "huge": "answers 200 with `size_bytes` (default 10 MB) of well-formed content",
    "endless": "answers 200 with chunks that never end",
    "huge_headers": "answers 200 with a header of 64 KB",
    "gzip_bomb": "answers 200 with some 300 KB of gzip that unpack to 300 MB",
    "redirect": "answers 302 to `location`",
}
_JSON_ONLY = {
    "drop_after_commit": "carries out the call, then closes the socket without an answer",
    "nan": "replaces every number by NaN",
    "unknown_status": "names an unknown status: `paused`",
    "missing": "leaves out `id`, `status`, and `output`",
    "extra": "adds fields that no page documents",
    "wrong_types": "answers with every value in another type",
}
_MEDIA_ONLY = {
    "gone": "answers 404",
    "wrongtype": "sends a ZIP archive under the promised content type",
    "svg": "sends an SVG with a script under the promised content type",
    "exe": "sends a Windows program under the promised content type",
    "pixel_flood": "sends a PNG of a few hundred bytes that claims to be 50,000 by 50,000 pixels",
}
_WEBHOOK = {
    "lost": "is never sent",
}
KINDS: Mapping[Where, Mapping[str, str]] = {
    **{where: {**_ANYWHERE, **_JSON_ONLY} for where in ("submit", "get", "status", "openapi", "mcp")},
    "media": {**_ANYWHERE, **_MEDIA_ONLY},
    "webhook": _WEBHOOK,
}
"""The faults of each place, and their effects."""

WORDS: Mapping[str, str] = {
    "#invalid": "the POST is answered 400",
    "#broke": "the POST is answered 402: not enough credits",
    "#plan": "the POST is answered 403: the account's plan does not include the operation",
    "#flood": "the first POST is answered 429 with Retry-After 1, the next one works",
    "#down": "the first POST is answered 503, the next one works",
    "#crash": "the request is accepted, but the first POST is answered 500",
    "#drop": "the request is accepted, but the first POST gets no answer",
    "#fast": "it is ready at once",
    "#slow": "it takes ten times as long",
    "#late": "it takes five hours",
    "#forever": "it never ends",
    "#fail": "it fails, and its credits are refunded",
    "#billed": "it fails, and its credits are kept",
    "#lost": "Cannon Studio forgets the request: every GET is answered 404",
    "#strange": "while it runs, its status is an unknown word",
    "#skewed": "it says that it was created a day before it was sent and that it ended a day late",
    "#none": "it succeeds without any result",
    "#many": "there are four images, each different",
    "#twice": "the same link is in the list of images twice",
    "#gone": "the file is answered 404",
    "#empty": "the file has 0 bytes",
    "#html": "the file is an HTML page",
    "#wrongtype": "the file is a ZIP archive",
    "#big": "the file is real, but larger than 11 MB",
    "#cut": "the file breaks off in the middle",
    "#drip": "the file comes one byte a second",
}
"""The effect of a word in any text of the input on that request."""

MEDIA_WORDS: Mapping[str, str] = {
    "#gone": "gone",
    "#empty": "empty",
    "#html": "garbage",
    "#wrongtype": "wrongtype",
    "#cut": "truncated",
    "#drip": "slow_drip",
}
"""The fault played by every fetch of the request's files."""

FIRST_POST_WORDS: Mapping[str, Mapping[str, Any]] = {
    "#flood": {"kind": "flood", "retry_after": "1"},
    "#down": {"kind": "status", "status": 503},
    "#crash": {"kind": "status", "status": 500, "commit": True},
    "#drop": {"kind": "drop_after_commit"},
}
"""The fault played by the first POST with an idempotency key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. The options besides `kind` apply to the kinds that name them in KINDS."""

    kind: str
    status: int = 500
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: str | None = None
    interval_s: float = 1.0
    size_bytes: int = 10 * 1024 * 1024
    location: str = "http://127.0.0.1:9/"
    commit: bool = False
    """Whether the sandbox performs the call before the fault replaces its answer."""


@dataclass(slots=True)
class _Queued:
    fault: Fault
    left: int | None
    skip: int
    key: str | None
    target: str | None


class Faults:
    """The queue: each call takes the first matching fault."""

    def __init__(self) -> None:
        self._queues: dict[Where, list[_Queued]] = {where: [] for where in KINDS}

    def add(
        self,
        where: Where,
        kind: str,
        *,
        times: int | None = 1,
        skip: int = 0,
        key: str | None = None,
        target: str | None = None,
        **options: Any,
    ) -> None:
        """Queue a fault for the next `times` calls (None: without end) after `skip` good ones.

        `key` limits it to an API key, `target` to a request's id or a file's name. Raises ValueError for an unknown
        place,
        kind or option.
        """
        if where not in KINDS:
            raise ValueError(f"no place {where!r}; there are {', '.join(KINDS)}")
        if kind not in KINDS[where]:
            raise ValueError(f"no fault {kind!r} at {where}; there are {', '.join(KINDS[where])}")
        if times is not None and times < 1:
            raise ValueError("no fault plays fewer than 1 times")
        try:
            fault = Fault(kind=kind, **options)
        except TypeError as error:
            raise ValueError(f"no such option of a fault: {error}") from None
        if kind == "drop_after_commit":
            fault = replace(fault, commit=True)
        self._queues[where].append(_Queued(fault, times, skip, key, target))

    def take(self, where: Where, *, key: str | None = None, target: str | None = None) -> Fault | None:
        """Return the fault of this call, None for no fault."""
        queue = self._queues[where]
        for queued in queue:
            if queued.key not in {None, key} or queued.target not in {None, target}:
                continue
            if queued.skip:
                queued.skip -= 1
                return None
            if queued.left is not None:
                queued.left -= 1
                if queued.left <= 0:
                    queue.remove(queued)
            return queued.fault
        return None

    def clear(self, where: Where | None = None) -> None:
        for place, queue in self._queues.items():
            if where in {None, place}:
                queue.clear()

    def waiting(self) -> dict[Where, list[str]]:
        return {where: [queued.fault.kind for queued in queue] for where, queue in self._queues.items() if queue}


def words_in(given: object) -> frozenset[str]:
    """Return the words of WORDS in an input's texts, links excepted."""
    if isinstance(given, str):
        text = "" if given.startswith(("http://", "https://")) else given.casefold()
        return frozenset(word for word in re.findall(r"#[a-z]+", text) if word in WORDS)
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list):
        return frozenset().union(*(words_in(value) for value in given))
    return frozenset()
