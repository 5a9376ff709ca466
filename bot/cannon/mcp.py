"""Client of Cannon Studio's MCP server (`POST /mcp`): calls tools, with a key or without one.

Two eras of the protocol are spoken. Up to 2025-11-25 a server may demand `initialize` and a session; since 2026-07-28
each call is independent and names its version. The bare call comes first: the usual servers take it in both eras. What
an origin took is remembered. Sources: https://www.cannonstudio.app/developers/docs/mcp and
https://modelcontextprotocol.io/specification. The key's header is not documented, so both that the REST API takes
are tried (INFERRED).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final

import httpx
import structlog

from bot.cannon.budgets import Call, KeyBudgets
from bot.cannon.key_routes import KeyRoute, KeyRoutes
from bot.cannon.wire import PIECES_MAX, aside, parsed
from bot.runtime.network.transport import NoAnswer, TooMuch, answer_to, chunks, read_capped

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 5.0
"""Of a call with all its attempts: the server is a serverless function, which may start cold."""
ANSWER_LIMIT_BYTES: Final = 1024 * 1024
SESSIONS_MAX: Final = 1024
ATTEMPTS_MAX: Final = 7
"""Of one call: three eras, the key's other header, a new session, and two more."""
ACCEPT: Final = "application/json, text/event-stream"
"""A client must accept both, or servers answer 406 (MCP, Streamable HTTP, "Sending Messages to the Server")."""
OPENING_VERSION: Final = "2025-11-25"
STATELESS_VERSION: Final = "2026-07-28"
CLIENT: Final = {"name": "cannon-bot", "version": "1"}
OPENING: Final = {"protocolVersion": OPENING_VERSION, "capabilities": {}, "clientInfo": CLIENT}
META: Final = "io.modelcontextprotocol/"

TOO_MANY: Final = 429
LATER: Final = frozenset({408, 425, TOO_MANY})
"""HTTP statuses that ask for a retry."""
DENIED: Final = frozenset({401, 403})
NO_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
NOT_OPENED: Final = frozenset({-32600, -32000, -32002})
"""Codes by which servers ask for `initialize`, where they do not answer 400."""
WRONG_ERA: Final = frozenset({-32020, -32021, -32022})
"""Headers, capabilities or version of 2026-07-28 are missing."""

Message = Mapping[str, Any]


class McpFailure(Enum):
    """Why a call has no result."""

    UNREACHED = auto()
    """No timely or readable answer."""
    NOT_UNDERSTOOD = auto()
    """The server does not know the call in any form, or the tool."""
    REFUSED = auto()
    """401 or 403: the key, or its absence."""
    INVALID = auto()
    """The tool rejects these arguments (-32602)."""


class McpError(Exception):
    """A call without a result. `reason` is a status, a code or an error's name: no text of the server, no key."""

    def __init__(self, failure: McpFailure, reason: object) -> None:
        super().__init__(f"{failure.name}: {reason}")
        self.failure = failure
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool's answer: its structured content, then the JSON objects among its texts."""

    objects: Sequence[Message]
    is_error: bool = False
    parts: Sequence[Any] = ()
    """All that it has: its JSON objects and lists, each once, and its other texts."""


class _Era(Enum):
    BARE = auto()
    SESSION = auto()
    STATELESS = auto()


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of the call."""

    era: _Era = _Era.BARE
    version: str = STATELESS_VERSION
    """Of the stateless era."""
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class _Session:
    """An opened session; servers without sessions give no id."""

    id: str | None
    version: str


@dataclass(slots=True)
class _Origin:
    """What one server took."""

    route: KeyRoute
    form: _Form = _Form()
    sessions: dict[str | None, _Session] = field(default_factory=dict, repr=False)
    """By key: a session may belong to its account."""
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    def keep(self, key: str | None, session: _Session) -> None:
        while len(self.sessions) >= SESSIONS_MAX:
            del self.sessions[next(iter(self.sessions))]
        self.sessions[key] = session

    def end(self, key: str | None, session: _Session) -> None:
        if self.sessions.get(key) is session:
            del self.sessions[key]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    message: Message | None
    session: str | None = None
    """`Mcp-Session-Id`."""
    parts: Sequence[Any] = ()
    """As in `ToolResult`."""

    @property
    def objects(self) -> list[Message]:
        return [each for each in self.parts if isinstance(each, dict)]

    @property
    def error(self) -> Message:
        """The JSON-RPC error, empty without one."""
        error = (self.message or {}).get("error")
        return error if isinstance(error, dict) else {}

    @property
    def code(self) -> int | None:
        """The JSON-RPC error's code, None without an error; 0 for one that is no number."""
        code = self.error.get("code", 0)
        return (code if isinstance(code, int) else 0) if self.error else None

    @property
    def result(self) -> Message:
        result = (self.message or {}).get("result")
        return result if isinstance(result, dict) else {}


