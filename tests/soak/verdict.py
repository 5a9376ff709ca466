"""What must hold at the end of a soak, read from the three books: the ledger, the jobs, and Cannon Studio's account.

Everything here returns what is wrong, as sentences; the empty list means that all is well.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.delivery.channels.view import file_stem
from bot.domain.models import ID_ALPHABET, ID_LENGTH, PAID_STATES, Job, JobState, LedgerKind
from bot.domain.server.guild_rules import Rules
from bot.store import Store
from sandbox.studio.accounts import StudioRequest
from tests.soak.plan import BAD_FILE_WORDS, ENDLESS_WORDS, words_of
from tests.soak.town import CANCEL, DO_NOT_POST, LIMIT, LIMITED, Town

CLOSED = "approval.channel_closed"
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
    closed: frozenset[int]
    """The servers whose channel has taken no question: it is tried again in a while."""
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
    approvals = [await store.questions.get(job.guild_id, "approval", job.card_id) for job in waiting]
    asked = frozenset(each.subject for each in approvals if each is not None and each.message_id is not None)
    refused = frozenset(key_id for (key_id,) in town.ask_database(_REFUSED_KEYS))
    return Books(jobs, ledger, requests, asked, _closed(town), refused, now, now + town.clock.seconds)


def _closed(town: Town) -> frozenset[int]:
    """Return the servers whose approval channel has refused a question, by the logs: a fleet has several."""
    logs = "".join(each.read_text(errors="replace") for each in town.log.parent.rglob(town.log.name))
    return frozenset(int(found) for found in re.findall(rf'"guild": (\d+).*"{CLOSED}"', logs))


# ---------------------------------------------------------------------- money


def wrong_money(town: Town, books: Books) -> Iterator[str]:
    """Compare the ledger, the jobs and the account job by job, then in sum."""
    known = {job.idempotency_key for job in books.jobs}
    yield from (f"a request that no job knows: {key}" for key in books.requests if key not in known)
    for job in books.jobs:
        yield from _wrong_money_of(job, books)
    yield from _over_the_limit(town, books)
    keys_of = {server.guild.id: server.keys for server in town.servers}
    for keys in sorted(set(keys_of.values())):
        mine = [job for job in books.jobs if keys_of[job.guild_id] == keys and not job.practice]
        booked = sum((books.booked(job) for job in mine), Decimal(0))
        unbooked = sum((books.charged(job) for job in mine if _is_unbooked(job)), Decimal(0))
        spent = sum(map(town.sandbox.spent, keys), Decimal(0))
        if booked + unbooked != spent:
            yield f"…{keys[0][-4:]}: {booked} booked and {unbooked} to be booked, {spent} charged"


def _over_the_limit(town: Town, books: Books) -> Iterator[str]:
    """Compare the limited server with its limit: it may be passed by what jobs cost more than was held for them.

    Nothing is held any more for a refunded job: what Cannon Studio turns out to have charged for it comes on top.
    """
    mine = [job for job in books.jobs if job.guild_id == town.servers[LIMITED].guild.id]
    spent = sum((books.booked(job) if job.state.ended else job.held for job in mine), Decimal(0))
    more = sum((max(Decimal(0), books.booked(job) - _held_to_the_end(job, books)) for job in mine), Decimal(0))
    if spent > LIMIT + more:
        yield f"{spent} credits spent of a limit of {LIMIT}, {more} of them by jobs that cost more than was held"


def _held_to_the_end(job: Job, books: Books) -> Decimal:
    return Decimal(0) if LedgerKind.RELEASE in books.ledger[job.id] else job.held


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
    if job.practice:
        if job.idempotency_key in books.requests:
            yield f"{job.id} is practice, but was sent to be paid"
        return
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
        if job.card_id in books.asked:
            return "a moderator is asked"
        return "its channel takes no questions" if job.guild_id in books.closed else None
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
    copies = _copies(town)
    for job in books.jobs:
        places = set().union(*(shown.get(mark, set()) for mark in _marks(job))) - (copies[job.id] - {job.message_id})
        if job.message_id not in ephemeral:  # out of reach for good once its token has expired, whatever it shows
            places -= ephemeral
        if job.state is JobState.DELIVERED and not job.media:  # a text is on its card
            places = {job.message_id} & there
        is_there = job.state is JobState.DELIVERED and job.message_id not in town.deleted
        if job.erased_at is not None:  # its card stays, as far as it is there
            is_there = is_there and bool(places)
        if len(places) != is_there:
            yield f"{job.id} is {job.state} and in {len(places)} messages: {job.prompt!r} {job.error or ''}"


def _copies(town: Town) -> dict[str, set[int]]:
    """Return the messages that the bot knows to show a result in addition to its card, by job."""
    found: dict[str, set[int]] = defaultdict(set)
    for job_id, message_id in town.ask_database("SELECT job_id, message_id FROM copies WHERE kind <> 'review'"):
        found[job_id].add(message_id)
    return found


def _marks(job: Job) -> set[str]:
    """Return by what a message shows the job's result: a file's name, or a link's last part."""
    return {file_stem(job), *(_media_name(each.url) for each in job.media)}


