"""What the host's reports need of the process: a snapshot for the rules, the doctor's page, the open jobs."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from dataclasses import KW_ONLY, dataclass, field

import discord

from bot.app.host import texts
from bot.app.parts import Setup
from bot.delivery.channels.facts import (
    CALL_TIMEOUT_S,
    DISCORD_ERRORS,
    EMBED_LINKS,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    is_closed,
    is_public,
    missing_of,
)
from bot.delivery.host.desk import WaitingJob
from bot.delivery.host.rules import Snapshot
from bot.domain.models import OPEN_STATES
from bot.jobs.second_copy import SecondCopy
from bot.jobs.worker import Worker
from bot.runtime.machine import free_bytes
from bot.settings import DiscordId
from bot.store import Store
from bot.store.host.jobs import listed
from bot.store.host.rotation import Backups

ERRORS_WINDOW_S = 600.0
FIRST_BACKUP_S = 900.0
"""How long the first backup may take after a start."""
JOBS_MAX = 1000
"""Most open jobs that are counted for the host."""


@dataclass
class HostFacts:
    """Reads what the rules judge."""

    setup: Setup
    _: KW_ONLY
    store: Store
    worker: Worker
    second_copy: SecondCopy
    backups: Backups | None
    _errors: deque[tuple[float, Counter[str]]] = field(default_factory=deque, init=False)
    """The numbers of failed transactions by kind, at these monotonic times."""
    _began_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_at = self.setup.clock.wall()

    async def snapshot(self) -> Snapshot:
        """Return what this process knows; of the database nothing while that does not work. Raises StoreError."""
        pulse, now = self.store.pulse, self.setup.clock.wall()
        errors = self._recent_errors()
        oldest_due_s = {lane.value: wait_s for lane, wait_s in self.worker.agenda.oldest_due_s().items()}
        if not pulse.is_well:
            failure = None if pulse.failure is None else pulse.failure.for_host
            return Snapshot(at=now, database_is_up=False, silent_s=pulse.silent_s, failure=failure, errors=errors)
        counts = await self.store.host_alerts.counts()
        path = self.store.path
        return Snapshot(
            at=now,
            silent_s=pulse.silent_s,
            errors=errors,
            oldest_due_s=oldest_due_s if self.setup.role.works else {},
            host_key_refused_to=counts.host_key_refused_to,
            refused_keys=counts.refused_keys,
            differing_accounts=counts.differing_accounts,
            backup_every_s=None if self.backups is None else self.setup.settings.backup_hours * 3600.0,
            backup_age_s=self._backup_age_s(now),
            rehearsal=self._failed_rehearsal(),
            disk_free=None if path is None else int(free_bytes(path.parent)),
            disk_needed=0 if path is None or not path.exists() else path.stat().st_size,
            has_second_copy=self.second_copy.is_there,
            peers=counts.processes,
        )

    def _backup_age_s(self, now: float) -> float | None:
        age_s = None if self.backups is None else self.backups.age_s
        return None if age_s == math.inf and now - self._began_at < FIRST_BACKUP_S else age_s

    def _failed_rehearsal(self) -> str | None:
        last = None if self.backups is None else self.backups.rehearsed
        return None if last is None or last.restores else last.sentence

    def _recent_errors(self) -> Counter[str]:
        now, counted = self.setup.clock.monotonic(), Counter(self.store.pulse.errors)
        while self._errors and now - self._errors[0][0] > ERRORS_WINDOW_S:
            self._errors.popleft()
        before = self._errors[0][1] if self._errors else counted
        self._errors.append((now, counted))
        return counted - before


async def problems_of_place(client: discord.Client, place: DiscordId, own_id: int) -> list[str]:
    """Ask Discord whether the bot, the user `own_id`, can report there; return a sentence per problem.

    The client is logged in.
    """
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            if place.kind == "channel":
                return await _problems_of_channel(client, place.id, own_id)
            await (await client.fetch_user(place.id)).create_dm()
    except DISCORD_ERRORS as error:
        is_none = isinstance(error, discord.HTTPException) and is_closed(error)
        return [texts.NO_PLACE_OF_REPORTS(place=place) if is_none else texts.REPORTS_NOT_TRIED]
    return []


async def _problems_of_channel(client: discord.Client, channel_id: int, own_id: int) -> list[str]:
    found = await client.fetch_channel(channel_id)
    if not isinstance(found, discord.TextChannel | discord.VoiceChannel | discord.Thread):
        return [texts.NO_TEXT_CHANNEL]
    guild = await client.fetch_guild(found.guild.id, with_counts=False)
    is_thread = isinstance(found, discord.Thread)
    channel = await client.fetch_channel(found.parent_id) if isinstance(found, discord.Thread) else found
    if not isinstance(channel, discord.abc.GuildChannel):
        return [texts.NO_TEXT_CHANNEL]
    channel.guild = guild  # with its roles, which no cache has here
    mine = channel.permissions_for(await guild.fetch_member(own_id))
    send = SEND_IN_THREADS if is_thread else SEND_MESSAGES
    missing = missing_of(mine, (VIEW_CHANNEL, send, EMBED_LINKS, READ_HISTORY))
    if missing:
        return [texts.REPORTS_LACK(missing=", ".join(missing))]
    is_private_thread = isinstance(found, discord.Thread) and found.is_private()
    return [] if is_private_thread or not is_public(channel) else [texts.PUBLIC_PLACE_OF_REPORTS]


async def doctors_page(setup: Setup) -> str:
    """Return what `cannon-bot doctor` says, without a call to the network."""
    from bot.app.host.doctor import examine  # noqa: PLC0415 - needed at a press only
    from bot.runtime.progress import no_progress  # noqa: PLC0415 - the same

    def look() -> str:
        return texts.page(examine(setup.settings, (), is_online=False, clock=setup.clock, progress=no_progress))

    return await asyncio.to_thread(look)


async def open_jobs(setup: Setup) -> list[WaitingJob]:
    """Return the open jobs of all servers, without anything of members. Raises StoreError."""
    now, database = setup.clock.wall(), setup.settings.database
    found = await asyncio.to_thread(
        listed, database, states=OPEN_STATES, guild_id=None, member_id=None, now=now, older_s=0, limit=JOBS_MAX
    )
    return [
        WaitingJob(
            id=job.id,
            state=job.state.value,
            age_s=now - job.created_at,
            waits_for="" if job.waits_for is None else job.waits_for.value.replace("_", " "),
        )
        for job, _ in found
    ]
