"""Cannon Studio without HTTP: accepts requests, simulates durations, makes files, posts webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import random
import secrets
import struct
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.catalogue.operation import Operation
from bot.runtime.clock import Clock
from sandbox import texts
from sandbox.media import render
from sandbox.media.pen import Size
from sandbox.media.render import Rendered
from sandbox.media.words import Scene, edited, scene_of
from sandbox.studio.accounts import Account, Accounts, ApiError, StudioRequest
from sandbox.studio.answers import PRODUCTS, input_preview, main_text
from sandbox.studio.costs import CLIP_DEFAULT_S, TRACK_DEFAULT_S, Tariff, seconds_of
from sandbox.studio.faults import MEDIA_WORDS, Faults, words_in
from sandbox.studio.files import Fetch, Files, InputFile, InputFiles, SourceLost, StoredFile
from sandbox.studio.links import SignedLinks
from sandbox.studio.variant import TrueApi, is_sora

BIG_BYTES = 11 * 1024 * 1024
"""The size of a `#big` file: over Discord's 10 MiB for a server without boosts."""
MANY = 4
EDITS = frozenset({"image.edit", "sora2.video.edit", "sora2.video.remix"})
"""What changes its source as its prompt says; the others keep it as it is."""
SMALL_EDGE_PX, SMALL_MAX_S = 64, 1.0
_PICTURE_EDGES = {"1K": 1024, "2K": 1280, "4K": 1408}
_CLIP_EDGES = {"480p": 480, "720p": 640, "1080p": 960, "2k": 960, "4k": 1280}
_CLIP_EDGE_PX = 640
_WORDS_PER_SECOND = 2.5
_TALLEST, _WIDEST = 0.4, 2.5
"""The range of kept aspect ratios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything that a request's files depend on. `small` keeps them tiny, for tests that make thousands."""

    operation: str
    input: Mapping[str, Any]
    seed: int | str
    words: frozenset[str] = frozenset()
    small: bool = False


def make(task: Task, sources: Mapping[str, InputFile]) -> dict[str, list[render.Rendered]]:
    """Return a task's files by kind. `sources` are the linked files, by field."""
    kinds = {kind for _, kind in PRODUCTS[task.operation].files} if task.operation in PRODUCTS else set()
    if task.operation == "soundfx.generate" and "video_url" not in sources:
        kinds.discard("mp4")
    files = {kind: _files(task, kind, sources) for kind in sorted(kinds)}
    if "#big" in task.words:
        files = {kind: [render.padded(file, BIG_BYTES) for file in made] for kind, made in files.items()}
    return files


def _files(task: Task, kind: str, sources: Mapping[str, InputFile]) -> list[render.Rendered]:
    match kind:
        case "png":
            size = image_size(task, _shape(sources))
            seeds = [task.seed, *(f"{task.seed}-{more}" for more in range(1, MANY))]
            count = MANY if {"#many"} & task.words or task.operation == "three_d.location.generate" else 1
            return [render.png(_scene(task, sources, seed), size=size) for seed in seeds[:count]]
        case "mp4":
            seconds, size = _seconds(task, sources), clip_size(task, _shape(sources))
            return [render.mp4(_scene(task, sources, task.seed), seconds=seconds, size=size)]
        case "mp3":
            return [render.mp3(seconds=_seconds(task, sources), seed=task.seed)]
    return [_glb(input_preview(task.input))]


def _shape(sources: Mapping[str, InputFile]) -> Size | None:
    return next((size for each in sources.values() if (size := each.size())), None)


def _scene(task: Task, sources: Mapping[str, InputFile], seed: int | str) -> Scene:
    """Return what a task's file shows: its source's scene, changed by an edit, else that of its words."""
    order = main_text(task.input)
    source = next((each.scene for each in sources.values() if each.scene is not None), None)
    if source is None:
        return scene_of(order, seed)
    return edited(source, order, seed) if task.operation in EDITS else source


def image_size(task: Task, source: Size | None = None) -> Size:
    """Return an image's size in pixels: moderate, in the requested ratio, growing with the resolution."""
    edge = _PICTURE_EDGES.get(str(task.input.get("resolution", "1K")).upper(), 1024)
    return _shaped(task, source, edge, "1:1")


def clip_size(task: Task, source: Size | None = None) -> Size:
    """Return a clip's size in pixels, likewise."""
    resolution = task.input.get("target_resolution", task.input.get("resolution", ""))
    return _shaped(task, source, _CLIP_EDGES.get(str(resolution).casefold(), _CLIP_EDGE_PX), "16:9")


def _shaped(task: Task, source: Size | None, edge: int, usual: str) -> Size:
    edge = SMALL_EDGE_PX if task.small else edge
    ratio = _ratio(task.input.get("aspect_ratio"))
    if ratio is None and source is not None:
        ratio = source[0] / source[1]
    ratio = min(max(ratio or _ratio(usual) or 1.0, _TALLEST), _WIDEST)
    wide, high = (edge, round(edge / ratio)) if ratio >= 1 else (round(edge * ratio), edge)
    return wide // 2 * 2, high // 2 * 2


