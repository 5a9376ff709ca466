"""Intake of jobs: check, price, hold and store in one transaction, before anything is sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any

import structlog

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.key_health import KeyHealth
from bot.cannon.retry import SAFE_WINDOW_S
from bot.catalogue import Caution, distinct
from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import PROMPT_FIELDS, Card, Estimate, Job, JobState, ShootoutPhase, new_id
from bot.domain.money.account import of_limits
from bot.domain.money.spend_request import KeyChanged, ShownPrice, SpendRequest, WordsChanged
from bot.domain.money.spending_policy import Foreseen, foresee, judge, must_confirm
from bot.domain.texts import MADE_IN_PRACTICE
from bot.domain.words.templates import OutputRef, Template, steps_in, with_outputs
from bot.domain.words.text import harmless_within
from bot.errors import InputError, Refused
from bot.jobs import texts
from bot.jobs.admission import RequestGate
from bot.jobs.signals import WorkerSignals
from bot.jobs.worker import AnsweredCards
from bot.language import Text, speaking
from bot.moderation.alerts import Alerts
from bot.moderation.results import cancelled_by, card_cancelled_by, kept_by
from bot.prices.pricing import CheckedJob, Pricing, spend_request
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.server.cast.casting import Casts
from bot.server.community.own_accounts import Payers
from bot.server.settings import Languages
from bot.store import Cancelled, Store

log = structlog.get_logger(__name__)

LEFT_OUT_CHARS = 200
"""How much is quoted of what a prompt is made without."""
TOKEN_LIFE_S = 14 * 60.0
"""An interaction token lives 15 minutes (Discord's docs); slow uploads need one."""


class Unconfirmed(Exception):
    """The member has to confirm first: nothing was stored or held. Amounts are in credits.

    With `chooses_payer` they say who pays, too; `own`: their own account.

    Reasons: the price is above the server's threshold, or unknown, or the pressed control did not show it though it
    isn't small here; with `may_pay_twice`, an earlier unconfirmed attempt may have been charged; or there are
    `cautions`. `shown` is the price that a yes accepts; `basis` is of the least certain estimate.
    """

    def __init__(
        self,
        shown: ShownPrice,
        estimate: Estimate,
        foreseen: Foreseen,
        *,
        may_pay_twice: bool = False,
        cautions: Sequence[Caution] = (),
        own: bool | None = False,
    ) -> None:
        super().__init__(f"{shown.credits} credits are to be confirmed")
        self.shown = shown
        self.basis = estimate.basis
        self.foreseen = foreseen
        self.may_pay_twice = may_pay_twice
        self.cautions = tuple(cautions)
        self.own = own


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An accepted card. `fresh` is False if this interaction was accepted before."""

    card: Card
    jobs: tuple[Job, ...]
    fresh: bool


@dataclass
class JobService:
    """The only entry for paid work. `signals` announces new jobs to the worker."""

    _: KW_ONLY
    store: Store
    keys: ApiKeys
    key_health: KeyHealth
    gate: RequestGate
    pricing: Pricing
    casts: Casts
    clock: Clock
    alerts: Alerts
    payers: Payers
    signals: WorkerSignals
    answered: AnsweredCards
    languages: Languages

    async def accept(self, spec: CardSpec) -> Accepted:
        """Check, price and store a request with its credits held. Nothing is sent yet.

        Raises InputError, Refused (limit, balance, no key), KeyRefused or Unconfirmed, with nothing stored or held.
        Idempotent: the same interaction gives the same card, held once.
        """
        guild_id, is_balance_new = spec.guild_id, False
        while True:
            own = await self.payers.pays_own(spec.origin, spec.consent)
            try:
                return await self._accept(spec, own)
            except (WordsChanged, KeyChanged):
                continue  # judge it by the guild's word list and kind of key at the time of storing
            except Refused as error:
                if error.reason in {"balance", "own balance"} and not is_balance_new:
                    payer_id = spec.author_id if own else guild_id
                    key = await self.keys.of_payer(payer_id, own=bool(own))
                    is_balance_new = await self.key_health.refresh_balance(payer_id, key)
                    if is_balance_new:
                        continue
                if error.reason and not own and spec.origin.run is None:  # a schedule says it itself
                    await self.alerts.refused(guild_id, spec.author_id, spec.steps[-1].operation, error)
                raise

    async def _accept(self, spec: CardSpec, own: bool | None) -> Accepted:
        """`own`: whether the author's own account pays; None: they have to say, after the server's price."""
        rules = await self.store.settings.get(spec.guild_id)
        payer_id = spec.author_id if own else spec.guild_id
        if own:
            rules = rules.of_own_account()
        member = await self.store.member_settings.get(spec.guild_id, spec.author_id)
        spec, doubts = await self.casts.cast(spec)
        checked = await self.gate.checked(spec, rules, voice=member.voice or rules.default_voice)
        key = await self.gate.key(payer_id, [job.operation for job in checked], own=bool(own))
        if not key.is_practice and any(job.has_practice_link for job in checked):
            raise InputError(MADE_IN_PRACTICE)
        estimates = await self.pricing.estimate_all(payer_id, checked, rules=rules, key=key)
        spend = spend_request(spec, checked, estimates, rules=rules, key=key)
        unconfirmed = [await self._unconfirmed(spec.guild_id, job) for job in checked]
        pairs = list(zip(unconfirmed, checked, strict=True))
        may_pay_twice = not (
            spec.consent.may_pay_twice
            or all(before is None or self._is_known_again(before, job, key.id) for before, job in pairs)
        )
        if flags := spec.consent.left_out:
            doubts.append(Caution(f"flags:{flags}", texts.LEAVES_OUT(flags=harmless_within(flags, LEFT_OUT_CHARS))))
        cautions = distinct((*doubts, *_doubts(checked, estimates)), spec.consent.accepted)
        if own is None or may_pay_twice or cautions or must_confirm(spend, rules):
            foreseen: Foreseen = await self.store.spending.view(
                spec.guild_id, spec.author_id, lambda spending: foresee(spend, spending), own=spend.own
            )
            least = _least_certain(estimates)
            raise Unconfirmed(spend.shown, least, foreseen, may_pay_twice=may_pay_twice, cautions=cautions, own=own)
        card = self._card(spec)
        jobs = _jobs(spec, card, checked, estimates, key, self.store.signature)
        jobs = [
            repeating(job, before) if before is not None and self._is_known_again(before, asked, key.id) else job
            for job, (before, asked) in zip(jobs, pairs, strict=True)
        ]
        return await self._store_held(spec, spend, card, jobs)

    async def _unconfirmed(self, guild_id: int, job: CheckedJob) -> Job | None:
        """Return the unconfirmed job that this one retries, None for none.

        Raises Refused if another retry of it is open or has a result.
        """
        before = await self.store.jobs.get(guild_id, job.spec.repeats) if job.spec.repeats else None
        if before is None or not before.in_doubt:
            return None
        other = await self.store.job_lists.repeating(guild_id, before.repeats_key or before.idempotency_key)
        if other is not None:
            raise Refused(texts.RETRIED_ALREADY(job=other.id))
        return before

    def _is_known_again(self, before: Job, job: CheckedJob, key_id: int | None) -> bool:
        """Whether Cannon Studio takes a retry for the same request: the same input and key, within some hours.

        Then it reuses the first one's idempotency key, and both are charged once.
        """
        is_same = (before.key_id, before.operation, before.sent_input) == (key_id, job.operation.id, job.sent_input)
        return is_same and self.clock.wall() - (before.first_attempt_at or 0.0) < SAFE_WINDOW_S

    async def _store_held(self, spec: CardSpec, spend: SpendRequest, card: Card, jobs: Sequence[Job]) -> Accepted:
        """Decide, hold and store in one transaction; then report limits that are nearly used up."""
        failpoint("accept.before")
        try:
            stored, stored_jobs, verdict = await self.store.cards.accept(
                card,
                jobs,
                lambda spending: judge(spend, spending),
                reaction=spec.origin.reaction,
                sample_of=spec.sample_of,
                shootout=spec.shootout,
                run=spec.origin.run,
            )
        except Refused as error:
            if error.reason == "limit" and not (spend.practice or spend.own):
                await self.alerts.tell_limits(spec.guild_id, spend)
            raise
        if verdict is not None and not (spend.practice or spend.own):  # an alert of practice would silence the true one
            taken = spend.as_held(verdict)
            self.alerts.tell(spec.guild_id, partial(of_limits, verdict.headrooms, taken, taken=True))
        failpoint("accept.stored")
        for job in stored_jobs if verdict is not None else ():
            log.debug("job.accepted", job=job.id, guild=job.guild_id, card=stored.id, operation=job.operation)
        return Accepted(card=stored, jobs=stored_jobs, fresh=verdict is not None)

    async def mark_answered(self, card: Card, jobs: Sequence[Job] = (), *, message_id: int, channel_id: int) -> None:
        """Note that Discord has the card; its jobs may start. New `jobs` of it are sent at once, if possible."""
        failpoint("answer.sent")
        are_sent = await self.answered.note(card, jobs, message_id=message_id, channel_id=channel_id)
        failpoint("answer.stored")
        if not are_sent:
            self.signals.wake()

    async def move_card(self, job: Job, *, message_id: int, channel_id: int, token: str) -> None:
        """Note the token of the other interaction that the job's private card now answers."""
        await self.store.cards.move(
            job.guild_id,
            job.card_id,
            message_id=message_id,
            channel_id=channel_id,
            token=token,
            token_expires_at=self.clock.wall() + TOKEN_LIFE_S,
        )

    async def cancel(self, job: Job, *, by_id: int, drop: bool = False) -> Cancelled | None:
        """Cancel a job and those that wait for it; None if it has ended. Cancelling another member's is recorded.

        A submitted job continues and is charged; with `drop` its result is kept, but not posted.
        """
        with await self._speaking_on(job.guild_id, job.card_id):
            done = await self.store.cancellation.cancel(
                job.guild_id,
                job.id,
                _cancelled_by(by_id, job),
                drop_by=by_id if drop else None,
                record=cancelled_by(by_id, dropped=drop),
            )
        if done is not None and (done.stopped or done.others):
            self.signals.wake()  # places may have become free
        return done

    async def cancel_card(self, job: Job, *, by_id: int) -> tuple[Job, ...] | None:
        """Cancel and return the unsent jobs of the job's card, None if every job has ended.

        Cancelling another member's is recorded.
        """
        with await self._speaking_on(job.guild_id, job.card_id):
            stopped = await self.store.cancellation.cancel_card(
                job.guild_id, job.card_id, _cancelled_by(by_id, job), record=card_cancelled_by(by_id)
            )
        if stopped:
            self.signals.wake()  # places may have become free
        return stopped

    async def keep(self, jobs: Sequence[Job], *, by_id: int) -> tuple[Job, ...]:
        """Have the results of these jobs of a card posted after all; return those that were dropped.

        Another member's are recorded.
        """
        job_ids = [job.id for job in jobs]
        return await self.store.cancellation.keep(jobs[0].guild_id, job_ids, record=kept_by(by_id))

    async def undo_card(self, guild_id: int, card_id: str, sentence: str | Text) -> tuple[Job, ...] | None:
        """Cancel and return the unsent jobs of a card that a member takes back; `sentence` says why."""
        with await self._speaking_on(guild_id, card_id):
            stopped = await self.store.cancellation.cancel_card(guild_id, card_id, str(sentence))
        if stopped:
            self.signals.wake()
        return stopped

    async def drop_unanswered(self, card: Card) -> int:
        """Release the holds of a card that Discord rejected. Returns the number of its jobs."""
        return await self.store.cards.drop(card.guild_id, card.id, str(texts.NOT_ANSWERED))

    async def _speaking_on(self, guild_id: int, card_id: str) -> contextlib.AbstractContextManager[None]:
        """Return a context with the card's language: its readers see what is stored."""
        return speaking(await self.languages.of_card(guild_id, card_id))

    def _card(self, spec: CardSpec) -> Card:
        now, place = self.clock.wall(), spec.origin.place
        return Card(
            id=new_id(),
            guild_id=spec.guild_id,
            channel_id=place.channel_id,
            parent_channel_id=next(iter(place.parent_channel_ids), None),
            category_id=next(iter(place.parent_channel_ids[1:]), None),
            outside_id=place.outside_id,
            author_id=spec.author_id,
            interaction_id=spec.origin.interaction_id,
            token=spec.origin.token,
            token_expires_at=now + TOKEN_LIFE_S,
            private=spec.private,
            spoiler=spec.spoiler,
            locale=spec.origin.locale,
            label=spec.label,
            role_ids=tuple(sorted(place.role_ids)),
            created_at=now,
        )


def repeating(job: Job, before: Job) -> Job:
    """Return a job as the same request as an unconfirmed one."""
    key = before.repeats_key or before.idempotency_key
    return replace(job, repeats_key=key, in_doubt=True, first_attempt_at=before.first_attempt_at)


def _cancelled_by(by_id: int, job: Job) -> str:
    return str(texts.CANCELLED_BY_AUTHOR if by_id == job.author_id else texts.CANCELLED_BY_MODERATOR)


def _doubts(checked: Sequence[CheckedJob], estimates: Sequence[Estimate]) -> Iterator[Caution]:
    for job, estimate in zip(checked, estimates, strict=True):
        yield from (each for each in job.cautions if not (each.unless_priced and estimate.is_known))


def _least_certain(estimates: Sequence[Estimate]) -> Estimate:
    return min(estimates, key=lambda each: (each.is_known, each.basis == "fixed"))


def _jobs(
    spec: CardSpec,
    card: Card,
    checked: Sequence[CheckedJob],
    estimates: Sequence[Estimate],
    key: UsableKey,
    signature: str,
) -> list[Job]:
    ids = [new_id() for _ in checked]
    factors = [job.factors.rounded for job in checked]
    sources = sources_of([job.spec for job in checked])
    return [
        Job(
            id=ids[place],
            card_id=card.id,
            guild_id=spec.guild_id,
            position=place,
            author_id=spec.author_id,
            operation=job.operation.id,
            input=job.input,
            state=JobState.WAITING if job.spec.after else JobState.SUBMITTING,
            # Derived from the job's id, to be stored before it is ever sent.
            idempotency_key="-".join(filter(None, ("cannon-bot", signature, ids[place]))),
            key_id=key.id,
            books=key.books,
            held=estimate.credits,
            basis=estimate.basis,
            price_kind=factors[place].kind,
            price_size=factors[place].size,
            price_outputs=factors[place].outputs,
            created_at=card.created_at,
            parent_id=spec.parent_id,
            variation=job.spec.derivation.variation,
            orders=job.spec.derivation.orders,
            source_id=_source_id(job.spec, sources[place], ids),
            casting=job.spec.derivation.casting,
            shootout=ShootoutPhase.NONE if spec.shootout is None else ShootoutPhase.OPEN,
            after_ids=tuple(ids[each] for each in job.spec.after),
            fill={name: _with_ids(value, ids) for name, value in job.spec.fill.items()},
        )
        for place, (job, estimate) in enumerate(zip(checked, estimates, strict=True))
    ]


def sources_of(steps: Sequence[JobSpec]) -> list[int | None]:
    """Return the earlier step whose words each step's file shows: if those were rewritten, the step before that."""

    def worded(place: int) -> int:
        rewriter = next((step for step, _ in steps_in(steps[place].fill.get("prompt", ""))), None)
        return place if rewriter is None else worded(rewriter)

    files = [[template for name, template in step.fill.items() if name not in PROMPT_FIELDS] for step in steps]
    found = [next((place for each in templates for place, _ in steps_in(each)), None) for templates in files]
    return [None if place is None else worded(place) for place in found]


def _source_id(spec: JobSpec, step: int | None, ids: Sequence[str]) -> str:
    return spec.derivation.source_id or ("" if step is None else ids[step])


def _with_ids(template: Template, ids: Sequence[str]) -> Any:
    return with_outputs(template, {ref: OutputRef(ids[step], ref.key) for step, ref in steps_in(template)})
