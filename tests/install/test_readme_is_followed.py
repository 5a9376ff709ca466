"""What the README tells a newcomer and a host to type, typed in a clean root (clean_root.py says what that is).

The commands come from the README's own code blocks (readme_blocks.py). Around the installed bot are a wire Discord and
a sandbox, which outlive each of its lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.domain.models import JobState
from bot.runtime.clock import SystemClock
from bot.store import Store
from sandbox.server import Sandbox
from tests.install.clean_root import CLONE, WIRED, CleanRoot, Started, reason_against
from tests.install.readme_blocks import followed
from tests.support.exactness import assert_exact
from tests.support.rig import HOST_KEY
from tests.support.wire.server import TOKEN, WireDiscord

REFUSED_TOKEN = ".".join(("r" * 24, "wire", "r" * 27))
START_S = 60.0
SPEED = 50.0
"""A picture takes about 0.2 s."""
CHECK_S = 0.05
README = followed()
"""The README's blocks and those of the documents."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(reason_against() is not None, reason=str(reason_against())),
]


@pytest.fixture
def root():
    with CleanRoot() as made:
        yield made


@contextlib.contextmanager
def packages_wanted() -> Iterator[None]:
    """Skip the test if what is typed ends because there is no package index here; any other failure stays one."""
    try:
        yield
    except AssertionError as error:
        if re.search(r"No matching distribution|Could not find a version|Max retries exceeded", str(error)):
            pytest.skip("the README installs packages, and no index that has them is configured on this machine")
        raise


class Host:
    """Who has a clone in a clean root and follows the README, beside a Discord and a Cannon Studio."""

    def __init__(self, root: CleanRoot, discord: WireDiscord, sandbox: Sandbox) -> None:
        self.root = root
        self.discord = discord
        self.sandbox = sandbox
        self.data = root.clone / "data"
        self.database = self.data / "cannon-bot.db"
        self.guild = discord.create_guild("Studio")
        self.channel = discord.create_text_channel(self.guild, "art")
        self.ada = discord.add_member(self.guild, "ada")
        root.add_wire()

    async def get_packages(self) -> None:
        """Type what the README says for installing; skip the test where packages cannot be got."""
        for line in self.install:
            with packages_wanted():
                await self.root.run(line)

    @property
    def install(self) -> list[str]:
        return README["install"][:-2]

    @property
    def check(self) -> str:
        return README["install"][-2]

    @property
    def wired(self) -> dict[str, str]:
        """What leads a bot, and its check, to this test's Discord."""
        return WIRED | self.discord.environ

    async def set_up(self, token: str) -> None:
        """Copy the settings' example and put the token in, as the README says, and the addresses of this test."""
        await self.root.run(*README["settings"])
        example = (self.root.clone / ".env").read_text(encoding="utf-8")
        assert "\nDISCORD_TOKEN=\n" in example
        own = f"CANNON_API_URL={self.sandbox.url}\nCANNON_API_KEY={HOST_KEY}\nCANNON_API_KEY_GUILDS=*\nHEALTH_PORT=0\n"
        self.root.write(".env", example.replace("\nDISCORD_TOKEN=\n", f"\nDISCORD_TOKEN={token}\n") + own)

    async def start(self) -> Started:
        """Type the README's last line of the start: the bot, on this test's Discord."""
        line = README["install"][-1]
        assert line.endswith("cannon-bot run")
        return await self.root.start(line, env=self.wired)

    @contextlib.asynccontextmanager
    async def life(self) -> AsyncIterator[Started]:
        """One life of the bot, from the time that Discord has it; it is killed at the end if it still lives."""
        bot = await self.start()
        number = str(bot.process.pid)
        try:
            await self.discord.until(
                lambda: any(one.client == number for one in self.discord.gateway.live) or bot.has_ended, START_S
            )
            assert not bot.has_ended, bot.output
            yield bot
        except BaseException as error:
            error.add_note(f"the bot's output:\n{bot.output[-4000:]}")
            raise
        finally:
            await bot.end(signal.SIGKILL)
            await self.discord.until(lambda: not any(one.client == number for one in self.discord.gateway.live))

    async def ask(self, prompt: str) -> None:
        await self.discord.slash(self.ada, self.channel, "image generate", prompt=prompt)

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait for what another process does to its database, of which nothing tells us."""
        for _ in range(int(START_S / CHECK_S)):
            if true():
                return
            await asyncio.sleep(CHECK_S)
        raise AssertionError(f"not within {START_S} s; the jobs are {self.states()}")

    def states(self) -> list[str]:
        """Return the states of the jobs in the database, oldest first; `processing` for all that Cannon Studio has."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            states = [state for (state,) in db.execute("SELECT state FROM jobs ORDER BY created_at, id")]
        return ["processing" if state == "queued" else state for state in states]

    def made(self, number: int) -> Callable[[], bool]:
        """Return whether so many jobs have been delivered, as a question."""
        return lambda: self.states().count(JobState.DELIVERED) == number

    def finish_all(self) -> None:
        for request in self.sandbox.requests:
            self.sandbox.finish(request.id)

    @property
    def posted(self) -> list[str]:
        return [file["filename"] for message in self.discord.messages(self.channel) for file in message.attachments]

    async def exact(self) -> list[JobState]:
        """Compare the books of the bot, Cannon Studio and Discord; return the states, newest first."""
        store = await Store.open(self.database, clock=SystemClock())
        try:
            jobs = await assert_exact(store, self.sandbox, HOST_KEY, self.guild.id, self.posted)
        finally:
            await store.close()
        return [job.state for job in jobs]


