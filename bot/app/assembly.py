"""Puts the parts of the bot together."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import discord
import structlog

from bot import __version__, commit
from bot.account.api_keys import ApiKeys
from bot.account.key_health import OF_ALL_MEMBERS, KeyHealth, StatusPace
from bot.account.offerings import Offerings
from bot.account.unavailable import UnavailableOperations
from bot.app import texts
from bot.app.catalogue import CatalogueRefresh, DocumentReader
from bot.app.connection.commands import CommandSync
from bot.app.duties import add_rounds
from bot.app.health import Health
from bot.app.host.problems import problems
from bot.app.parts import Cdn, Parts, Setup
from bot.app.webhooks import Webhooks, WebhookTokens
from bot.cannon.budgets import KeyBudgets
from bot.cannon.client import CannonClient
from bot.cannon.discovery import Discovery
from bot.cannon.estimates import Estimates
from bot.cannon.mcp import McpClient
from bot.delivery import Delivery, DiscordLinks, make_delivery
from bot.delivery.answers.recovery import Recovery
from bot.delivery.card.memory import CardOwner
from bot.delivery.channels.channel_sight import ChannelSights
from bot.delivery.channels.links import Thumbnails
from bot.delivery.host.messages import HostMessages
from bot.delivery.posting.best_of_week import WeeklyPosts
from bot.delivery.posting.copies import ResultCopies, Sharing
from bot.delivery.posting.events import EventDesk
from bot.domain.money.limit_rules import host_limits
from bot.domain.practice import is_practice_key
from bot.errors import RESTART_CANNOT_HELP, StartError
from bot.generation.again.shots import JOINS_AN_HOUR, Shots
from bot.generation.assembly import GenerationUseCases
from bot.generation.sources import LookPace, Sources
from bot.generation.visible_jobs import VisibleJobs
from bot.jobs.admission import Admission, RequestGate
from bot.jobs.assembly import make_worker
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.intake import JobService
from bot.jobs.rounds.maintenance import Maintenance
from bot.jobs.rounds.reconciler import Reconciler
from bot.jobs.signals import WorkerSignals
from bot.jobs.worker import AnsweredCards, Worker
from bot.media.fetcher import MediaFetcher, NewTransport
from bot.media.scratch import sweep
from bot.moderation.alerts import Alerts
from bot.moderation.moderation import make_moderation
from bot.prices.book import PriceBooks
from bot.prices.estimates import EstimateTool
from bot.prices.pricing import HostPrices, Pricing
from bot.runtime import texts as metric_texts
from bot.runtime.background import CommonWork, Rounds
from bot.runtime.machine import free_bytes
from bot.runtime.metrics import DatabaseState
from bot.runtime.network.fetching import PracticeTransport
from bot.runtime.network.transport import OriginTransport, public_transport
from bot.runtime.network.web_server import Endpoint, HttpServer
from bot.runtime.pace import TokenBucket
from bot.runtime.texts import COMMANDS_OUTDATED, DISK_FREE
from bot.server.absences import Absences
from bot.server.cast.casting import Casts
from bot.server.cast.changes import ServerCast
from bot.server.cast.voices import ServerVoices
from bot.server.community.events.acts import ServerEvents
from bot.server.community.own_accounts import OwnAccounts, Payers
from bot.server.community.shootouts import ServerShootouts
from bot.server.members import MemberData, OwnSettings
from bot.server.operations import ApiDrift, OperationSwitches
from bot.server.practice import PracticeMode, SentPractice
from bot.server.welcome import FirstSetup, Welcomes
from bot.store import Backups, Store


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


log = structlog.get_logger(__name__)

CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net", "cdn.simcord.invalid")
"""Where Discord stores files, also in the demo and the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Core:
    """The parts that depend only on the store."""

    store: Store
    visible: VisibleJobs
    absences: Absences
    client: CannonClient
    media: MediaFetcher
    keys: ApiKeys
    key_health: KeyHealth
    budgets: KeyBudgets
    unavailable: UnavailableOperations
    switches: OperationSwitches
    mcp: McpClient
    offerings: Offerings
    estimate_tool: EstimateTool
    host_prices: HostPrices
    price_books: PriceBooks
    learned: LearnedDurations
    webhook_tokens: WebhookTokens
    signals: WorkerSignals
    common_work: CommonWork


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
    store.limit_host_key(host_limits(setup.settings.cannon_api_key_limit, setup.settings.cannon_api_key_total))
    core = await _core(setup, store)
    setup.metrics.process(version=__version__, commit=commit(), common=core.common_work)
    sights = ChannelSights(setup.bot, setup.clock)
    sources = _sources(setup, core, sights)
    delivery = _delivery(setup, core, sources, sights, setup.card_owner(store))
    worker, maintenance = _worker(setup, core, delivery, sources)
    alerts = _alerts(setup, core, delivery)
    backups = _backups(setup, store)
    gate = RequestGate(
        keys=core.keys,
        unavailable=core.unavailable,
        catalogue=setup.catalogue,
        switches=core.switches,
        clock=setup.clock,
    )
    pricing = Pricing(store, core.estimate_tool, core.host_prices)
    payers = Payers(store, core.keys, is_allowed=setup.own_accounts)
    jobs = _intake(setup, core, delivery, alerts, worker, gate=gate, pricing=pricing, payers=payers)
    admission = Admission(
        store=store,
        gate=gate,
        alerts=alerts,
        payers=payers,
    )
    status_pace = StatusPace(setup.clock)
    moderation = make_moderation(
        store,
        client=core.client,
        catalogue=setup.catalogue,
        pace=status_pace,
        worker=core.signals,
        languages=delivery.card_languages,
        show=delivery.show,
    )
    store.record_in(delivery.languages.by_rules)
    practice = _practice(setup, core, delivery)
    reconciler = _reconciler(setup, core, delivery)
    recovery = Recovery(
        store=store,
        jobs=jobs,
        delivery=delivery,
        clock=setup.clock,
        metrics=setup.metrics,
    )
    core.absences.listen(core.signals.resume)
    webhooks = Webhooks(core.webhook_tokens, hint=core.signals.hint)
    command_sync = CommandSync(
        setup.bot,
        store,
        catalogue=setup.catalogue,
        clock=setup.clock,
        renew=setup.renew_commands,
        outside=setup.settings.serves_outside,
    )
    setup.metrics.gauge("cannon_bot_commands_outdated", COMMANDS_OUTDATED, lambda: command_sync.is_outdated)
    drift = ApiDrift(store, keys=core.keys, switches=core.switches, catalogue=setup.catalogue)
    catalogue_refresh = CatalogueRefresh(
        setup.catalogue,
        store=store,
        reader=DocumentReader(core.client, core.keys),
        discovery=Discovery(core.mcp),
        drift=drift,
        clock=setup.clock,
    )
    copies = _copies(setup, core, delivery, sources)
    events = ServerEvents(store=store, clock=setup.clock)
    health = _health(setup, store, worker)
    parts = Parts(
        store=store,
        absences=core.absences,
        client=core.client,
        media=core.media,
        keys=core.keys,
        budgets=core.budgets,
        jobs=jobs,
        reconciler=reconciler,
        common_work=core.common_work,
        rounds=Rounds(setup.clock, core.common_work),
        learned=core.learned,
        switches=core.switches,
        mcp=core.mcp,
        offerings=core.offerings,
        estimate_tool=core.estimate_tool,
        host_prices=core.host_prices,
        price_books=core.price_books,
        sources=sources,
        guilds=setup.guilds,
        sights=sights,
        generation=_use_cases(setup, core, sources, admission, jobs, delivery),
        delivery=delivery,
        languages=delivery.languages,
        copies=copies,
        weekly=WeeklyPosts(
            store=store, guilds=setup.guilds, copies=copies, log_channel=delivery.log_channel, clock=setup.clock
        ),
        thumbnails=_thumbnails(setup, core, delivery, sights),
        sharing=Sharing(store=store, gate=delivery.gate, poster=delivery.poster),
        worker=worker,
        signals=core.signals,
        maintenance=maintenance,
        member_data=MemberData(store, setup.catalogue),
        voices=ServerVoices(store, keys=core.keys, settings=moderation.settings),
        own_settings=OwnSettings(store),
        events=events,
        event_desk=_event_desk(setup, core, delivery, events, copies),
        own_accounts=OwnAccounts(
            store,
            payers=payers,
            client=core.client,
            clock=setup.clock,
            pace=StatusPace(setup.clock, of_all=OF_ALL_MEMBERS),
            worker=core.signals,
            show=delivery.show,
        ),
        cast=ServerCast(store=store, keep=delivery.cast_pictures.keep, clock=setup.clock),
        shootouts=ServerShootouts(
            store,
            catalogue=setup.catalogue,
            settings=moderation.settings,
            show=delivery.show_now,
            clock=setup.clock,
        ),
        moderation=moderation,
        practice=practice,
        practice_studio=setup.practice,
        status_pace=status_pace,
        unavailable=core.unavailable,
        alerts=alerts,
        host_messages=HostMessages(
            setup.settings.host_reports,
            client=setup.bot,
            messages=delivery.messages,
            store=store,
            look=partial(problems, health, backups, core.keys),
            is_in_charge=core.common_work.is_here,
            clock=setup.clock,
        ),
        http=_http_server(setup, health, webhooks),
        webhook_tokens=core.webhook_tokens,
        webhooks=webhooks,
        command_sync=command_sync,
        welcomes=Welcomes(store, setup.clock, absences=core.absences, send=setup.surface.welcome),
        first_setup=FirstSetup(store, core.keys),
        recovery=recovery,
        api_drift=drift,
        catalogue_refresh=catalogue_refresh,
        backups=backups,
    )
    add_rounds(setup, parts, key_health=core.key_health, learned=core.learned)
    return parts


