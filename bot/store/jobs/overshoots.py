"""Jobs that cost more than was held: what exceeds a limit, what may not start, and how far limits can be exceeded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.models import PENDING_STATES, UNKNOWN, Job, JobState, credits_words
from bot.domain.money.limit_rules import all_headrooms, allowance, headroom_of, is_about, limit_choices, zone_of
from bot.domain.money.spend_request import ZERO, Headroom, Spender, SpendItem, SpendRequest
from bot.domain.money.spending_policy import binding_limits
from bot.domain.money.worst_case import OpenJob, Stage, WorstCase, worst_case
from bot.domain.server.guild_rules import Limit, Scope
from bot.store import texts
from bot.store.engine.columns import from_milli, texts_from_json
from bot.store.engine.repository import Record, Repository, write_decision
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.rows import CARDS, job_in, job_of
from bot.store.money.spending import SENT_STATES, Spending, end_of, rules_of, spending, spending_of
from bot.store.sql import Connection, Row

_COUNTED = """
FROM jobs JOIN cards ON cards.id = jobs.card_id LEFT JOIN approvals ON approvals.card_id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND jobs.created_at >= :since AND jobs.created_at < :until
    AND jobs.practice = :practice
    AND jobs.state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND (:operation = '' OR jobs.operation = :operation) AND (:member_id IS NULL OR jobs.author_id = :member_id)
    AND (:channel_id = 0 OR :channel_id IN (cards.channel_id, cards.parent_channel_id, cards.category_id))
"""
# Held by requests above a limit until a moderator decides about them.
_ASKED = f"SELECT sum(jobs.held_milli + jobs.raised_milli) {_COUNTED} AND coalesce(approvals.asked, '') <> ''"
# Unsent jobs that count for a limit, newest first. Jobs paid by grants don't count for a member's.
_UNSENT = f"""
SELECT jobs.* {_COUNTED} AND jobs.attempts = 0
    AND (CASE WHEN :host = 1 THEN jobs.key_id IS NULL
        ELSE jobs.allowed = 0 AND coalesce(approvals.asked, '') = '' END)
    AND jobs.held_milli + jobs.raised_milli > CASE WHEN :member_id IS NULL THEN 0 ELSE
        coalesce((SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id), 0) END