class McpClient:
    """Calls tools. Close it with `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = TIMEOUT_S,
        practice_transport: httpx.AsyncBaseTransport | None = None,
        budgets: KeyBudgets | None = None,
    ) -> None:
        """Take the API's address; calls with a practice key use only `practice_transport`, all others never.

        `budgets` counts every call with a key.
        """
        self._timeout_s = timeout_s
        self._budgets = budgets
        self._routes = KeyRoutes(base_url, timeout_s=timeout_s, practice_transport=practice_transport)
        self._origins: dict[str, _Origin] = {}
        self._ids = itertools.count(1)

    async def aclose(self) -> None:
        await self._routes.aclose()

    async def call(
        self, tool: str, arguments: Mapping[str, Any], *, key: str | None = None, logs: bool = True
    ) -> ToolResult:
        """Return a tool's result, within the time limit. Raises McpError; `logs` says whether it is logged, too."""
        params = {"name": tool, "arguments": dict(arguments)}
        answer = await self._answer("tools/call", params, key=key, logs=logs)
        return ToolResult(answer.objects, is_error=answer.result.get("isError") is True, parts=answer.parts)

    async def request(
        self, method: str, params: Mapping[str, Any], *, key: str | None = None, logs: bool = True
    ) -> Message:
        """Return the result of a JSON-RPC method, within the time limit. Raises McpError; `logs` as in `call`."""
        return (await self._answer(method, params, key=key, logs=logs)).result

    async def _answer(self, method: str, params: Mapping[str, Any], *, key: str | None, logs: bool) -> _Answer:
        route = self._routes.of(key)
        if route is None:
            raise McpError(McpFailure.UNREACHED, "no practice")
        origin = self._origins.setdefault(route.base, _Origin(route))
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._result(origin, method, params, key)
        except McpError as error:
            failed = error
        except (TimeoutError, NoAnswer, TooMuch, ValueError, RecursionError) as error:
            failed = McpError(McpFailure.UNREACHED, type(error).__name__)
        if logs and failed.failure is not McpFailure.INVALID:
            log.info("mcp.failed", method=method, failure=failed.failure.name.lower(), reason=failed.reason)
        raise failed

    async def _result(self, origin: _Origin, method: str, params: Mapping[str, Any], key: str | None) -> _Answer:
        """Call in the form that worked, then in those that the answers ask for.

        Raises McpError, and what _message raises.
        """
        form, tried, reopened = origin.form, set[_Form](), False
        for _ in range(ATTEMPTS_MAX):
            tried.add(form)
            session, answer = await self._attempt(origin, form, method, params, key)
            following = _following(form, answer, has_key=key is not None)
            if following == form and session is not None and not reopened:
                origin.end(key, session)
                reopened = True
                continue
            if following is None or following in tried:
                break
            form = following
        try:
            _check(answer)
        except McpError as error:
            if error.failure is McpFailure.NOT_UNDERSTOOD:
                origin.form = _Form(bearer=origin.form.bearer)  # the server may have changed
            raise
        origin.form = form
        return answer

    async def _attempt(
        self, origin: _Origin, form: _Form, method: str, params: Mapping[str, Any], key: str | None
    ) -> tuple[_Session | None, _Answer]:
        """Return the session used and the answer: that of a failed opening, if there was one."""
        if form.era is not _Era.SESSION:
            return None, await self._post(origin, form, method, params, key)
        async with origin.opening:
            session = origin.sessions.get(key)
            if session is None:
                opened = await self._post(origin, form, "initialize", OPENING, key)
                if not opened.result:
                    return None, opened
                version = opened.result.get("protocolVersion")
                session = _Session(opened.session, version if isinstance(version, str) else OPENING_VERSION)
                await self._post(origin, form, "notifications/initialized", None, key, session)
                origin.keep(key, session)
        return session, await self._post(origin, form, method, params, key, session)

    async def _post(
        self,
        origin: _Origin,
        form: _Form,
        method: str,
        params: Mapping[str, Any] | None,
        key: str | None,
        session: _Session | None = None,
    ) -> _Answer:
        """Send a request and return its answer; without `params` a notification, whose answer has no message."""
        body: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            body |= {"id": next(self._ids), "params": dict(params)}
            if form.era is _Era.STATELESS:
                body["params"]["_meta"] = _meta(form.version)
        headers = _headers(form, method, params or {}, key, session)
        route = origin.route
        request = route.http.build_request("POST", f"{route.base}/mcp", content=json.dumps(body), headers=headers)
        limited = None if self._budgets is None else self._budgets.begin(key, Call.OTHER)
        async with answer_to(route.http, request) as response:
            if limited is not None and response.status_code == TOO_MANY:
                limited()
            message, parts = (None, ()) if params is None else await _message(response, body["id"])
            return _Answer(response.status_code, message, response.headers.get("mcp-session-id"), parts)


