"""State changes shared by all turns: writing, resting, ending, starting what waits."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from functools import partial

import structlog

from bot.domain.models import PAID_STATES, UNKNOWN, Job, JobState, WaitsFor, credits_text, credits_words
from bot.domain.money.account import of_limits
from bot.domain.money.limit_rules import alert_headrooms
from bot.domain.money.spend_request import ZERO, Spender, SpendItem, SpendRequest
from bot.errors import CannonError, DatabaseFailing
from bot.jobs import texts
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.lanes import Followed
from bot.jobs.surface import Sentence, Surface
from bot.language import Text, sentences, speak, speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.logs import QuietErrors
from bot.runtime.metrics import Metrics
from bot.server.settings import Languages
from bot.store import Store

log = structlog.get_logger(__name__)


@dataclass
class Transitions:
    """Writes and shows a job's changes. Every write is fenced."""

    store: Store
    _: KW_ONLY
    surface: Surface
    languages: Languages
    clock: Clock
    metrics: Metrics
    agenda: Agenda

    async def change(self, followed: Followed, to: JobState, **changes: object) -> bool:
        """Write a change, and what a poll saw before; False if the job was lost: the caller then drops it."""
        job = followed.job
        if to is not job.state:
            changes = {"faults": 0, **changes}
        seen = {"active_s": followed.active_s, "started_at": job.started_at, "cost": job.cost}
        changes = {**seen, "waits_for": None, **changes}
        advanced = await self.store.jobs.advance(followed.job, to, **changes)  # type: ignore[arg-type]  # names are Job's
        if advanced is None:
            await self.lost(followed)
            return False
        changed = advanced.job
        if changed.state is not followed.job.state:
            self.metrics.job(changed.operation, changed.state)
            _log_state(changed)
        followed.job = changed
        if advanced.may_start:
            await self.start_waiting(changed.guild_id)
        return True

    async def lost(self, followed: Followed) -> None:
        """Log that a job is no longer this process's: a warning, unless it ended or was erased before it was sent."""
        stored = await self.store.jobs.get(followed.guild_id, followed.id)
        is_stopped = stored is None or (stored.state.ended and stored.attempts == 0)
        level, event = (log.info, "worker.job_stopped") if is_stopped else (log.warning, "worker.lost_job")
        level(event, job=followed.id, state=followed.state)

    async def note_cost(self, followed: Followed, cost: Decimal | None) -> bool:
        """Hold the API's cost in credits, if higher than the hold or new; False if the job was lost."""
        job = followed.job
        if not cost or not (cost > job.reserved or (job.basis == UNKNOWN and not job.cost)):
            return True
        raised = await self.store.jobs.raise_hold(job, cost)
        if raised is None:
            await self.lost(followed)
            return False
        failpoint("price.told")
        followed.job = raised.job
        await self.show(raised.job)
        if raised.may_start:
            await self.start_waiting(raised.job.guild_id)
        if job.basis != UNKNOWN:
            await self._report_rise(job, cost)
        return True

    async def _report_rise(self, job: Job, cost: Decimal) -> None:
        """Tell moderators which limits are exceeded as the job costs more than the known price that it held."""
        card = await self.store.cards.get(job.guild_id, job.card_id)
        if card is None:
            return
        item = SpendItem(operation=job.operation, title=job.operation, credits=ZERO, exact=True)
        request = SpendRequest.of(Spender.of(card), [item])
        found = await self.store.spending.view(job.guild_id, job.author_id, partial(alert_headrooms, request))
        exceeded = [each for each in found if each.left < 0]
        with speaking(await self.languages.of_guild(job.guild_id)):
            price, before = credits_words(cost), credits_text(job.reserved)
            rise = texts.PRICE_ROSE_ALERT(operation=job.operation, price=price, before=before)
            for alert in of_limits(exceeded, request, taken=False):
                for_s = alert.until - self.clock.wall()
                await self.alert_once(job.guild_id, f"rise:{alert.name}", partial(sentences, rise, alert.text), for_s)

    async def rest(self, followed: Followed, wait_s: float, **changes: object) -> float | None:
        """Store when the job is due again and return `wait_s`; None if the job was lost."""
        is_noted = await self.change(
            followed, followed.job.state, next_at=self.clock.wall() + wait_s, wait_s=wait_s, **changes
        )
        return wait_s if is_noted else None

    async def start_waiting(self, guild_id: int) -> None:
        """Start jobs that wait for a place, and claim those that waited for another's result."""
        with speaking(await self.languages.of_guild(guild_id)):  # it ends jobs of other cards
            cards = await self.store.queue.start_waiting(guild_id)
        if cards:
            failpoint("price.started")
            self.agenda.claim_soon()
        for card_id in cards:
            await self.surface.show(guild_id, card_id)

    async def show(self, job: Job) -> None:
        """Update the job's card; best effort, never raises."""
        await self.surface.show(job.guild_id, job.card_id)

    async def alert_once(self, guild_id: int, name: str, sentence: Sentence, for_s: float) -> None:
        """Alert the moderators, unless alerted under this name within `for_s` seconds."""
        if await self.store.alerts.note(guild_id, name, until=self.clock.wall() + for_s):
            await self.surface.alert(guild_id, sentence)

    async def speak(self, job: Job) -> None:
        """Use the language of the job's card until the turn ends."""
        speak(await self.languages.of_card(job.guild_id, job.card_id))

    async def hold(self, followed: Followed, sentence: str | Text, *, unusable: bool = False) -> None:
        """Keep a paid result that cannot be posted, with its true cost. `sentence` says why.

        `unusable`: it can never be posted.
        """
        job = followed.job
        await self.speak(job)
        self.metrics.delivery("failed")
        await self.change(followed, JobState.HELD, settle=true_cost(job), error=str(sentence), unusable=unusable)
        await self.show(job)

    async def end(
        self,
        followed: Followed,
        to: JobState,
        sentence: str | Text,
        *,
        recheck: bool = False,
        lacks: tuple[str, ...] = (),
    ) -> None:
        """End a job without a result: release its hold and show `sentence`, the reason.

        `recheck`: its request may still succeed, so the reconciler polls it. `lacks`: fields the API misses.
        """
        await self.speak(followed.job)
        now = self.clock.wall()
        end = {"release": True, "recheck": recheck, "lacks": lacks, "cost": None}
        if await self.change(followed, to, **end, error=str(sentence), finished_at=now):
            await self.show(followed.job)

    async def end_billed(
        self, followed: Followed, cost: Decimal, sentence: str, *, lacks: tuple[str, ...] = ()
    ) -> None:
        """End a job without a result that was charged `cost` credits: settle them, and alert the moderators."""
        now = self.clock.wall()
        billed = {"settle": cost, "cost": cost, "lacks": lacks}
        if not await self.change(followed, JobState.FAILED, **billed, error=sentence, finished_at=now):
            return
        job = followed.job
        await self.show(job)
        await self.surface.alert(job.guild_id, lambda: texts.BILLED_ALERT(job=job.id, amount=credits_words(cost)))

    async def end_unconfirmed(self, followed: Followed) -> None:
        """End a job that may have reached Cannon Studio: release its hold and alert the moderators.

        It is never resubmitted automatically: it could be paid twice.
        """
        await self.end(followed, JobState.FAILED, texts.NOT_CONFIRMED)
        await self.surface.alert(followed.job.guild_id, partial(texts.NOT_CONFIRMED_ALERT, job=followed.job.id))