def _messages_by_mark(town: Town) -> dict[str, set[int]]:
    """Return where each result is: messages by the names of their files, and by the results that they link.

    A copy of a card (in the gallery, or of one result alone) links to it. A death may have kept it from being recorded:
    then it is found by that link, and `_twice` looks that there is one.
    """
    found: dict[str, set[int]] = defaultdict(set)
    asked = {message_id for (message_id,) in town.ask_database("SELECT message_id FROM copies WHERE kind = 'review'")}
    for message in town.messages():
        if message.id in asked or (message.embeds and _LINK.search(str(message.embeds[0].url))):
            continue
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


# ---------------------------------------------------------------------- other messages

_ID = re.compile(rf"\b[{ID_ALPHABET}]{{{ID_LENGTH}}}\b")
RECORD_END = re.compile(r" <t:\d+:f>$", re.MULTILINE)
"""What a line of the record ends with in the log channel: when it was decided. An answer is a second line below."""
_LINK = re.compile(r"channels/(\d+/\d+/\d+)")


def wrong_messages(town: Town, books: Books) -> Iterator[str]:
    """Find messages that were posted twice or not at all, and cards that do not show the end."""
    yield from _twice(town)
    there = {message.id: message for message in town.messages() if not message.ephemeral}
    open_cards = {job.card_id for job in books.jobs if not job.state.ended}
    for card_id, message_id in town.ask_database("SELECT id, message_id FROM cards"):
        if card_id not in open_cards and message_id in there:
            labels = [str(each.get("label")) for each in there[message_id].buttons]
            if {CANCEL, DO_NOT_POST} & set(labels):
                yield f"the card {card_id} is stale: it has {labels}"


def _twice(town: Town) -> Iterator[str]:
    """Find what two messages of one channel say of the same job or message; what members alone see aside.

    Two lines of the record may be alike: they are counted.
    """
    lines = sum(bool(RECORD_END.search(message.content)) for message in town.messages())
    [(decided,)] = town.ask_database("SELECT count(*) FROM decisions WHERE id NOT IN (SELECT decision_id FROM outbox)")
    if lines != decided:
        yield f"{decided} lines of the record, {lines} of them posted"
    found: Counter[tuple[int, str, str]] = Counter()
    for message in town.messages():
        if message.ephemeral or RECORD_END.search(message.content):
            continue
        embeds = [each.to_dict() for each in message.embeds]
        title = str(embeds[0].get("title", "")) if embeds else ""
        files = [str(file["filename"]) for file in message.attachments]
        about = _LINK.findall(message.content) + files
        if about or _ID.search(json.dumps([message.content, embeds])):
            about += _ID.findall(json.dumps([message.content, embeds, message.buttons]))
            found[message.channel_id, title or message.content, " ".join(sorted(set(about)))] += 1
    yield from (f"{count} times in {where}: {said!r}" for (where, said, _), count in found.items() if count > 1)


_UNDONE = {
    "lines of the record": "SELECT count(*) FROM outbox",
    "questions of approval": "SELECT count(*) FROM questions WHERE kind = 'approval'",
    "results in review": "SELECT count(*) FROM questions WHERE kind = 'review' AND verdict IS NULL",
    "messages to be deleted": "SELECT count(*) FROM copies WHERE delete_at IS NOT NULL",
    "cards that do not show their end": "SELECT count(*) FROM cards WHERE undrawn = 1 AND dropped_at IS NULL",
    "reactions that wait": "SELECT count(*) FROM reaction_acts WHERE waits = 1",
}


def left_undone(town: Town) -> list[str]:
    """Return what the bot has stored to be done and has not done."""
    return [f"{count} {what} left" for what, query in _UNDONE.items() if (count := town.ask_database(query)[0][0])]


# ---------------------------------------------------------------------- the log

_COMPLAINTS = re.compile(r"never retrieved|never awaited|was destroyed|Unclosed|unclosed|Traceback|ResourceWarning")


def complaints(log: str) -> list[str]:
    """Return the lines of the log that tell of a task that nobody awaited, of a leak, or of an error of the bot's."""
    return [line for line in log.splitlines() if _COMPLAINTS.search(line)]


def errors(log: str) -> list[str]:
    """Return the lines of a log in JSON that are errors; one that a death has cut off is none."""
    found = []
    for line in log.splitlines():
        with contextlib.suppress(ValueError):
            if json.loads(line)["level"] in {"error", "critical"}:
                found.append(line)
    return found


def counted(sentences: Iterable[str]) -> Counter[str]:
    """Count sentences that differ only in ids and numbers."""
    return Counter(re.sub(r"[0-9A-Z]{10}|\d+", "…", sentence)[:300] for sentence in sentences)
