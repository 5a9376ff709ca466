"""The Discord client of one of several processes on a PostgreSQL database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from bot.app.client import CannonBot
from bot.app.connection.gate import CALLS_A_SECOND
from bot.app.connection.start import Gateway
from bot.app.duties import UPKEEP_S, Spawn
from bot.app.parts import Parts
from bot.delivery.channels.fetched_guilds import FetchedGuilds
from bot.delivery.channels.guilds import Guilds
from bot.errors import StoreError
from bot.fleet.cards import OwnCards
from bot.fleet.claims import FleetClaims
from bot.fleet.host.texts import SHARDS_HELD
from bot.fleet.postgresql.database import OnServer, PostgresDatabase
from bot.fleet.postgresql.shard_locks import ShardLocks
from bot.fleet.runtime_shards import RuntimeShards
from bot.fleet.shards import FleetShards
from bot.fleet.shared_memory import (
    ReadAgain,
    SharedGuilds,
    SharedMemory,
    share,
    share_calls,
    share_counts,
)
from bot.runtime.background import Round
from bot.runtime.clock import Clock
from bot.runtime.network.health_probe import store_address
from bot.runtime.texts import IDENTIFIES_LEFT
from bot.settings import Settings
from bot.store import Store

log = structlog.get_logger(__name__)

LEADERS_SHARD = 0
"""The process that has it leads: it does what is done once for all."""
LEADER_CHECK_S = 1.0
GIVE_WAY_S = 1.0
"""How long a gateway without its lease waits before it says that the database fails."""
SHORT_S, LONG_S = 60.0, 600.0
"""Intervals of rereading what other processes may have changed, in case a signal was lost."""
CALLS_S = 1.0
"""Interval of setting this process's part of Discord's calls."""
ENDED = "ended"
"""The signal that a card with waiting reactions has ended."""


class FleetBot(RuntimeShards, CannonBot):
    """The Discord client, with the shards of which this process has the locks."""

    claims = FleetClaims
    _cards: OwnCards
    _database: PostgresDatabase

    def __init__(self, settings: Settings, **options: Any) -> None:
        self.own_shards: FleetShards | None = None
        self._shared: SharedMemory | None = None
        super().__init__(settings, **options)

    def _guilds(self) -> Guilds:
        # It also works for servers of others' shards.
        return SharedGuilds(super()._guilds(), FetchedGuilds(self, self.clock), is_connected=self._knows_guild)

    def card_owner(self, store: Store) -> OwnCards:
        self._database = store.rows(OnServer).database
        self._cards = OwnCards(self._database.signals, self.leads, self._database.locks)
        return self._cards

    def leads(self) -> bool:
        return self.own_shards is not None and self.own_shards.holds(LEADERS_SHARD)

    async def _join(self) -> None:
        """Share Discord's limits, servers and cards, and the caches, with the other processes."""
        self.parts.common_work.decide = self.leads
        signals, spawn = self._database.signals, self._background.start
        self._cards.follow(self.parts.worker)
        if self._run_worker:
            self._cards.reach(self.parts.delivery, spawn)
        self._share_facts()
        self._shared = SharedMemory(signals, _caches(self.parts), self.clock)
        self.parts.rounds.add(Round("others", self._shared.run_once, UPKEEP_S))
        if self.discord_gate.is_paced:
            self.parts.rounds.add(Round("calls", self._pace_calls, CALLS_S))

    async def _pace_calls(self) -> None:
        if self.own_shards is not None:
            self.discord_gate.pace.limit(self.own_shards.part_of(CALLS_A_SECOND))

    def _share_facts(self) -> None:
        """Share what is in memory alone. A lost signal costs one more 429, refused create or status call."""
        parts, signals = self.parts, self._database.signals
        share(signals, "key.limited", parts.budgets)
        share(signals, "key.paused", parts.worker.key_waits)
        share(signals, "operation.refused", parts.unavailable)
        share(signals, "discord_limited", self.discord_gate)
        share_counts(signals, "status.asked", parts.status_pace, self.identity.name)
        share_calls(signals, parts.signals)
        signals.listen_to_gaps(parts.worker.wake)
        self.surface.wishes.hand_over = self._hand_over
        signals.listen(ENDED, self._take_over_wishes)

    def _hand_over(self, card_id: str) -> bool:
        """Leave the waiting reactions on an ended card to the leader, so that nothing is done twice."""
        if self.leads():
            return False
        self._database.signals.send(ENDED, card_id)
        return True

    def _take_over_wishes(self, card_id: str) -> None:
        if self.leads():
            self.surface.wishes.fulfil(card_id)

    async def _note_address(self) -> None:
        """Note it in a file: all processes store in the database."""
        store_address(self.settings.local_files, self.parts.http.health_address)

    async def _recover(self) -> None:
        """Do nothing: the leader does."""

    def begin_duties(self, spawn: Spawn) -> None:
        """Start the background work, and lead whenever it is this process's turn."""
        super().begin_duties(spawn)
        spawn(lead(self.parts, self.leads, self.clock), "leader")

    async def begin_shards(self, gateway: Gateway) -> None:
        """Join the fleet. Raises StartError."""
        shards = self.own_shards = FleetShards(
            self,
            self.parts.store,
            signals=self._database.signals,
            locks=ShardLocks(self._database.locks),
            spawn=self._background.start,
            wanted=self.settings.shard_count,
        )
        self.metrics.gauge("cannon_bot_shards_held", SHARDS_HELD, lambda: shards.held)
        self.metrics.gauge("cannon_bot_identifies_left", IDENTIFIES_LEFT, lambda: shards.identifies_left)
        self.responses.give_way = self._give_way
        await shards.begin(gateway)

    async def _give_way(self) -> None:
        """Let another process answer first: without the database this one cannot know who has its shards."""
        if self.own_shards is not None and not self.own_shards.held:
            await self.clock.wait(asyncio.Event(), GIVE_WAY_S)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if self.own_shards is not None and shard_id is not None:
            await self.own_shards.take_identify(shard_id)
        else:
            await super().before_identify_hook(shard_id, initial=initial)

    def is_ready(self) -> bool:
        """Whether all shards of this process are connected, with their servers known."""
        return super().is_ready() if self.own_shards is None else self.own_shards.is_ready

    def _knows_guild(self, guild_id: int) -> bool:
        shard_id = self.shard_of(guild_id)
        return self.own_shards is not None and self.own_shards.holds(shard_id) and self.is_shard_ready(shard_id)

    async def on_shard_connect(self, shard_id: int) -> None:
        if self.has_session(shard_id):
            await super().on_shard_connect(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        self.note_shard_ready(shard_id)

    async def _hand_shards_over(self) -> None:
        """Release this process's shards at once."""
        if self.own_shards is not None:
            await self.own_shards.stop()

    async def _leave(self) -> None:
        if self._shared is not None:
            await self._shared.aclose()


async def lead(parts: Parts, leads: Callable[[], bool], clock: Clock) -> None:
    """Take up the leader's work whenever this process begins to lead, until cancelled."""
    pause = asyncio.Event()  # never set: the clock ends each wait
    while True:
        while not leads():
            await clock.wait(pause, LEADER_CHECK_S)
        log.info("leader.begins")
        try:
            await parts.practice.recover()
        except StoreError as error:
            log.info("leader.practice_later", error=error)
        parts.maintenance.woken.set()
        parts.alerts.woken.set()
        while leads():
            await clock.wait(pause, LEADER_CHECK_S)
        log.info("leader.ends")


def _caches(parts: Parts) -> list[ReadAgain]:
    keys = parts.keys
    return [
        ReadAgain(signal="absences", cache=parts.absences, again=parts.absences.load, every_s=SHORT_S),
        ReadAgain(signal="switches", cache=parts.switches, again=parts.switches.load, every_s=SHORT_S),
        ReadAgain(signal="host_key", cache=keys, again=keys.load, every_s=SHORT_S),
        ReadAgain(signal="commands", cache=parts.command_sync, again=parts.command_sync.read_again, every_s=LONG_S),
        ReadAgain(
            signal="catalogue",
            cache=parts.catalogue_refresh,
            again=parts.catalogue_refresh.read_again,
            every_s=LONG_S,
        ),
        ReadAgain(signal="durations", cache=None, again=parts.learned.load, every_s=LONG_S),
    ]
