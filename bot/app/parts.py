"""The parts that the bot is made of, and what they are made from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from discord.ext import commands

from bot.app.catalogue_refresh import CatalogueRefresh
from bot.app.command_sync import CommandSync, Renew
from bot.app.practice_process import PracticeStudio
from bot.app.recovery import Recovery, Spawn
from bot.app.roles import Role
from bot.app.shared_memory import SharedMemory
from bot.app.webhooks import Webhooks, WebhookTokens
from bot.cannon.client import CannonClient
from bot.cannon.estimates import Estimates
from bot.catalogue import LiveCatalogue
from bot.delivery import CardSurface, Delivery
from bot.delivery.channel_sight import ChannelSights
from bot.delivery.copies import ResultCopies
from bot.delivery.guild_languages import GuildLanguages
from bot.delivery.guilds import Guilds
from bot.delivery.sharing import Sharing
from bot.delivery.thumbnails import Thumbnails
from bot.generation.assembly import GenerationUseCases
from bot.generation.sources import Sources
from bot.guild.absences import Absences
from bot.guild.account_memory import AccountMemories
from bot.guild.api_drift import ApiDrift
from bot.guild.api_keys import ApiKeys
from bot.guild.estimate_tool import EstimateTool
from bot.guild.first_setup import FirstSetup
from bot.guild.learned_prices import LearnedPrices
from bot.guild.member_data import MemberData
from bot.guild.member_settings import OwnSettings
from bot.guild.moderation import Moderation
from bot.guild.operation_switches import OperationSwitches
from bot.guild.practice import PracticeMode
from bot.guild.status_pace import StatusPace
from bot.guild.unavailable_operations import UnavailableOperations
from bot.guild.voices import ServerVoices
from bot.guild.watch import Watch
from bot.guild.welcomes import Welcomes
from bot.jobs.intake import JobService
from bot.jobs.maintenance import Maintenance
from bot.jobs.price_book import PriceBooks
from bot.jobs.reconciler import Reconciler
from bot.jobs.second_copy import SecondCopy
from bot.jobs.signals import WorkerSignals
from bot.jobs.upkeep import Upkeep
from bot.jobs.worker import Worker
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.runtime.web_server import HttpServer
from bot.settings import Settings
from bot.store import Store

Cdn = Callable[[str], Awaitable[bytes | None]]
"""Serves Discord's files where Discord is simulated: a link in, its bytes out, None for 404."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the parts are made from.

    `spawn` runs work in the background, None if the caller drives the bot; `cdn` is None on the real Discord.
    """

    bot: commands.AutoShardedBot
    role: Role
    guilds: Guilds
    is_ready: Callable[[], bool]
    """Whether it is connected to Discord, in the way of its role."""
    is_calm: Callable[[], bool]
    """Whether Discord takes calls that can wait."""
    settings: Settings
    clock: Clock
    catalogue: LiveCatalogue
    metrics: Metrics
    folder: Path
    surface: CardSurface
    renew_commands: Renew
    spawn: Spawn | None
    cdn: Cdn | None
    practice: PracticeStudio


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything the surface may use, once the bot has started."""

    store: Store
    absences: Absences
    client: CannonClient
    media: MediaFetcher
    keys: ApiKeys
    memories: AccountMemories
    learned_prices: LearnedPrices
    jobs: JobService
    reconciler: Reconciler
    upkeep: Upkeep
    switches: OperationSwitches
    estimates: Estimates
    estimate_tool: EstimateTool
    price_books: PriceBooks
    sources: Sources
    guilds: Guilds
    sights: ChannelSights
    generation: GenerationUseCases
    delivery: Delivery
    languages: GuildLanguages
    copies: ResultCopies
    thumbnails: Thumbnails
    sharing: Sharing
    worker: Worker
    signals: WorkerSignals
    maintenance: Maintenance
    member_data: MemberData
    voices: ServerVoices
    own_settings: OwnSettings
    moderation: Moderation
    practice: PracticeMode
    practice_studio: PracticeStudio
    status_pace: StatusPace
    unavailable: UnavailableOperations
    watch: Watch
    second_copy: SecondCopy
    http: HttpServer
    webhook_tokens: WebhookTokens
    webhooks: Webhooks
    command_sync: CommandSync
    welcomes: Welcomes
    first_setup: FirstSetup
    recovery: Recovery
    api_drift: ApiDrift
    catalogue_refresh: CatalogueRefresh
    shared: SharedMemory

    async def aclose(self) -> None:
        """Close what is open, the store last."""
        await self.http.close()
        await self.shared.aclose()
        await self.client.aclose()
        await self.estimates.aclose()
        await self.media.aclose()
        await self.practice_studio.aclose()
        await self.store.close()