async def _core(setup: Setup, store: Store) -> _Core:
    settings, absences = setup.settings, Absences(store, setup.clock)
    budgets = KeyBudgets(setup.clock)
    practise = partial(PracticeTransport, setup.practice.address, sent=SentPractice(store, setup.catalogue).find)
    mcp = McpClient(settings.cannon_api_url, practice_transport=practise(), budgets=budgets)
    offerings = Offerings(store, mcp, settings.top_up_url)
    keys = _keys(setup, store, absences, offerings)
    client = CannonClient(
        settings.cannon_api_url,
        clock=setup.clock,
        practice_transport=practise(),
        metrics=setup.metrics,
        budgets=budgets,
    )
    tool, host_prices = EstimateTool(Estimates(mcp), setup.clock, budgets), HostPrices()
    core = _Core(
        store=store,
        visible=VisibleJobs(store),
        absences=absences,
        client=client,
        media=_media_fetcher(setup, practise),
        keys=keys,
        key_health=KeyHealth(keys, client, setup.clock),
        budgets=budgets,
        unavailable=UnavailableOperations(store, setup.clock),
        switches=OperationSwitches(store, setup.catalogue),
        mcp=mcp,
        offerings=offerings,
        estimate_tool=tool,
        host_prices=host_prices,
        price_books=PriceBooks(
            store,
            keys=keys,
            catalogue=setup.catalogue,
            tool=tool,
            hosted=host_prices,
        ),
        learned=LearnedDurations(store, setup.catalogue),
        webhook_tokens=WebhookTokens(public_url=settings.public_url, sign=store.sign),
        signals=WorkerSignals(),
        common_work=CommonWork(),
    )
    await core.absences.load()
    await core.keys.load()
    await core.offerings.load()
    await core.learned.load()
    await core.switches.load()
    return core


