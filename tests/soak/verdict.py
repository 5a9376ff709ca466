"""What must hold at the end of a soak, read from the three books: the ledger, the jobs, and Cannon Studio's account.

Everything here returns what is wrong, as sentences; the empty list means that all is well.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.delivery.formatting import file_stem
from bot.domain.guild_rules import Rules
from bot.domain.models import PAID_STATES, Job, JobState, LedgerKind
from bot.sandbox.accounts import StudioRequest
from bot.store import Store
from tests.soak.plan import BAD_FILE_WORDS, ENDLESS_WORDS, words_of
from tests.soak.town import LIMIT, LIMITED, Town

_REFUSED_KEYS = "SELECT id FROM guild_keys WHERE refused_at IS NOT NULL AND secret IS NOT NULL"
UNCONFIRMED = "did not confirm"
AT_THE_API = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING})
NEXT_STEP_S = 15 * 60.0
"""No open job rests for longer before its next step; what waits longer needs a named reason."""


@dataclass(frozen=True)
class Books:
    """All three books, and what is on Discord."""

    jobs: Sequence[Job]
    ledger: Mapping[str, Mapping[LedgerKind, Decimal]]
    requests: Mapping[str, StudioRequest]
    """By idempotency key."""
    asked: frozenset[str]
    """The cards of which moderators are asked, in a message that they have."""
    refused: frozenset[int]
    """The keys that Cannon Studio refused; each is tried again in a while."""
    now: float
    """By the clock of Cannon Studio, in Unix seconds."""
    bot_now: float
    """By the bot's own, which was stepped."""

    def booked(self, job: Job) -> Decimal:
        rows = self.ledger[job.id]
        return rows.get(LedgerKind.SETTLE, Decimal(0)) + rows.get(LedgerKind.ADJUST, Decimal(0))

    def charged(self, job: Job) -> Decimal:
        request = self.requests.get(job.idempotency_key)
        return Decimal(0) if request is None else request.charged(self.now)


async def books_of(town: Town, store: Store) -> Books:
    """Read all books."""
    jobs: list[Job] = []
    ledger: dict[str, dict[LedgerKind, Decimal]] = defaultdict(dict)
    for server in town.servers:
        jobs += await store.job_lists.recent(server.guild.id, limit=100_000)
        for row in await store.ledger.rows(server.guild.id):
            if row.job_id is not None:
                assert row.kind not in ledger[row.job_id], f"{row.kind} is there twice for {row.job_id}"
                ledger[row.job_id][row.kind] = row.credits
    now = town.sandbox.clock.wall()
    requests = {str(request.idempotency_key): request for request in town.sandbox.requests}
    assert len(requests) == len(town.sandbox.requests), "two requests with one idempotency key"
    waiting = [job for job in jobs if job.state is JobState.AWAITING_APPROVAL]
    approvals = [await store.approvals.get(job.guild_id, job.card_id) for job in waiting]
    asked = frozenset(each.card_id for each in approvals if each is not None and each.message_id is not None)
    refused = frozenset(key_id for (key_id,) in town.ask_database(_REFUSED_KEYS))
    return Books(jobs, ledger, requests, asked, refused, now, now + town.clock.seconds)


# ---------------------------------------------------------------------- money


def wrong_money(town: Town, books: Books) -> Iterator[str]:
    """Compare the ledger, the jobs and the account job by job, then in sum."""
    known = {job.idempotency_key for job in books.jobs}
    yield from (f"a request that no job knows: {key}" for key in books.requests if key not in known)
    for job in books.jobs:
        yield from _wrong_money_of(job, books)
    yield from _over_the_limit(town, books)
    key_of = {server.guild.id: server.key for server in town.servers}
    for key in sorted(set(key_of.values())):
        mine = [job for job in books.jobs if key_of[job.guild_id] == key]
        booked = sum((books.booked(job) for job in mine), Decimal(0))
        unbooked = sum((books.charged(job) for job in mine if _is_unbooked(job)), Decimal(0))
        if booked + unbooked != town.sandbox.spent(key):
            yield f"…{key[-4:]}: {booked} booked and {unbooked} to be booked, {town.sandbox.spent(key)} charged"


def _over_the_limit(town: Town, books: Books) -> Iterator[str]:
    """Compare the limited server with its limit: it may be passed by what jobs cost more than was held for them."""
    mine = [job for job in books.jobs if job.guild_id == town.servers[LIMITED].guild.id]
    spent = sum((books.booked(job) if job.state.ended else job.held for job in mine), Decimal(0))
    more = sum((max(Decimal(0), books.booked(job) - job.held) for job in mine), Decimal(0))
    if spent > LIMIT + more:
        yield f"{spent} credits spent of a limit of {LIMIT}, {more} of them by jobs that cost more than was held"


def _is_unbooked(job: Job) -> bool:
    """Whether what was charged for the job is not booked yet, or (not confirmed) never will be by the bot itself."""
    return not job.state.ended or job.recheck_at is not None or is_unconfirmed(job)


def is_unconfirmed(job: Job) -> bool:
    """Whether Cannon Studio never said that it has the job, so that it was refunded; the audit shows the difference."""
    return job.state is JobState.FAILED and job.remote_id is None and UNCONFIRMED in (job.error or "")


