"""The bot's Discord client: intents, start and stop, and gateway events."""

from __future__ import annotations

import asyncio
import functools
import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.app.connection.gate import RATE_LIMIT_MAX_S, DiscordGate
from bot.app.connection.names import pass_all
from bot.app.connection.start import Gateway, GatewayClient, StartBackoff, invite_link, shard_states
from bot.app.container import Part
from bot.app.duties import Duties, Spawn, add_rounds
from bot.app.parts import Cdn, Parts, Setup, open_parts
from bot.app.practice_process import NoPracticeStudio, PracticeProcess, PracticeStudio
from bot.catalogue import Catalogue, LiveCatalogue
from bot.delivery import CardSurface
from bot.delivery.answers.command_payload import Translator
from bot.delivery.answers.deferral import watch_attempts
from bot.delivery.answers.responses import Bot, Responses, speak_to
from bot.delivery.card.memory import CardOwner, EveryCard
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.guilds import GatewayGuilds, Guilds
from bot.domain.typed_keys import require_no_key
from bot.domain.words.text import whole
from bot.errors import DatabaseFailing, InputError, StoreError
from bot.jobs.follow.claims import Claims
from bot.media.scratch import scratch_folder
from bot.runtime.background import BackgroundTasks
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.machine import release_memory
from bot.runtime.metrics import Metrics
from bot.runtime.network.health_probe import ADDRESS_META
from bot.runtime.output import dropped_lines
from bot.runtime.pace import TokenBucket, Waiting
from bot.runtime.process import ProcessIdentity
from bot.runtime.texts import IDENTIFIES_LEFT
from bot.settings import DISCORD_API_URL, Settings
from bot.store import Store
from bot.store.by_name import fleet_module

log = structlog.get_logger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot never uses voice

SURFACE = "cogs"
"""The one extension, loaded by name: nothing in `bot` imports the cogs."""
ANSWER_DEADLINE_S = 3.0
"""Discord takes no first answer to an interaction after it (interactions: receiving and responding)."""
LOGIN_S = 300.0
"""Timeout of the login, with the registration of the commands."""
PRESS_AGAIN_S = 3.0
"""How long a paid control ignores a second press by the same member."""


