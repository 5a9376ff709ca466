"""Review of results: where it takes place, and what moderators decide."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.harmless_text import harmless
from bot.domain.models import Job, JobState
from bot.domain.text import one_line
from bot.errors import InputError
from bot.guild.changes import JobSignals, ModeratorActs
from bot.guild.languages import Languages
from bot.guild.texts import DECIDED
from bot.guild.texts import approvals as texts
from bot.language import speaking
from bot.store import Record, ReviewRule, ReviewVerdict, Store

RULES_MAX = 50


class ReviewDecisions(ModeratorActs):
    """Changes the rules of review, and decides about results."""

    def __init__(self, store: Store, *, worker: JobSignals, languages: Languages) -> None:
        super().__init__(store, worker=worker)
        self._languages = languages

    async def set_rule(self, guild_id: int, rule: ReviewRule, *, by_id: int) -> None:
        """Have results reviewed. Raises InputError if the guild has as many rules as it may."""

        def allow(rules: Sequence[ReviewRule]) -> None:
            if rule.channel_id not in {each.channel_id for each in rules} and len(rules) >= RULES_MAX:
                raise InputError(texts.too_many_review_rules(RULES_MAX), "only_in")

        def line(_: object) -> Record:
            text = texts.review_on(by_id, rule.channel_id, rule.review_channel)
            about = {"channel": rule.channel_id, "review_channel": rule.review_channel}
            return Record(kind="settings", text=text, by_id=by_id, about=about)

        await self._store.reviews.set_rule(guild_id, rule, allow=allow, record=line)

    async def remove_rule(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Remove the rule for a channel, or all; return what was done, as the record has it.

        Results that wait already can still be decided about. Raises InputError if there is no such rule.
        """

        def line() -> Record:
            text = texts.review_off(by_id, channel_id)
            return Record(kind="settings", text=text, by_id=by_id, about={"channel": channel_id})

        if not await self._store.reviews.remove_rule(
            guild_id, channel_id, record=lambda count: line() if count else None
        ):
            raise InputError(texts.NO_SUCH_REVIEW)
        return line().text

    async def require_waiting(self, guild_id: int, job_id: str) -> None:
        """Raise InputError unless the guild's job waits for a decision."""
        review = await self._store.reviews.get(guild_id, job_id)
        if review is None or review.verdict is not None:
            raise InputError(DECIDED)

    async def decide(
        self,
        guild_id: int,
        job_id: str,
        verdict: ReviewVerdict,
        reason: str,
        *,
        by_id: int,
        question: tuple[int, int] | None,
    ) -> None:
        """Publish a result, or refuse it with a `reason` for its author, or ''. Raises InputError as above.

        `question` is the channel and the message that asked: a death may have kept it from being noted, so that it
        would stay when the result is taken down.
        """

        def record(job: Job | None) -> Record | None:
            if job is None:
                return None
            text = texts.reviewed(
                by_id,
                job.author_id,
                job.id,
                harmless(one_line(reason)),
                published=verdict is ReviewVerdict.PUBLISHED,
            )
            about = {"job": job.id, "member": job.author_id, "reason": reason}
            return Record(kind="review", text=text, by_id=by_id, about=about)

        waiting = await self._store.jobs.get(guild_id, job_id)
        if waiting is None:
            raise InputError(DECIDED)
        if question is not None:
            channel_id, message_id = question
            await self._store.copies.note(guild_id, job_id, channel_id=channel_id, message_id=message_id, kind="review")
        with speaking(await self._languages.of_card(guild_id, waiting.card_id)):  # its author reads the reason there
            sentence = "" if verdict is ReviewVerdict.PUBLISHED else texts.not_posted(reason)
        job = await self._store.reviews.decide(guild_id, job_id, verdict, by_id=by_id, sentence=sentence, record=record)
        if job is None:
            raise InputError(DECIDED)
        for each in await self._store.jobs.of_card(guild_id, job.card_id):
            if each.state is JobState.READY:
                self._worker.decided(each.id)
