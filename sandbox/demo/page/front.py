"""The server in front of simcord's preview: a proxy that adds what the preview lacks of Discord.

simcord stays unchanged. Its page gets scripts and one style of ours, its answers get names for ids (`markup`). The
page's key, made by simcord, guards our own routes too.
"""

from __future__ import annotations

import contextlib
import functools
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import aiohttp
from aiohttp import web

from bot.errors import StartError
from bot.language import LANGUAGES, speaking
from bot.runtime.clock import SystemClock
from sandbox import texts as sandbox_texts
from sandbox.demo.page.acts import PageActs
from sandbox.demo.page.markup import MentionedNames, localize, resolve
from sandbox.demo.page.preview import SCRIPTS, DemoPreview, patched
from sandbox.demo.page.publisher import Publisher
from sandbox.demo.page.words import WORDS, worded
from sandbox.demo.simulation import BackendError, SetupError

HOST = "127.0.0.1"
STATIC = Path(__file__).parent / "static"
OWN_TYPES = {".js": "text/javascript", ".css": "text/css"}
OWN_FILES = frozenset(path.name for path in STATIC.iterdir())
STYLES = ("theme.css", "frame.css", "demo.css", "media.css")
HEAD = "\n".join(
    [
        *(f'    <link rel="stylesheet" href="/demo/{name}">' for name in STYLES),
        '    <script type="module" src="/demo/demo.js"></script>',
        "  </head>",
    ]
)
KEY_HEADER = "X-Simcord-Capability"
CONTEXT_HEADER = "X-Simcord-Context"
HOLD_S = 10.0
"""How long the page's question for its state is held while nothing happens."""
ZONE_COOKIE, LOCALES_COOKIE = "demo-zone", "demo-locales"
NOT_PASSED_ON = frozenset({"host", "origin", "referer", "connection", "accept-encoding", "content-length", "cookie"})
NOT_PASSED_BACK = frozenset({"connection", "content-length", "content-encoding", "transfer-encoding", "date", "server"})
CALL_TIMEOUT_S = 60.0
STALE = "stale-revision"
"""simcord's answer to a press on an outdated page. It has done nothing then."""
_REVISION = re.compile(rb'(?<!\\)"published_revision":\s*\d+')
KEPT_MESSAGES = 512
_LOCALE = re.compile(r"[a-z]{2,3}-[A-Z]{2}\Z")
UPLOAD_MAX = 32 * 1024 * 1024
"""Slightly more than simcord takes."""