def _ratio(text: object) -> float | None:
    wide, _, high = str(text or "").partition(":")
    try:
        return float(wide) / float(high)
    except (ValueError, ZeroDivisionError):
        return None


def _seconds(task: Task, sources: Mapping[str, InputFile]) -> float:
    default = TRACK_DEFAULT_S if task.operation == "music.generate" else CLIP_DEFAULT_S
    if task.operation == "narration.generate":
        default = max(1.0, len(str(task.input.get("text", "")).split()) / _WORDS_PER_SECOND)
    elif "video_url" in sources:
        default = sources["video_url"].seconds() or default
    seconds = seconds_of(task.input, default)
    return min(seconds, SMALL_MAX_S) if task.small else seconds


def _glb(name: str) -> render.Rendered:
    """Return an empty but valid binary glTF 2.0 file: header, then one JSON chunk padded with spaces."""
    document = json.dumps({"asset": {"version": "2.0", "generator": "cannon-bot sandbox"}, "extras": {"name": name}})
    chunk = document.encode()
    chunk += b" " * (-len(chunk) % 4)
    data = struct.pack("<4sIIII", b"glTF", 2, 20 + len(chunk), len(chunk), 0x4E4F534A) + chunk
    return render.Rendered(data, "model/gltf-binary", "glb")


MEDIAN_S: Mapping[str, float] = {"image": 8, "video": 60, "audio": 15, "prompt": 2, "finish": 40, "sora": 90, "3d": 90}
"""Durations by workflow. Plausible guesses: Cannon Studio publishes none."""
SPREAD = 0.35
"""The sigma of the durations' log-normal distribution."""
QUEUE_SHARE, QUEUE_MAX_S = 0.1, 1.0
SLOW_FACTOR = 10
LATE_S = 5 * 3600.0
"""The duration with the word `#late`, in seconds, at any speed."""
TIMES_OF_A_REQUEST = ("createdAtMs", "startedAtMs", "completedAtMs")
WEBHOOK_TIMEOUT_S = 5.0
RENDER_THREADS = 2


