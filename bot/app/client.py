"""The bot, and the one place where its parts are put together.

`CannonBot.report` is the error boundary: whatever goes wrong while answering a member ends there, as one sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.app.translation import Translator
from bot.cannon.client import CannonClient
from bot.cannon.estimates import Estimates
from bot.catalogue import Catalogue
from bot.delivery import Delivery, DiscordLinks
from bot.delivery.copies import Copies
from bot.delivery.discord_facts import DEAD_INTERACTION, DISCORD_ERRORS
from bot.domain.models import Card, Job
from bot.errors import BotError, CannonError, InputError, StartError
from bot.generation.sources import Sources
from bot.guild.api_keys import ApiKeys
from bot.guild.operation_switches import OperationSwitches
from bot.guild.watch import Watch
from bot.jobs.assembly import make_worker
from bot.jobs.intake import JobService
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.maintenance import AskModerators, Maintenance, nobody_to_ask
from bot.jobs.worker import Worker
from bot.media.fetcher import MediaFetcher
from bot.media.scratch_dir import scratch_folder, sweep
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.cooldowns import Cooldowns
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics
from bot.runtime.transport import OriginTransport, public_transport
from bot.runtime.web_server import HttpServer
from bot.settings import Settings
from bot.store import Approval, Store

log = structlog.get_logger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot never speaks in voice channels

EXTENSION = "cogs"
"""The one extension the core loads, by name: nothing in `bot` imports the cogs."""
RECOVER_AGAIN_S = 30.0
PRESS_AGAIN_S = 3.0
"""For how long a control that spends does not do the same again for the same member: a double press."""
OPENAPI_EVERY_S = 24 * 3600.0
OPENAPI_AGAIN_S = 3600.0
WORKER_STALLED_S = 120.0
ERROR_CHARS = 1900
CHAT_INPUT = discord.AppCommandType.chat_input.value
FORM_PREFIX = "form:"
FORM_TAKEN = "form taken"
"""The mark on an interaction that a form of this process has taken."""
CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net", "cdn.simcord.invalid")
"""Where Discord, and the one simulated for the demo and the tests, keeps files."""

Cdn = Callable[[str], Awaitable[bytes | None]]

UNEXPECTED = (
    "Something went wrong on the bot's side. `/jobs list` shows whether anything was begun by this; else try again."
)
WRAPPED = (app_commands.CommandInvokeError, app_commands.TransformerError, app_commands.CheckFailure)
CHECK_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (app_commands.NoPrivateMessage, "This works in a server only."),
    (app_commands.MissingPermissions, "You need the permission Manage Server for this."),
    (
        app_commands.CommandNotFound,
        "The bot was updated and no longer knows this command. Reload Discord and try again.",
    ),
    (app_commands.CheckFailure, "You may not use this here."),
)
NOT_DONE = "This was not done."
"""Stands for a moment where "thinking…" stood, until the reason has been told privately."""
FORM_LOST = "This form was opened before the bot was restarted. Nothing was saved; please open it again."


def intents() -> discord.Intents:
    """Return the gateway intents: no privileged one."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.guild_messages = True  # for their deletion: a gallery's post goes with its source
    wanted.guild_reactions = True
    wanted.dm_reactions = True
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything the surface may use, once the bot has started."""

    store: Store
    client: CannonClient
    media: MediaFetcher
    keys: ApiKeys
    jobs: JobService
    switches: OperationSwitches
    estimates: Estimates
    sources: Sources
    delivery: Delivery
    copies: Copies
    worker: Worker
    watch: Watch
    http: HttpServer | None


class Tree(app_commands.CommandTree["CannonBot"]):
    """The command tree; its errors go to the one boundary."""

    async def on_error(
        self, interaction: discord.Interaction[CannonBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer an error of a command."""
        await self.client.report(interaction, error)


