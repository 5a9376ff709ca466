"""Cards that wait for a moderator: what the answers to the question do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.harmless_text import harmless
from bot.domain.models import Card, Job, JobState
from bot.domain.text import one_line
from bot.errors import InputError, NotAllowed
from bot.guild.changes import JobSignals, ModeratorActs
from bot.guild.languages import Languages
from bot.guild.texts import DECIDED
from bot.guild.texts import approvals as texts
from bot.language import speaking
from bot.store import Record, Store
from bot.store.guild.approvals import GrantNote


def total(jobs: Sequence[Job]) -> Decimal:
    """Return what the jobs hold together, in credits."""
    return sum((job.held for job in jobs), Decimal(0))


class ApprovalDecisions(ModeratorActs):
    """Approves cards and turns them down. Both raise InputError if somebody has decided before."""

    def __init__(self, store: Store, *, worker: JobSignals, languages: Languages) -> None:
        super().__init__(store, worker=worker)
        self._languages = languages

    async def waiting(self, guild_id: int, card_id: str) -> tuple[Card, Sequence[Job]]:
        """Return the card that waits, with its jobs. Raises InputError if it does not wait (any more)."""
        found = await self._store.cards.with_jobs(guild_id, card_id)
        if found is None or await self._store.approvals.get(guild_id, card_id) is None:
            raise InputError(DECIDED)
        return found

    async def approve(self, guild_id: int, card_id: str, *, by_id: int, raises_limit: bool) -> Sequence[Job]:
        """Let the card's jobs start in their turn; return them.

        With `raises_limit` their author is granted as many credits, so that their limit is untouched. Raises
        NotAllowed for a moderator's own job, unless the guild allows that.
        """
        card, _ = await self.waiting(guild_id, card_id)
        if card.author_id == by_id and not (await self._store.settings.get(guild_id)).approve_own:
            raise NotAllowed(texts.NOT_YOUR_OWN)

        def record(jobs: Sequence[Job] | None) -> Record | None:
            if jobs is None:
                return None
            is_granted = raises_limit and total(jobs) > 0
            practice = jobs[0].practice
            text = texts.approved_line(by_id, card.author_id, total(jobs), granted=is_granted, practice=practice)
            about = {"credits": str(total(jobs)), "granted": is_granted, "practice": practice}
            return _line(card, text, by_id, about)

        grant = GrantNote(by_id=by_id, note=str(texts.GRANT_NOTE)) if raises_limit else None
        jobs = await self._store.approvals.approve(guild_id, card_id, grant=grant, record=record)
        if jobs is None:
            raise InputError(DECIDED)
        self._worker.wake()
        return jobs

    async def turn_down(self, guild_id: int, card_id: str, reason: str, *, by_id: int) -> None:
        """Refuse the card, and release its credits. `reason` is for its author, or ''."""
        card, _ = await self.waiting(guild_id, card_id)

        def record(jobs: Sequence[Job] | None) -> Record | None:
            if jobs is None:
                return None
            practice = jobs[0].practice
            text = texts.refused_line(by_id, card.author_id, total(jobs), harmless(one_line(reason)), practice=practice)
            return _line(card, text, by_id, {"reason": reason, "practice": practice})

        with speaking(await self._languages.of(card)):  # its author reads the reason there
            sentence = texts.refused(reason)
        ended = await self._store.approvals.turn_down(guild_id, card_id, JobState.REFUSED, sentence, record=record)
        if ended is None:
            raise InputError(DECIDED)

    async def note_question(self, guild_id: int, card_id: str, *, channel_id: int, message_id: int) -> None:
        """Note where the moderators were asked."""
        await self._store.approvals.note_message(guild_id, card_id, channel_id=channel_id, message_id=message_id)


def _line(card: Card, text: str, by_id: int, about: dict[str, object]) -> Record:
    return Record(
        kind="approval",
        text=text,
        by_id=by_id,
        about={"card": card.id, "member": card.author_id, **about},
    )