def _keys(setup: Setup, store: Store, absences: Absences, offerings: Offerings) -> ApiKeys:
    settings = setup.settings
    scope = HostKeyScope(setup.bot, settings.cannon_api_key_guilds)
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


def _media_fetcher(setup: Setup, practise: Callable[..., PracticeTransport]) -> MediaFetcher:
    address = urlsplit(setup.settings.cannon_api_url)
    origins = (f"{address.scheme}://{address.netloc}",)
    public = _public_transports(origins, setup.cdn)
    practice = MediaFetcher(
        allowed_origins=origins,
        clock=setup.clock,
        new_transport=lambda connections: practise(others=public(connections)),
    )
    return MediaFetcher(allowed_origins=origins, clock=setup.clock, new_transport=public, practice=practice)


def _public_transports(origins: Collection[str], cdn: Cdn | None) -> NewTransport:
    if cdn is None:
        return lambda connections: public_transport(origins, connections=connections)
    return lambda connections: OriginTransport(public_transport(origins, connections=connections), CDN_HOSTS, cdn)


def _delivery(setup: Setup, core: _Core, sources: Sources, sights: ChannelSights, owner: CardOwner) -> Delivery:
    return make_delivery(
        setup.bot,
        guilds=setup.guilds,
        store=core.store,
        media=core.media,
        catalogue=setup.catalogue,
        learned=core.learned,
        clock=setup.clock,
        metrics=setup.metrics,
        folder=setup.folder,
        fresh=sources.fresh_link,
        surface=setup.surface,
        absences=core.absences,
        sights=sights,
        is_calm=setup.is_calm,
        owner=owner,
    )


