"""The lanes of turns: submitting, polling and delivering never wait for each other.

A lane is fair between servers: next is the server with the fewest running turns, then the one that has waited longest
since its job was due and its last turn began. A turn costs a few heap operations, however many jobs wait.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from bot.domain.jobs.poll_schedule import least_wait_s
from bot.domain.models import Job, JobState

REMOTE_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})
"""The states in which Cannon Studio works on a job."""

Entry = tuple[float, int, "Followed"]
"""Due time, monotonic seconds, and a number unique in the lane."""


Value = TypeVar("Value")


class _Rare(Generic[Value]):
    """An attribute of `Followed` that is usually at its default, where it takes no memory."""

    def __init__(self, default: Value) -> None:
        self._default = default
        self._name = ""

    def __set_name__(self, _owner: type[Followed], name: str) -> None:
        self._name = name

    def __get__(self, followed: Followed, _owner: type[Followed]) -> Value:
        rare = followed.rare
        if rare is None:
            return self._default
        value: Value = rare.get(self._name, self._default)
        return value

    def __set__(self, followed: Followed, value: Value) -> None:
        if value != self._default:
            if followed.rare is None:
                followed.rare = {}
            followed.rare[self._name] = value
        elif followed.rare is not None:
            followed.rare.pop(self._name, None)
            followed.rare = followed.rare or None


@dataclass(slots=True, eq=False)
class Followed:
    """A job this process follows. `due` is monotonic seconds."""

    id: str
    guild_id: int
    card_id: str
    """'' while the row is not read, except for a result to post: its lane counts by card."""
    state: JobState
    due: float
    active_s: float
    """The job's value, but current: it is written only now and then."""
    row: Job | None = None
    """None while it waits and was evicted from the cache."""
    entry: Entry | None = None
    """Its place in a lane. Any other entry of it is stale."""
    answered_at: float | None = None
    """When the API answered the last poll, monotonic seconds; None if it failed, or before the first."""
    is_watched: bool = False
    """Whether this process submitted it and every poll since was answered."""
    polled_at: float = -math.inf
    """When the last poll ended, or may have: monotonic seconds. Another process may have polled until the claim."""
    poll_after_s: float | None = None
    """The job's value."""
    answers_to: str | None = None
    """The slot of the key that knows the job, once a poll was answered."""
    rare: dict[str, Any] | None = None
    """Non-default values of the attributes below."""

    is_overdue = _Rare[bool](False)
    language = _Rare[str]("")
    """The card's when it was answered, for the first attempt; '' if it has to be read."""
    is_begun = _Rare[bool](False)
    """Whether its first attempt was stored with its card's answer, and this process has not sent it yet."""
    busy = _Rare[bool](False)
    attempted_at = _Rare[float | None](None)
    """First submission by this process, monotonic seconds."""
    denied_at = _Rare[float | None](None)
    """First of the current denials by the API, monotonic seconds."""
    denials = _Rare[int](0)
    """Consecutive denials."""
    blocked_at = _Rare[float | None](None)
    """Since when there is no key for it, monotonic seconds."""
    posting_failed_at = _Rare[float | None](None)
    """When posting began to fail, monotonic seconds; reset by anything else."""
    failures = _Rare[int](0)
    trouble = _Rare[str]("")
    """Result of its last failed call, so that the same is not stored again."""
    hint_due = _Rare[float | None](None)
    """Deadline of the poll that a hint asks for, monotonic seconds; None without an unserved hint."""
    hint_served_at = _Rare[float](-math.inf)
    """When the turn that served a hint began, monotonic seconds."""
    decided = _Rare[bool](False)
    """Whether a decision came while it was busy."""

    @property
    def job(self) -> Job:
        """The job as this process knows it; valid during its turn."""
        if self.row is None:
            raise LookupError(f"the row of job {self.id} is not read")
        return self.row

    @job.setter
    def job(self, job: Job) -> None:
        self.row, self.card_id = job, job.card_id
        self.state, self.is_overdue = job.state, job.overdue_at is not None
        self.poll_after_s = job.poll_after_s

    def again_at(self, age_s: float) -> float:
        """Return when the request may be polled again, monotonic seconds, at this age of it."""
        return self.polled_at + least_wait_s(self.poll_after_s, age_s)

    def forget_row(self) -> None:
        """Drop the row until the next turn."""
        self.row = None
        if self.state is not JobState.READY:
            self.card_id = ""


SLOW_S = 1.0
"""A slower turn gives up its slot, up to `most` turns in all, so that stuck turns don't block quick ones."""
LATE_S = 0.01
"""A turn whose first step comes later than this after its start waited for a full event loop."""
GIVES_WAY_S = 1.0
"""Turns that are later than this do not give way: members wait for them, too."""
WIDENED_BY = 0.25
"""Slots added for each turn that began in time."""
MINUTE_S = 60
ARRIVALS_MAX = 1000
"""Due jobs sorted per round: 100,000 at once, as after a restart, would block the event loop for 200 ms."""
STALE_KEPT = 1024
"""Stale entries kept before cleanup, besides one per job."""