ORDER BY jobs.created_at DESC, jobs.position DESC
"""  # noqa: S608 - assembled from constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Overshoot:
    """Outcome of a job that costs more than was held."""

    sentence: str
    """For moderators: its cost, the exceeded limit, and the number of stopped jobs."""
    card_ids: tuple[str, ...]
    """The cards of the stopped, refunded jobs."""


def account_for(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> Overshoot | None:
    """Stop what exceeds a limit after the hold was raised, and record it; None if nothing does.

    Unsent jobs are cancelled and refunded, newest first, until the limit holds. A cost above the guild's ceiling
    per job is recorded too. The job is as in the database.
    """
    if job.own:
        return None  # no limit is about it, and no moderator reads of it
    broken, stopped = _stop_what_exceeds(db, job, now, host_limits, str(texts.LIMIT_OVERSHOT))
    ceiling = rules_of(db, job.guild_id).job_ceiling
    if not broken and (ceiling is None or job.reserved <= ceiling):
        return None
    what = _what(job, broken, len(stopped))
    about = {"job": job.id, "cost": str(job.reserved), "held": str(job.held), "stopped": [each.id for each in stopped]}
    write_decision(db, job.guild_id, Record(kind="overshoot", text=what, by_id=0, about=about), now)
    return Overshoot(sentence=what, card_ids=tuple(dict.fromkeys(each.card_id for each in stopped)))


def end_what_exceeds(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> list[str]:
    """Recheck a job's limits before it starts, and stop what exceeds them; return the changed cards.

    Since acceptance, other servers or late results may have spent the rest, or a limit was lowered. The newest are
    stopped first, perhaps the job itself. Jobs a moderator allowed above the server's limits are checked against
    the host's only.
    """
    return [each.card_id for each in _stop_what_exceeds(db, job, now, host_limits, str(texts.LIMIT_USED_UP))[1]]


def _stop_what_exceeds(
    db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...], sentence: str
) -> tuple[list[Headroom], list[Job]]:
    # In the job's own mode and period: practice may have begun or ended since it was accepted, and a period ended.
    known = replace(spending_of(db, job, now, host_limits), now=job.created_at)
    request = request_of(db, job, ZERO)
    allowed = db.execute("SELECT allowed FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    found = [each for each in _headrooms(known, request) if each.limit.scope.is_host or not allowed]
    broken = [each for each in found if each.left < 0]

    def cancel(unsent: Job) -> Job:
        return cancel_in(db, unsent, sentence, now, steps=sentence).job

    return broken, [stopped for headroom in broken for stopped in _stop(known, request, headroom.limit, cancel)]


def request_of(db: Connection, job: Job, credits_: Decimal) -> SpendRequest:
    """Return a stored job as a request of so many credits, by its author with their roles of that time."""
    row = db.execute("SELECT * FROM cards WHERE guild_id = ? AND id = ?", (job.guild_id, job.card_id)).fetchone()
    item = SpendItem(operation=job.operation, title=f"`{job.operation}`", credits=credits_, exact=True)
    return replace(SpendRequest.of(Spender.of(CARDS.read(row, token=None)), [item]), host_pays=job.key_id is None)


def _headrooms(known: Spending, request: SpendRequest) -> Sequence[Headroom]:
    """Return what limits leave; a request above one takes nothing of it while a moderator is asked."""
    found = all_headrooms(binding_limits(request, known), request, known)
    return [replace(each, left=each.left + _asked(known, each.limit)) for each in found]


def _asked(known: Spending, limit: Limit) -> Decimal:
    if limit.scope.is_host:
        return ZERO  # no moderator decides about it
    return from_milli(known.db.execute(_ASKED, _counted(known, limit)).fetchone()[0])


def _counted(known: Spending, limit: Limit) -> dict[str, object]:
    zone = zone_of(limit, known.rules)
    return {
        "guild_id": known.guild_id,
        "practice": int(known.books),
        "since": limit.period.start(known.now, zone),
        "until": end_of(limit.period.end(known.now, zone)),
        "operation": limit.operation,
        "channel_id": limit.channel_id,
        "member_id": None if limit.scope.is_shared else known.author_id,
    }


def _stop(known: Spending, request: SpendRequest, limit: Limit, cancel: Callable[[Job], Job]) -> list[Job]:
    """Cancel unsent jobs that count for the limit until it holds; return them."""
    values = {**_counted(known, limit), "host": int(limit.scope.is_host)}
    stopped: list[Job] = []
    for row in known.db.execute(_UNSENT, values).fetchall():
        if _left(known, request, limit) >= 0:
            break
        job = job_in(known.db, known.guild_id, job_of(row).id)
        if job is not None and not job.state.ended:  # perhaps cancelled with a previous one
            stopped.append(cancel(job))
    return stopped


def _left(known: Spending, request: SpendRequest, limit: Limit) -> Decimal:
    return next((each.left for each in _headrooms(known, request) if each.limit == limit), ZERO)


def _what(job: Job, broken: Sequence[Headroom], stopped: int) -> str:
    over = None
    if broken:
        most = min(broken, key=lambda each: each.left)
        over = (most.limit.scope, allowance(most.limit), credits_words(-most.left))
    return texts.overshot(job.id, credits_words(job.reserved), credits_words(job.held), over, stopped)


_OPEN = """
SELECT jobs.*, cards.channel_id, cards.parent_channel_id, cards.category_id, cards.role_ids,
    coalesce(approvals.asked, '') <> '' AS asks,
    (SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id) AS drawn_milli