def _sources(setup: Setup, core: _Core, sights: ChannelSights) -> Sources:
    links = DiscordLinks(setup.bot, guilds=setup.guilds, store=core.store, sights=sights, clock=setup.clock)
    return Sources(
        store=core.store,
        visible=core.visible,
        media=core.media,
        client=core.client,
        keys=core.keys,
        catalogue=setup.catalogue,
        pace=LookPace(setup.clock),
        refresh=links.fresh,
        refresh_job=links.of_job,
    )


def _worker(setup: Setup, core: _Core, delivery: Delivery, sources: Sources) -> tuple[Worker, Maintenance]:
    return make_worker(
        store=core.store,
        client=core.client,
        keys=core.keys,
        key_health=core.key_health,
        budgets=core.budgets,
        unavailable=core.unavailable,
        catalogue=setup.catalogue,
        learned=core.learned,
        clock=setup.clock,
        surface=delivery,
        languages=delivery.card_languages,
        ask_moderators=setup.surface.ask_moderators,
        metrics=setup.metrics,
        complete=sources.complete,
        signals=core.signals,
        claimed=delivery.follow,
        is_awaited=setup.is_awaited,
        claims=setup.claims,
        webhook_url=None if setup.settings.public_url is None else core.webhook_tokens.url,
    )


def _practice(setup: Setup, core: _Core, delivery: Delivery) -> PracticeMode:
    return PracticeMode(
        core.store,
        client=core.client,
        worker=core.signals,
        show=delivery.show,
        language_of=delivery.languages.of,
        refusal=setup.practice_refusal,
    )


def _alerts(setup: Setup, core: _Core, delivery: Delivery) -> Alerts:
    return Alerts(
        core.store,
        keys=core.keys,
        client=core.client,
        clock=setup.clock,
        channel=delivery.log_channel,
        language_of=delivery.languages.of,
        common=core.common_work,
    )


def _copies(setup: Setup, core: _Core, delivery: Delivery, sources: Sources) -> ResultCopies:
    return ResultCopies(
        delivery.messages,
        gate=delivery.gate,
        store=core.store,
        media=core.media,
        fresh=sources.fresh_link,
        made_with=delivery.made_with,
        languages=delivery.card_languages,
        folder=setup.folder,
    )


