"""The bot's parts, and what they are made from."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

import discord
import structlog
from discord.ext import commands

from bot import __version__, commit
from bot.account.api_keys import ApiKeys
from bot.account.key_health import OF_ALL_MEMBERS, StatusPace
from bot.account.offerings import Offerings
from bot.account.unavailable import UnavailableOperations
from bot.app import texts
from bot.app.catalogue import CatalogueRefresh
from bot.app.connection.commands import CommandSync, Renew
from bot.app.container import Container
from bot.app.health import Health
from bot.app.host.problems import problems
from bot.app.practice_process import PracticeStudio
from bot.app.webhooks import Webhooks, WebhookTokens
from bot.cannon.budgets import KeyBudgets
from bot.cannon.client import CannonClient
from bot.cannon.mcp import McpClient
from bot.catalogue import LiveCatalogue
from bot.delivery import CardSurface, Delivery, DiscordLinks
from bot.delivery.answers.recovery import Recovery
from bot.delivery.card.memory import CardOwner
from bot.delivery.card.readers import CardLanguages, GuildLanguages
from bot.delivery.card.ticker import CardTicker
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages
from bot.delivery.delivery import OPEN_CARDS_KEPT
from bot.delivery.host.messages import HostMessages
from bot.delivery.notices import LogChannel
from bot.delivery.posting.best_of_week import WeeklyPosts
from bot.delivery.posting.cast_pictures import CastPictures
from bot.domain.money.limit_rules import host_limits
from bot.domain.practice import is_practice_key
from bot.errors import RESTART_CANNOT_HELP, StartError
from bot.generation.again.shots import JOINS_AN_HOUR, Shots
from bot.generation.generations import Generations
from bot.generation.sources import Sources
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.claims import Claims
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.follow.lanes import Lane
from bot.jobs.intake import JobService
from bot.jobs.rounds.maintenance import Maintenance
from bot.jobs.rounds.reconciler import Reconciler
from bot.jobs.signals import WorkerSignals
from bot.jobs.surface import Surface
from bot.jobs.turns.submitting import Submitting
from bot.jobs.worker import Worker
from bot.media.fetcher import MediaFetcher
from bot.media.scratch import sweep
from bot.moderation.alerts import Alerts, LogSink
from bot.moderation.moderation import Moderation
from bot.prices.estimates import EstimateTool
from bot.prices.pricing import HostPrices
from bot.runtime import texts as metric_texts
from bot.runtime.background import CommonWork, Rounds
from bot.runtime.clock import Clock
from bot.runtime.machine import free_bytes
from bot.runtime.metrics import DatabaseState, Metrics
from bot.runtime.network.fetching import PracticeTransport
from bot.runtime.network.transport import OriginTransport, public_transport
from bot.runtime.network.web_server import Endpoint, HttpServer
from bot.runtime.pace import TokenBucket
from bot.runtime.process import ProcessIdentity
from bot.runtime.texts import DISK_FREE
from bot.server.absences import Absences
from bot.server.cast.casting import Casts
from bot.server.cast.changes import ServerCast
from bot.server.cast.voices import ServerVoices
from bot.server.community.own_accounts import OwnAccounts, Payers
from bot.server.community.shootouts import ServerShootouts
from bot.server.members import MemberData, OwnSettings
from bot.server.operations import OperationSwitches
from bot.server.practice import PracticeMode, SentPractice, ShownCards
from bot.server.settings import Languages
from bot.server.welcome import FirstSetup, Welcomes
from bot.settings import Settings
from bot.store import Backups, Store
from bot.store.acts import JobSignals

log = structlog.get_logger(__name__)

Cdn = Callable[[str], Awaitable[bytes | None]]
"""Serves a simulated Discord's files: link in, bytes out, None for 404."""
CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net", "cdn.simcord.invalid")
"""Where Discord stores files, also in the demo and the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the parts are made from.

    `cdn` is None on the real Discord.
    """

    bot: commands.AutoShardedBot
    identity: ProcessIdentity
    guilds: Guilds
    card_owner: Callable[[Store], CardOwner]
    claims: Callable[..., Claims]
    """These make what follows jobs and what reports."""
    is_calm: Callable[[], bool]
    """Whether Discord takes calls that can wait."""
    is_awaited: Callable[[], bool]
    """Whether a member waits for an answer."""
    settings: Settings
    clock: Clock
    catalogue: LiveCatalogue
    metrics: Metrics
    folder: Path
    surface: CardSurface
    renew_commands: Renew
    cdn: Cdn | None
    practice: PracticeStudio


