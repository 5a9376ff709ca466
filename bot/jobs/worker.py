"""Following jobs from `submitting` to their end. The Poller does not know Discord: it is given what shows and delivers.

One process holds a lease on each job it follows. When a job is due, one *turn* is taken: submit, look, or deliver.
A turn that fails never stops the others; an unchanged look writes nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import structlog

from bot.cannon.client import CannonClient
from bot.cannon.retry import SAFE_WINDOW_S, poll_again, submit_again
from bot.cannon.wire import Progress, RemoteStatus, media_of, text_of
from bot.catalogue import Catalogue
from bot.domain.models import Job, JobState, new_id
from bot.domain.poll_schedule import Durations, deadline_s, first_poll_s, next_poll_s
from bot.errors import (
    CannonError,
    CannonUnavailable,
    IdempotencyClash,
    InputError,
    KeyRefused,
    RateLimited,
    RequestNotFound,
    UnreadableAnswer,
)
from bot.guild.api_keys import ApiKeys, UsableKey
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.maintenance import Maintenance
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)

LEASE_S = 60.0
"""A lease not renewed for this long is free for another process."""
LEASE_RENEW_S = 15.0
CLAIM_EVERY_S = 15.0
"""How often to look for jobs that nobody follows; new ones announce themselves by `wake`."""
GATHER_S = 0.1
"""How long a new job may lie: of commands that come at once, all are answered before the first is sent."""
TURNS_AT_ONCE = 64
DELIVERIES_AT_ONCE = 4
BLOCKED_S = 60.0
"""How long a job rests while its key is refused or missing."""
BLOCKED_MAX_S = 24 * 3600.0
REMOTE_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})
"""The states in which a job is Cannon Studio's to go on with."""
NOT_FOUND_AGAIN_S = 10.0
"""A request that the API does not know at first may only not have reached every one of its machines."""
NOT_FOUND_MAX = 6
"""How often in a row the API may not know a request before the job is given up."""
TURN_FAILED_S = 30.0


class Later(Exception):
    """Raised by `deliver`: not now, try again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


class NoPlace(Exception):
    """Raised by `deliver`: there is nowhere to post the result. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Parked(Exception):
    """Raised by `deliver`: somebody has to decide first. `decided` wakes it; else it is tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"parked for {seconds:.0f} s")
        self.seconds = seconds


class Surface(Protocol):
    """What the Poller needs of the outside: showing states and delivering results."""

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Parked or NoPlace."""
        ...

    async def show(self, guild_id: int, card_id: str) -> None:
        """Bring the card up to date with the store; best effort, never raises."""
        ...

    async def alert(self, guild_id: int, sentence: str) -> None:
        """Tell the guild's moderators; best effort, never raises."""
        ...


@dataclass(slots=True)
class Followed:
    """A job this process follows. `due` is monotonic seconds."""

    job: Job
    due: float
    failures: int = 0
    not_found: int = 0
    busy: bool = False
    hinted: bool = False
    """Whether a hint came while it was busy."""
    decided: bool = False
    """Whether a decision came while it was busy."""


@dataclass(slots=True)
class Agenda:
    """What is due when: a heap with lazy deletion."""

    jobs: dict[str, Followed] = field(default_factory=dict)
    heap: list[tuple[float, str]] = field(default_factory=list)

    def put(self, followed: Followed) -> None:
        """Add a job, or set it anew."""
        self.jobs[followed.job.id] = followed
        heapq.heappush(self.heap, (followed.due, followed.job.id))

    def drop(self, job_id: str) -> None:
        """Forget a job."""
        self.jobs.pop(job_id, None)

    def has(self, followed: Followed) -> bool:
        """Whether this very entry is still on it: the job may have been lost and claimed anew."""
        return self.jobs.get(followed.job.id) is followed

    def _current(self) -> Followed | None:
        while self.heap:
            due, job_id = self.heap[0]
            followed = self.jobs.get(job_id)
            if followed is not None and not followed.busy and followed.due == due:
                return followed
            heapq.heappop(self.heap)
        return None

    def next_due(self) -> float | None:
        """Return when the next job is due, monotonic seconds, None if none is."""
        current = self._current()
        return None if current is None else current.due

    def take_due(self, now: float) -> Followed | None:
        """Return a job that is due, marked busy, or None."""
        current = self._current()
        if current is None or current.due > now:
            return None
        heapq.heappop(self.heap)
        current.busy = True
        return current