class Front:
    """The page's address. Holds the publisher's lock during acts on the page.

    simcord does one thing at a time, and refuses a concurrent press; its page then hangs.
    """

    def __init__(
        self,
        *,
        names: MentionedNames,
        acts: PageActs,
        publisher: Publisher,
        preview: DemoPreview,
        faces: Mapping[str, bytes],
    ) -> None:
        """Prepare it; `faces` are the accounts' pictures by id, as PNG."""
        parts = urlsplit(preview.url)
        self._inner, self._key = f"{parts.scheme}://{parts.netloc}", parts.fragment
        self._names = names
        self._acts = acts
        self._publisher = publisher
        self._preview = preview
        self._faces = faces
        self._messages: OrderedDict[str, Any] = OrderedDict()
        self._clock = SystemClock()
        self._stack = contextlib.AsyncExitStack()
        self._session: aiohttp.ClientSession
        self._port = 0

    @property
    def url(self) -> str:
        """The page's address, with its key: a secret of this machine."""
        return f"http://{HOST}:{self._port}/#{self._key}"

    async def start(self, port: int) -> None:
        """Listen; port 0 takes a free one. Raises StartError."""
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S), auto_decompress=True)
        )
        application = web.Application(client_max_size=UPLOAD_MAX, middlewares=[self._only_own_page])
        application.router.add_get("/", self._index)
        application.router.add_get("/favicon.ico", self._icon)
        application.router.add_get("/demo/offered", self._offered)
        application.router.add_post("/demo/react", self._react)
        application.router.add_post("/demo/say", self._say)
        application.router.add_post("/demo/look", self._look)
        application.router.add_post("/demo/language", self._language)
        application.router.add_get("/demo/faces/{id}.png", self._face)
        application.router.add_get("/demo/{name}", self._own_file)
        application.router.add_post("/api/pages", self._open)
        application.router.add_post("/api/action", self._act)
        application.router.add_get("/api/state", self._state)
        for path in {*SCRIPTS, *WORDS} - {"/"}:
            application.router.add_get(path, self._script)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise StartError(sandbox_texts.CANNOT_LISTEN(host=HOST, port=port, reason=error.strerror)) from None
        self._port = int(runner.addresses[0][1])

    async def close(self) -> None:
        self._publisher.tell()
        await self._stack.aclose()

    # ------------------------------------------------------------------ our own routes

    @web.middleware
    async def _only_own_page(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer only this page: another site in the same browser could name this address too."""
        own = {f"{HOST}:{self._port}", f"localhost:{self._port}"}
        origin = request.headers.get("Origin")
        if request.host not in own or (origin is not None and urlsplit(origin).netloc not in own):
            raise web.HTTPForbidden
        return await handler(request)

    async def _index(self, request: web.Request) -> web.Response:
        status, headers, body = await self._call(request)
        with speaking(self._acts.spoken()):
            page = worded("/", body.decode())
        return web.Response(status=status, headers=headers, body=page.replace("</head>", HEAD, 1).encode())

    async def _icon(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._faces[str(self._preview.env.backend.bot_user.id)], content_type="image/png")

    async def _own_file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in OWN_FILES:
            raise web.HTTPNotFound
        body = (STATIC / name).read_bytes()
        return web.Response(
            body=body, content_type=OWN_TYPES[Path(name).suffix], charset="utf-8", headers={"Cache-Control": "no-store"}
        )

    async def _face(self, request: web.Request) -> web.Response:
        """Answer without the key: an image cannot send it, and the demo draws these itself."""
        face = self._faces.get(request.match_info["id"])
        if face is None:
            raise web.HTTPNotFound
        return web.Response(body=face, content_type="image/png", headers={"Cache-Control": "no-store"})

    async def _offered(self, request: web.Request) -> web.Response:
        self._require_key(request)
        try:
            context = request.headers.get(CONTEXT_HEADER, "")
            return web.json_response(self._acts.offered(context, request.query.get("viewer", "")))
        except SetupError as error:
            raise web.HTTPNotFound(text=str(error)) from None

    async def _react(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, "viewer", "message", "emoji")
        context = request.headers.get(CONTEXT_HEADER, "")
        return await self._done(self._acts.react(context, asked["viewer"], asked["message"], asked["emoji"]))

    async def _say(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, "viewer", "text", "reply")
        context = request.headers.get(CONTEXT_HEADER, "")
        return await self._done(self._acts.say(context, asked["viewer"], asked["text"], reply_id=asked["reply"]))

    async def _look(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, "viewer", "channel")
        async with self._publisher.acting():
            try:
                context = request.headers.get(CONTEXT_HEADER, "")
                offered = self._acts.look(context, asked["viewer"], asked["channel"])
            except (SetupError, BackendError) as error:
                raise web.HTTPConflict(text=str(error)) from None
        self._publisher.tell()
        return web.json_response(offered)

    async def _language(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, "language")
        return await self._done(self._acts.choose_language(asked["language"]))

    async def _done(self, act: Awaitable[None]) -> web.Response:
        async with self._publisher.acting():
            try:
                await act
            except (SetupError, BackendError, ValueError) as error:
                raise web.HTTPConflict(text=str(error)) from None
        await self._publisher.publish()
        return web.json_response({})

    def _require_key(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._key.encode()):
            raise web.HTTPUnauthorized

    async def _asked(self, request: web.Request, *wanted: str) -> Mapping[str, str]:
        self._require_key(request)
        try:
            asked = await request.json()
        except ValueError:
            raise web.HTTPBadRequest from None
        if not isinstance(asked, dict) or not all(isinstance(asked.get(name), str) for name in wanted):
            raise web.HTTPBadRequest
        return asked

    # ------------------------------------------------------------------ simcord's routes

    async def _open(self, request: web.Request) -> web.Response:
        return self._given(request, *await self._call(request, body=json.dumps(self._acts.opening()).encode()))

    async def _pass_on(self, request: web.Request) -> web.Response:
        return self._given(request, *await self._call(request, body=await request.read()))

    async def _script(self, request: web.Request) -> web.Response:
        status, headers, body = await self._call(request)
        with speaking(self._acts.spoken()):
            script = worded(request.path, patched(request.path, body.decode()))
        return web.Response(status=status, headers=headers, body=script.encode())

    async def _state(self, request: web.Request) -> web.Response:
        """Return the page's state when it differs from the one that it has, or after a while.

        simcord's page asks again and again, and each time takes the whole state apart. Held, the question costs
        nothing while nothing happens, and news are shown at once.
        """
        self._require_key(request)
        context = request.headers.get(CONTEXT_HEADER, "")
        if request.query.get("have") == str(self._preview.revision(context)):
            await self._publisher.news(HOLD_S)
            async with self._publisher.turn:  # during a press the page does not wait for this answer
                pass
        if request.transport is None:  # the page has not waited
            return web.Response(status=204)
        try:
            state = self._preview.state(context)
        except (SetupError, BackendError):
            return await self._pass_on(request)
        return web.Response(body=self._completed(request, state), content_type="application/json")

    async def _act(self, request: web.Request) -> web.Response:
        """Pass a press on; one for the previous revision counts for the current one.

        After a press that failed half way simcord refuses every other until the page is published again.
        """
        body = await request.read()
        async with self._publisher.acting():
            status, headers, answer = await self._call(request, body=body)
            if (newer := _newer_revision(answer)) is not None:
                body = _REVISION.sub(b'"published_revision":%d' % newer, body, count=1)
                status, headers, answer = await self._call(request, body=body)
        self._publisher.tell()
        if _receipt(answer).get("presentation") == "stale":
            await self._publisher.publish()
        return self._given(request, status, headers, answer)

    def _given(self, request: web.Request, status: int, headers: dict[str, str], body: bytes) -> web.Response:
        if headers.get("Content-Type", "").startswith("application/json") and status < 300:
            body = self._completed(request, json.loads(body))
        return web.Response(status=status, headers=headers, body=body)

    async def _call(self, request: web.Request, *, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON}
        try:
            async with self._session.request(
                request.method, self._inner + request.path_qs, headers=headers, data=body, allow_redirects=False
            ) as answer:
                given = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED_BACK}
                return answer.status, given, await answer.read()
        except (aiohttp.ClientError, RuntimeError):  # the session was ended from the page, or the demo is stopping
            raise web.HTTPBadGateway from None

    def _completed(self, request: web.Request, answer: Any) -> bytes:
        """Return an answer with names for ids, and the viewer's own clock for live times."""
        language, zone = self._acts.spoken(), request.cookies.get(ZONE_COOKIE, "")
        messages = answer.pop("messages", None) if isinstance(answer, dict) else None
        with speaking(language):
            resolve(answer, self._names)
            if isinstance(answer, dict) and "entries" in answer:
                localize(answer, self._acts.registered(), LANGUAGES[language][0])
            if isinstance(messages, dict):
                answer["messages"] = {key: self._named(each) for key, each in messages.items()}
        if isinstance(answer, dict) and isinstance(profile := answer.get("profile"), dict):
            profile["presentationTime"] = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat()
            profile["locale"] = _locale(language, request.cookies.get(LOCALES_COOKIE, ""))
            if zone in _zones():
                profile["timezone"] = zone
        return json.dumps(answer, separators=(",", ":")).encode()

    def _named(self, message: Any) -> Any:
        """Return a message with names for ids: the same one as before if it has not changed."""
        known = f"{self._acts.spoken()} {json.dumps(message)}"
        if known not in self._messages:
            resolve(message, self._names)
            self._messages[known] = message
            while len(self._messages) > KEPT_MESSAGES:
                self._messages.popitem(last=False)
        return self._messages[known]


_zones = functools.cache(available_timezones)  # it reads six hundred files


def _locale(language: str, browsers: str) -> str:
    """Return the browser's own form of a language, such as en-GB: it decides between 9:25 PM and 21:25."""
    usual: str = LANGUAGES[language][0]
    spoken = usual.split("-", maxsplit=1)[0]
    same = (each for each in browsers.split("+") if _LOCALE.match(each) and each.startswith(f"{spoken}-"))
    return next(same, usual)


def _newer_revision(answer: bytes) -> int | None:
    """Return the revision that a refused press should have named; None if refused for another reason."""
    receipt = _receipt(answer)
    found = receipt.get("diagnostics") if receipt.get("rejected") else None
    if not found or all(each.get("code") != STALE for each in found):
        return None
    return int(receipt["revision"])


def _receipt(answer: bytes) -> dict[str, Any]:
    """Return simcord's receipt of a press; empty in another form, as after the session's end."""
    try:
        receipt = json.loads(answer)
    except ValueError:
        return {}
    return receipt if isinstance(receipt, dict) else {}