@dataclass(frozen=True)
class HostKeyScope:
    """`allowed` is CANNON_API_KEY_GUILDS: "*", guild ids, or None if unset."""

    bot: discord.Client
    allowed: Collection[int] | str | None

    def serves(self, guild_id: int) -> bool:
        if self.allowed is None:
            # A public bot would let strangers spend the host's credits.
            application = self.bot.application
            return application is not None and not application.bot_public
        return self.allowed == "*" or guild_id in self.allowed

    def __str__(self) -> str:
        if self.allowed == "*":
            return texts.KEY_FOR_EVERY_SERVER
        if self.allowed is not None:
            return texts.key_for_servers(len(self.allowed))
        if self.serves(0):
            return texts.KEY_FOR_PRIVATE_APPLICATION
        return texts.KEY_FOR_NONE


class Parts(Container):
    """All parts of the bot.

    Large on purpose: each method makes one part that needs a choice or data.
    """

    backups: Backups | None
    """None if this process makes none."""
    store: Store
    absences: Absences
    client: CannonClient
    media: MediaFetcher
    keys: ApiKeys
    budgets: KeyBudgets
    host_prices: HostPrices
    jobs: JobService
    reconciler: Reconciler
    common_work: CommonWork
    rounds: Rounds
    switches: OperationSwitches
    mcp: McpClient
    offerings: Offerings
    estimate_tool: EstimateTool
    sources: Sources
    delivery: Delivery
    languages: GuildLanguages
    weekly: WeeklyPosts
    worker: Worker
    signals: WorkerSignals
    maintenance: Maintenance
    member_data: MemberData
    voices: ServerVoices
    own_settings: OwnSettings
    own_accounts: OwnAccounts
    cast: ServerCast
    shootouts: ServerShootouts
    moderation: Moderation
    practice: PracticeMode
    practice_studio: PracticeStudio
    status_pace: StatusPace
    unavailable: UnavailableOperations
    alerts: Alerts
    host_messages: HostMessages
    http: HttpServer
    webhook_tokens: WebhookTokens
    webhooks: Webhooks
    command_sync: CommandSync
    welcomes: Welcomes
    first_setup: FirstSetup
    recovery: Recovery
    catalogue_refresh: CatalogueRefresh
    learned: LearnedDurations

    def __init__(self, setup: Setup, store: Store) -> None:
        super().__init__(setup, store)
        self._setup, self._settings = setup, setup.settings
        self.store = store
        for name, kind in get_type_hints(Parts).items():
            setattr(self, name, self.get(kind))

    async def aclose(self) -> None:
        """Close what is open, the store last."""
        await self.http.close()
        await self.client.aclose()
        await self.estimate_tool.aclose()
        await self.mcp.aclose()
        await self.media.aclose()
        await self.practice_studio.aclose()
        await self.store.close()

    # ------------------------------------------------------------------ what Cannon Studio is asked with

    def _practice(self, **others: Any) -> PracticeTransport:
        return PracticeTransport(self._setup.practice.address, sent=self.get(SentPractice).find, **others)

    def make_mcp(self, budgets: KeyBudgets) -> McpClient:
        return McpClient(self._settings.cannon_api_url, practice_transport=self._practice(), budgets=budgets)

    def make_client(self, clock: Clock, metrics: Metrics, budgets: KeyBudgets) -> CannonClient:
        return CannonClient(
            self._settings.cannon_api_url,
            clock=clock,
            practice_transport=self._practice(),
            metrics=metrics,
            budgets=budgets,
        )

    def make_media(self, clock: Clock) -> MediaFetcher:
        address = urlsplit(self._settings.cannon_api_url)
        origins = (f"{address.scheme}://{address.netloc}",)
        cdn = self._setup.cdn

        def public(connections: int) -> Any:
            transport = public_transport(origins, connections=connections)
            return transport if cdn is None else OriginTransport(transport, CDN_HOSTS, cdn)

        practice = MediaFetcher(
            allowed_origins=origins,
            clock=clock,
            new_transport=lambda connections: self._practice(others=public(connections)),
        )
        return MediaFetcher(allowed_origins=origins, clock=clock, new_transport=public, practice=practice)

    def make_keys(self, store: Store, absences: Absences, offerings: Offerings) -> ApiKeys:
        settings = self._settings
        scope = HostKeyScope(self._setup.bot, settings.cannon_api_key_guilds)
        host_key = settings.cannon_api_key.get_secret_value() if settings.cannon_api_key else None
        if host_key is not None and is_practice_key(host_key):
            raise StartError(texts.PRACTICE_KEY_OF_HOST, exit_code=RESTART_CANNOT_HELP)
        if host_key is not None:
            log.info("host_key.serves", guilds=str(scope))
        if settings.is_host_key_unlimited:
            log.warning("host_key.unlimited", hint=texts.HOST_KEY_UNLIMITED)
        return ApiKeys(
            store,
            host_key=host_key,
            host_key_serves=scope.serves,
            is_absent=absences.is_absent,
            is_limited=settings.cannon_api_key_limit is not None or settings.cannon_api_key_total is not None,
            on_sale=offerings.on_sale,
        )

    def make_offerings(self) -> Offerings:
        return self.new(Offerings, link=self._settings.top_up_url)

    def make_estimate_tool(self, budgets: KeyBudgets) -> EstimateTool:
        return self.new(EstimateTool, budgets=budgets)

    def make_payers(self) -> Payers:
        return self.new(Payers, is_allowed=self._settings.own_accounts != "off")

    # ------------------------------------------------------------------ delivery

    def make_discord(self) -> discord.Client:
        return self._setup.bot

    def make_owner(self, store: Store) -> CardOwner:
        return self._setup.card_owner(store)

    def make_messages(self, owner: CardOwner) -> Messages:
        return self.new(Messages, keeps=owner.is_sole)

    def make_ticker(self, clock: Clock, owner: CardOwner, store: Store) -> CardTicker:
        open_cards = partial(store.cards.being_made, OPEN_CARDS_KEPT) if owner.is_sole else None
        return CardTicker(clock, open_cards=open_cards, is_calm=self._setup.is_calm)

    def make_surface(self, delivery: Delivery) -> Surface:
        return delivery

    def make_shown(self, delivery: Delivery) -> ShownCards:
        return delivery

    def make_languages(self, languages: CardLanguages) -> Languages:
        return languages

    # ------------------------------------------------------------------ jobs

    def make_job_signals(self, signals: WorkerSignals) -> JobSignals:
        return signals

    def make_random(self) -> random.Random:
        return random.Random()  # noqa: S311 - spreads load, guards nothing

    def make_agenda(self, clock: Clock) -> Agenda:
        return Agenda(clock, self._setup.is_awaited)

    def make_submitting(self, sources: Sources, tokens: WebhookTokens) -> Submitting:
        return self.new(Submitting, complete=sources.complete, webhook_url=tokens.url)

    def make_maintenance(self, surface: CardSurface) -> Maintenance:
        return self.new(Maintenance, ask_moderators=surface.ask_moderators)

    def make_claims(
        self, store: Store, agenda: Agenda, clock: Clock, delivery: Delivery, signals: WorkerSignals
    ) -> Claims:
        return self._setup.claims(store, agenda, clock, claimed=delivery.follow, announce_free=signals.claim)

    def make_worker(self, maintenance: Maintenance) -> Worker:
        return self.new(Worker, maintain=maintenance.woken.set)

    def make_casts(self, pictures: CastPictures) -> Casts:
        return self.new(Casts, links=pictures.links)

    # ------------------------------------------------------------------ what members and moderators do

    def make_sources(self, links: DiscordLinks) -> Sources:
        return self.new(Sources, refresh=links.fresh, refresh_job=links.of_job)

    def make_shots(self, clock: Clock, pictures: CastPictures) -> Shots:
        return self.new(Shots, pace=TokenBucket(clock, JOINS_AN_HOUR, 3600), publish=pictures.publish)

    def make_generations(self, shots: Shots) -> Generations:
        return self.new(Generations, last_frame=shots.last_frame)

    def make_own_accounts(self, clock: Clock) -> OwnAccounts:
        return self.new(OwnAccounts, pace=StatusPace(clock, of_all=OF_ALL_MEMBERS))

    def make_cast(self, pictures: CastPictures) -> ServerCast:
        return self.new(ServerCast, keep=pictures.keep)

    def make_welcomes(self, surface: CardSurface) -> Welcomes:
        return self.new(Welcomes, send=surface.welcome)

    # ------------------------------------------------------------------ rounds, health and the host

    def make_rounds(self, clock: Clock, common: CommonWork) -> Rounds:
        return Rounds(clock, common)

    def make_log_sink(self, log_channel: LogChannel) -> LogSink:
        return log_channel

    def make_host_messages(self, health: Health, keys: ApiKeys, common: CommonWork) -> HostMessages:
        look = partial(problems, health, self.backups, keys)
        return self.new(HostMessages, place=self._settings.host_reports, look=look, is_in_charge=common.is_here)

    def make_http(self, health: Health, webhooks: Webhooks, metrics: Metrics) -> HttpServer:
        settings = self._settings
        public = Endpoint("HTTP", settings.http_host, settings.http_port) if settings.public_url is not None else None
        return HttpServer(
            private=Endpoint("HEALTH", settings.health_host, settings.health_port),
            public=public,
            health=health,
            hint=webhooks.receive,
            metrics=metrics,
        )

    def make_backups(self, store: Store, clock: Clock, metrics: Metrics) -> Backups | None:
        settings = self._settings
        if settings.backup_dir is None:
            return None
        made = Backups(settings.sqlite_file, settings.backup_dir, signature=store.signature, clock=clock)
        metrics.gauge("cannon_bot_backup_age_seconds", metric_texts.BACKUP_AGE, lambda: made.age_s)
        metrics.gauge("cannon_bot_backup_bytes", metric_texts.BACKUP_BYTES, lambda: float(made.bytes))
        return made


