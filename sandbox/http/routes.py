"""The sandbox's HTTP: Cannon Studio's four calls, its MCP, its file host, and the controls."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox import texts
from sandbox.http.broken import play
from sandbox.http.mcp import Mcp
from sandbox.http.poll_limit import PollLimit
from sandbox.studio.accounts import Account, ApiError
from sandbox.studio.answers import POLL_AFTER_MS, number
from sandbox.studio.error_bodies import refusal
from sandbox.studio.faults import FIRST_POST_WORDS, Fault, words_in
from sandbox.studio.files import serve
from sandbox.studio.state import State

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answering = Callable[[web.Request], Awaitable[web.Response]]

BODY_LIMIT_BYTES = 1024 * 1024
POLL_AFTER_MIN_MS = 20


class Routes:
    """The HTTP interface of one sandbox. `closing` stops endless faults."""

    def __init__(self, state: State) -> None:
        self.closing = asyncio.Event()
        self._state = state
        self._mcp_server = Mcp(state)
        self._limit = PollLimit(state.speed)
        self._tripped: set[tuple[str | None, str | bytes]] = set()

    def application(self) -> web.Application:
        application = web.Application(client_max_size=BODY_LIMIT_BYTES, middlewares=[self._errors])
        application.add_routes(
            [
                web.get("/api/v1/status", self._faulty("status", self._status)),
                web.post("/api/v1/requests", self._faulty("submit", self._submit)),
                web.get("/api/v1/requests/{target}", self._faulty("get", self._get)),
                web.get("/api/v1/openapi", self._faulty("openapi", self._openapi)),
                web.post("/mcp", self._faulty("mcp", self._mcp)),
                web.get("/media/{target}", self._faulty("media", self._media)),
                web.get("/_sandbox/state", _local(self._show_state)),
                web.post("/_sandbox/faults", _local(self._add_fault)),
                web.delete("/_sandbox/faults", _local(self._clear_faults)),
                web.post("/_sandbox/finish", _local(self._finish)),
                web.post("/_sandbox/requests", _local(self._adopt)),
                web.post("/_sandbox/keys", _local(self._change_key)),
                web.post("/_sandbox/api", _local(self._change_api)),
            ]
        )
        return application

    @web.middleware
    async def _errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return self._refusal(error)

    def _refusal(self, error: ApiError) -> web.Response:
        return refusal(error, self._state.api.variant.error_style)

    async def _answered(self, answer: Answering, request: web.Request) -> web.Response:
        """Return the true answer, errors included: a fault may replace it."""
        try:
            return await answer(request)
        except ApiError as error:
            return self._refusal(error)

    def _faulty(self, where: str, answer: Answering) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._state.posts += where == "submit"
            if where == "openapi":
                self._state.document_readers.append(_key(request))
            target = request.match_info.get("target")
            fault = self._state.faults.take(where, key=_key(request), target=target)
            if fault is None:
                fault = await self._asked_for(where, request, target)
            if fault is None:
                return await answer(request)

            async def true_answer() -> web.Response:
                return await self._answered(answer, request)

            return await play(fault, request, true_answer, self.closing)

        return handle

    async def _asked_for(self, where: str, request: web.Request, target: str | None) -> Fault | None:
        if where == "media":
            file = self._state.studio.files.get(target or "")
            return Fault(kind=file.fault) if file is not None and file.fault is not None else None
        if where != "submit":
            return None
        body = await request.read()
        word = next((word for word in sorted(words_in(_json(body))) if word in FIRST_POST_WORDS), None)
        mark = (_key(request), request.headers.get("x-idempotency-key", body))
        if word is None or mark in self._tripped:
            return None
        self._tripped.add(mark)
        return Fault(**FIRST_POST_WORDS[word])

    def _account(self, request: web.Request, scope: str | None = None) -> Account:
        account = self._state.account(_key(request))
        if scope is not None and scope not in account.scopes:
            raise ApiError(403, texts.MISSING_SCOPE(scope=scope))
        return account

    async def _status(self, request: web.Request) -> web.Response:
        account = self._account(request)
        return web.json_response(self._state.accounts.status_document(account, self._state.clock.wall()))

    async def _submit(self, request: web.Request) -> web.Response:
        account = self._account(request, "requests:write")
        body = _json(await request.read())
        if not isinstance(body, dict):
            raise ApiError(400, texts.BODY_NOT_OBJECT)
        created = await self._state.studio.accept(account, body, request.headers.get("x-idempotency-key"))
        answer = {
            "id": created.id,
            "status": "queued",
            "operation": created.called,
            "urls": {"get": f"{self._state.url}/api/v1/requests/{created.id}"},
        }
        if created.operation in self._state.api.variant.at_once:
            status = await self._state.studio.ended(created)
            return web.json_response(answer | {"status": status}, status=200)
        pause = {"poll_after_ms": max(POLL_AFTER_MIN_MS, round(POLL_AFTER_MS / self._state.speed))}
        return web.json_response(answer | pause, status=202)

    async def _get(self, request: web.Request) -> web.Response:
        account, target = self._account(request, "requests:read"), request.match_info["target"]
        if limit := self._state.api.variant.poll_limit:
            now = self._state.clock.wall()
            try:
                self._limit.count(account.secret, target, now, says_when=limit == "retry_after")
            except ApiError:
                self._state.polls_refused += 1
                raise
        return web.json_response(await self._state.studio.document(account, target))

    async def _openapi(self, request: web.Request) -> web.Response:
        if self._state.api.variant.document_needs_key:
            self._account(request)
        document = self._state.document
        text = json.dumps(self._state.api.document() if document is None else document)
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag}
        if etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, content_type="application/json", headers=headers)

    async def _mcp(self, request: web.Request) -> web.Response:
        return await self._mcp_server.answer(request, _json(await request.read()))

    async def _media(self, request: web.Request) -> web.Response:
        studio, name = self._state.studio, request.match_info["target"]
        file = studio.files.get(name)
        if file is None:
            raise ApiError(404, texts.NO_FILE)
        if self._state.api.variant.signed_links:
            refused = studio.links.refused(name, request.query, self._state.clock.wall())
            if refused is not None:
                return refused
        return serve(file, request)

    async def _show_state(self, _request: web.Request) -> web.Response:
        now = self._state.clock.wall()
        requests = [
            {
                "id": each.id,
                "operation": each.operation,
                "input": dict(each.input),
                "key": _last4(each.key),
                "idempotencyKey": each.idempotency_key,
                "webhookUrl": each.webhook_url,
                "status": each.status(now),
                "cost": number(each.cost),
                "polls": each.polls,
            }
            for each in self._state.requests
        ]
        accounts = {
            _last4(account.secret): {"credits": number(account.credits), "spent": number(account.spent(now))}
            for account in self._state.accounts.accounts.values()
        }
        return web.json_response(
            {
                "requests": requests,
                "accounts": accounts,
                "posts": self._state.posts,
                "polls": self._state.polls,
                "faults": self._state.faults.waiting(),
            }
        )

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = _json(await request.read())
        try:
            where, kind = body.pop("where"), body.pop("kind")
            self._state.faults.add(where, kind, **body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ApiError(400, texts.NO_FAULT(error=error)) from None
        return web.json_response({"faults": self._state.faults.waiting()})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._state.faults.clear()
        return web.json_response({"faults": {}})

    async def _finish(self, request: web.Request) -> web.Response:
        body = _json(await request.read())
        try:
            self._state.finish(body["id"])
        except (KeyError, TypeError):
            raise ApiError(404, texts.NO_REQUEST_TO_FINISH) from None
        return web.json_response({"finished": body["id"]})

    async def _adopt(self, request: web.Request) -> web.Response:
        body = _json(await request.read())
        try:
            is_adopted = await self._state.adopt(body.pop("id"), body.pop("key"), body.pop("body"), **body)
        except (AttributeError, KeyError, TypeError) as error:
            raise ApiError(400, texts.NO_SENT_REQUEST(error=error)) from None
        return web.json_response({"adopted": is_adopted})

    async def _change_key(self, request: web.Request) -> web.Response:
        body = _json(await request.read())
        try:
            secret, revoked = body.pop("key"), body.pop("revoked", False)
            if revoked:
                self._state.revoke_key(secret)
            else:
                self._state.add_key(secret, **body)
        except (AttributeError, KeyError, TypeError, ArithmeticError) as error:
            raise ApiError(400, texts.NO_KEY(error=error)) from None
        return web.json_response({"key": _last4(secret), "revoked": revoked})

    async def _change_api(self, request: web.Request) -> web.Response:
        body = _json(await request.read())
        try:
            self._state.vary(**body)
        except (TypeError, ValueError) as error:
            raise ApiError(400, texts.NO_VARIANT(error=error)) from None
        return web.json_response({"changed": sorted(body)})


def _local(answer: Answering) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - compared, not bound
            raise ApiError(403, texts.LOCAL_ONLY)
        return await answer(request)

    return handle


def _key(request: web.Request) -> str | None:
    """Return the API key: `x-api-key`, else a bearer token (https://www.cannonstudio.app/developers/docs/authentication)."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if kind.casefold() == "bearer" else None
    return request.headers.get("x-api-key") or bearer


def _last4(secret: str) -> str:
    return f"…{secret[-4:]}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
