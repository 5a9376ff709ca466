"""What happened to a job and when, from the command to the post, and which wait cost it most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.models import Job, JobState
from bot.store.host.jobs import JobOnFile
from bot.store.jobs.rechecks import ACCEPTED, FETCHED, POSTED, JobAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A moment of a job's life. `at` is in Unix seconds."""

    at: float
    kind: str
    """`accepted`, `claimed`, `freed`, `sent`, `made`, `ended`, a ledger line's kind, or a call's, as in JobAttempt."""
    outcome: str = ""
    process: str = ""
    status: int | None = None
    wait_s: float | None = None
    """The wait that the answer requested."""
    times: int = 1
    """The number of calls."""
    credits: str = ""


class SpentOn(StrEnum):
    """What a job's time is spent on."""

    APPROVAL = "approval"
    QUEUE = "queue"
    UNOWNED = "unowned"
    WAIT = "wait"
    KEY = "key"
    SENDING = "sending"
    MAKING = "making"
    NOTICING = "noticing"
    FETCHING = "fetching"
    POSTING = "posting"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpent:
    """A stretch of a job's life; spans may overlap. Unix seconds."""

    stage: SpentOn
    since: float
    until: float
    process: str = ""
    """The process that caused it, '' for none."""
    cause: str = ""

    @property
    def seconds(self) -> float:
        return max(0.0, self.until - self.since)


def events_of(found: JobOnFile) -> tuple[Event, ...]:
    """Return all that is known of a job's life, in order."""
    job = found.job
    events = [Event(at=job.created_at, kind="accepted"), *_follows(found), *_calls(found.attempts)]
    if job.first_attempt_at is not None:
        events.append(Event(at=job.first_attempt_at, kind="sent"))
    if job.finished_at is not None and job.remote_id is not None:
        events.append(Event(at=job.finished_at, kind="made"))
    events += [Event(at=each.at, kind=each.kind, credits=f"{each.credits.normalize():f}") for each in found.bookings]
    if job.state.ended:
        last = max(each.at for each in events)
        events.append(Event(at=job.delivered_at or last, kind="ended", outcome=job.state.value))
    return tuple(sorted(events, key=lambda each: (each.at, _ORDER.index(each.kind) if each.kind in _ORDER else 0)))


_ORDER = (
    "accepted", "hold", "approve", "start", "claimed", "sent", "freed", "submit", "made", "poll", "fetch", "deliver",
    "settle", "release", "adjust", "ended",
)  # fmt: skip
"""Of events at the same time."""


def _follows(found: JobOnFile) -> Iterator[Event]:
    ended = [each for each in found.attempts if each.call == "follow"]
    claims = [each.since for each in ended if each.since is not None]
    if found.follower.since is not None and found.follower.since not in claims:
        claims.append(found.follower.since)
        yield Event(at=found.follower.since, kind="claimed", process=found.follower.process)
    for each in ended:
        since = each.at if each.since is None else each.since
        if each.since is not None:
            yield Event(at=since, kind="claimed", process=each.process)
        # A dead process' last sign of life may be older than what it did for the job.
        following = min((claim for claim in claims if claim > since), default=math.inf)
        acts = [call.at for call in found.attempts if call.process == each.process and call.at < following]
        yield Event(at=max(since, *acts), kind="freed", outcome=each.outcome, process=each.process)


def _calls(attempts: Sequence[JobAttempt]) -> Iterator[Event]:
    for each in attempts:
        if each.call != "follow":
            yield Event(
                at=each.at,
                kind=each.call,
                outcome=each.outcome,
                process=each.process,
                status=each.status,
                wait_s=each.wait_s,
                times=each.times,
            )


def spans_of(found: JobOnFile, now: float) -> tuple[TimeSpent, ...]:
    """Return where a job's time went until `now` (Unix seconds), in order."""
    events = events_of(found)
    end = events[-1].at if found.job.state.ended else now
    unowned = [*_unowned(events, end)]
    spans = [*_pending(found, events, end), *unowned, *_waits(events, end), *_work(found, end, unowned)]
    return tuple(sorted((each for each in spans if each.seconds > 0), key=lambda each: each.since))


