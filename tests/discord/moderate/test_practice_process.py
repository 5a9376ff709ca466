"""Practice with the real process: the whole way to a posted picture, and what becomes of the process."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.app.practice_process import AGAIN_S, IDLE_S, PracticeProcess
from bot.domain import practice
from bot.domain.models import JobState
from bot.runtime.clock import SystemClock
from tests.support.rig import ManualClock, Rig, running

GENERATE = "image generate"


@pytest.fixture
async def real(tmp_path: Path):
    """A rig whose practice takes place in a process; its time for falls and idleness is the test's."""
    async with running(tmp_path, practised_in=PracticeProcess) as made:
        yield made


def process_of(rig: Rig) -> PracticeProcess:
    assert isinstance(rig.practice, PracticeProcess)
    return rig.practice


async def gone(pid: int) -> bool:
    """Return True once the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with closing(os.fdopen(descriptor)) as handle:
        waited = select.poll()
        waited.register(handle, select.POLLIN)
        return bool(await asyncio.to_thread(waited.poll, 10_000))


async def killed(rig: Rig) -> None:
    """Kill the process and wait until its end is known."""
    process = process_of(rig)._process
    assert process is not None
    process.kill()
    await process.wait()


@pytest.mark.long
async def test_a_picture_is_posted_and_a_killed_process_loses_nothing(real: Rig):
    assert process_of(real).pid is None
    await real.moderator.slash(real.channel, "studio practice")
    first = process_of(real).pid
    assert first is not None
    await real.member.slash(real.channel, GENERATE, prompt="gold #fast")
    await real.work()
    [job] = await real.jobs()
    assert (job.state, len(real.messages()[0].attachments)) == (JobState.DELIVERED, 1)

    await real.member.slash(real.channel, GENERATE, prompt="red #fast")
    await real.step()
    assert real.bot.parts.worker is not None
    await killed(real)
    await real.work()
    assert [each.state for each in await real.jobs()] == [JobState.DELIVERED] * 2
    assert [len(each.attachments) for each in real.messages()] == [1, 1]
    second = process_of(real).pid
    assert second not in {None, first}
    await real.bot.close()
    assert await gone(second or 0)


async def test_it_has_little_memory_and_is_the_first_to_go_where_that_runs_out():
    process = PracticeProcess(ManualClock())
    try:
        await process.address()
        own = Path(f"/proc/{process.pid}")
        assert own.joinpath("oom_score_adj").read_text().strip() == "1000"
        [line] = [each for each in own.joinpath("limits").read_text().splitlines() if "address space" in each]
        assert int(line.split()[3]) == 1024**3
    finally:
        await process.aclose()


@pytest.mark.long
async def test_an_idle_process_is_stopped_and_started_when_it_is_needed(real: Rig):
    await real.moderator.slash(real.channel, "studio practice")
    pid = process_of(real).pid
    real.advance(IDLE_S + 1)
    await real.bot.parts.rounds.run_once()
    assert process_of(real).pid is None
    assert await gone(pid or 0)
    await real.member.slash(real.channel, GENERATE, prompt="gold #fast")
    await real.work()
    assert [each.state for each in await real.jobs()] == [JobState.DELIVERED]


@pytest.mark.long
async def test_it_is_started_again_later_and_later():
    clock = ManualClock()
    process = PracticeProcess(clock)
    try:
        for wait_s in AGAIN_S[:2]:
            await process.address()
            os.kill(process.pid or 0, signal.SIGKILL)
            assert process._process is not None
            await process._process.wait()
            with pytest.raises(OSError, match="not started again yet"):
                await process.address()
            clock.advance(wait_s)
        assert await process.address()
    finally:
        await process.aclose()
    assert process.pid is None


@pytest.mark.long
async def test_it_dies_with_its_parent_and_takes_no_secret_from_it():
    program = (
        "import asyncio\n"
        "from bot.app.practice_process import PracticeProcess\n"
        "from bot.runtime.clock import SystemClock\n"
        "async def main():\n"
        "    process = PracticeProcess(SystemClock())\n"
        "    await process.address()\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env={**os.environ, "DISCORD_TOKEN": "hidden"}, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    while not (line := await parent.stdout.readline()).strip().isdigit():
        assert line
    child = int(line)
    assert b"DISCORD_TOKEN" not in await asyncio.to_thread(Path(f"/proc/{child}/environ").read_bytes)
    parent.kill()
    await parent.wait()
    assert await gone(child)


@pytest.mark.long
async def test_without_the_secret_path_it_answers_nothing():
    process = PracticeProcess(SystemClock())
    try:
        url = await process.address()
        origin, _, path = url.rpartition("/")
        assert len(path) >= 32
        assert await fetched(f"{url}/api/v1/openapi") == 200
        assert await fetched(f"{origin}/api/v1/openapi") == 404
        assert await fetched(f"{origin}/_sandbox/state") == 404
    finally:
        await process.aclose()


async def fetched(url: str) -> int:
    """Return the HTTP status of a GET."""
    headers = {"x-api-key": practice.new_practice_key()}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status