FROM jobs JOIN cards ON cards.id = jobs.card_id LEFT JOIN approvals ON approvals.card_id = jobs.card_id
WHERE jobs.practice <> 2 AND (jobs.guild_id = :guild_id OR (:everywhere = 1 AND jobs.key_id IS NULL)) AND jobs.id IN (
    SELECT id FROM jobs
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    UNION ALL SELECT id FROM jobs WHERE recheck_at IS NOT NULL AND state IN ('failed', 'expired')
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitAtRisk:
    """The worst case of a limit in one of its periods; of a member's limit for one member."""

    limit: Limit
    member_id: int | None
    """None for a shared limit."""
    practice: bool
    since: float
    """The period's start in Unix seconds."""
    worst: WorstCase


@dataclass(frozen=True, slots=True)
class _Open:
    job: Job
    at: float
    """When it counts, Unix seconds: a job without a hold is decided again with it."""
    spender: Spender
    allowed: bool
    asks: bool
    """Whether a moderator is asked to allow it."""
    drawn: Decimal

    @property
    def request(self) -> SpendRequest:
        item = SpendItem(operation=self.job.operation, title="", credits=ZERO, exact=True)
        return SpendRequest(spender=self.spender, items=[item])

    @property
    def is_known(self) -> bool:
        return self.job.basis != UNKNOWN or bool(self.job.cost) or self.job.state is JobState.READY

    def as_counted(self, *, is_members: bool, is_checked: bool) -> OpenJob:
        held = max(ZERO, self.job.reserved - (self.drawn if is_members else ZERO))
        return OpenJob(stage=self._stage(is_checked=is_checked), held=held, is_known=self.is_known)

    def _stage(self, *, is_checked: bool) -> Stage:
        if self.job.state.ended:
            return Stage.LATE
        if self.job.state in PENDING_STATES:
            free = Stage.ASKED if self.asks else Stage.FREE
            return Stage.CHECKED if is_checked else free
        return Stage.RUNNING if self.job.state in SENT_STATES and self.job.overdue_at is None else Stage.FREE


@dataclass(frozen=True, slots=True)
class _Key:
    limit: Limit
    member_id: int | None
    practice: bool
    since: float
    until: float

    def counts(self, each: _Open, guild_id: int) -> bool:
        job, limit = each.job, self.limit
        if not self.since <= each.at < self.until or limit.operation not in {"", job.operation}:
            return False
        if limit.scope.is_host:
            return job.key_id is None and (limit.scope is Scope.HOST_TOTAL or job.guild_id == guild_id)
        return (
            job.guild_id == guild_id
            and job.practice is self.practice
            and (not limit.channel_id or limit.channel_id in each.spender.channel_ids)
            and self.member_id in {None, job.author_id}
        )


class WorstCases(Repository):
    """Limits that open jobs may exceed."""

    async def of_guild(self, guild_id: int) -> list[LimitAtRisk]:
        """Return the worst case of each limit of the guild and host that open jobs count for, shared ones first."""
        now, limits = self._clock.wall(), self._database.host_limits
        return await self._database.read(lambda db: worst_cases(db, guild_id, now, limits))


def worst_cases(db: Connection, guild_id: int, now: float, host_limits: Sequence[Limit]) -> list[LimitAtRisk]:
    everywhere = any(limit.scope is Scope.HOST_TOTAL for limit in host_limits)
    known = spending(db, guild_id, 0, now, tuple(host_limits))
    if not (known.limits or host_limits):
        return []
    rows = db.execute(_OPEN, {"guild_id": guild_id, "everywhere": int(everywhere)}).fetchall()
    found = [_open(row, now) for row in rows]
    keys: dict[_Key, None] = {}
    checked: set[tuple[_Key, str]] = set()
    for each in found:
        for key, always in _keys(each, known):
            keys[key] = None
            if always and (key.limit.scope.is_host or not (each.allowed or each.asks)):
                checked.add((key, each.job.id))
    at_risk = [_at_risk(key, found, checked, known) for key in keys]
    return sorted(at_risk, key=lambda each: (not each.limit.scope.is_host, each.member_id or 0, each.since))


def _open(row: Row, now: float) -> _Open:
    job = job_of(row)
    places = (row["channel_id"], row["parent_channel_id"], row["category_id"])
    spender = Spender(
        member_id=job.author_id,
        role_ids=frozenset(map(int, texts_from_json(row["role_ids"]))),
        channel_ids=frozenset(each for each in places if each is not None),
        age_restricted=False,
    )
    at = now if job.waits_for_price else job.created_at
    return _Open(job, at, spender, bool(row["allowed"]), bool(row["asks"]), from_milli(row["drawn_milli"]))


def _keys(each: _Open, known: Spending) -> Iterable[tuple[_Key, bool]]:
    """Yield what the job is limited by, and whether each always applies: of several roles the best does."""
    job = each.job
    if job.key_id is None:
        for limit in known.host_limits:
            if limit.scope is Scope.HOST_TOTAL or job.guild_id == known.guild_id:
                yield _key(limit, each, None, known), True
    if job.guild_id != known.guild_id:
        return
    for limit in known.limits:
        if limit.scope is Scope.SERVER and is_about(limit, each.request):
            yield _key(limit, each, None, known), True
    for choices in limit_choices(known.limits, each.request):
        for limit in (limit for choice in choices for limit in choice):
            yield _key(limit, each, job.author_id, known), len(choices) == 1


def _key(limit: Limit, each: _Open, member_id: int | None, known: Spending) -> _Key:
    zone = zone_of(limit, known.rules)
    since, until = limit.period.start(each.at, zone), end_of(limit.period.end(each.at, zone))
    return _Key(limit, member_id, not limit.scope.is_host and each.job.practice, since, until)


def _at_risk(key: _Key, found: Sequence[_Open], checked: set[tuple[_Key, str]], known: Spending) -> LimitAtRisk:
    then = replace(known, now=key.since, practice=key.practice, author_id=key.member_id or 0)
    jobs = [
        each.as_counted(is_members=key.member_id is not None, is_checked=(key, each.job.id) in checked)
        for each in found
        if key.counts(each, known.guild_id)
    ]
    return LimitAtRisk(
        limit=key.limit,
        member_id=key.member_id,
        practice=key.practice,
        since=key.since,
        worst=worst_case(headroom_of(key.limit, then).left, jobs),
    )