class LaneName(StrEnum):
    """What a turn does."""

    SUBMIT = "submit"
    POLL = "poll"
    DELIVER = "deliver"


def lane_of(state: JobState) -> LaneName:
    if state is JobState.SUBMITTING:
        return LaneName.SUBMIT
    return LaneName.DELIVER if state is JobState.READY else LaneName.POLL


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSize:
    """How many turns a lane runs at once."""

    slots: int
    """Turns that began recently (SLOW_S)."""
    most: int
    """In all."""
    per_server: int
    per_card: int | None = None
    """None: the server's limit."""
    least: int | None = None
    """Slots that remain while a member waits for an answer. A full event loop takes half of them. None: all remain."""


@dataclass(slots=True, eq=False)
class _Server:
    """A server with due jobs or running turns."""

    guild_id: int
    due: list[Entry] = field(default_factory=list)
    """A heap. Its first entry may be stale."""
    running: int = 0
    began_at: float = -math.inf
    """When its last turn began, so that a server with a backlog isn't always the longest waiting."""
    cards: Counter[str] = field(default_factory=Counter)
    """Running turns by card; empty in a lane that does not count them."""
    behind: dict[str, list[Entry]] = field(default_factory=dict)
    """Due, but waiting until their card has a turn less."""
    spot: _Spot | None = None
    """Its place among the startable servers. Any other spot of it is stale."""


_Spot = tuple[float, int, _Server, Entry, int]
"""Waiting since, a unique number, the server, its next job, and its number of turns."""


