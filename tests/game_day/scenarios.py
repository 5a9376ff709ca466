"""What goes wrong on a game day. Each scenario is one function of a stage; `SCENARIOS` has them by name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.fleet.chaos import OPEN
from tests.game_day.stage import START_S, Process, Row, Stage, staged
from tests.game_day.watching import lines_of

OFF_S = 600.0
"""By how much a clock is off."""
SQLITE, POSTGRES = "SQLite", "PostgreSQL"
NOBODY = 65534
DISK_MB = {SQLITE: 640, POSTGRES: 768}
"""More than the alerts want to have free."""
HURRY = {SQLITE: 60.0, POSTGRES: 48.0}
"""How fast an hour passes. Leases of a fleet pass as fast, and its processes need to be in time for them."""


@dataclass(frozen=True)
class Times:
    """How long each trouble lasts, in seconds of the bot."""

    gone_s: float = 130.0
    full_s: float = 40.0
    off_s: float = 15.0
    paused_s: float = 40.0
    away_s: float = 3600.0
    expired_s: float = 20.0


QUICK = Times(gone_s=5.0, full_s=10.0, off_s=3.0, paused_s=5.0, away_s=1200.0, expired_s=4.0)
"""Enough for what must hold in any case; a guard in the tests has no time for the whole."""


async def database_gone(stage: Stage, times: Times) -> None:
    """The database is killed, or its file locked by another program."""
    card = await _under_way(stage)
    stage.supervise()
    lost = _killed if stage.postgres is not None else _locked
    what = "SIGKILL, started again" if stage.postgres is not None else "the file is locked by another program"
    with stage.trouble(f"{what} after {times.gone_s:.0f} s"):
        async with lost(stage):
            await stage.try_all(card, "at once")
            await stage.pass_until(times.gone_s * 0.6)
            await stage.try_all(card, f"{stage.since():.0f} s after")
            await stage.pass_until(times.gone_s)
    await _works_again(stage)


@contextlib.asynccontextmanager
async def _killed(stage: Stage) -> AsyncIterator[None]:
    assert stage.postgres is not None
    await asyncio.to_thread(stage.postgres._end, signal.SIGKILL)
    try:
        yield
    finally:
        await asyncio.to_thread(stage.postgres.start)


@contextlib.asynccontextmanager
async def _locked(stage: Stage) -> AsyncIterator[None]:
    with contextlib.closing(sqlite3.connect(stage.town.database, isolation_level=None, timeout=30.0)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def disk_full(stage: Stage, times: Times) -> None:
    """The database's disk has no byte left for a while."""
    card = await _under_way(stage)
    stage.supervise()
    filler = stage.disk / "filler"
    with stage.trouble(f"no byte left for {times.full_s:.0f} s, then room again"):
        filling = asyncio.create_task(_fill(filler))
        await stage.pass_until(times.full_s * 0.1)
        await stage.try_all(card, f"{stage.since():.0f} s after")
        await stage.pass_until(times.full_s * 0.8)
        await stage.try_all(card, f"{stage.since():.0f} s after")
        await stage.pass_until(times.full_s)
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        filler.unlink()
    if stage.postgres is not None and not _answers(stage):
        stage.end("PostgreSQL had ended, and was started again")
        await asyncio.to_thread(stage.postgres.start)
    await _works_again(stage)


async def _fill(filler: Path) -> None:
    """Take all the room there is, and what is freed, until cancelled."""
    with filler.open("ab", buffering=0) as file:
        while True:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    for _ in range(100):
                        file.write(b"\0" * size)
            await asyncio.sleep(0.05)


def _answers(stage: Stage) -> bool:
    with contextlib.suppress(Exception):
        stage.town.ask_database("SELECT 1")
        return True
    return False


async def folder_unwritable(stage: Stage, _times: Times) -> None:
    """At a start the bot's folder belongs to another user."""
    await _first_life(stage)
    first = stage.processes[0]
    folder = stage.town.folder if stage.postgres is None else first.folder
    if os.geteuid() != 0:
        await _bad_start(stage, "the folder has mode 555", lambda: folder.chmod(0o555), lambda: folder.chmod(0o755))
        return
    await _bad_start(
        stage, f"the folder belongs to root, the bot is uid {NOBODY}", lambda: first.run_as(NOBODY),
        lambda: [os.chown(each, NOBODY, NOBODY) for each in [folder, *folder.rglob("*")]],
    )  # fmt: skip


async def key_lost(stage: Stage, _times: Times) -> None:
    """At a start the key of the secrets is gone."""
    await _first_life(stage)
    first = stage.processes[0]
    if stage.postgres is None:
        file = stage.town.database.with_name("bot.db.key")
        aside = file.with_name("aside")
        await _bad_start(stage, "bot.db.key was deleted", lambda: file.rename(aside), lambda: aside.replace(file))
    else:
        secret = first.env["SECRET_KEYS"]
        await _bad_start(
            stage, "SECRET_KEYS of another bot", lambda: first.set(SECRET_KEYS="g" * 44),
            lambda: first.set(SECRET_KEYS=secret),
        )  # fmt: skip


