"""Cannon Studio without HTTP: accepts requests, simulates their duration, makes their files, posts webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import random
import secrets
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.catalogue.operation import Operation
from bot.runtime.clock import Clock
from bot.sandbox import texts
from bot.sandbox.accounts import Account, Accounts, ApiError, StudioRequest
from bot.sandbox.answers import PRODUCTS
from bot.sandbox.faults import ERROR_WORDS, MEDIA_WORDS, Faults, words_in
from bot.sandbox.files import Files, StoredFile
from bot.sandbox.prices import Tariff
from bot.sandbox.render import Rendered
from bot.sandbox.sources import Fetch, InputFile, InputFiles, SourceLost
from bot.sandbox.variant import TrueApi
from bot.sandbox.work import Task, make

MEDIAN_S: Mapping[str, float] = {"image": 8, "video": 60, "audio": 15, "prompt": 2, "finish": 40, "sora": 90, "3d": 90}
"""How long a request takes, by workflow. Plausible guesses: Cannon Studio publishes no durations."""
SPREAD = 0.35
"""The sigma of the log-normal that durations are drawn from."""
QUEUE_SHARE, QUEUE_MAX_S = 0.1, 1.0
SLOW_FACTOR = 10
LATE_S = 5 * 3600.0
"""How long a request with the word `#late` takes, in seconds, at any speed."""
TIMES_OF_A_REQUEST = ("createdAtMs", "startedAtMs", "completedAtMs")
WEBHOOK_TIMEOUT_S = 5.0
RENDER_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook that was sent: its address, the status it reported, and the HTTP status it got, None without one."""

    url: str
    request_id: str
    status: str
    answered: int | None