def intents() -> discord.Intents:
    """Return the gateway intents: no privileged one."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.guild_messages = True  # mentions carry their words; and a gallery post is deleted with its source
    wanted.guild_reactions = True
    wanted.dm_reactions = True
    return wanted


class Tree(app_commands.CommandTree["CannonBot"]):
    """The command tree; errors go to the one error boundary."""

    async def interaction_check(self, interaction: discord.Interaction[CannonBot], /) -> bool:
        """Set the member's language, and sanitise typed texts for storage and search.

        discord.py calls it first for every command, menu and autocomplete. False for a command with a key in a text.
        """
        speak_to(interaction)
        data = cast("dict[str, Any]", interaction.data or {})
        if "options" in data:
            data["options"] = whole(data["options"])
        if interaction.type is discord.InteractionType.application_command:
            try:
                require_no_key(data.get("options", ()))
            except InputError as error:
                await self.client.responses.report(interaction, error)
                return False
        return True

    async def on_error(
        self, interaction: discord.Interaction[CannonBot], error: app_commands.AppCommandError, /
    ) -> None:
        await self.client.responses.report(interaction, error)


class CannonBot(GatewayClient, Bot):
    """The Discord client, with as many shards as Discord wants.

    `run_worker=False` and `serve_http=False` leave those to the caller. `cdn` serves a simulated Discord's files: link
    in, bytes out, None for 404. `backoff` saves Discord's daily starts; a simulated Discord needs none. `practice` is
    the practice sandbox: by default a process, or none by the settings.
    """

    parts: Parts
    claims: type[Claims] = Claims

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        run_worker: bool = True,
        serve_http: bool = True,
        cdn: Cdn | None = None,
        backoff: StartBackoff | None = None,
        practice: PracticeStudio | None = None,
        identity: ProcessIdentity | None = None,
    ) -> None:
        self.identity = identity or ProcessIdentity.of()
        self.clock: Clock = clock or SystemClock()
        self.metrics = Metrics()
        has_proxy = settings.discord_api_url != DISCORD_API_URL
        self.discord_gate = DiscordGate(self.clock, self.metrics, is_paced=not has_proxy)
        options = _client_options(self.discord_gate)
        super().__init__(commands.when_mentioned, tree_cls=Tree, shard_count=settings.shard_count, **options)
        _guard_parsers(self._connection.parsers, self.metrics)
        self.settings = settings
        self.known_guilds = self._guilds()
        self.metrics.dropped_lines(dropped_lines)
        self.metrics.shards(functools.partial(shard_states, self))
        self.responses = Responses(self.metrics, settings.docs_url)
        self.live_catalogue = LiveCatalogue(Catalogue(allow_local=_is_local(settings.cannon_api_url)))
        self.presses = TokenBucket(self.clock, 1, PRESS_AGAIN_S)
        self._unanswered = Waiting(self.clock, ANSWER_DEADLINE_S, _is_answered)
        self._run_worker = run_worker
        self._serve_http = serve_http
        self._cdn = cdn
        self._backoff = backoff
        self._practice = practice or (PracticeProcess(self.clock) if settings.practice == "on" else NoPracticeStudio())
        self._background = BackgroundTasks()
        self._closed_parts = False
        self._compared_shards: set[int] = set()
        self._compared = asyncio.Event()
        """Set once servers that removed the bot meanwhile are noted, on all shards."""

    def _guilds(self) -> Guilds:
        return GatewayGuilds(self)

    def card_owner(self, store: Store) -> CardOwner:  # noqa: ARG002 - the only process on the store needs nothing of it
        return EveryCard()

    def get(self, kind: type[Part]) -> Part:
        return self.parts.get(kind)

    @functools.cached_property
    def surface(self) -> CardSurface:
        """What cards offer and trigger, loaded from the surface by name."""
        made: CardSurface = _surface_module().card_surface(self)
        return made

    @functools.cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        """The scratch folder, made on first use: a bot that only describes itself writes nothing."""
        return scratch_folder(self.settings.local_files)

    @property
    def setup(self) -> Setup:
        return Setup(
            bot=self,
            identity=self.identity,
            guilds=self.known_guilds,
            card_owner=self.card_owner,
            claims=self.claims,
            is_calm=self.discord_gate.is_calm,
            is_awaited=self._unanswered.anyone,
            settings=self.settings,
            clock=self.clock,
            catalogue=self.live_catalogue,
            metrics=self.metrics,
            folder=Path(self._folder.name),
            surface=self.surface,
            renew_commands=self.renew_commands,
            cdn=self._cdn,
            practice=self._practice,
        )

    # ------------------------------------------------------------------ start and stop

    async def load_surface(self) -> None:
        """Add every command, menu and listener, and register the controls of cards.

        Raises what a group's setup raises. Not a discord.py extension: `close` would unload its modules, and the next
        bot of the process would compile them again.
        """
        await _surface_module().setup(self)

    async def renew_commands(self, *, described: bool = True) -> None:
        """Update or remove the commands made from the catalogue's data."""
        await _surface_module().renew(self, described=described)

    def _sent(self, body: Any) -> Any:
        return self.parts.command_sync.names.sent(body)

    def command_id(self, name: str) -> int | None:
        """Return the id of a registered command, group or menu by its English name; None if not registered."""
        return self.parts.command_sync.id_of(name)

    async def login(self, token: str) -> None:
        """Lock and open the database, put the parts together and listen, then log in.

        So what stops a start here is reported though Discord cannot be reached. Raises StoreError, StartError, and
        what discord.py raises.
        """
        pass_all(self.http, self._sent)  # before any task of ours begins
        self.parts = await open_parts(self.setup)
        add_rounds(self.setup, self.parts)
        await self._join()
        await self.parts.catalogue_refresh.load()  # before the commands, some of which depend on it
        if self.settings.price_list is not None:
            from bot.app.host.prices import host_price_list  # noqa: PLC0415 - most hosts have no list

            self.parts.host_prices.lines = host_price_list(self.settings, self.live_catalogue.current)
        if self._serve_http:
            await self.parts.http.start()
            await self._note_address()
        await in_time(super().login(token), LOGIN_S)

    async def setup_hook(self) -> None:
        """Load the surface, and resume."""
        await self.tree.set_translator(Translator())
        await self.load_surface()
        await self.parts.command_sync.read_again()
        await self._recover()
        if self._run_worker:
            self.begin_duties(self._background.start)
        await self.parts.command_sync.sync_if_changed()
        release_memory()  # the start reads much it does not keep

    async def _join(self) -> None:
        """Join what uses the same database, once the parts are open: nothing else does."""

    async def _note_address(self) -> None:
        """Note where `cannon-bot health` finds this process."""
        await self.parts.store.meta.set(ADDRESS_META, self.parts.http.health_address)

    async def _recover(self) -> None:
        """Complete what the last process left behind."""
        await self.parts.recovery.recover()
        await self.parts.practice.recover()

    def begin_duties(self, spawn: Spawn) -> None:
        """Start a process's background work; `spawn` runs each part of it until the caller cancels it."""
        Duties(
            self.parts,
            clock=self.clock,
            metrics=self.metrics,
            compared=self._compared,
            spawn=spawn,
            end=self._background.fail,
        ).begin()

    async def start(self, token: str, *, reconnect: bool = True) -> None:
        """Log in and connect to the gateway.

        Raises what discord.py raises, and StartError once it cannot continue.
        """
        await self._background.accompany(super().start(token, reconnect=reconnect))

    async def begin_shards(self, gateway: Gateway) -> None:
        """Wait for a session; jobs are followed meanwhile."""
        if (backoff := self._backoff) is not None:
            backoff.note_limit(gateway.limit)
            self.metrics.gauge("cannon_bot_identifies_left", IDENTIFIES_LEFT, lambda: backoff.left)
            await backoff.take(shards=self.shard_count or 1)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Count a new session; `begin_shards` counted the first."""
        if self._backoff is not None and not initial:
            await self._backoff.take(shards=self.shard_count or 1)
        await super().before_identify_hook(shard_id, initial=initial)

    async def close(self) -> None:
        """Stop following jobs, close everything. Takes under 10 seconds."""
        if not self._closed_parts and hasattr(self, "parts"):
            self._closed_parts = True
            await self._hand_shards_over()
            await self.parts.worker.stop()
            await self._background.stop()
            await self.parts.maintenance.stop()
            await self._leave()
            await self.surface.aclose()
            await self.parts.aclose()
        if "_folder" in vars(self):
            self._folder.cleanup()
        await super().close()

    async def _hand_shards_over(self) -> None:
        """Free what others can have at once, before turns of jobs are waited for."""

    async def _leave(self) -> None:
        """Undo `_join`, before the parts close."""

    # ------------------------------------------------------------------ events

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note an interaction before its handler runs."""
        if event == "interaction":
            self._unanswered.begin(args[0])
        super().dispatch(event, *args, **kwargs)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log an event's error. One caused by closing, or by the database, is no bug."""
        error = sys.exc_info()[1]
        if isinstance(error, DatabaseFailing) or (self._closed_parts and isinstance(error, StoreError)):
            log.info("event.cut_short", name=event_method, error=error)
            return
        await super().on_error(event_method, *args, **kwargs)

    async def on_message(self, message: discord.Message, /) -> None:
        """Run no text commands: cogs/words answers mentions."""

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that a server removed the bot, unless it is only unavailable."""
        await self.parts.absences.left(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Continue the jobs of a server that invited the bot again; greet a new one."""
        await self.parts.absences.returned(guild.id)
        await self.parts.welcomes.joined(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Treat the server as joined: the bot may be there for the first time."""
        await self.parts.absences.returned(guild.id)
        me: discord.Member | None = guild.me
        if me is not None and me.joined_at is not None:
            await self.parts.welcomes.found({guild.id: me.joined_at.timestamp()})

    async def on_shard_connect(self, shard_id: int) -> None:
        """Compare a shard's servers: a new session lists them, and reports no joins or removals from before it."""
        guilds = [guild.id for guild in self.guilds if guild.shard_id == shard_id]
        try:
            await self.parts.absences.compare(guilds, lambda guild_id: self.shard_of(guild_id) == shard_id)
        finally:
            self._compared_shards.add(shard_id)
            if self._compared_shards.issuperset(self._connection.shard_ids):
                self._compared.set()

    async def on_ready(self) -> None:
        invite = None if self.application_id is None else invite_link(self.application_id)
        log.info("ready", user=str(self.user), guilds=len(self.guilds), invite=invite)


def new_client(settings: Settings, *, clock: Clock, backs_off: bool = False, **options: Any) -> CannonBot:
    """Return the client for the settings' database, with CannonBot's `options`.

    `backs_off`: save Discord's daily starts. Raises StoreError.
    """
    if settings.is_fleet:  # its starts are counted in the database
        made: CannonBot = fleet_module("client").FleetBot(settings, clock=clock, **options)
        return made
    backoff = StartBackoff(settings.local_files, clock) if backs_off else None
    return CannonBot(settings, clock=clock, backoff=backoff, **options)


def import_surface() -> None:
    """Import all of the surface early: for a process with only one bot."""
    _surface_module().load()


def _surface_module() -> Any:
    return importlib.import_module(SURFACE)


def _client_options(gate: DiscordGate) -> dict[str, Any]:
    """Return discord.py's options: no pings unless a message says so, no members preloaded, no messages cached.

    Commands are for servers only, whatever the application's settings. Every request passes the gate, and raises
    RateLimited instead of waiting long.
    """
    return {
        "help_command": None,
        "intents": intents(),
        "allowed_mentions": discord.AllowedMentions.none(),
        "allowed_installs": app_commands.AppInstallationType(guild=True, user=False),
        "allowed_contexts": app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        "chunk_guilds_at_startup": False,
        "max_messages": None,
        "http_trace": watch_attempts(gate.trace()),
        "max_ratelimit_timeout": RATE_LIMIT_MAX_S,
    }


def _guard_parsers(parsers: dict[str, Callable[[Any], None]], metrics: Metrics) -> None:
    """Leave events that discord.py cannot parse: it would end the client. Each is counted, and logged once by name.

    READY, without which there is no session, stays fatal.
    """
    reported = set[str]()

    def guarded(name: str, parse: Callable[[Any], None], data: Any) -> None:
        try:
            parse(data)
        except Exception as error:
            metrics.discord_error(error)
            if name not in reported:
                reported.add(name)
                log.exception("gateway.event_not_parsed", name=name)

    for name in parsers.keys() - {"READY"}:
        parsers[name] = functools.partial(guarded, name, parsers[name])


def _is_answered(interaction: discord.Interaction[Any]) -> bool:
    return interaction.response.is_done()


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