def _wrong_money_of(job: Job, books: Books) -> Iterator[str]:
    rows = set(books.ledger[job.id])
    closings = rows & {LedgerKind.SETTLE, LedgerKind.RELEASE}
    if LedgerKind.HOLD not in rows or len(closings) != job.state.ended:
        yield f"{job.id} is {job.state} with the lines {sorted(rows)}"
    if job.state in PAID_STATES and job.cost != books.booked(job):
        yield f"{job.id} says that it cost {job.cost}, the ledger {books.booked(job)}"
    if job.state.ended and not _is_unbooked(job) and books.booked(job) != books.charged(job):
        yield f"{job.id} is {job.state}: booked {books.booked(job)}, charged {books.charged(job)}: {job.error}"
    if job.state in {JobState.CANCELLED, JobState.REFUSED} and job.idempotency_key in books.requests:
        yield f"{job.id} is {job.state}, but was sent"


# ---------------------------------------------------------------------- open jobs

MOVES_ON = "it is on its way"
"""Its next step has a time, its key is tried again, or Cannon Studio still works on it."""


def reasons(books: Books) -> dict[str, str | None]:
    """Return why each open job is open, by its id; None for one that could go on and does not."""
    open_jobs = [job for job in books.jobs if not job.state.ended]
    found = {job.id: reason_of(job, books) for job in open_jobs}
    for job in open_jobs:
        if job.state is JobState.WAITING:
            found[job.id] = _queued_behind(job, books, found)
    return found


def open_without_reason(books: Books) -> list[str]:
    """Return the open jobs that could go on and do not, or of which nobody knows when they do."""
    why = reasons(books)
    return [
        f"{job.id} is {job.state}, its next step in {job.next_at - books.bot_now:.0f} s: {job.prompt!r}"
        for job in books.jobs
        if job.id in why and why[job.id] is None
    ]


def reason_of(job: Job, books: Books) -> str | None:
    """Return why a job that is not waiting for others is still open, None if there is no good reason."""
    words = words_of(job.prompt)
    request = books.requests.get(job.idempotency_key)
    if job.state in {JobState.QUEUED, JobState.PROCESSING} and request is not None:
        if words & ENDLESS_WORDS:
            return "Cannon Studio does not finish it"
        if not request.has_ended(books.now):
            return MOVES_ON
    if job.state is JobState.READY and words & BAD_FILE_WORDS and job.waits_for is not None:
        return "its file does not come"
    if job.state is JobState.AWAITING_APPROVAL:
        return "a moderator is asked" if job.card_id in books.asked else None
    left_s = job.next_at - books.bot_now
    has_time = 0 < left_s <= NEXT_STEP_S and (job.waits_for is not None or job.state is not JobState.READY)
    return MOVES_ON if has_time or job.key_id in books.refused else None


def _queued_behind(job: Job, books: Books, found: Mapping[str, str | None]) -> str | None:
    """Say what a waiting job waits for: the job before it, or a place among its member's running ones."""
    if any(found.get(before) for before in job.after_ids):
        return "the job before it is open"
    running = [other for other in books.jobs if other.author_id == job.author_id and other.state in AT_THE_API]
    is_full = len(running) >= Rules().running_per_member
    return "its member's places are taken" if is_full and all(found[other.id] for other in running) else None


# ---------------------------------------------------------------------- deliveries


def wrong_deliveries(town: Town, books: Books) -> Iterator[str]:
    """Compare what was delivered with what is on Discord: each result in exactly one message, nothing else in any.

    A result may be on none once a member has deleted its message.
    """
    shown = _messages_by_mark(town)
    there = {message.id for message in town.messages()}
    ephemeral = {message.id for message in town.messages() if message.ephemeral}
    for job in books.jobs:
        places = set().union(*(shown.get(mark, set()) for mark in _marks(job)))
        if job.message_id not in ephemeral:  # out of reach for good once its token has expired, whatever it shows
            places -= ephemeral
        if job.state is JobState.DELIVERED and not job.media:  # a text is on its card
            places = {job.message_id} & there
        is_there = job.state is JobState.DELIVERED and job.message_id not in town.deleted
        if len(places) != is_there:
            yield f"{job.id} is {job.state} and in {len(places)} messages: {job.prompt!r} {job.error or ''}"


def _marks(job: Job) -> set[str]:
    """Return by what a message shows the job's result: a file's name, or a link's last part."""
    return {file_stem(job), *(_media_name(each.url) for each in job.media)}


def _messages_by_mark(town: Town) -> dict[str, set[int]]:
    """Return where each result is: messages by the names of their files, and by the results that they link."""
    found: dict[str, set[int]] = defaultdict(set)
    for message in town.messages():
        for file in message.attachments:
            stem = str(file["filename"]).rpartition(".")[0]
            for name in {stem, re.sub(r"-\d+$", "", stem)}:
                found[name].add(message.id)
        text = json.dumps([message.content, [each.to_dict() for each in message.embeds], message.buttons])
        for name in re.findall(r"/media/([\w.-]+)", text):
            found[name].add(message.id)
    return found


def _media_name(url: str) -> str:
    return url.rpartition("/")[2]


# ---------------------------------------------------------------------- the log

_COMPLAINTS = re.compile(r"never retrieved|never awaited|was destroyed|Unclosed|unclosed|Traceback|ResourceWarning")


def complaints(log: str) -> list[str]:
    """Return the lines of the log that tell of a task that nobody awaited, of a leak, or of an error of the bot's."""
    return [line for line in log.splitlines() if _COMPLAINTS.search(line)]


def counted(sentences: Iterable[str]) -> Counter[str]:
    """Count sentences that differ only in ids and numbers."""
    return Counter(re.sub(r"[0-9A-Z]{10}|\d+", "…", sentence)[:300] for sentence in sentences)