class CannonBot(commands.Bot):
    """The Discord client. `run_worker=False` and `serve_http=False` leave those to the caller.

    `cdn` serves Discord's files where Discord is simulated: a link in, its bytes out, None for 404.
    """

    parts: Parts

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        run_worker: bool = True,
        serve_http: bool = True,
        cdn: Cdn | None = None,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=Tree,
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.catalogue = Catalogue(allow_local=_is_local(settings.cannon_api_url))
        self.forms: set[str] = set()
        """Custom ids of the forms that are open now; a form's answer that is not among them is from before a start."""
        self.cooldowns = Cooldowns(self.clock, PRESS_AGAIN_S)
        """What members have pressed a moment ago."""
        self.approvals: AskModerators = nobody_to_ask
        """Asks a guild's moderators whether a card may go on; set by the surface."""
        self._run_worker = run_worker
        self._serve_http = serve_http
        self._cdn = cdn
        self._folder = scratch_folder(settings.database)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed_parts = False
        self._command_ids: dict[str, int] = {}

    # ------------------------------------------------------------------ start and stop

    async def setup_hook(self) -> None:
        """Put the parts together, load the surface, and take up what was left by the last run."""
        self.parts = await self._build()
        await self.tree.set_translator(Translator())
        await self.load_extension(EXTENSION)
        await self.sync_if_changed()
        await self._learn_openapi_from_store()
        if self.parts.http is not None:
            await self.parts.http.start()
            await self.parts.store.meta.set("http_address", self.parts.http.address)
        await self.recover()
        if self._run_worker:
            self._spawn(self.parts.worker.run(), "worker")
            self._spawn(self.parts.watch.run(), "watch")
            self._spawn(self._keep_learning(), "openapi")

    async def close(self) -> None:
        """Stop following jobs, give the leases back, close everything. Takes under 10 seconds."""
        if not self._closed_parts and hasattr(self, "parts"):
            self._closed_parts = True
            await self.parts.worker.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self.parts.http is not None:
                await self.parts.http.close()
            await self.parts.client.aclose()
            await self.parts.estimates.aclose()
            await self.parts.media.aclose()
            await self.parts.store.close()
        self._folder.cleanup()
        await super().close()

    async def _build(self) -> Parts:
        settings = self.settings
        store = await Store.open(
            settings.database,
            clock=self.clock,
            secret_keys=tuple(key.get_secret_value() for key in settings.secret_keys),
            alone=True,
        )
        try:
            sweep(settings.database, keep=Path(self._folder.name))
            return await self._assemble(store)
        except BaseException:
            await store.close()
            raise

    async def _assemble(self, store: Store) -> Parts:
        settings, clock = self.settings, self.clock
        host_key = settings.cannon_api_key.get_secret_value() if settings.cannon_api_key else None
        keys = ApiKeys(store, host_key=host_key, host_key_serves=self._host_key_serves)
        if host_key is not None:
            log.info("host_key.serves", guilds=self._host_key_scope())
        metrics = Metrics()
        client = CannonClient(settings.cannon_api_url, clock=clock)
        media = self._media_fetcher()
        learned = LearnedDurations(store, lambda: self.catalogue)
        await learned.load()
        delivery = Delivery(
            self,
            store=store,
            media=media,
            catalogue=lambda: self.catalogue,
            learned=learned,
            clock=clock,
            folder=Path(self._folder.name),
        )
        maintenance = Maintenance(store, clock=clock, show=delivery.show, ask_moderators=self._ask_moderators)
        links = DiscordLinks(self, store=store, clock=clock)
        sources = Sources(
            store=store,
            media=media,
            client=client,
            keys=keys,
            catalogue=lambda: self.catalogue,
            refresh=links.fresh,
            refresh_job=links.of_job,
        )
        copies = Copies(self, store=store, media=media, fresh=sources.fresh_link, folder=Path(self._folder.name))
        worker = make_worker(
            store=store,
            client=client,
            keys=keys,
            catalogue=lambda: self.catalogue,
            learned=learned,
            clock=clock,
            surface=delivery,
            maintenance=maintenance,
            metrics=metrics,
            complete=sources.complete,
            webhook_url=self.webhook_url,
        )
        switches = OperationSwitches(store, lambda: self.catalogue)
        estimates = Estimates(settings.cannon_api_url)
        await switches.load()
        watch = Watch(store, keys=keys, client=client, clock=clock, channel=delivery.log_channel, ping=delivery.ping)
        jobs = JobService(
            store=store,
            keys=keys,
            catalogue=lambda: self.catalogue,
            switches=switches,
            estimates=estimates,
            clock=clock,
            watch=watch,
            wake=worker.wake,
        )
        http = HttpServer(
            host=settings.http_host, port=settings.http_port, health=self.health, hint=self.hint, metrics=metrics
        )
        return Parts(
            store=store,
            client=client,
            media=media,
            keys=keys,
            jobs=jobs,
            switches=switches,
            estimates=estimates,
            sources=sources,
            delivery=delivery,
            copies=copies,
            worker=worker,
            watch=watch,
            http=http if self._serve_http else None,
        )

    def _media_fetcher(self) -> MediaFetcher:
        origins = (_origin(self.settings.cannon_api_url),)
        transport = public_transport(origins)
        if self._cdn is not None:
            transport = OriginTransport(transport, CDN_HOSTS, self._cdn)
        return MediaFetcher(allowed_origins=origins, clock=self.clock, transport=transport)

    def _spawn(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sync_if_changed(self) -> None:
        """Register the commands, in every language, if they are not those of the last time (200 creations a day)."""
        store = self.parts.store
        payload = await self._commands_payload()
        text = json.dumps(payload, sort_keys=True).encode()
        digest = f"{self.application_id}:{hashlib.sha256(text).hexdigest()}"
        if self.application_id is not None and await store.meta.get("commands") != digest:
            # As `tree.sync` does it, with the payload that is there: translating it again takes as long as all else.
            made = await self.http.bulk_upsert_global_commands(self.application_id, payload=payload)
            slash = {each["name"]: int(each["id"]) for each in made if each["type"] == CHAT_INPUT}
            await store.meta.set("command_ids", json.dumps(slash))
            await store.meta.set("commands", digest)
        self._command_ids = json.loads(await store.meta.get("command_ids") or "{}")

    async def _commands_payload(self) -> list[dict[str, Any]]:
        """Return what would be sent to Discord to register the commands."""
        translator = self.tree.translator or app_commands.Translator()
        return [await command.get_translated_payload(self.tree, translator) for command in self.tree.get_commands()]

    def mention(self, command: str) -> str:
        """Return a slash command, such as `image generate`, as members can click it, in their own language."""
        command_id = self._command_ids.get(command.partition(" ")[0])
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"

    async def recover(self) -> None:
        """Look up, for each card whose answer is not known, whether Discord has it: go on with it, or give back.

        For the start, before the first interaction comes: no answer may be on its way.
        """
        self._settle_later(await self._settle(await self.parts.store.cards.unanswered()))

    async def settle_answer(self, card: Card) -> bool:
        """Find out, after a failed answer, whether Discord has the card all the same; go on or give back.

        Returns whether the jobs go on; False also where it cannot be told now, then it is found out later.
        """
        try:
            return await self._settle_answer(card)
        except DISCORD_ERRORS as error:
            log.warning("answer.unknown", card=card.id, error=type(error).__name__)
            self._settle_later([card])
            return False

    async def _settle_answer(self, card: Card) -> bool:
        message_id = await self.parts.delivery.original_id(card)
        if message_id is None:
            dropped = await self.parts.jobs.unanswered(card)
            log.info("answer.dropped", card=card.id, jobs=dropped)
            return False
        await self.parts.jobs.answered(card, message_id=message_id, channel_id=card.channel_id)
        await self.parts.delivery.show(card.guild_id, card.id)
        return True

    async def _settle(self, cards: Sequence[Card]) -> list[Card]:
        """Settle what can be settled; return the cards of which it cannot be told now."""
        left = []
        for card in cards:
            failpoint("recover.start")
            try:
                await self._settle_answer(card)
            except DISCORD_ERRORS as error:
                log.warning("recover.later", card=card.id, error=type(error).__name__)
                left.append(card)
        return left

    def _settle_later(self, cards: Sequence[Card]) -> None:
        if cards and self._run_worker:
            self._spawn(self._settle_until_done(cards), "recover")

    async def _settle_until_done(self, cards: Sequence[Card]) -> None:
        pause = asyncio.Event()  # never set: the clock ends each wait
        while cards:
            await self.clock.wait(pause, RECOVER_AGAIN_S)
            cards = await self._settle(cards)

    async def _ask_moderators(self, approval: Approval) -> None:
        await self.approvals(approval)  # looked up now: the surface is loaded after the parts are built

    # ------------------------------------------------------------------ what Cannon Studio publishes

    async def _learn_openapi_from_store(self) -> None:
        text = await self.parts.store.meta.get("openapi_document")
        if text is not None:
            await self._merge(json.loads(text))

    async def _merge(self, document: Mapping[str, Any]) -> None:
        # In a thread: the document comes from outside, and a strange one takes long.
        merged, drift = await asyncio.to_thread(self.catalogue.merged, document)
        for sentence in drift:
            log.info("catalogue.drift", change=sentence)
        self.catalogue = merged

    async def learn_openapi(self) -> None:
        """Read Cannon Studio's own description and merge it. One that cannot be read changes nothing."""
        store = self.parts.store
        answer = await self.parts.client.openapi(etag=await store.meta.get("openapi_etag"))
        if answer is None:
            return
        await self._merge(answer.document)
        await store.meta.set("openapi_document", json.dumps(answer.document))
        await store.meta.set("openapi_etag", answer.etag or "")

    async def _keep_learning(self) -> None:
        while True:
            pause_s = OPENAPI_EVERY_S
            try:
                await self.learn_openapi()
            except CannonError as error:
                log.info("catalogue.not_read", error=type(error).__name__, status=error.status)
                pause_s = OPENAPI_AGAIN_S
            except Exception:
                log.exception("catalogue.failed")
                pause_s = OPENAPI_AGAIN_S
            await asyncio.sleep(pause_s)

    # ------------------------------------------------------------------ the host's key, health, webhooks

    def _host_key_serves(self, guild_id: int) -> bool:
        allowed = self.settings.cannon_api_key_guilds
        if allowed is None:
            # A public bot would let strangers spend the host's credits.
            return self.application is not None and not self.application.bot_public
        return allowed == "*" or guild_id in allowed

    def _host_key_scope(self) -> str:
        allowed = self.settings.cannon_api_key_guilds
        if allowed == "*":
            return "every server"
        if allowed is not None:
            return f"{len(allowed)} named servers"
        if self._host_key_serves(0):
            return "every server, since the application is private"
        return "none, since the application is public; set CANNON_API_KEY_GUILDS"

    def health(self) -> dict[str, object]:
        """Return whether the bot can do its work, and whether it is connected."""
        stalled_s = self.clock.monotonic() - self.parts.worker.beat
        ready = self.is_ready() and not self.is_closed()
        return {
            "ok": stalled_s < WORKER_STALLED_S,
            "ready": ready,
            "jobs": self.parts.worker.followed,
            "guilds": len(self.guilds),
        }

    def _hook_token(self, job_id: str) -> str:
        return f"{job_id}-{self.parts.store.sign(f'webhook:{job_id}')}"

    def webhook_url(self, job: Job) -> str | None:
        """Return where Cannon Studio may say that the job has changed; None without a public address."""
        if self.settings.public_url is None:
            return None
        return f"{self.settings.public_url}/webhooks/{self._hook_token(job.id)}"

    def hint(self, token: str) -> bool:
        """Take a webhook: a hint to look at one job now. Returns False for a token that is not ours."""
        job_id, _, _ = token.partition("-")
        if not hmac.compare_digest(token.encode(), self._hook_token(job_id).encode()):
            return False
        self.parts.worker.hint(job_id)
        return True

    # ------------------------------------------------------------------ the error boundary

    async def report(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Answer a member's failed interaction with one sentence that only they see.

        In this order: our own errors say their sentence; Discord's checks get a plain one; an interaction that is
        already dead is only noted; anything else is logged with its trace and told as our fault.
        """
        cause = error
        # A check may only raise what discord.py knows: it carries our own error as its cause.
        while isinstance(cause, WRAPPED):
            inner = cause.original if isinstance(cause, app_commands.CommandInvokeError) else cause.__cause__
            if inner is None:
                break
            cause = inner
        sentence = self._sentence(cause)
        if sentence is None:
            log.info("interaction.dead", command=_command_name(interaction))
            return
        await self.tell(interaction, sentence)

    def _sentence(self, error: BaseException) -> str | None:
        if isinstance(error, BotError):
            return error.sentence
        for kind, sentence in CHECK_SENTENCES:
            if isinstance(error, kind):
                return sentence
        if isinstance(error, discord.HTTPException) and error.code in DEAD_INTERACTION:
            return None
        log.error("interaction.failed", exc_info=error)
        return UNEXPECTED

    async def tell(self, interaction: discord.Interaction[Any], sentence: str) -> None:
        """Say one sentence privately, whatever was answered before; never raises for a dead interaction."""
        await self.whisper(interaction, f"⚠️ {sentence}"[:ERROR_CHARS])

    async def whisper(
        self, interaction: discord.Interaction[Any], text: str, view: discord.ui.View | None = None
    ) -> None:
        """Answer privately, perhaps with controls; never raises for an interaction that is dead by now."""
        shown = discord.utils.MISSING if view is None else view
        try:
            if not interaction.response.is_done():
                await interaction.response.send_message(text, view=shown, ephemeral=True)
            elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
                await self._whisper_late(interaction, text, view)
            else:
                await interaction.followup.send(text, view=shown, ephemeral=True)
        except discord.HTTPException as error:
            log.info("interaction.not_told", status=error.status, code=error.code)

    @staticmethod
    async def _whisper_late(interaction: discord.Interaction[Any], text: str, view: discord.ui.View | None) -> None:
        """Turn a "thinking…" into an answer that only who asked can read.

        A public one is edited first: the message after a deferral takes its place and would be public like it.
        """
        original = None
        with contextlib.suppress(discord.NotFound):  # a moderator may have deleted it
            original = await interaction.edit_original_response(content=NOT_DONE, embeds=[], attachments=[])
        if original is not None and original.flags.ephemeral:
            await original.edit(content=text, view=view)
            return
        shown = discord.utils.MISSING if view is None else view
        await interaction.followup.send(text, view=shown, ephemeral=True)
        if original is not None:
            await original.delete()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer the form of a bot that was restarted since: discord.py drops it without a word."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        custom_id = str(cast("dict[str, Any]", interaction.data or {}).get("custom_id", ""))
        # A form of ours may have been taken a moment before this runs; then it left its mark.
        known = custom_id in self.forms or FORM_TAKEN in interaction.extras
        if custom_id.startswith(FORM_PREFIX) and not known:
            await self.tell(interaction, FORM_LOST)

    async def on_message(self, message: discord.Message, /) -> None:
        """Read nothing that members write: the bot is asked by commands, controls and reactions alone."""

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget the key of a server that has removed the bot: it is theirs, not ours to keep."""
        await self.parts.store.keys.forget_all(guild.id)
        log.info("guild.removed", guild=guild.id)

    async def on_ready(self) -> None:
        """Say once that the bot serves."""
        log.info("ready", user=str(self.user), guilds=len(self.guilds))


# ---------------------------------------------------------------------- what the command line uses


@contextlib.asynccontextmanager
async def _unconnected(settings: Settings) -> AsyncIterator[CannonBot]:
    bot = CannonBot(settings, run_worker=False, serve_http=False)
    try:
        await bot.load_extension(EXTENSION)
        yield bot
    finally:
        await bot.close()


async def run(settings: Settings) -> None:
    """Run the bot on the real Discord until cancelled. Raises StartError if it cannot start."""
    if settings.discord_token is None:
        raise StartError("DISCORD_TOKEN is not set.")
    bot = CannonBot(settings)
    try:
        await bot.start(settings.discord_token.get_secret_value())
    except discord.LoginFailure:
        raise StartError(
            "Discord refuses DISCORD_TOKEN. Copy the present token from the Bot page of your application."
        ) from None
    except discord.PrivilegedIntentsRequired:
        raise StartError("Discord refuses the intents of this application; none privileged are needed.") from None
    except (aiohttp.ClientConnectionError, TimeoutError, discord.GatewayNotFound):
        raise StartError("Discord cannot be reached from here. Check the network, then start again.") from None
    except commands.ExtensionFailed as error:
        raise error.original from error
    finally:
        await bot.close()


def describe_commands() -> list[dict[str, Any]]:
    """Return every slash command with its options, as registered with Discord, without connecting."""

    async def collect() -> list[dict[str, Any]]:
        async with _unconnected(Settings(log_level="INFO")) as bot:
            return [command.to_dict(bot.tree) for command in bot.tree.get_commands()]

    return asyncio.run(collect())


async def check(settings: Settings) -> list[str]:
    """Load the catalogue and the surface without a network; return a sentence per problem."""
    try:
        async with _unconnected(settings):
            return []
    except (commands.ExtensionError, InputError, app_commands.AppCommandError, ValueError, TypeError) as error:
        return [f"The commands do not load: {error}. This installation is broken; install cannon-bot again."]


def _command_name(interaction: discord.Interaction[Any]) -> str:
    command = interaction.command
    return command.qualified_name if command is not None else str(interaction.type)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