class Lane:
    """The jobs of one lane. Times are monotonic seconds."""

    def __init__(self, size: LaneSize) -> None:
        self._size = size
        self._slots = float(size.slots)
        """Usable ones: fewer while the event loop is full."""
        self._gives_way = False
        """Whether a member waited for an answer when last asked, and no job was late."""
        self._numbers = itertools.count()
        self._later: list[Entry] = []
        """A heap of what is not due yet."""
        self._arrived: deque[Entry] = deque()
        """Due jobs, in that order."""
        self._round = 0.0
        self._arrivals = 0
        """Arrivals in this round, which began at `_round`."""
        self._servers: dict[int, _Server] = {}
        self._spots: tuple[list[_Spot], ...] = tuple([] for _ in range(size.per_server))
        """Heaps of startable servers, by number of turns."""
        self._young: OrderedDict[Followed, float] = OrderedDict()
        """Turns that hold a slot, and when they began."""
        self._old: set[Followed] = set()
        """Slow turns, which hold no slot."""
        self._ended: deque[tuple[int, int]] = deque()
        """Ended turns by second."""
        self._later_kept = self._arrived_kept = STALE_KEPT

    # ------------------------------------------------------------------ waiting

    def put(self, followed: Followed) -> None:
        """Schedule a job at its `due`. Its earlier entries become stale."""
        entry: Entry = (followed.due, next(self._numbers), followed)
        followed.entry = entry
        heapq.heappush(self._later, entry)
        if len(self._later) > self._later_kept:
            self._later = [each for each in self._later if _is_current(each)]
            heapq.heapify(self._later)
            self._later_kept = 2 * len(self._later) + STALE_KEPT

    def clear(self) -> None:
        """Forget waiting jobs. Running turns keep their slots."""
        self._later.clear()
        self._arrived.clear()
        for server in list(self._servers.values()):
            server.due.clear()
            server.behind.clear()
            self._place(server)

    def _let_arrive(self, now: float) -> None:
        if now != self._round:
            self._round, self._arrivals = now, 0
        while self._later and self._later[0][0] <= now and self._arrivals < ARRIVALS_MAX:
            entry = heapq.heappop(self._later)
            self._arrivals += 1
            if not _is_current(entry):
                continue
            self._arrived.append(entry)
            guild_id = entry[2].guild_id
            server = self._servers.setdefault(guild_id, _Server(guild_id))
            heapq.heappush(server.due, entry)
            self._place(server)
        if len(self._arrived) > self._arrived_kept:
            self._arrived = deque(filter(_is_current, self._arrived))
            self._arrived_kept = 2 * len(self._arrived) + STALE_KEPT

    def _place(self, server: _Server) -> None:
        entry = self._first(server) if server.running < self._size.per_server else None
        if entry is None:
            server.spot = None
            if not (server.running or server.due):
                self._servers.pop(server.guild_id, None)
            return
        if server.spot is None or server.spot[3] is not entry or server.spot[4] != server.running:
            since = max(entry[0], server.began_at)
            server.spot = (since, next(self._numbers), server, entry, server.running)
            heapq.heappush(self._spots[server.running], server.spot)

    def _first(self, server: _Server) -> Entry | None:
        """Return the server's next entry; what waits for its card is put behind it."""
        while server.due:
            entry = server.due[0]
            if not _is_current(entry):
                heapq.heappop(server.due)
            elif self._size.per_card is None or server.cards[entry[2].card_id] < self._size.per_card:
                return entry
            else:
                server.behind.setdefault(entry[2].card_id, []).append(heapq.heappop(server.due))
        return None

    # ------------------------------------------------------------------ turns

    def take_due(self, now: float, *, is_awaited: bool = False) -> Followed | None:
        """Return the next job to run, None if none is due or there is no room. End it with `done`.

        `is_awaited`: a member waits for an answer, which comes first.
        """
        self._gives_way = is_awaited and self._size.least is not None and self.oldest_due_s(now) <= GIVES_WAY_S
        self._let_arrive(now)
        if not self._has_slot(now):
            return None
        spot = self._next_spot()
        if spot is None:
            return None
        _, _, server, _, running = spot
        heapq.heappop(self._spots[running])
        _, _, followed = heapq.heappop(server.due)
        followed.entry = None
        server.running += 1
        server.began_at = now
        if self._size.per_card is not None:
            server.cards[followed.card_id] += 1
        self._young[followed] = now
        self._place(server)
        return followed

    def room(self, guild_id: int) -> int:
        """Return how many jobs of a server would begin at once, if they were due now."""
        server = self._servers.get(guild_id)
        of_server = 0 if server is None else server.running + len(server.due)
        return max(0, min(self._size.slots - len(self._young), self._size.per_server - of_server))

    def _next_spot(self) -> _Spot | None:
        for spots in self._spots:
            while spots:
                spot = spots[0]
                _, _, server, entry, _ = spot
                if server.spot is spot and _is_current(entry):
                    return spot
                heapq.heappop(spots)
                if server.spot is spot:
                    self._place(server)
        return None

    def _has_slot(self, now: float) -> bool:
        while self._young and len(self._old) < self._size.most - self._size.slots:
            followed, began = next(iter(self._young.items()))
            if now - began < SLOW_S:
                break
            del self._young[followed]
            self._old.add(followed)
        return len(self._young) < self.slots

    @property
    def slots(self) -> int:
        """How many turns may hold a slot now."""
        return self._size.least if self._gives_way and self._size.least is not None else int(self._slots)

    def began(self, started: float, now: float) -> None:
        """Note when the first step of a turn came that was started then: late, if the event loop is full.

        All that is ready in one round of the loop delays each other. Turns in time give the slots back bit by bit.
        """
        if now - started <= LATE_S:
            self._slots = min(float(self._size.slots), self._slots + WIDENED_BY)
        elif self._size.least is not None:
            self._slots = float(self._size.slots // 2)

    def done(self, followed: Followed, now: float, *, is_progress: bool = True) -> None:
        """End a turn of `take_due`; a failed one is no progress."""
        if self._young.pop(followed, None) is None:
            self._old.discard(followed)
        server, card_id = self._servers[followed.guild_id], followed.card_id
        server.running -= 1
        if self._size.per_card is not None:
            server.cards[card_id] -= 1
            if not server.cards[card_id]:
                del server.cards[card_id]
            for entry in server.behind.pop(card_id, ()):
                heapq.heappush(server.due, entry)
        self._place(server)
        if is_progress:
            self._count(now)

    def _count(self, now: float) -> None:
        second = int(now)
        if self._ended and self._ended[-1][0] == second:
            self._ended[-1] = (second, self._ended[-1][1] + 1)
        else:
            self._ended.append((second, 1))
            self._forget_ended(now)

    # ------------------------------------------------------------------ state

    def next_at(self) -> float | None:
        """Return when to try again; None if only the end of a turn makes room, or nothing waits."""
        if len(self._young) >= self.slots:
            may_grow = len(self._old) < self._size.most - self._size.slots
            return next(iter(self._young.values())) + SLOW_S if may_grow else None
        while self._later and not _is_current(self._later[0]):
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def oldest_due_s(self, now: float) -> float:
        """Return the longest overdue time in seconds, 0 if none is due."""
        while self._arrived and not _is_current(self._arrived[0]):
            self._arrived.popleft()
        while self._later and not _is_current(self._later[0]):
            heapq.heappop(self._later)
        first = [entries[0][0] for entries in (self._arrived, self._later) if entries]
        return max(0.0, now - min(first)) if first else 0.0

    def turns_last_minute(self, now: float) -> int:
        """Return the successful turns of the last 60 seconds."""
        self._forget_ended(now)
        return sum(count for _, count in self._ended)

    def _forget_ended(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now - MINUTE_S:
            self._ended.popleft()


def _is_current(entry: Entry) -> bool:
    return entry[2].entry is entry
