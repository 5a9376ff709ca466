"""Changes of a job that all turns share: writing one, letting a job rest, ending it, starting what waits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import structlog

from bot.domain.models import UNKNOWN, Job, JobState, credits_words
from bot.errors import CannonError
from bot.guild.languages import Languages
from bot.jobs import texts
from bot.jobs.followed import Followed
from bot.jobs.surface import Sentence, Surface
from bot.language import Text, speak, speaking
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import JobAttempt, Overshoot, Store, TriedOutcome

log = structlog.get_logger(__name__)


class Transitions:
    """Writes what has become of a job, and shows it. Every write carries the state and the lease it expects."""

    def __init__(
        self,
        store: Store,
        *,
        surface: Surface,
        languages: Languages,
        clock: Clock,
        metrics: Metrics,
        claim_soon: Callable[[], None],
    ) -> None:
        self.surface = surface
        self._languages = languages
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._claim_soon = claim_soon

    async def change(self, followed: Followed, to: JobState, **changes: object) -> bool:
        """Write a change; False if somebody else was first: then the caller lets go of the job."""
        if to is not followed.job.state:
            changes = {"faults": 0, **changes}
        changes = {"active_s": followed.active_s, "waits_for": None, **changes}
        advanced = await self._store.jobs.advance(followed.job, to, **changes)  # type: ignore[arg-type]  # names are Job's
        if advanced is None:
            log.warning("worker.lost_job", job=followed.job.id, state=followed.job.state)
            return False
        changed = advanced.job
        if changed.state is not followed.job.state:
            self._metrics.job(changed.operation, changed.state)
            log.info("job.changed", job=changed.id, operation=changed.operation, state=changed.state)
        followed.job = changed
        if advanced.may_start:
            await self.start_waiting(changed.guild_id)
        return True

    async def note_cost(self, followed: Followed, cost: Decimal | None) -> bool:
        """Hold what the API says that a job costs, in credits, where that is news; False if somebody else was first.

        That is where it is more than is held, or where the price was not known. What is over a limit by it is told.
        """
        job = followed.job
        if not cost or not (cost > job.reserved or (job.basis == UNKNOWN and not job.cost)):
            return True
        with speaking(await self._languages.of_guild(job.guild_id)):  # it writes a line of the record
            raised = await self._store.jobs.raise_hold(job, cost)
        if raised is None:
            log.warning("worker.lost_job", job=job.id, state=job.state)
            return False
        followed.job = raised.job
        if raised.overshoot is not None:
            await self._tell(raised.job, raised.overshoot)
        await self.show(raised.job)
        await self.start_waiting(raised.job.guild_id)
        return True

    async def _tell(self, job: Job, overshoot: Overshoot) -> None:
        log.warning("job.overshot", job=job.id, cost=str(job.reserved), held=str(job.held))
        for card_id in overshoot.card_ids:
            await self.surface.show(job.guild_id, card_id)
        # The record's line goes to the log channel by itself.
        if (await self._store.settings.get(job.guild_id)).log_channel is None:
            await self.surface.alert(job.guild_id, lambda: overshoot.sentence)

    async def note_trouble(self, followed: Followed, attempt: JobAttempt) -> bool:
        """Store what came of a call, if it is not what came of the one before; False if somebody else was first.

        Who goes on with a lost job all the same learns of it at the next change.
        """
        if followed.trouble == attempt.outcome:
            return True
        job = followed.job
        followed.trouble = attempt.outcome
        return await self.change(followed, job.state, waits_for=job.waits_for, attempt=attempt)

    async def rest(self, followed: Followed, wait_s: float, **changes: object) -> float | None:
        """Note when the job is due again, so that a restart knows, and return `wait_s`; None if somebody was first."""
        is_noted = await self.change(
            followed, followed.job.state, next_at=self._clock.wall() + wait_s, wait_s=wait_s, **changes
        )
        return wait_s if is_noted else None

    async def start_waiting(self, guild_id: int) -> None:
        """Start what waits for a free place, and have what waited for another job's result claimed."""
        with speaking(await self._languages.of_guild(guild_id)):  # it ends jobs of other cards
            cards = await self._store.queue.start_waiting(guild_id)
        if cards:
            self._claim_soon()
        for card_id in cards:
            await self.surface.show(guild_id, card_id)

    async def show(self, job: Job) -> None:
        """Bring the job's card up to date; best effort, never raises."""
        await self.surface.show(job.guild_id, job.card_id)

    async def alert_once(self, guild_id: int, name: str, sentence: Sentence, for_s: float) -> None:
        """Alert the moderators, unless they were alerted under this name in the last `for_s` seconds."""
        if await self._store.alerts.note(guild_id, name, until=self._clock.wall() + for_s):
            await self.surface.alert(guild_id, sentence)

    async def speak(self, job: Job) -> None:
        """Speak the language of the job's card from here on, until the turn ends."""
        speak(await self._languages.of_card(job.guild_id, job.card_id))

    async def hold(self, followed: Followed, sentence: str | Text, *, unusable: bool = False) -> None:
        """Keep a result that was made and paid, but cannot be posted: the true cost counts. `sentence` says why.

        `unusable`: it never can be.
        """
        job = followed.job
        await self.speak(job)
        self._metrics.delivery("failed")
        await self.change(followed, JobState.HELD, settle=true_cost(job), error=str(sentence), unusable=unusable)
        await self.show(job)

    async def end(
        self,
        followed: Followed,
        to: JobState,
        sentence: str | Text,
        *,
        recheck: bool = False,
        tried: TriedOutcome | None = None,
        lacks: tuple[str, ...] = (),
    ) -> None:
        """End a job without a result: release its hold and show `sentence`, the reason.

        With `recheck` its request may still succeed: the reconciler polls it from then on. `tried` is which of its
        values the API has refused, `lacks` which of its fields the API says are missing.
        """
        await self.speak(followed.job)
        now = self._clock.wall()
        end = {"release": True, "recheck": recheck, "tried": tried, "lacks": lacks, "cost": None}
        if await self.change(followed, to, **end, error=str(sentence), finished_at=now):
            await self.show(followed.job)

    async def end_billed(
        self, followed: Followed, cost: Decimal, sentence: str, *, lacks: tuple[str, ...] = ()
    ) -> None:
        """End a job that has no result, but was charged `cost` credits: settle them, and alert the moderators."""
        now = self._clock.wall()
        billed = {"settle": cost, "cost": cost, "lacks": lacks}
        if not await self.change(followed, JobState.FAILED, **billed, error=sentence, finished_at=now):
            return
        job = followed.job
        await self.show(job)
        await self.surface.alert(job.guild_id, lambda: texts.billed_alert(job.id, credits_words(cost)))

    async def end_unconfirmed(self, followed: Followed) -> None:
        """End a job of which nobody knows whether Cannon Studio took it: release its hold and alert the moderators.

        It is never submitted again blindly, because it could be paid twice.
        """
        await self.end(followed, JobState.FAILED, texts.NOT_CONFIRMED)
        await self.surface.alert(followed.job.guild_id, partial(texts.not_confirmed_alert, followed.job.id))


def attempt_of(call: str, error: CannonError) -> JobAttempt:
    """Return what came of a call that failed: the class of the answer, without its words."""
    return JobAttempt(call=call, outcome=type(error).__name__, status=error.status)


def true_cost(job: Job) -> Decimal:
    """Return what a job with a result has cost: the estimate, if Cannon Studio never said."""
    return job.cost if job.cost is not None else job.reserved
