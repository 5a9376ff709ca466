"""Review of results: where it takes place, and what moderators decide."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.models import Job
from bot.domain.text import full_stop
from bot.errors import InputError
from bot.guild.changes import ModeratorActs
from bot.store import Record, ReviewRule, ReviewVerdict

RULES_MAX = 50
DECIDED = "Somebody has decided about this already, or its time is over."


class ReviewDecisions(ModeratorActs):
    """Changes the rules of review, and decides about results."""

    async def set_rule(self, guild_id: int, rule: ReviewRule, *, by_id: int) -> None:
        """Have results reviewed. Raises InputError if the guild has as many rules as it may."""

        def allow(rules: Sequence[ReviewRule]) -> None:
            if rule.channel_id not in {each.channel_id for each in rules} and len(rules) >= RULES_MAX:
                raise InputError(f"A server may have {RULES_MAX} review rules; switch one off first.", "only_in")

        where = f"<#{rule.channel_id}>" if rule.channel_id else "this server"
        text = f"switched review on: results of {where} go to <#{rule.review_channel}> first."
        about = {"channel": rule.channel_id, "review_channel": rule.review_channel}
        line = Record(kind="settings", text=text, by_id=by_id, about=about)
        await self._store.reviews.set_rule(guild_id, rule, allow=allow, record=lambda _: line)

    async def remove_rule(self, guild_id: int, channel_id: int | None, *, by_id: int) -> str:
        """Remove the rule for a channel, or all; return what was done, as the record has it.

        Results that wait already can still be decided about. Raises InputError if there is no such rule.
        """
        text = "switched review off" + ("." if channel_id is None else f" for <#{channel_id}>.")
        line = Record(kind="settings", text=text, by_id=by_id, about={"channel": channel_id})
        if not await self._store.reviews.remove_rule(
            guild_id, channel_id, record=lambda count: line if count else None
        ):
            raise InputError("There is no such review rule, so there is nothing to switch off.")
        return text

    async def require_waiting(self, guild_id: int, job_id: str) -> None:
        """Raise InputError unless the guild's job waits for a decision."""
        review = await self._store.reviews.get(guild_id, job_id)
        if review is None or review.verdict is not None:
            raise InputError(DECIDED)

    async def decide(self, guild_id: int, job_id: str, verdict: ReviewVerdict, reason: str, *, by_id: int) -> None:
        """Publish a result, or refuse it with a `reason` for its author, or ''. Raises InputError as above."""
        because = f": {self._plain(reason)}" if reason else ""

        def record(job: Job | None) -> Record | None:
            if job is None:
                return None
            text = full_stop(f"{verdict} <@{job.author_id}>'s result `{job.id}`{because}")
            about = {"job": job.id, "member": job.author_id, "reason": reason}
            return Record(kind="review", text=text, by_id=by_id, about=about)

        sentence = "" if verdict is ReviewVerdict.PUBLISHED else _refusal(reason)
        job = await self._store.reviews.decide(guild_id, job_id, verdict, by_id=by_id, sentence=sentence, record=record)
        if job is None:
            raise InputError(DECIDED)
        self._worker.decided(job_id)


def _refusal(reason: str) -> str:
    """Return what the author reads."""
    return f"A moderator refused to post it: {full_stop(reason)}" if reason else "A moderator refused to post it."