def _log_state(job: Job) -> None:
    """Log a job's new state; at its end, the one line that a log at INFO has of it."""
    if not job.state.ended:
        log.debug("job.changed", job=job.id, state=job.state)
        return
    times = {
        "waited_s": _seconds(job.created_at, job.submitted_at),
        "made_s": _seconds(job.submitted_at, job.finished_at),
        "posted_s": _seconds(job.finished_at, job.delivered_at),
    }
    facts = {name: value for name, value in {**times, "request": job.remote_id}.items() if value is not None}
    cost = job.charge if job.state in PAID_STATES else job.cost or 0
    log.info("job.ended", job=job.id, operation=job.operation, state=job.state, cost=str(cost), **facts)


def _seconds(since: float | None, until: float | None) -> float | None:
    return None if since is None or until is None else round(until - since, 1)


def note_trouble(followed: Followed, call: str, outcome: str, **facts: object) -> None:
    """Log the outcome of a job's call, without a word of the answer, unless it is the last one's."""
    if followed.trouble != outcome:
        followed.trouble = outcome
        log.info("job.trouble", job=followed.id, call=call, outcome=outcome, **facts)


def note_error(followed: Followed, call: str, error: CannonError) -> None:
    """Log a failed call of Cannon Studio's."""
    wait_s = getattr(error, "retry_after_s", None)
    note_trouble(followed, call, type(error).__name__, status=error.status, wait_s=wait_s)