class Poller:
    """Follows every open job of the store to its end."""

    def __init__(
        self,
        *,
        store: Store,
        client: CannonClient,
        keys: ApiKeys,
        catalogue: Callable[[], Catalogue],
        learned: LearnedDurations,
        clock: Clock,
        surface: Surface,
        housekeeping: Maintenance,
        metrics: Metrics,
        complete: Callable[[Job], Awaitable[Mapping[str, Any]]],
        webhook_url: Callable[[Job], str | None] = lambda _job: None,
        rng: random.Random | None = None,
    ) -> None:
        self._store = store
        self._client = client
        self._keys = keys
        self._catalogue = catalogue
        self._learned = learned
        self._clock = clock
        self._surface = surface
        self._housekeeping = housekeeping
        self._metrics = metrics
        self._complete = complete
        self._webhook_url = webhook_url
        self._rng = rng or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._lease = new_id()
        self._agenda = Agenda()
        self._wake = asyncio.Event()
        self._claim_due = 0.0
        self._lease_due = 0.0
        self._paused: dict[str, float] = {}
        self._turns: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(TURNS_AT_ONCE)
        self._deliveries = asyncio.Semaphore(DELIVERIES_AT_ONCE)
        self._stopping = False
        self.beat = clock.monotonic()
        """When the loop last went round, monotonic seconds: for the health check."""

    # ------------------------------------------------------------------ outside

    @property
    def followed(self) -> int:
        """How many jobs this process follows now."""
        return len(self._agenda.jobs)

    def wake(self) -> None:
        """There is a new job: look for it soon."""
        self._claim_due = min(self._claim_due, self._clock.monotonic() + GATHER_S)
        self._wake.set()

    def hint(self, job_id: str) -> bool:
        """Somebody says that this job has changed: look at it now. A hint, never the truth. False if not followed."""
        followed = self._agenda.jobs.get(job_id)
        if followed is None:
            return False
        if followed.busy:
            followed.hinted = True  # it may come before the answer that it is about
        elif followed.job.state in REMOTE_STATES:
            self._set_due(followed)
            self._wake.set()
        return True

    def decided(self, job_id: str) -> None:
        """Somebody has decided about a parked job: take its turn now. One that is not followed is due by its row."""
        followed = self._agenda.jobs.get(job_id)
        if followed is None:
            self.wake()
        elif followed.busy:
            followed.decided = True  # its turn may have read the row before
        else:
            self._set_due(followed)
            self._wake.set()

    def resume(self) -> None:
        """A key has been set: everything that rests may try again now."""
        self._paused.clear()
        for followed in list(self._agenda.jobs.values()):
            if not followed.busy:
                self._set_due(followed)
        self.wake()

    async def run(self) -> None:
        """Follow jobs until cancelled or stopped; nothing that one job does ends this."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self._renew()
                await self._claim()
            except Exception:
                log.exception("poller.claim_failed")
                self._claim_due = self._clock.monotonic() + CLAIM_EVERY_S
            self._start_due()
            self.beat = self._clock.monotonic()
            await self._clock.wait(self._wake, self._idle_s())

    async def step(self) -> int:
        """Take every turn that is due now and return how many there were. For tests: `run` by hand."""
        await self._renew()
        self._claim_due = 0.0
        await self._claim()
        self._start_due()
        turns = list(self._turns)
        if turns:
            done, _ = await asyncio.wait(turns)
            for turn in done:
                turn.result()
        return len(turns)

    async def stop(self, *, grace_s: float = 8.0) -> None:
        """Take no new turn, let running ones end for up to `grace_s` seconds, and give the leases back."""
        self._stopping = True
        self._wake.set()
        if self._turns:
            _, late = await asyncio.wait(self._turns, timeout=grace_s)
            for turn in late:
                turn.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._agenda = Agenda()
        await self._store.jobs.drop_lease(self._lease)

    # ------------------------------------------------------------------ the loop

    def _idle_s(self) -> float:
        now = self._clock.monotonic()
        due = [self._claim_due, self._lease_due]
        next_job = self._agenda.next_due()
        if next_job is not None and not self._room.locked():
            due.append(next_job)
        return max(0.0, min(due) - now)

    async def _renew(self) -> None:
        if self._clock.monotonic() >= self._lease_due:
            if not await self._store.jobs.hold_lease(self._lease, self._clock.wall() + LEASE_S) and self._agenda.jobs:
                await self._lose_all()
            self._lease_due = self._clock.monotonic() + LEASE_RENEW_S

    async def _lose_all(self) -> None:
        """Begin anew: the lease had expired and was ended by another. What is still under way here can change nothing.

        The token is a new one, lest a job that is claimed again be changed by a turn of before.
        """
        log.warning("poller.lease_lost", jobs=len(self._agenda.jobs))
        await self._store.jobs.drop_lease(self._lease)
        self._lease, self._agenda = new_id(), Agenda()
        await self._store.jobs.hold_lease(self._lease, self._clock.wall() + LEASE_S)
        self._claim_due = 0.0

    async def _claim(self) -> None:
        if self._clock.monotonic() < self._claim_due:
            return
        self._claim_due = self._clock.monotonic() + CLAIM_EVERY_S
        try:
            await self._housekeeping.run_once()
        except Exception:
            # What is done now and then must never keep a job from being followed.
            log.exception("housekeeping.failed")
        while claimed := await self._store.jobs.claim(self._lease, now=self._clock.wall(), limit=200):
            for job in claimed:
                self._agenda.put(Followed(job, self._first_due(job)))

    def _first_due(self, job: Job) -> float:
        wait = max(0.0, job.next_at - self._clock.wall())
        return self._clock.monotonic() + wait

    def _set_due(self, followed: Followed, wait_s: float = 0.0) -> None:
        followed.due = self._clock.monotonic() + wait_s
        self._agenda.put(followed)

    def _start_due(self) -> None:
        now = self._clock.monotonic()
        while not self._room.locked() and (followed := self._agenda.take_due(now)) is not None:
            turn = asyncio.create_task(self._turn(followed), name=f"turn-{followed.job.id}")
            self._turns.add(turn)
            turn.add_done_callback(self._turn_done)

    def _turn_done(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        self._wake.set()

    async def _turn(self, followed: Followed) -> None:
        async with self._room:
            try:
                wait_s = await self._take_turn(followed)
            except Exception:
                # One job's surprise is its own: it rests, the others go on.
                log.exception("poller.turn_failed", job=followed.job.id, state=followed.job.state)
                followed.failures += 1
                wait_s = min(TURN_FAILED_S * followed.failures, 600.0)
            followed.busy = False
            if not self._agenda.has(followed):
                return
            if wait_s is None or followed.job.state.ended:
                self._agenda.drop(followed.job.id)
                return
            if followed.decided or (followed.hinted and followed.job.state in REMOTE_STATES):
                wait_s = 0.0
            followed.hinted = followed.decided = False
            self._set_due(followed, wait_s)

    async def _take_turn(self, followed: Followed) -> float | None:
        """Do what the job's state calls for; return seconds until the next turn, None to let go of it."""
        job = followed.job
        if job.state is JobState.READY:
            async with self._deliveries:
                return await self._deliver(followed)
        key = await self._keys.for_job(job)
        if key is None:
            return await self._blocked(followed)
        paused_s = self._paused.get(key.slot(job.guild_id), 0.0) - self._clock.monotonic()
        if paused_s > 0:
            return paused_s * (1 + 0.1 * self._rng.random())
        if job.state is JobState.SUBMITTING:
            if job.attempts > 1 and key.id != job.key_id:
                # One of the tries may have arrived, and another key's idempotency does not know of it.
                await self._unsure(followed)
                return None
            return await self._submit(followed, key)
        return await self._look(followed, key)

    async def _change(self, followed: Followed, to: JobState, **changes: object) -> bool:
        """Write a change; False if somebody else was first, then the job is let go."""
        changed = await self._store.jobs.change(followed.job, to, **changes)  # type: ignore[arg-type]  # names are Job's
        if changed is None:
            log.warning("poller.lost_job", job=followed.job.id, state=followed.job.state)
            return False
        if changed.state is not followed.job.state:
            self._metrics.job(changed.operation, changed.state)
            log.info("job.changed", job=changed.id, operation=changed.operation, state=changed.state)
        followed.job = changed
        if changed.state.ended:
            await self._start_turns(changed.guild_id)
        return True

    async def _start_turns(self, guild_id: int) -> None:
        """A place has become free: start what waits for one, and look for what waited for this job's result."""
        for card_id in await self._store.queue.start_waiting(guild_id):
            await self._surface.show(guild_id, card_id)
        self.wake()

    async def _end(self, followed: Followed, to: JobState, sentence: str) -> None:
        """End a job without a result: give the credits back and say why."""
        if await self._change(followed, to, release=True, error=sentence, finished_at=self._clock.wall()):
            await self._surface.show(followed.job.guild_id, followed.job.card_id)

    # ------------------------------------------------------------------ submit

    async def _submit(self, followed: Followed, key: UsableKey) -> float | None:
        job, now = followed.job, self._clock.wall()
        first = job.first_attempt_at if job.first_attempt_at is not None else now
        if now - first > SAFE_WINDOW_S:
            await self._unsure(followed)
            return None
        values = job.input
        if job.attempts == 0 and job.after_ids:
            values = await self._complete(job)
        if not await self._change(
            followed,
            JobState.SUBMITTING,
            attempts=job.attempts + 1,
            first_attempt_at=first,
            key_id=key.id,
            input=values,
        ):
            return None
        failpoint("submit.before")
        try:
            accepted = await self._client.submit(
                key.secret,
                self._wire_id(job),
                values,
                idempotency_key=job.idempotency_key,
                webhook_url=self._webhook_url(job),
            )
        except CannonError as error:
            self._metrics.submit(job.operation, type(error).__name__)
            self._metrics.api_error(error)
            return await self._submit_failed(followed, key, error, now - first)
        failpoint("submit.sent")
        self._metrics.submit(job.operation, "accepted")
        state = JobState.PROCESSING if accepted.status is RemoteStatus.PROCESSING else JobState.QUEUED
        if not await self._change(
            followed, state, remote_id=accepted.remote_id, submitted_at=self._clock.wall(), next_at=0.0
        ):
            return None
        failpoint("submit.stored")
        followed.failures = 0
        await self._surface.show(job.guild_id, job.card_id)
        return first_poll_s(self._durations(job), poll_after_s=accepted.poll_after_s, jitter=self._rng.uniform(-1, 1))

    async def _submit_failed(
        self, followed: Followed, key: UsableKey, error: CannonError, age_s: float
    ) -> float | None:
        job = followed.job
        if isinstance(error, KeyRefused):
            return await self._key_refused(followed, key, error)
        wait_s = submit_again(followed.job.attempts, error, first_attempt_age_s=age_s, random=self._rng.random())
        if wait_s is None:
            # A clash at a second try says that the first one arrived after all, with another webhook address, say.
            clashed = isinstance(error, IdempotencyClash) and followed.job.attempts > 1
            if clashed or isinstance(error, CannonUnavailable | RateLimited | UnreadableAnswer):
                await self._unsure(followed)
            else:
                log.warning("job.refused_by_api", job=job.id, status=error.status, error=type(error).__name__)
                await self._end(followed, JobState.FAILED, error.sentence)
            return None
        if isinstance(error, RateLimited):
            self._pause(key, job, wait_s)
        # A long wait is a column, not a sleeping coroutine: it survives a restart.
        if not await self._change(followed, JobState.SUBMITTING, next_at=self._clock.wall() + wait_s):
            return None
        return wait_s

    async def _unsure(self, followed: Followed) -> None:
        """It is not known whether Cannon Studio took the job: never send it blindly again; give back and tell."""
        await self._end(
            followed,
            JobState.FAILED,
            "Cannon Studio did not confirm this job, and it was not sent again for fear of paying twice. "
            "The credits were given back; please try again later.",
        )
        await self._surface.alert(
            followed.job.guild_id,
            f"Job {followed.job.id} was sent to Cannon Studio but never confirmed. It was given back here; "
            "please look at the account whether it was charged.",
        )

    # ------------------------------------------------------------------ look

    async def _look(self, followed: Followed, key: UsableKey) -> float | None:
        job = followed.job
        lag_s = self._clock.monotonic() - followed.due
        try:
            progress = await self._client.get(key.secret, job.remote_id or "")
        except CannonError as error:
            self._metrics.poll(type(error).__name__, lag_s)
            self._metrics.api_error(error)
            return await self._look_failed(followed, key, error)
        self._metrics.poll(progress.status.value, lag_s)
        followed.failures = followed.not_found = 0
        if progress.status is RemoteStatus.SUCCEEDED:
            return await self._succeeded(followed, progress)
        if progress.status is RemoteStatus.FAILED:
            await self._end(followed, JobState.FAILED, progress.error or "Cannon Studio could not make this.")
            return None
        if progress.status is RemoteStatus.PROCESSING and job.state is JobState.QUEUED:
            started = progress.started_at or self._clock.wall()
            if not await self._change(followed, JobState.PROCESSING, started_at=started, cost=progress.cost):
                return None
            await self._surface.show(job.guild_id, job.card_id)
        return await self._next_look(followed, progress.poll_after_s)

    def _age_s(self, job: Job) -> float:
        return self._clock.wall() - (job.submitted_at or job.created_at)

    async def _next_look(self, followed: Followed, poll_after_s: float | None) -> float | None:
        job = followed.job
        durations, age_s = self._durations(job), self._age_s(job)
        if age_s > deadline_s(durations):
            await self._end(
                followed,
                JobState.EXPIRED,
                f"Cannon Studio did not finish this within {age_s / 60:.0f} minutes. The credits were given back.",
            )
            return None
        return next_poll_s(durations, age_s, poll_after_s=poll_after_s, jitter=self._rng.uniform(-1, 1))

    async def _look_failed(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        if isinstance(error, KeyRefused):
            return await self._key_refused(followed, key, error)
        if isinstance(error, RequestNotFound):
            followed.not_found += 1
            if followed.not_found >= NOT_FOUND_MAX:
                await self._end(
                    followed,
                    JobState.FAILED,
                    "Cannon Studio does not know this job any more. The credits were given back.",
                )
                return None
            return min(NOT_FOUND_AGAIN_S * followed.not_found, 60.0)
        followed.failures += 1
        wait_s = poll_again(followed.failures, error, random=self._rng.random())
        if isinstance(error, RateLimited):
            self._pause(key, followed.job, wait_s or BLOCKED_S)
        checked = await self._next_look(followed, None)
        return None if checked is None else max(checked, wait_s or BLOCKED_S)

    async def _succeeded(self, followed: Followed, progress: Progress) -> float | None:
        job = followed.job
        try:
            operation = self._catalogue().resolve(job.operation)
        except InputError:
            operation = None
        media = media_of(operation, progress.output)
        if not media and text_of(operation, progress.output) is None:
            await self._end(followed, JobState.FAILED, "Cannon Studio says this is done, but sent no result.")
            await self._surface.alert(
                job.guild_id, f"Job {job.id} ended at Cannon Studio without a result; it may have been charged there."
            )
            return None
        failpoint("poll.success")
        cost = progress.cost if progress.cost is not None else job.cost if job.cost is not None else job.held
        finished = progress.completed_at or self._clock.wall()
        if not await self._change(
            followed, JobState.READY, output=progress.output, media=media, cost=cost, finished_at=finished, next_at=0.0
        ):
            return None
        failpoint("ready.stored")
        started = progress.created_at or job.submitted_at
        if started is not None:
            await self._learned.add(job.operation, job.model, finished - started)
        return 0.0

    # ------------------------------------------------------------------ deliver

    async def _deliver(self, followed: Followed) -> float | None:
        job = followed.job
        try:
            message_id = await self._surface.deliver(job)
        except Later as later:
            followed.failures += 1
            self._metrics.delivery("later")
            wait_s = max(later.seconds, min(2.0**followed.failures, 300.0))
            if not await self._change(followed, JobState.READY, next_at=self._clock.wall() + wait_s):
                return None
            return wait_s
        except Parked as parked:
            if not await self._change(followed, JobState.READY, next_at=self._clock.wall() + parked.seconds):
                return None
            await self._surface.show(job.guild_id, job.card_id)
            await self._start_turns(job.guild_id)  # what waits for a decision takes no place
            return parked.seconds
        except NoPlace as no_place:
            self._metrics.delivery("held", operation=job.operation)
            # Made and paid, but nowhere to post it: it is kept, and the true cost counts.
            await self._change(followed, JobState.HELD, settle=self._cost(job), error=no_place.sentence)
            await self._surface.show(job.guild_id, job.card_id)
            return None
        age_s = self._clock.wall() - job.created_at
        self._metrics.delivery("posted", operation=job.operation, seconds=age_s)
        if await self._change(
            followed,
            JobState.DELIVERED,
            settle=self._cost(job),
            message_id=message_id,
            delivered_at=self._clock.wall(),
        ):
            failpoint("deliver.stored")
            await self._surface.show(job.guild_id, job.card_id)
        return None

    @staticmethod
    def _cost(job: Job) -> Decimal:
        return job.cost if job.cost is not None else job.held

    # ------------------------------------------------------------------ keys

    def _pause(self, key: UsableKey, job: Job, seconds: float) -> None:
        """A 429 pauses the whole key: every job of it would be told the same."""
        slot = key.slot(job.guild_id)
        self._paused[slot] = max(self._paused.get(slot, 0.0), self._clock.monotonic() + seconds)

    async def _key_refused(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        job = followed.job
        if await self._keys.note_refused(job.guild_id, key):
            log.warning("key.refused", guild=job.guild_id, status=error.status)
            await self._surface.alert(
                job.guild_id,
                "Cannon Studio refuses this server's key. Jobs wait; set a new key with `/studio key` to go on.",
            )
        return await self._blocked(followed)

    async def _blocked(self, followed: Followed) -> float | None:
        job = followed.job
        if self._age_s(job) > BLOCKED_MAX_S:
            await self._end(
                followed,
                JobState.EXPIRED,
                "There was no working key for this within a day. The credits were given back.",
            )
            return None
        await self._surface.show(job.guild_id, job.card_id)
        return BLOCKED_S

    def _wire_id(self, job: Job) -> str:
        """Return the id the API takes: the live document may have replaced the deduced one the job was taken with."""
        try:
            return self._catalogue().resolve(job.operation).id
        except InputError:
            return job.operation

    def _durations(self, job: Job) -> Durations:
        return self._learned.of(job.operation, job.model)