def _headers(
    form: _Form, method: str, params: Mapping[str, Any], key: str | None, session: _Session | None
) -> dict[str, str]:
    headers = {"accept": ACCEPT, "content-type": "application/json"}
    if key is not None:
        headers |= {"authorization": f"Bearer {key}"} if form.bearer else {"x-api-key": key}
    if session is not None:
        headers |= {"mcp-protocol-version": session.version}
        headers |= {} if session.id is None else {"mcp-session-id": session.id}
    if form.era is _Era.STATELESS:  # they repeat the body, for gateways
        headers |= {"mcp-protocol-version": form.version, "mcp-method": method}
        headers |= {"mcp-name": str(params["name"])} if "name" in params else {}
    return headers


def _meta(version: str) -> dict[str, Any]:
    return {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}, f"{META}clientInfo": CLIENT}


# ---------------------------------------------------------------------- what an answer asks for


def _following(form: _Form, answer: _Answer, *, has_key: bool) -> _Form | None:
    """Return the form that an answer asks for; `form` for a new session; None if the answer is final."""
    if 401 in _denials(answer) and has_key:
        return replace(form, bearer=not form.bearer)
    is_wrong = answer.status in {400, 404}
    if answer.code in WRONG_ERA and (version := _stateless_version(answer)) is not None:
        return replace(form, era=_Era.STATELESS, version=version)
    if is_wrong and answer.code == INVALID_PARAMS:
        # Also the official Python server's answer to a call without `_meta`.
        return replace(form, era=_Era.STATELESS) if form.era is _Era.BARE else None
    if form.era is _Era.STATELESS and answer.code == NO_METHOD:
        return None
    return replace(form, era=_Era.SESSION) if is_wrong or answer.code in NOT_OPENED else None


def _stateless_version(answer: _Answer) -> str | None:
    """Return the version to name: the oldest stateless one supported, ours if none is listed."""
    data = answer.error.get("data")
    listed = data.get("supported") if isinstance(data, dict) else None
    supported = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    stateless = (each for each in supported if re.fullmatch(r"[\d-]{10}", each) and each >= STATELESS_VERSION)
    return min(stateless, default=None if supported else STATELESS_VERSION)


def _denials(answer: _Answer) -> list[int]:
    """Return 401 and 403, of the HTTP answer or in a tool's result."""
    inner = [each.get("status") for each in answer.objects if not each.get("ok")]
    return [each for each in (answer.status, *inner) if isinstance(each, int) and each in DENIED]