ID_PREFIX = "req_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request's id in another sandbox, and when that accepted it, in Unix seconds."""

    id: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A sent webhook: address, reported status, and its HTTP status, None without one."""

    url: str
    request_id: str
    status: str
    answered: int | None


class Studio:
    """The service behind the API. Created by `Sandbox`, which passes in its address."""

    def __init__(
        self, *, url: str, files: Files, accounts: Accounts, faults: Faults, tariff: Tariff, api: TrueApi, clock: Clock,
        speed: float, longest_s: float, seed: int | None, small: bool, fetch: Fetch | None,
    ) -> None:  # fmt: skip
        self.url = url
        self.accounts = accounts
        self.faults = faults
        self.tariff = tariff
        self.api = api
        self.clock = clock
        self.files = files
        self.webhooks: list[Webhook] = []
        self.links = SignedLinks()
        self._moves = 0
        self._speed, self._longest_s = speed, longest_s
        self._seed = seed
        self._small = small
        self._session = aiohttp.ClientSession(trust_env=False)
        self._sources = InputFiles(self.files, self._session, url, fetch, self._may_read)
        self._threads = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="sandbox")
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)  # unawaited drawing ends on its own

    async def accept(
        self, account: Account, body: Mapping[str, Any], idempotency_key: str | None, *, sent: SentRequest | None = None
    ) -> StudioRequest:
        """Accept a create body, or return the request that it repeats. Raises ApiError.

        `sent`: another sandbox has accepted it, which is not doubted.
        """
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        earlier = self.accounts.repeated(account, idempotency_key, digest)
        if earlier is not None:
            return earlier
        variant = self.api.variant
        if not account.is_verified:
            raise ApiError(int(variant.new_account or 403), texts.NOT_VERIFIED)
        operation, given = self._checked(body)
        request = self._entered(account, operation, body, idempotency_key, digest, sent)
        if "#fail" in request.words:
            request.fail(texts.FAILED, billed=variant.bills_failures)
        elif "#billed" in request.words:
            request.fail(texts.BILLED, billed=True)
        elif variant.sora in {"fails", "bills"} and is_sora(operation, given):
            request.fail(texts.SORA_FAILED, billed=variant.sora == "bills" or variant.bills_failures)
        else:
            self._start(self._make(request, operation, given, seed=self._seed_of(request.id)))
        if request.webhook_url is not None:
            self._start(self._post_webhooks(request))
        return request

    async def document(self, account: Account, remote_id: str) -> dict[str, Any]:
        """Return a request as the API shows it. Raises ApiError 404 for another account's."""
        request = self.accounts.requests.get(remote_id)
        if request is None or request.account is not account or "#lost" in request.words:
            raise ApiError(404, texts.NO_REQUEST)
        request.polls += 1
        request.sync(self.clock.wall())
        if request.has_ended(self.clock.wall()):
            # The time is up: it must not look unfinished only because drawing takes longer.
            await request.made.wait()
        return self._shown(request)

    def _shown(self, request: StudioRequest) -> dict[str, Any]:
        now, times = self.clock.wall(), self.api.variant.times
        document = request.document(now, partial(self._link, request, now))
        for name in TIMES_OF_A_REQUEST if times else ():
            if times == "missing":
                del document[name]
            elif document[name] is not None:
                document[name] = int(now * 1000)
        return document

    def _link(self, request: StudioRequest, now: float, url: str) -> str:
        variant = self.api.variant
        if not variant.signed_links:
            return url
        at = now if variant.signed_links == "renewed" else request.ends_at
        return self.links.signed(url, at, variant.signed_links_s)

    async def ended(self, request: StudioRequest) -> str:
        """Wait until a request has ended and return its state. Not for one that ends by a poll."""
        while not request.has_ended(now := self.clock.wall()):
            left = request.ends_at - now
            await self.clock.wait(request.finished, left if math.isfinite(left) else None)
        await request.made.wait()
        return request.status(now)

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
        idempotency_key: str | None, digest: str, sent: SentRequest | None,
    ) -> StudioRequest:  # fmt: skip
        now, given = self.clock.wall() if sent is None else sent.at, body["input"]
        cost, words = self.tariff.charge(operation.id, given, operation.fixed_credits), words_in(given)
        if sent is None and account.left(now) < cost:
            raise ApiError(402, texts.NOT_ENOUGH_CREDITS(cost=cost))
        name = f"{ID_PREFIX}{secrets.token_hex(6)}" if sent is None else sent.id
        tail = name.removeprefix(ID_PREFIX)
        took_s = self._duration_s(operation, words, self._seed_of(name))
        prefix = PRODUCTS[operation.id].prefix if operation.id in PRODUCTS else "txt_"
        hook = body.get("webhook_url")
        fault = self.faults.take("webhook", key=account.secret) if hook is not None else None
        request = StudioRequest(
            id=name,
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
            waits_for_poll=self.api.variant.only_when_polled and operation.id not in self.api.variant.at_once,
        )
        self.accounts.add(request)
        return request

    def _seed_of(self, request_id: str) -> str:
        return request_id if self._seed is None else f"{self._seed}:{len(self.accounts.requests)}"

    def _duration_s(self, operation: Operation, words: frozenset[str], seed: str) -> float:
        if "#forever" in words:
            return math.inf
        if "#fast" in words:
            return 0.0
        if "#late" in words:
            return LATE_S
        if operation.id in self.api.variant.at_once:
            return self.api.variant.at_once_s
        dice = random.Random(seed)  # noqa: S311 - a pace, not a secret
        median_s = min(MEDIAN_S.get(operation.workflow, 30), self._longest_s)
        seconds = median_s * math.exp(dice.gauss(0, SPREAD)) / self._speed
        return seconds * SLOW_FACTOR if "#slow" in words else seconds

    async def _make(self, request: StudioRequest, operation: Operation, given: Mapping[str, Any], *, seed: str) -> None:
        seed = given.get("seed", seed)
        task = Task(operation=operation.id, input=given, seed=seed, words=request.words, small=self._small)
        try:
            sources = await self._sources.read(operation, given)
            sources |= self._earlier_clip(given)
            made = await self._drawn(task, sources)
        except SourceLost as lost:
            request.fail(str(lost), billed=self.api.variant.bills_failures)
            return
        except BaseException:
            # No endless waiting for it; the error itself propagates.
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

    def _may_read(self, link: str) -> bool:
        """Whether a link to a file of ours, in an input, is still good."""
        return not self.api.variant.signed_links or self.links.is_good(link, self.clock.wall())

    def _earlier_clip(self, given: Mapping[str, Any]) -> dict[str, InputFile]:
        wanted = given.get("sora_video_id")
        for request in self.accounts.requests.values() if wanted else ():
            if request.task == wanted and (urls := request.urls.get("mp4")):
                file = self.files.get(urls[0].rpartition("/")[2])
                return {"video_url": InputFile(file.data, file.scene)} if file is not None else {}
        return {}

    def _stored(self, request: StudioRequest, files: list[Rendered], fault: str | None) -> list[str]:
        urls = []
        for number, file in enumerate(files):
            name = f"{request.id.removeprefix(ID_PREFIX)}-{number}.{file.extension}"
            self.files.put(name, StoredFile(file.data, file.content_type, fault, file.scene))
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
        """Post the request's webhook at its end, unless it is lost."""
        if request.waits_for_poll:
            await request.synced.wait()
        await self.ended(request)
        if request.webhook_fault is None:
            await self._post(request, self._shown(request))

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
