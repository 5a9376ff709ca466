"""`cannon-bot demo`: the real bot against the sandbox, on a simulated Discord with a local page.

Only the two ends are simulated: Cannon Studio is the sandbox on loopback, Discord is simcord, whose preview page has a
slash composer, files, buttons, forms and reactions.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import webbrowser
from pathlib import Path
from typing import Self

from bot.app.client import CannonBot
from bot.language import SOURCE, speaking
from bot.runtime.background import BackgroundTasks
from bot.settings import Settings
from sandbox.demo import texts
from sandbox.demo.furniture.history import DAY_S, WEEK, History
from sandbox.demo.furniture.players import Voters, bring_cast
from sandbox.demo.furniture.server import (
    DEMO_CREDITS,
    PICTURE_HASH,
    Furnished,
    furnish,
    set_up,
    welcome,
)
from sandbox.demo.page.acts import PageActs
from sandbox.demo.page.frame import Frame
from sandbox.demo.page.front import Front
from sandbox.demo.page.markup import ServerNames
from sandbox.demo.page.preview import DemoPreview
from sandbox.demo.page.publisher import Publisher
from sandbox.demo.simulation import DemoClock, DemoEnv
from sandbox.demo.tour.guide import Tour
from sandbox.server import Sandbox

PAST_S = 7 * DAY_S
"""Age of the server."""
LONGEST_S = 4.0
"""A visitor waits for five steps of a recipe."""


class Demo:
    """The simulated server with the bot. An async context manager; `url` is the page."""

    def __init__(
        self, *, port: int = 0, speed: float = 1.0, lived_in: bool = True, joins: bool = False, language: str = SOURCE
    ) -> None:
        """Prepare it.

        Args:
            port: of the page; 0 takes a free one.
            speed: acceleration of the jobs.
            lived_in: with a week of history and the tour; False for empty channels.
            joins: the bot has just joined instead: not set up, with its welcome message.
            language: of the server and its members, one of `bot.language.LANGUAGES`.
        """
        self._port = port
        self._lived_in, self._joins = lived_in and not joins, joins
        self._clock = DemoClock(behind_s=PAST_S if self._lived_in else 0.0)
        self._speed = speed
        self._language = language
        self._stack = contextlib.AsyncExitStack()
        self.url = ""
        self.bot: CannonBot
        self.env: DemoEnv
        self.sandbox: Sandbox
        self.preview: DemoPreview
        self._publisher: Publisher
        self.turn = asyncio.Lock()
        """Held while acting on the simulated Discord with the page open: simcord does one thing at a time."""
        self._background = BackgroundTasks()

    async def __aenter__(self) -> Self:
        try:
            with speaking(self._language):
                await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._background.stop()
        await self._stack.aclose()

    async def wait_closed(self) -> None:
        """Return when the session was ended from the page."""
        await self.preview.wait_closed()

    async def _start(self) -> None:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="cannon-bot-demo-"))
        # A kept connection leaves the bot a timer of 15 seconds, for which the simulation would wait.
        self.sandbox = Sandbox(
            speed=self._speed,
            longest_s=LONGEST_S,
            clock=self._clock,
            credits=DEMO_CREDITS,
            fetch=self._from_cdn,
            keep_alive=False,
        )
        await self.sandbox.start()
        self._stack.push_async_callback(self.sandbox.close)
        self.bot = CannonBot(
            _settings(self.sandbox.url, Path(folder)),
            clock=self._clock,
            run_worker=False,
            serve_http=False,
            cdn=self._from_cdn,
        )
        self.env = DemoEnv(self.bot, check_errors=False, shard_count=1)
        self.env.language = self._language
        self.env.backend.bot_user.name = texts.BOT_NAME
        self.env.backend.bot_user.avatar = f"{PICTURE_HASH}0"
        # The simulated clock starts in a fixed year, but cards show real times.
        self._keep_time()
        await self.env.start()
        self._stack.push_async_callback(self._stop_bot)
        self._stack.enter_context(self.env.time_context())
        await self._open_page()
        # Outside the bot's scope: otherwise the simulation would wait for endless loops.
        self.bot.begin_duties(self._background.start)
        self._background.start(self._publisher.run(), "demo-page")
        self._background.start(self._voters.run(), "demo-voters")
        self._background.start(self._tour.run(self._publisher.acting), "demo-tour")

    async def _stop_bot(self) -> None:
        await self.bot.close()
        await self.env.shutdown()

    async def _open_page(self) -> None:
        furnished = await furnish(self.env, self.bot)
        self._tour, self._voters = Tour(self.env, self.bot, furnished), Voters(self.bot, furnished)
        if self._joins:
            await welcome(self.env, self.bot, self.sandbox, furnished)
        else:
            await set_up(self.bot, self.sandbox, furnished)
            await bring_cast(self.bot, self.sandbox, furnished)
        if self._lived_in:
            await self._live(furnished)
        # simcord also draws an unused page of one message. Those of browsers show all.
        viewers = sorted(furnished.viewers, key=lambda each: self._joins and each is not furnished.moderator)
        self.preview = DemoPreview(self.env, furnished.channels, viewers=viewers, assets=furnished.pictures)
        await self._stack.enter_async_context(self.preview)
        self.preview.layout = "channel"
        self._publisher = Publisher(self.env, self.preview, turn=self.turn, keep_time=self._keep_time)
        front = Front(
            names=ServerNames(self.env, furnished.guild.id),
            acts=PageActs(
                self.env,
                self.preview,
                frame=Frame(self.env, furnished.guild, channels=furnished.channels, viewers=viewers),
                viewers=viewers,
                translate=lambda: self._translate(furnished),
            ),
            publisher=self._publisher,
            preview=self.preview,
            faces=furnished.faces,
        )
        self._stack.push_async_callback(front.close)
        await front.start(self._port)
        self.url = front.url
        self.env.hurried = True

    async def _live(self, furnished: Furnished) -> None:
        history = History(self.env, self.bot, self._clock, furnished, keep_time=self._keep_time)
        await history.play(WEEK)
        await self._tour.show()

    async def _translate(self, furnished: Furnished) -> None:
        furnished.translate(self.env.backend)
        if self._lived_in:
            await self._tour.show()

    async def _from_cdn(self, url: str) -> bytes | None:
        return self.env.backend.cdn.get(url)

    def _keep_time(self) -> None:
        behind_s = self._clock.wall() - self.env.backend.clock.now().timestamp()
        if behind_s > 0:
            self.env.backend.clock.advance(behind_s)


def _settings(api_url: str, folder: Path) -> Settings:
    return Settings(
        cannon_api_url=api_url,
        database=folder / "demo.db",
        health_port=0,
        log_level="WARNING",
    )


async def run_demo(
    *, port: int = 0, open_browser: bool = True, speed: float = 1.0, joins: bool = False, language: str = SOURCE
) -> None:
    """Serve the demo until canceled or closed from its page; print its address on a line of its own.

    `joins`: the bot has just joined the server. `language` is that of the server and its members.
    """
    async with Demo(port=port, speed=speed, joins=joins, language=language) as demo:
        print(texts.DEMO_STARTED)  # noqa: T201 - for the person at the terminal
        print(demo.url, flush=True)  # noqa: T201 - other programs read this line
        print(texts.things_to_try(texts.TRY_AS_NEWCOMER if joins else texts.TRY))  # noqa: T201 - for the person at the terminal
        print(texts.HOW_TO_STOP, flush=True)  # noqa: T201 - for the person at the terminal
        if open_browser:
            await asyncio.to_thread(webbrowser.open, demo.url)
        await demo.wait_closed()