async def _first_life(stage: Stage) -> None:
    """Let the bot begin jobs and be killed, so that the next start has something to go on with."""
    await stage.town.settle_in()
    first = stage.processes[0]
    async with contextlib.AsyncExitStack() as stack:
        for process in stage.processes:
            await stack.enter_async_context(process)
            await stage.ready(process)
        await stage.calm_picture()
        await stage.ask(2)
        await stage.until(lambda: len(stage.town.ask_database("SELECT id FROM jobs")) >= 3)
        await first.kill()


async def _bad_start(stage: Stage, what: str, breaks: Callable[[], object], mends: Callable[[], object]) -> None:
    """Start what cannot start, note how it ends, mend it, and start it again."""
    first, gateway = stage.processes[0], stage.discord.gateway
    breaks()
    stage.look()
    with stage.trouble(what):
        checked = await _check(stage, first)
        identifies, calls = gateway.identifies, len(stage.discord.rest.calls)
        began = stage.since()
        async with first:
            status = await asyncio.wait_for(first.ended(), START_S)
            stage.end(f"ended with {status} after {stage.since() - began:.0f} s")
        said = lines_of(stage.logs()).plain
        logins = gateway.identifies - identifies + len(stage.discord.rest.calls) - calls
        stage.row.member.append("nothing: the bot is not connected")
        stage.end(f"calls to Discord before: {logins}")
        stage.end(f"`check`: {checked}; `run`: “{said[-1] if said else ''}”")
        if status != 78:
            stage.row.wrong.append(f"it ended with {status}, so that a supervisor repeats it")
        await asyncio.sleep(2.0)
    mends()
    async with contextlib.AsyncExitStack() as stack:
        for process in stage.processes:
            await stack.enter_async_context(process)
        for process in stage.processes:
            await stage.ready(process)
        await stage.connected()
        await stage.try_all(None, "after the correction")
        await stage.judge()
        for process in stage.processes:
            await process.terminate()


