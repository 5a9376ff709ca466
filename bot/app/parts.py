"""The bot's parts, and what they are made from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from discord.ext import commands

from bot.account.api_keys import ApiKeys
from bot.account.key_health import StatusPace
from bot.account.offerings import Offerings
from bot.account.unavailable import UnavailableOperations
from bot.app.catalogue import CatalogueRefresh
from bot.app.connection.commands import CommandSync, Renew
from bot.app.practice_process import PracticeStudio
from bot.app.webhooks import Webhooks, WebhookTokens
from bot.cannon.budgets import KeyBudgets
from bot.cannon.client import CannonClient
from bot.cannon.mcp import McpClient
from bot.catalogue import LiveCatalogue
from bot.delivery import CardSurface, Delivery
from bot.delivery.answers.recovery import Recovery
from bot.delivery.card.memory import CardOwner
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.channel_sight import ChannelSights
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.links import Thumbnails
from bot.delivery.host.messages import HostMessages
from bot.delivery.posting.best_of_week import WeeklyPosts
from bot.delivery.posting.copies import ResultCopies, Sharing
from bot.delivery.posting.events import EventDesk
from bot.generation.assembly import GenerationUseCases
from bot.generation.sources import Sources
from bot.jobs.follow.claims import Claims
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.intake import JobService
from bot.jobs.rounds.maintenance import Maintenance
from bot.jobs.rounds.reconciler import Reconciler
from bot.jobs.signals import WorkerSignals
from bot.jobs.worker import Worker
from bot.language import Text
from bot.media.fetcher import MediaFetcher
from bot.moderation.alerts import Alerts
from bot.moderation.moderation import Moderation
from bot.prices.book import PriceBooks
from bot.prices.estimates import EstimateTool
from bot.prices.pricing import HostPrices
from bot.runtime.background import CommonWork, Rounds
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.runtime.network.web_server import HttpServer
from bot.runtime.process import ProcessIdentity
from bot.server.absences import Absences
from bot.server.cast.changes import ServerCast
from bot.server.cast.voices import ServerVoices
from bot.server.community.events.acts import ServerEvents
from bot.server.community.own_accounts import OwnAccounts
from bot.server.community.shootouts import ServerShootouts
from bot.server.members import MemberData, OwnSettings
from bot.server.operations import ApiDrift, OperationSwitches
from bot.server.practice import PracticeMode
from bot.server.welcome import FirstSetup, Welcomes
from bot.settings import Settings
from bot.store import Backups, Store

Cdn = Callable[[str], Awaitable[bytes | None]]
"""Serves a simulated Discord's files: link in, bytes out, None for 404."""


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
    is_ready: Callable[[], bool]
    """Whether it is connected to Discord."""
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
    own_accounts: bool
    """Whether members may pay with accounts of their own."""
    practice_refusal: Text | None
    """Why no server practises, None if they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything the surface may use, once the bot has started."""

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
    price_books: PriceBooks
    sources: Sources
    guilds: Guilds
    sights: ChannelSights
    generation: GenerationUseCases
    delivery: Delivery
    languages: GuildLanguages
    copies: ResultCopies
    weekly: WeeklyPosts
    thumbnails: Thumbnails
    sharing: Sharing
    worker: Worker
    signals: WorkerSignals
    maintenance: Maintenance
    member_data: MemberData
    voices: ServerVoices
    own_settings: OwnSettings
    own_accounts: OwnAccounts
    cast: ServerCast
    shootouts: ServerShootouts
    events: ServerEvents
    event_desk: EventDesk
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
    api_drift: ApiDrift
    catalogue_refresh: CatalogueRefresh
    learned: LearnedDurations
    backups: Backups | None
    """None if this process makes none."""

    async def aclose(self) -> None:
        """Close what is open, the store last."""
        await self.http.close()
        await self.client.aclose()
        await self.estimate_tool.aclose()
        await self.mcp.aclose()
        await self.media.aclose()
        await self.practice_studio.aclose()
        await self.store.close()
