"""Discord's REST API and CDN over real HTTP, answered by simcord's routes, with the rules that simcord leaves out.

Added here: authorization, nonces, upload limits, rate-limit headers, and faults on demand. The shapes that
discord.py 2.7.1 insists on (bare `application/json`, `Via` on a 429, a bucket on every answer) were read in its source.
"""

from __future__ import annotations

import json
import mimetypes
import re
import time
from http import HTTPStatus
from typing import Any

import discord
from aiohttp import BodyPartReader, ClientPayloadError, web
from simcord.backend import errors
from simcord.backend.errors import BackendError
from simcord.http import client as _client  # noqa: F401 - importing it registers every route
from simcord.http.router import RouteNotImplemented, UnsupportedField, dispatch

from sandbox.demo import simulation  # noqa: F401 - importing it adds routes to simcord
from tests.support.wire.calls import Call, Fault, GlobalLimit, Pace, Share, Upload, major_of
from tests.support.wire.world import Arriving, World

API = "/api/v10"
NONCE_WINDOW_S = 300.0
"""How long a nonce is remembered: Discord says "a few minutes"."""
NONCE_LIMIT_CHARS = 25
FILE_LIMIT = 10
CHUNK_BYTES = 1 << 16
NO_CONTENT = HTTPStatus.NO_CONTENT
PLENTY = Share(left=999, limit=1000, reset_s=1.0)