async def _check(stage: Stage, process: Process) -> str:
    """Return what `cannon-bot check` says in the environment of a process."""
    made = await asyncio.create_subprocess_exec(
        *process._command[:-1], "check", env=process._env, cwd=process.folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await made.communicate()
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    problems = [line.strip("- ") for line in lines if line.startswith("- ")] or lines[-1:]
    return f"{made.returncode}, “{' / '.join(problems)[:400]}”"


async def clock_ahead(stage: Stage, times: Times) -> None:
    """The machine's clock is set forward while jobs run, and corrected later."""
    await _clock_off(stage, OFF_S, times)


async def clock_behind(stage: Stage, times: Times) -> None:
    """The machine's clock is set back while jobs run, and corrected later."""
    await _clock_off(stage, -OFF_S, times)


async def _clock_off(stage: Stage, seconds: float, times: Times) -> None:
    card = await _under_way(stage)
    stage.supervise()
    way = "ahead" if seconds > 0 else "behind"
    with stage.trouble(f"{abs(seconds) / 60:.0f} minutes {way} for {times.off_s:.0f} s, then right"):
        stage.clock.seconds += seconds
        await stage.ask(3)
        await stage.try_all(card, "at once")
        await stage.pass_until(times.off_s)
        stage.clock.seconds -= seconds
    await _works_again(stage)


async def leader_paused(stage: Stage, times: Times) -> None:
    """The process that leads is stopped and wakes after its lease has lapsed."""
    card = await _under_way(stage)
    stage.supervise()
    leader = next((each for each in stage.processes if each.is_leader), stage.processes[0])
    with stage.trouble(f"SIGSTOP of {leader.name}, SIGCONT after {times.paused_s:.0f} s"):
        leader.send(signal.SIGSTOP)
        await asyncio.sleep(1.0)
        await stage.try_all(card, "1 s after")
        await stage.pass_until(times.paused_s)
        leader.send(signal.SIGCONT)
    await _works_again(stage)
    with contextlib.suppress(TimeoutError):
        await stage.until(lambda: stage.postgres is None or len(_leaders(stage)) == 1, START_S)
    leaders = _leaders(stage)
    if stage.postgres is not None and len(leaders) != 1:
        stage.row.wrong.append(f"these lead: {leaders}")
    stage.end(f"leader before: {leader.name}, after: {', '.join(leaders) or leader.name}")


def _leaders(stage: Stage) -> list[str]:
    return [each.name for each in stage.processes if each.is_leader]


async def discord_away(stage: Stage, times: Times) -> None:
    """Discord refuses all connections for an hour; jobs end meanwhile."""
    card = await _under_way(stage, "#slow")
    stage.supervise()
    speed = HURRY[stage.row.database]
    with stage.trouble(f"no connection for {times.away_s / 60:.0f} minutes ({speed:.0f} times as fast)"):
        await stage.fronts["discord"].go_away()
        stage.clock.speed = speed
        await asyncio.sleep(1.0)
        await stage.try_all(card, f"{stage.since():.0f} s after")
        while stage.since() < times.away_s:
            await _hurry(stage)
        await stage.fronts["discord"].come_back()
    coming = asyncio.create_task(stage.connected())
    while not coming.done() or _open_jobs(stage):  # an hour's rests are long, too
        await _hurry(stage)
    stage.end(f"connected again, and all jobs that were open ended, {stage.watch.now() - stage.ends:.0f} s after")
    stage.clock.speed = 1.0
    await _works_again(stage)


async def _hurry(stage: Stage) -> None:
    stage.discord.clock.skipped_s = stage.clock.lead_s
    await asyncio.sleep(0.05)


def _open_jobs(stage: Stage) -> int:
    return len(stage.town.ask_database(f"SELECT id FROM jobs WHERE {OPEN}"))


async def certificate_expired(stage: Stage, times: Times) -> None:
    """The certificates of Cannon Studio and of Discord's API end while the bot runs, and are renewed."""
    card = await _under_way(stage)
    stage.supervise()
    ended = stage.authority.certificate(valid_for=timedelta(hours=-1))
    with stage.trouble(f"Cannon Studio's for {times.expired_s:.0f} s, then Discord's for {times.expired_s:.0f} s"):
        await stage.fronts["studio"].change_certificate(ended)
        await stage.try_all(card, "Cannon Studio's")
        await stage.pass_until(times.expired_s)
        await stage.fronts["studio"].change_certificate(stage.authority.certificate(valid_for=timedelta(days=30)))
        await stage.fronts["discord"].change_certificate(ended)
        await asyncio.sleep(2.0)
        await stage.try_all(card, "Discord's")
        await stage.pass_until(2 * times.expired_s)
        await stage.fronts["discord"].change_certificate(stage.authority.certificate(valid_for=timedelta(days=30)))
    await stage.connected()
    stage.end(f"connected again {stage.watch.now() - stage.ends:.0f} s after")
    await _works_again(stage)


async def _under_way(stage: Stage, word: str = "") -> object:
    """Have one picture made, then ask for some more, so that jobs are under way; return the picture's card."""
    card = await stage.calm_picture()
    await stage.ask(3, word)
    await stage.until(lambda: len(stage.town.ask_database("SELECT id FROM jobs")) >= 4)
    return card


async def _works_again(stage: Stage) -> None:
    """Wait until a command makes a job again, and judge."""
    await stage.connected()
    await stage.try_all(None, "after it")
    await stage.judge()


# ---------------------------------------------------------------------- all of them


@dataclass(frozen=True)
class Scenario:
    """One thing that goes wrong; `runs` leaves out processes' start where that is what fails."""

    title: str
    play: Callable[[Stage, Times], Awaitable[None]]
    starts: bool = True
    tls: bool = False
    disk: bool = False


SCENARIOS = {
    "database": Scenario("Database gone", database_gone),
    "disk": Scenario("Disk full", disk_full, disk=True),
    "folder": Scenario("Folder not writable at a start", folder_unwritable, starts=False),
    "key": Scenario("Secret key lost at a start", key_lost, starts=False),
    "clock-ahead": Scenario("Clock ahead", clock_ahead),
    "clock-behind": Scenario("Clock behind", clock_behind),
    "leader": Scenario("Leader paused", leader_paused),
    "discord": Scenario("Discord away", discord_away),
    "certificate": Scenario("Certificate expired", certificate_expired, tls=True),
}


async def play(name: str, database: str, folder: Path, times: Times | None = None) -> Row:
    """Play one scenario in `folder`; return its row."""
    scenario = SCENARIOS[name]
    with _disk(folder, DISK_MB[database]) if scenario.disk else contextlib.nullcontext() as disk:
        async with staged(scenario.title, database, folder, tls=scenario.tls, within=disk) as stage:
            stage.disk = disk or folder
            if scenario.starts:
                async with stage.life():
                    await scenario.play(stage, times or Times())
            else:
                await scenario.play(stage, times or Times())
        return stage.row


@contextlib.contextmanager
def _disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a folder on a disk of its own that is so small; needs root, and Linux."""
    disk = folder / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    assert mount is not None
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def can_mount() -> bool:
    """Whether a small disk can be had here."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    done = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True)
    return done.returncode == 0


__all__ = ["OPEN", "POSTGRES", "SCENARIOS", "SQLITE", "Row", "Scenario", "Times", "can_mount", "play"]
