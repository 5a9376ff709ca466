"""What the buttons of the host's reports do, for the host alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from bot.delivery.channels.facts import EMBED_DESCRIPTION_CHARS
from bot.delivery.host import texts
from bot.domain.words.text import in_block, stamp
from bot.errors import InputError
from bot.runtime.clock import Clock
from bot.server.pause import HostPause
from bot.store import Store

SILENCE_S = 3600.0
PAGE_CHARS = EMBED_DESCRIPTION_CHARS - 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """An open job, without its member's words."""

    id: str
    state: str
    age_s: float
    waits_for: str = ""


@dataclass(frozen=True, kw_only=True)
class HostDesk:
    """Answers the host. `rules`: the names of those that are judged; `examine` returns the doctor's page."""

    store: Store
    pause: HostPause
    rules: Collection[str]
    examine: Callable[[], Awaitable[str]]
    open_jobs: Callable[[], Awaitable[Sequence[WaitingJob]]]
    clock: Clock

    async def doctor(self) -> str:
        """Return what `cannon-bot doctor` says, as a block that fits an embed."""
        page = await self.examine()
        if len(page) > PAGE_CHARS:
            page = f"{page[:PAGE_CHARS].rpartition(chr(10))[0]}\n{texts.CUT}"
        return in_block(page)

    async def waiting_jobs(self) -> str:
        """Return the open jobs of all servers as lines, the oldest first."""
        jobs = sorted(await self.open_jobs(), key=lambda job: -job.age_s)
        if not jobs:
            return texts.NO_JOBS
        return texts.job_lines([(job.id, job.state, job.age_s, job.waits_for) for job in jobs], len(jobs))

    async def pause_jobs(self, by_id: int) -> str:
        """Let no server start a paid job; return the outcome as a sentence."""
        return texts.PAUSED_NOW if await self.pause.begin(by_id) else texts.PAUSED_ALREADY

    async def resume_jobs(self, by_id: int) -> str:
        """Undo `pause_jobs`; return the outcome as a sentence."""
        return texts.RESUMED_NOW if await self.pause.end(by_id) else texts.RESUMED_ALREADY

    async def silence(self, rule: str) -> str:
        """Let a rule report nothing for an hour; return that as a sentence. Raises InputError for an unknown rule."""
        if rule not in self.rules:
            raise InputError(texts.NO_SUCH_RULE)
        until = self.clock.wall() + SILENCE_S
        await self.store.host_alerts.silence(rule, until)
        return texts.SILENCED_NOW(until=stamp(until, "t"))