class Rest:
    """Answers the bot's requests; `calls` is the log of all of them, `gaps` what this Discord could not do."""

    def __init__(self, world: World, token: str, *, message_content: bool) -> None:
        self.calls: list[Call] = []
        self.gaps: list[str] = []
        self.faults: list[Fault] = []
        self.paces: list[Pace] = []
        self.global_limit: GlobalLimit | None = None
        self.gateway_url = ""
        self.shards = 1
        """How many shards Discord recommends."""
        self.session_starts = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
        self.application: dict[str, Any] = {}
        self._world = world
        self._token = token
        self._message_content = message_content
        self._nonces: dict[tuple[int, str], tuple[int, float]] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one API request."""
        try:
            call = await self._read(request)
        except (OSError, ClientPayloadError, ValueError, web.HTTPException):
            return web.Response(status=HTTPStatus.BAD_REQUEST)  # cut off in the middle: never read
        self.calls.append(call)
        if self.global_limit is not None and not self.global_limit.allows(call):
            call.status, body = _too_many(self.global_limit.seconds, is_global=True)
            return self._response(call, body, PLENTY)
        share = self._take_share(call)
        answer = _too_many(share.reset_s) if share.left < 0 else await self._answer(call)
        if answer is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        call.status, body = answer
        self._world.ring()
        if isinstance(body, str):  # from the network in front of Discord
            return web.Response(status=call.status, text=body, content_type="text/html")
        return self._response(call, body, share)

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Answer one download of an attachment; a link that is unsigned or too old is gone, as on Discord."""
        cdn = self._world.cdn
        bare = cdn.prefix + request.rel_url.raw_path.partition("/cdn/attachments/")[2]
        blob = cdn.files.get(int(request.match_info["attachment_id"]))
        signed = cdn.valid(bare, request.query.get("ex", ""), request.query.get("hm", ""))
        if blob is None or blob.content is None or not signed:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="This content is no longer available.")
        kind = mimetypes.guess_type(request.match_info["name"])[0] or "application/octet-stream"
        return _part_of(blob.content, request, {"Content-Type": kind, "Accept-Ranges": "bytes"})

    # ------------------------------------------------------------------------------------------------ reading

    async def _read(self, request: web.Request) -> Call:
        body: Any = None
        uploads: list[Upload] = []
        if request.content_type == "multipart/form-data":
            body, uploads = await _read_form(request)
        elif request.can_read_body:
            body = await request.json()
        return Call(
            method=request.method,
            path=request.raw_path.partition("?")[0].removeprefix(API).replace("%40", "@"),
            params=dict(request.query),
            json=body,
            files=uploads,
            authorization=request.headers.get("Authorization"),
            at=time.monotonic(),
        )

    # ------------------------------------------------------------------------------------------------ the rules

    async def _answer(self, call: Call) -> tuple[int, Any] | None:
        """Return status and body; None where the reply is to be lost."""
        fault = self._take_fault(call)
        return self._commit(call) if fault is None else await self._go_wrong(call, fault)

    def _commit(self, call: Call) -> tuple[int, Any]:
        try:
            self._check(call)
            body = self._special(call)
            if body is None:
                body = self._dispatch(call)
        except (RouteNotImplemented, UnsupportedField) as gap:
            self.gaps.append(str(gap))
            return gap.status, gap.to_json()
        except BackendError as error:
            return error.status, error.to_json()
        except Exception as error:  # noqa: BLE001 - a defect here must fail the test, not kill the connection
            self.gaps.append(f"{call.method} {call.path}: {error!r}")
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"message": "500: Internal Server Error", "code": 0}
        return (NO_CONTENT, None) if body is None else (HTTPStatus.OK, body)

    def _check(self, call: Call) -> None:
        """Refuse what Discord refuses and simcord lets through."""
        by_token = call.path.startswith("/interactions/") or re.match(r"/webhooks/\d+/[^/]+", call.path)
        if not by_token and call.authorization != f"Bot {self._token}":
            raise BackendError(401, 0, "401: Unauthorized")
        body = call.json if isinstance(call.json, dict) else {}
        data = _message_of(body)
        if len(call.files) > FILE_LIMIT or len(data.get("attachments") or ()) > FILE_LIMIT:
            raise errors.invalid_form_body(f"attachments: Must be {FILE_LIMIT} or fewer in length")
        guild_id = self._guild_of(call)
        if any(len(upload.blob) > self._world.upload_limit(guild_id) for upload in call.files):
            raise BackendError(413, 40005, "Request entity too large")
        if call.files and guild_id is not None and call.path.startswith("/channels/"):
            backend = self._world.backend
            channel_id = int(call.path.split("/")[2])
            backend.require_permissions(guild_id, backend.bot_user.id, channel_id, "attach_files")

    def _guild_of(self, call: Call) -> int | None:
        """Return the guild that the request's channel or interaction belongs to."""
        backend = self._world.backend
        parts = call.path.split("/")
        if parts[1] == "channels" and parts[2].isdigit():
            channel = backend.channels.get(int(parts[2]))
            return channel.guild_id if channel else None
        if parts[1] in {"webhooks", "interactions"} and len(parts) > 3:  # "", kind, id, token
            record = backend.interactions.get(backend.interaction_tokens.get(parts[3], 0))
            return record.guild_id if record else None
        return None

    def _special(self, call: Call) -> Any:
        """Answer the few routes that simcord does not have or that need more than it gives; None for the others."""
        match call.method, call.path:
            case "GET", "/gateway":
                return {"url": self.gateway_url}
            case "GET", "/gateway/bot":
                start = self.session_starts
                return {"url": self.gateway_url, "shards": self.shards, "session_start_limit": start}
            case "GET", "/oauth2/applications/@me" | "/applications/@me":
                known = dispatch(self._world.backend, "GET", "/oauth2/applications/@me")
                return {**known, "integration_types_config": {"0": {}, "1": {}}, **self.application}
        return None

    def _dispatch(self, call: Call) -> Any:
        nonce_key = self._nonce_key(call)
        if nonce_key is not None and (known := self._known(nonce_key)) is not None:
            read = f"/channels/{nonce_key[0]}/messages/{known}"
            return {**dispatch(self._world.backend, "GET", read), "nonce": nonce_key[1]}
        body = dispatch(
            self._world.backend,
            call.method,
            call.path,
            json=call.json,
            params=dict(call.params),
            files=list(call.files),
            message_content_access=self._message_content,
        )
        if nonce_key is not None:
            body["nonce"] = nonce_key[1]
            self._nonces[nonce_key] = (int(body["id"]), self._world.clock.now().timestamp() + NONCE_WINDOW_S)
        callback = call.path.startswith("/interactions/")
        return None if callback and call.params.get("with_response") not in {"1", "true", "True"} else body

    def _nonce_key(self, call: Call) -> tuple[int, str] | None:
        found = re.fullmatch(r"/channels/(\d+)/messages", call.path)
        if call.method != "POST" or found is None or not isinstance(call.json, dict) or call.json.get("nonce") is None:
            return None
        nonce = str(call.json["nonce"])
        if len(nonce) > NONCE_LIMIT_CHARS:
            raise errors.invalid_form_body(f"nonce: Must be {NONCE_LIMIT_CHARS} or fewer in length")
        return (int(found[1]), nonce) if call.json.get("enforce_nonce") else None

    def _known(self, key: tuple[int, str]) -> int | None:
        """Return the message that this nonce made; one that was deleted since is made again (Discord does not say)."""
        message_id, until = self._nonces.get(key, (0, 0.0))
        alive = message_id in self._world.backend.messages.get(key[0], {})
        return message_id if alive and self._world.clock.now().timestamp() < until else None

    # ------------------------------------------------------------------------------------------------ what goes wrong

    def _take_fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if call.matches(fault.method, fault.pattern):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def _go_wrong(self, call: Call, fault: Fault) -> tuple[int, Any] | None:
        answer = self._commit(call) if fault.commit else None
        fault.reached.set()
        self._world.ring()
        await fault.gate.wait()
        if fault.status is None:
            return None
        if fault.status == HTTPStatus.OK:
            return answer or self._commit(call)
        if fault.is_html:
            return fault.status, f"<html><title>{fault.message}</title></html>"
        if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
            return _too_many(fault.retry_after_s, is_global=fault.is_global)
        return fault.status, {"message": fault.message, "code": fault.code}

    def _take_share(self, call: Call) -> Share:
        taken = [pace.take(call) for pace in self.paces if call.matches(pace.method, pace.pattern)]
        return min(taken, default=PLENTY)

    def _response(self, call: Call, body: Any, share: Share) -> web.Response:
        route = re.sub(r"/[0-9]+", "/id", call.path.removeprefix(major_of(call.path)))
        headers = {
            "Via": "1.1 wire",
            "X-RateLimit-Bucket": f"{call.method}:{call.path.split('/')[1]}{route}",
            "X-RateLimit-Limit": str(share.limit),
            "X-RateLimit-Remaining": str(max(share.left, 0)),
            "X-RateLimit-Reset": f"{time.time() + share.reset_s:.3f}",
            "X-RateLimit-Reset-After": f"{share.reset_s:.3f}",
        }
        if call.status == HTTPStatus.TOO_MANY_REQUESTS:
            scope = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
            headers |= scope if body["global"] else {"X-RateLimit-Scope": "user"}
            headers["Retry-After"] = f"{body['retry_after']:.3f}"
        if call.status == NO_CONTENT:
            return web.Response(status=NO_CONTENT, headers=headers)
        data = json.dumps(self._world.cdn.signed(body)).encode()
        return web.Response(status=call.status, body=data, headers={**headers, "Content-Type": "application/json"})