@pytest.fixture
async def host(root: CleanRoot):
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        yield Host(root, discord, sandbox)


# ---------------------------------------------------------------------- a newcomer


async def test_the_demo_serves_its_page_and_the_tests_run(root: CleanRoot) -> None:
    root.check_out()
    (demo,) = README["demo"]
    running = await root.start(demo)
    try:
        with packages_wanted():
            said = await running.said("http://127.0.0.1:", 180)
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+\S*", said)
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            assert "</html>" in await answer.text()
    finally:
        await running.end(signal.SIGINT)
    (line,) = README["test"]
    output = await root.run(f'{line} ARGS="-k backup"')
    assert re.search(r"^=+ \d+ passed", output, re.MULTILINE), output


# ---------------------------------------------------------------------- a host


async def test_a_bad_token_a_backup_a_kill_and_a_restore(host: Host) -> None:
    host.root.check_out()
    await host.get_packages()
    for token, complaint in (("", "DISCORD_TOKEN"), (REFUSED_TOKEN, "Discord rejects DISCORD_TOKEN.")):
        await host.set_up(token)
        refused = await host.start()
        output = await refused.rest()
        assert refused.process.returncode == 78, output
        assert complaint in output
        assert "Traceback" not in output
        assert len(re.findall("^cannon-bot: ", output, re.MULTILINE)) == 1
    await host.set_up(TOKEN)
    assert "OK" in await host.root.run(host.check, env=host.wired)

    backup, restore = README["backup"]
    async with host.life() as bot:
        await host.ask("a fox #forever")
        await host.ask("a wolf #forever")
        await host.ask("a hare #fast")
        await host.until(lambda: len(host.posted) == 1 and len(host.sandbox.requests) == 3)
        host.sandbox.fault("submit", "status", status=503, times=None)
        await host.ask("an owl #fast")
        await host.until(lambda: host.sandbox.posts > 3)
        await host.root.run(backup)
        # What is paid or posted after the backup is known to Cannon Studio and Discord, but not to the backup.
        host.sandbox.faults.clear()
        host.sandbox.finish(host.sandbox.requests[0].id)
        await host.until(host.made(3))
        assert "Stop it first" in await host.root.run(restore, expect=1), "a restore beside a running bot"
        assert not bot.has_ended
        await bot.end(signal.SIGKILL)
    damage(host.database)
    await host.root.run(restore)
    assert host.states() == ["processing", "processing", "delivered", "submitting"], "as they were at the backup"
    async with host.life() as bot:
        host.finish_all()
        await host.until(host.made(4))
        assert await bot.end() == 0
    assert await host.exact() == [JobState.DELIVERED] * 4


def damage(database: Path) -> None:
    """Let a disk lose the database and its log."""
    for name in ("", "-wal", "-shm"):
        database.with_name(database.name + name).write_bytes(b"\0" * 4096)


# ---------------------------------------------------------------------- the documents


async def test_what_the_documents_say_beside_a_running_bot_and_then_on_another_machine(host: Host) -> None:
    host.root.check_out()
    await host.get_packages()
    await host.set_up(TOKEN)
    host.root.add_folder("backups")
    typed = f"env PATH=/{CLONE}/venv/bin:/usr/local/bin BACKUP_DIR=/backups/daily"
    by_hand, restore = README["backups"]
    async with host.life() as bot:
        await host.ask("a fox #forever")
        await host.ask("a hare #fast")
        await host.until(host.made(1))
        for line in README["look"]:
            assert "Traceback" not in await host.root.run(f"{typed} {line}", env=host.wired)
        await host.root.run(f"{typed} {by_hand}")
        await bot.end(signal.SIGKILL)
    damage(host.database)
    await host.root.run(f"{typed} {restore}")
    assert host.states() == ["processing", "delivered"]

    (leave,), (restore, check) = README["leave"], README["arrive"]
    await host.root.run(leave)
    shutil.rmtree(host.data)  # the new machine has the packages, the settings and the two files
    await host.root.run(restore)
    assert "OK" in await host.root.run(check, env=host.wired)
    async with host.life() as bot:
        host.finish_all()
        await host.until(host.made(2))
        assert await bot.end() == 0
    assert await host.exact() == [JobState.DELIVERED] * 2