class Studio:
    """The service behind the API. Created by `Sandbox`, which passes in its address."""

    def __init__(
        self, *, url: str, files: Files, accounts: Accounts, faults: Faults, tariff: Tariff, api: TrueApi, clock: Clock,
        speed: float, seed: int, small: bool, fetch: Fetch | None,
    ) -> None:  # fmt: skip
        self.url = url
        self.accounts = accounts
        self.faults = faults
        self.tariff = tariff
        self.api = api
        self.clock = clock
        self.files = files
        self.webhooks: list[Webhook] = []
        self._moves = 0
        self._speed = speed
        self._seed = seed
        self._small = small
        self._session = aiohttp.ClientSession(trust_env=False)
        self._sources = InputFiles(self.files, self._session, url, fetch)
        self._threads = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="sandbox")
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop all work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)  # what is drawn just now ends with nobody waiting

    async def accept(self, account: Account, body: Mapping[str, Any], idempotency_key: str | None) -> StudioRequest:
        """Accept a create body, or find the request that it repeats. Raises ApiError."""
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        earlier = self.accounts.repeated(account, idempotency_key, digest)
        if earlier is not None:
            return earlier
        try:
            operation, given = self._checked(body)
        except ApiError as error:
            error.style = next((ERROR_WORDS[word] for word in sorted(words_in(body)) if word in ERROR_WORDS), None)
            raise
        request = self._entered(account, operation, body, idempotency_key, digest)
        if "#fail" in request.words:
            request.fail(texts.FAILED, billed=self.api.variant.bills_failures)
        elif "#billed" in request.words:
            request.fail(texts.BILLED, billed=True)
        else:
            self._start(self._make(request, operation, given, order=len(self.accounts.requests)))
        if request.webhook_fault == "early":
            request.finish(self.clock.wall())
            await self._post_webhooks(request)
        elif request.webhook_url is not None:
            self._start(self._post_webhooks(request))
        return request

    async def document(self, account: Account, remote_id: str) -> dict[str, Any]:
        """Return a request as the API shows it. Raises ApiError 404 for one that this key does not have."""
        request = self.accounts.requests.get(remote_id)
        if request is None or request.account is not account or "#lost" in request.words:
            raise ApiError(404, texts.NO_REQUEST)
        request.polls += 1
        if request.has_ended(self.clock.wall()):
            # The time is up: it must not look unfinished only because drawing takes longer.
            await request.made.wait()
        return self._shown(request)

    def _shown(self, request: StudioRequest) -> dict[str, Any]:
        """Return a request with the times that this API tells."""
        now, times = self.clock.wall(), self.api.variant.times
        document = request.document(now)
        for name in TIMES_OF_A_REQUEST if times else ():
            if times == "missing":
                del document[name]
            elif document[name] is not None:
                document[name] = int(now * 1000)
        return document

    def _checked(self, body: Mapping[str, Any]) -> tuple[Operation, dict[str, Any]]:
        name, given, hook = body.get("operation"), body.get("input"), body.get("webhook_url")
        if not isinstance(name, str) or not isinstance(given, dict):
            raise ApiError(400, texts.BODY_INCOMPLETE)
        if hook is not None and not _may_be_called(hook):
            raise ApiError(400, texts.WEBHOOK_NOT_HTTPS)
        words = words_in(given)
        operation, checked = self.api.checked(name, given)
        if "#invalid" in words:
            raise ApiError(400, texts.INVALID_INPUT)
        if "#plan" in words:
            raise ApiError(403, texts.NOT_IN_PLAN)
        if "#broke" in words:
            raise ApiError(402, texts.NO_CREDITS)
        return operation, checked

    def _entered(
        self, account: Account, operation: Operation, body: Mapping[str, Any],
        idempotency_key: str | None, digest: str,
    ) -> StudioRequest:  # fmt: skip
        now, given = self.clock.wall(), body["input"]
        cost, words = self.tariff.charge(operation.id, given, operation.fixed_credits), words_in(given)
        if account.left(now) < cost:
            raise ApiError(402, texts.not_enough_credits(cost))
        tail = secrets.token_hex(6)
        took_s = self._duration_s(operation, words)
        prefix = PRODUCTS[operation.id].prefix if operation.id in PRODUCTS else "txt_"
        hook = body.get("webhook_url")
        fault = self.faults.take("webhook", key=account.secret) if hook is not None else None
        request = StudioRequest(
            id=f"req_{tail}",
            account=account,
            operation=operation.id,
            called=str(body["operation"]),
            input=given,
            idempotency_key=idempotency_key,
            webhook_url=hook,
            digest=digest,
            cost=cost,
            words=words,
            task=f"{prefix}{tail}",
            accepted_at=now,
            starts_at=now + min(QUEUE_MAX_S / self._speed, took_s * QUEUE_SHARE),
            ends_at=now + took_s,
            webhook_fault=fault.kind if fault else None,
        )
        self.accounts.add(request)
        return request

    def _duration_s(self, operation: Operation, words: frozenset[str]) -> float:
        if "#forever" in words:
            return math.inf
        if "#fast" in words:
            return 0.0
        if "#late" in words:
            return LATE_S
        dice = random.Random(f"{self._seed}:{len(self.accounts.requests)}")  # noqa: S311 - a pace, not a secret
        seconds = MEDIAN_S.get(operation.workflow, 30) * math.exp(dice.gauss(0, SPREAD)) / self._speed
        return seconds * SLOW_FACTOR if "#slow" in words else seconds

    async def _make(
        self, request: StudioRequest, operation: Operation, given: Mapping[str, Any], *, order: int
    ) -> None:
        seed = given.get("seed", f"{self._seed}:{order}")
        task = Task(operation=operation.id, input=given, seed=seed, words=request.words, small=self._small)
        try:
            sources = await self._sources.read(operation, given)
            sources |= self._earlier_clip(given)
            made = await self._drawn(task, sources)
        except SourceLost as lost:
            request.fail(str(lost), billed=self.api.variant.bills_failures)
            return
        except BaseException:
            # Nobody may wait for it without end; the error itself propagates.
            request.fail(texts.NOT_DRAWN)
            raise
        fault = next((MEDIA_WORDS[word] for word in sorted(request.words) if word in MEDIA_WORDS), None)
        request.urls = {kind: self._stored(request, files, fault) for kind, files in made.items()}
        request.made.set()

    async def _drawn(self, task: Task, sources: Mapping[str, InputFile]) -> Mapping[str, list[Rendered]]:
        loop = asyncio.get_running_loop()
        if task.small and not sources:
            # Prompt and seed are not visible at this size: drawn once, used for all equal ones.
            shape = {name: value for name, value in task.input.items() if not isinstance(value, str) or ":" in value}
            plain = json.dumps(shape | {"resolution": task.input.get("resolution", "")}, sort_keys=True)
            return await loop.run_in_executor(self._threads, _make_small, task.operation, plain, task.words)
        return await loop.run_in_executor(self._threads, make, task, sources)

    def _earlier_clip(self, given: Mapping[str, Any]) -> dict[str, InputFile]:
        """Return the clip that a `sora_video_id` names, if it was made here."""
        wanted = given.get("sora_video_id")
        for request in self.accounts.requests.values() if wanted else ():
            if request.task == wanted and (urls := request.urls.get("mp4")):
                file = self.files.get(urls[0].rpartition("/")[2])
                return {"video_url": InputFile(file.data, is_own=True)} if file is not None else {}
        return {}

    def _stored(self, request: StudioRequest, files: list[Rendered], fault: str | None) -> list[str]:
        urls = []
        for number, file in enumerate(files):
            name = f"{request.id.removeprefix('req_')}-{number}.{file.extension}"
            self.files.put(name, StoredFile(file.data, file.content_type, fault))
            urls.append(f"{self.url}/media/{name}")
        return urls

    def move_files(self, request: StudioRequest) -> None:
        """Store the request's files under new names and delete the old ones."""
        self._moves += 1
        request.urls = {kind: [self._moved(url) for url in urls] for kind, urls in request.urls.items()}

    def _moved(self, url: str) -> str:
        name = url.rpartition("/")[2]
        file = self.files.pop(name)
        if file is None:
            return url  # deleted already, to make room
        moved = f"{self._moves}-{name}"
        self.files.put(moved, file)
        return f"{self.url}/media/{moved}"

    async def _post_webhooks(self, request: StudioRequest) -> None:
        """Wait for the request's end and post its webhook: once, unless a fault says otherwise."""
        while not request.has_ended(now := self.clock.wall()):
            left = request.ends_at - now
            await self.clock.wait(request.finished, left if math.isfinite(left) else None)
        await request.made.wait()
        fault = request.webhook_fault
        if fault == "lost":
            return
        document = self._shown(request)
        for _ in range(3 if fault == "thrice" else 1):
            await self._post(request, document)
        if fault == "backwards":
            await self._post(request, document | {"status": "processing"})

    async def _post(self, request: StudioRequest, document: Mapping[str, Any]) -> None:
        url, answered = str(request.webhook_url), None
        timeout = aiohttp.ClientTimeout(total=WEBHOOK_TIMEOUT_S)
        try:
            async with self._session.post(url, json=document, timeout=timeout, allow_redirects=False) as answer:
                answered = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            answered = None
        self.webhooks.append(Webhook(url=url, request_id=request.id, status=str(document["status"]), answered=answered))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@lru_cache(maxsize=64)
def _make_small(operation: str, plain: str, words: frozenset[str]) -> Mapping[str, list[Rendered]]:
    return make(Task(operation=operation, input=json.loads(plain), seed=0, words=words, small=True), {})


def _may_be_called(hook: object) -> bool:
    if not isinstance(hook, str):
        return False
    address = urlsplit(hook)
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in {"127.0.0.1", "localhost"})