def costliest(spans: Sequence[TimeSpent]) -> TimeSpent | None:
    """Return the longest span but the API's own work; that if there is no other."""
    others = [each for each in spans if each.stage is not SpentOn.MAKING]
    return max(others or spans, key=lambda each: each.seconds, default=None)


def _pending(found: JobOnFile, events: Sequence[Event], end: float) -> Iterator[TimeSpent]:
    job = found.job
    since = job.created_at
    approved = next((each.at for each in events if each.kind == "approve"), None)
    if approved is not None or job.state is JobState.AWAITING_APPROVAL:
        yield TimeSpent(stage=SpentOn.APPROVAL, since=since, until=approved or end)
        since = approved or end
    started = next((each.at for each in events if each.kind == "start"), None)
    if started is not None or job.state is JobState.WAITING:
        yield TimeSpent(stage=SpentOn.QUEUE, since=since, until=started or end)


def _unowned(events: Sequence[Event], end: float) -> Iterator[TimeSpent]:
    """Yield the stretches in which the job was not followed, after it had been."""
    freed: Event | None = None
    for each in events:
        if each.kind == "freed":
            freed = each
        elif freed is not None and each.kind in {"claimed", "ended"}:
            yield _span_of(freed, each.at)
            freed = None
    if freed is not None:
        yield _span_of(freed, end)


def _span_of(freed: Event, until: float) -> TimeSpent:
    return TimeSpent(stage=SpentOn.UNOWNED, since=freed.at, until=until, process=freed.process, cause=freed.outcome)


def _waits(events: Sequence[Event], end: float) -> Iterator[TimeSpent]:
    """Yield the waits that a failed call caused: until the next call, or as long as its answer requested."""
    calls = [each for each in events if each.kind in {"submit", "poll", "deliver", "key", "turn"}]
    for each, following in zip(calls, [*calls[1:], None], strict=True):
        if each.outcome in {ACCEPTED, POSTED} or (each.kind == "poll" and each.status is None):
            continue
        until = end if following is None else following.at
        until = until if each.wait_s is None else min(until, each.at + each.wait_s)
        stage = SpentOn.KEY if each.kind == "key" else SpentOn.WAIT
        yield TimeSpent(stage=stage, since=each.at, until=until, cause=f"{each.kind} {each.outcome}")


def _work(found: JobOnFile, end: float, unowned: Sequence[TimeSpent]) -> Iterator[TimeSpent]:
    job, noticed = found.job, _noticed_at(found)
    if job.first_attempt_at is not None:
        failed = [each.at + (each.wait_s or 0.0) for each in found.attempts if each.call == "submit"]
        since = max([job.first_attempt_at, *(each for each in failed if each < (job.submitted_at or end))])
        yield TimeSpent(stage=SpentOn.SENDING, since=since, until=job.submitted_at or end)
    if job.submitted_at is not None:
        yield TimeSpent(stage=SpentOn.MAKING, since=job.submitted_at, until=_made_at(job) or end)
    if (made := _made_at(job)) is not None and noticed is not None:
        followed = max([made, *(each.until for each in unowned if each.until <= noticed)])
        yield TimeSpent(stage=SpentOn.NOTICING, since=followed, until=noticed)
    for each in found.attempts:
        if each.since is not None and each.outcome == FETCHED:
            yield TimeSpent(stage=SpentOn.FETCHING, since=each.since, until=each.at)
        elif each.since is not None and each.outcome == POSTED:
            fetched = max((other.at for other in found.attempts if other.outcome == FETCHED), default=each.since)
            yield TimeSpent(stage=SpentOn.POSTING, since=max(each.since, min(fetched, each.at)), until=each.at)


def _made_at(job: Job) -> float | None:
    return job.finished_at if job.remote_id is not None else None


def _noticed_at(found: JobOnFile) -> float | None:
    polls = [each.at for each in found.attempts if each.call == "poll" and each.outcome == "finished"]
    return polls[-1] if polls else None