def _oldest_due_s(lane: Lane, clock: Clock) -> float:
    return lane.oldest_due_s(clock.monotonic())


async def open_parts(setup: Setup) -> Parts:
    """Open the store, lock its file, and put the parts together. Raises StoreError."""
    settings = setup.settings
    store = await Store.open(
        settings.database,
        clock=setup.clock,
        secret_keys=tuple(key.get_secret_value() for key in settings.secret_keys),
        alone=True,
    )
    pulse = store.pulse
    setup.metrics.database(lambda: DatabaseState(pulse.is_well, pulse.last_commit, pulse.errors))
    if (path := store.path) is not None:
        for name, file in (("database", path), ("write_ahead_log", path.with_name(f"{path.name}-wal"))):
            setup.metrics.file_size(name, partial(_size_of, file))
        setup.metrics.gauge("cannon_bot_database_disk_free_bytes", DISK_FREE, partial(free_bytes, path.parent))
    try:
        store.name_process(setup.identity.name)
        sweep(settings.local_files, keep=setup.folder)
        return await assemble(setup, store)
    except BaseException:
        await store.close()
        raise


async def assemble(setup: Setup, store: Store) -> Parts:
    """Make the parts, and load what some keep in memory."""
    store.limit_host_key(host_limits(setup.settings.cannon_api_key_limit, setup.settings.cannon_api_key_total))
    parts = Parts(setup, store)
    setup.metrics.process(version=__version__, commit=commit(), common=parts.common_work)
    store.record_in(parts.languages.by_rules)
    parts.signals.reach(parts.worker)
    parts.absences.listen(parts.signals.resume)
    for name, lane in parts.worker.agenda.lanes.items():
        setup.metrics.oldest_due(name, partial(_oldest_due_s, lane, setup.clock))
    await parts.absences.load()
    await parts.keys.load()
    await parts.offerings.load()
    await parts.learned.load()
    await parts.switches.load()
    return parts


def _size_of(path: Path) -> float:
    try:
        return float(path.stat().st_size)
    except OSError:
        return 0.0