def _check(answer: _Answer) -> None:
    """Raise McpError unless the answer has a result."""
    status, code = answer.status, answer.code
    if denials := _denials(answer):
        raise McpError(McpFailure.REFUSED, denials[0])
    if code == INVALID_PARAMS:
        raise McpError(McpFailure.INVALID, code)
    if status in LATER or status >= 500 or code == INTERNAL:
        raise McpError(McpFailure.UNREACHED, status)
    if status != httpx.codes.OK or code is not None:
        raise McpError(McpFailure.NOT_UNDERSTOOD, status if code is None else code)
    if not answer.result:
        raise McpError(McpFailure.UNREACHED, "no result")


# ---------------------------------------------------------------------- reading


_Read = tuple[Message | None, Sequence[Any]]
"""A message, and the parts of its result."""


def _parts(message: Message | None) -> list[Any]:
    result = (message or {}).get("result")
    if not isinstance(result, dict):
        return []
    content = result.get("content")
    pieces = content[:PIECES_MAX] if isinstance(content, list) else []
    texts = [each["text"] for each in pieces if isinstance(each, dict) and isinstance(each.get("text"), str)]
    structured = result.get("structuredContent")
    parts = [structured] if isinstance(structured, dict) else []
    parts += [_object(text) for text in texts]
    return list({json.dumps(each, sort_keys=True): each for each in parts}.values())


def _object(text: str) -> Any:
    """Return an object or list of JSON, else the text."""
    try:
        found = parsed(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict | list) else text


async def _message(response: httpx.Response, wanted: int) -> _Read:
    """Return the JSON-RPC answer with the id `wanted`, None without one; an error's status counts without a body.

    Raises ValueError, RecursionError, TooMuch and NoAnswer.
    """
    try:
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            body = await read_capped(response, ANSWER_LIMIT_BYTES)
            return await _read(body, wanted, or_none=True)
        async for data in _events(response):  # up to the answer: what follows may last
            found = await _read(data, wanted)
            if found[0] is not None:
                return found
    except (ValueError, RecursionError, TooMuch, NoAnswer):
        if response.status_code < 400:
            raise
    return None, ()


async def _read(body: bytes, wanted: int, *, or_none: bool = False) -> _Read:
    def read() -> _Read:
        message = _of_id(parsed(body), wanted, or_none=or_none)
        return message, _parts(message)

    return await aside(len(body), read)


def _of_id(found: Any, wanted: int, *, or_none: bool = False) -> Message | None:
    """Return the answer among one or several messages. `or_none`: also an error about no id.

    Raises ValueError for several answers with the id: none of them is right.
    """
    messages = [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]
    answers = [each for each in messages if "result" in each or "error" in each]
    ours = [each for each in answers if type(each.get("id")) is int and each["id"] == wanted]
    if len(ours) > 1:
        raise ValueError("several answers")
    return next(iter(ours or [each for each in answers if or_none and each.get("id") is None]), None)


async def _events(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the data of a stream's events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Raises TooMuch above ANSWER_LIMIT_BYTES or PIECES_MAX events in all, and NoAnswer.
    """
    size, events, lines, data = 0, 0, _Lines(), list[bytes]()
    if response.headers.get("content-encoding", "identity") not in {"", "identity"}:
        raise TooMuch
    async for chunk in chunks(response):
        size += len(chunk)
        if size > ANSWER_LIMIT_BYTES or events > PIECES_MAX:
            raise TooMuch
        for line in lines.feed(chunk):
            if line.startswith(b"data:"):
                data.append(line.removeprefix(b"data:").removeprefix(b" "))
            elif not line and any(data) and events <= PIECES_MAX:
                events += 1
                yield b"\n".join(data)
            if not line:
                data.clear()
    data += [rest.removeprefix(b"data:") for rest in lines.rest() if rest.startswith(b"data:")]
    if any(data):
        yield b"\n".join(data)


class _Lines:
    """Splits a stream at LF, CR and CRLF, in time linear to its length."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        first, *more = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._line += first
        for each in more:
            yield bytes(self._line)
            self._line = bytearray(each)

    def rest(self) -> list[bytes]:
        """Return what follows the last line end."""
        return [bytes(self._line)]