def true_cost(job: Job) -> Decimal:
    """Return the cost of a job with a result: the estimate, if Cannon Studio never said."""
    return job.cost if job.cost is not None else job.reserved


FAULTS_MAX = 10
FAULT_S = 30.0
"""Rest added per consecutive error: ten take half an hour."""
UNNOTED_MAX_S = 600.0
"""Maximum rest while the database does not store it. The first is 2 s: most failures of a database are short."""


class OwnErrors:
    """Handles turns that fail by a bug: no job fails for ever, or fills the log."""

    def __init__(self, transitions: Transitions, clock: Clock) -> None:
        self._quiet = QuietErrors(clock)
        self._transitions = transitions

    async def forget(self, followed: Followed, wait_s: float | None) -> float | None:
        """Forget the errors after a good turn; return `wait_s`, or None to drop the job."""
        job = followed.job
        if wait_s is None or job.state.ended or not job.faults:
            return wait_s
        waits_for = None if job.waits_for is WaitsFor.ERROR else job.waits_for
        is_noted = await self._transitions.change(followed, job.state, faults=0, waits_for=waits_for)
        return wait_s if is_noted else None

    async def note(self, followed: Followed, error: Exception) -> float | None:
        """Count an error; return seconds until the next turn, None to drop the job."""
        if followed.row is None:
            self._quiet.note(log, "worker.job_not_read", followed.id, error, job=followed.id, state=followed.state)
            return _unnoted_s(followed)
        job, faults = followed.job, followed.job.faults + 1
        if isinstance(error, DatabaseFailing):
            return _unnoted_s(followed)
        if max(faults, followed.failures) < FAULTS_MAX:
            self._quiet.note(log, "worker.turn_failed", job.id, error, job=job.id, state=job.state)
        try:
            if faults >= FAULTS_MAX:
                await self._give_up(followed)
                return None
            wait_s = await self._transitions.rest(followed, FAULT_S * faults, faults=faults, waits_for=WaitsFor.ERROR)
        except Exception as again:  # noqa: BLE001 - the loop must continue
            self._quiet.note(log, "worker.fault_not_noted", job.id, again, job=job.id)
            return _unnoted_s(followed)
        await self._transitions.show(followed.job)
        return wait_s

    async def _give_up(self, followed: Followed) -> None:
        """End the job: keep a result, refund what was never sent, poll what may still come."""
        job = followed.job
        log.error("job.given_up", job=job.id, operation=job.operation, state=job.state)
        if job.state is JobState.READY:
            await self._transitions.hold(followed, texts.GIVEN_UP_MADE)
        elif job.in_doubt:
            await self._transitions.end_unconfirmed(followed)  # it alerts
            return
        else:
            await self._transitions.end(followed, JobState.FAILED, texts.GIVEN_UP, recheck=job.remote_id is not None)
        if followed.job.state.ended:
            await self._transitions.surface.alert(job.guild_id, partial(texts.GIVEN_UP_ALERT, job=job.id))


def _unnoted_s(followed: Followed) -> float:
    """Return the rest after an error that is not stored. The row is read again: the last change may be stored."""
    followed.forget_row()
    followed.failures += 1
    return min(2.0 ** min(followed.failures, 30), UNNOTED_MAX_S)