def _event_desk(setup: Setup, core: _Core, delivery: Delivery, events: ServerEvents, copies: ResultCopies) -> EventDesk:
    return EventDesk(
        store=core.store,
        events=events,
        guilds=setup.guilds,
        messages=delivery.messages,
        copies=copies,
        gate=delivery.gate,
        surface=setup.surface,
        languages=delivery.languages,
        clock=setup.clock,
        alert=delivery.alert,
    )


def _thumbnails(setup: Setup, core: _Core, delivery: Delivery, sights: ChannelSights) -> Thumbnails:
    links = DiscordLinks(setup.bot, guilds=setup.guilds, store=core.store, sights=sights, clock=setup.clock)
    return Thumbnails(links.of_job, gate=delivery.gate, clock=setup.clock)


def _reconciler(setup: Setup, core: _Core, delivery: Delivery) -> Reconciler:
    return Reconciler(
        core.store,
        client=core.client,
        keys=core.keys,
        catalogue=setup.catalogue,
        surface=delivery,
        languages=delivery.card_languages,
        clock=setup.clock,
    )


def _intake(
    setup: Setup,
    core: _Core,
    delivery: Delivery,
    alerts: Alerts,
    worker: Worker,
    *,
    gate: RequestGate,
    pricing: Pricing,
    payers: Payers,
) -> JobService:
    return JobService(
        store=core.store,
        casts=Casts(store=core.store, catalogue=setup.catalogue, links=delivery.cast_pictures.links),
        keys=core.keys,
        key_health=core.key_health,
        gate=gate,
        pricing=pricing,
        clock=setup.clock,
        alerts=alerts,
        payers=payers,
        wake=core.signals.wake,
        note_answered=AnsweredCards(core.store, worker, delivery.card_languages.of).note,
        languages=delivery.card_languages,
    )


def _use_cases(
    setup: Setup, core: _Core, sources: Sources, admission: Admission, jobs: JobService, delivery: Delivery
) -> GenerationUseCases:
    shots = Shots(
        pace=TokenBucket(setup.clock, JOINS_AN_HOUR, 3600),
        sources=sources,
        visible=core.visible,
        media=core.media,
        publish=delivery.cast_pictures.publish,
        folder=setup.folder,
    )
    return GenerationUseCases(
        catalogue=setup.catalogue,
        switches=core.switches,
        sources=sources,
        shots=shots,
        admission=admission,
        visible=core.visible,
        jobs=jobs,
        store=core.store,
        clock=setup.clock,
    )


def _health(setup: Setup, store: Store, worker: Worker) -> Health:
    return Health(
        setup.bot,
        worker=worker,
        pulse=store.pulse,
        is_ready=setup.is_ready,
        clock=setup.clock,
    )


def _http_server(setup: Setup, health: Health, webhooks: Webhooks) -> HttpServer:
    settings = setup.settings
    public = Endpoint("HTTP", settings.http_host, settings.http_port) if settings.public_url is not None else None
    return HttpServer(
        private=Endpoint("HEALTH", settings.health_host, settings.health_port),
        public=public,
        health=health,
        hint=webhooks.receive,
        metrics=setup.metrics,
    )


def _backups(setup: Setup, store: Store) -> Backups | None:
    settings = setup.settings
    if settings.backup_dir is None:
        return None
    made = Backups(settings.sqlite_file, settings.backup_dir, signature=store.signature, clock=setup.clock)
    setup.metrics.gauge("cannon_bot_backup_age_seconds", metric_texts.BACKUP_AGE, lambda: made.age_s)
    setup.metrics.gauge("cannon_bot_backup_bytes", metric_texts.BACKUP_BYTES, lambda: float(made.bytes))
    return made


def _size_of(path: Path) -> float:
    try:
        return float(path.stat().st_size)
    except OSError:
        return 0.0