def _part_of(content: bytes, request: web.Request, headers: dict[str, str]) -> web.Response:
    """Return the whole file, or the one requested range."""
    if "Range" not in request.headers:
        return web.Response(body=content, headers=headers)
    try:
        first, last, _step = request.http_range.indices(len(content))
    except ValueError:
        first = last = 0
    if first >= last:
        headers = {"Content-Range": f"bytes */{len(content)}"}
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last - 1}/{len(content)}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=content[first:last], headers=headers)


def _message_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the message in a request: a callback carries it one level down."""
    inner = body.get("data")
    return inner if isinstance(inner, dict) else body


def _too_many(seconds: float, *, is_global: bool = False) -> tuple[int, Any]:
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": is_global}
    return HTTPStatus.TOO_MANY_REQUESTS, body


async def _read_form(request: web.Request) -> tuple[Any, list[Upload]]:
    """Return a form's JSON and its files, each with the description that the JSON gives it."""
    body: Any = {}
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.filename is None:
            body = await part.json() if part.name == "payload_json" else body
            continue
        arriving = Arriving()
        while chunk := await part.read_chunk(CHUNK_BYTES):
            arriving.add(chunk)
        files[re.sub(r"\D", "", part.name or "")] = Upload(part.filename, arriving.blob())
    for meta in _message_of(body).get("attachments") or ():
        if str(meta.get("id")) in files:
            files[str(meta["id"])].description = meta.get("description")
    return body, [files[number] for number in sorted(files, key=int)]


assert discord.version_info[:2] == (2, 7), "the wire's shapes were proved with discord.py 2.7"
