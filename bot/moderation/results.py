"""Record lines when a moderator cancels, posts or removes another member's result."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue import LiveCatalogue
from bot.domain.models import Card, Job
from bot.language import sentences
from bot.moderation import texts
from bot.store import Cancelled, Record, RecordOf, Store
from bot.store.acts import JobSignals, ModeratorActs


class Removals(ModeratorActs):
    """Records and blanks before a takedown."""

    def __init__(self, store: Store, *, worker: JobSignals, catalogue: LiveCatalogue) -> None:
        super().__init__(store, worker=worker)
        self._catalogue = catalogue

    async def begin(self, card: Card, jobs: Sequence[Job], *, by_id: int, with_record: bool) -> None:
        """Record who removes another member's result; `with_record` blanks its jobs' contents.

        The caller then deletes the messages, and retries: the record always explains a missing message.
        """

        def record(_: object) -> Record | None:
            return None if by_id == card.author_id else _removed(card, jobs, by_id, with_record=with_record)

        if with_record:
            is_known = self._catalogue.current.knows_model
            await self._store.cards.erase(card.guild_id, card.id, is_known_model=is_known, record=record)
        else:
            await self._store.decisions.add(card.guild_id, record)


def _removed(card: Card, jobs: Sequence[Job], by_id: int, *, with_record: bool) -> Record:
    return Record(
        kind="removal",
        text=texts.result_removed(by_id, card.author_id, jobs[0].id, with_record=with_record),
        by_id=by_id,
        about={"card": card.id, "member": card.author_id, "record": with_record},
    )


def cancelled_by(by_id: int, *, dropped: bool) -> RecordOf[Cancelled]:
    """Return the line for a job cancelled by `by_id`: None for their own, or if nothing was stopped.

    `dropped`: an already submitted job's result is not posted.
    """

    def record(done: Cancelled) -> Record | None:
        if done.job.author_id == by_id or not (done.stopped or done.others or dropped):
            return None
        say = texts.job_cancelled if done.stopped else texts.result_dropped if dropped else texts.waiting_cancelled
        text = _with_payer(say(by_id, done.job.author_id, done.job.id), done.job)
        about = {"job": done.job.id, "member": done.job.author_id, "stopped": done.stopped, "others": done.others}
        return Record(kind="cancel", text=text, by_id=by_id, about=about)

    return record


def _with_payer(line: str, job: Job) -> str:
    return sentences(line, texts.ON_THEIR_OWN_ACCOUNT) if job.own else line


def recovered_by(by_id: int) -> RecordOf[Job]:
    """Return the line for a held result posted for `by_id`: None for their own."""

    def record(posted: Job) -> Record | None:
        if posted.author_id == by_id:
            return None
        text = texts.result_recovered(by_id, posted.author_id, posted.id)
        return Record(kind="recovery", text=text, by_id=by_id, about={"job": posted.id, "member": posted.author_id})

    return record


def card_cancelled_by(by_id: int) -> RecordOf[tuple[Job, ...]]:
    """Return the line for a card whose unsent jobs `by_id` cancels: None as above."""

    def record(stopped: tuple[Job, ...]) -> Record | None:
        if not stopped or stopped[0].author_id == by_id:
            return None
        text = texts.card_cancelled(by_id, stopped[0].author_id, [job.id for job in stopped])
        text = _with_payer(text, stopped[0])
        about = {"jobs": [job.id for job in stopped], "member": stopped[0].author_id}
        return Record(kind="cancel", text=text, by_id=by_id, about=about)

    return record


def kept_by(by_id: int) -> RecordOf[tuple[Job, ...]]:
    """Return the line for dropped results that `by_id` wants posted after all: None as above."""

    def record(kept: tuple[Job, ...]) -> Record | None:
        if not kept or kept[0].author_id == by_id:
            return None
        text = texts.results_kept(by_id, kept[0].author_id, [job.id for job in kept])
        about = {"jobs": [job.id for job in kept], "member": kept[0].author_id}
        return Record(kind="cancel", text=text, by_id=by_id, about=about)

    return record
