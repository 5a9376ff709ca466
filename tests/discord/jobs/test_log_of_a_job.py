"""One job's id is in every line that its turns write; what goes wrong again and again is said seldom."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.domain.models import JobState
from bot.jobs.turns.submitting import Submitting
from bot.runtime.logs import configure_logs
from tests.support.rig import Rig

BYTES_A_JOB_MAX = 400


@pytest.fixture
def written() -> Iterator[Callable[..., io.StringIO]]:
    """Have the log written as in production, to a stream of the test."""
    before = structlog.get_config()

    def configured(**values: Any) -> io.StringIO:
        stream = io.StringIO()
        configure_logs(**{"log_format": "json", "stream": stream} | values)
        return stream

    yield configured
    structlog.configure(**before)


@pytest.fixture
def stream(written: Callable[..., io.StringIO]) -> io.StringIO:
    return written()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines() if line.startswith("{")]


async def test_the_log_of_one_job_tells_its_life(rig: Rig, written: Callable[..., io.StringIO]):
    stream = written(level="DEBUG")
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.member.slash(rig.channel, "image generate", prompt="another #fast")
    await rig.work()
    for job in await rig.jobs():
        own = [line for line in lines(stream) if line.get("job") == job.id]
        assert [line["event"] for line in own if line["event"] == "job.accepted"] == ["job.accepted"]
        states = [line["state"] for line in own if line["event"] == "job.changed"]
        assert states[0] in {"queued", "processing"}
        assert states[-1] == "ready"
        assert [line for line in own if line["event"] == "media.downloaded"]
        assert {(line["guild"], line["card"]) for line in own} == {(job.guild_id, job.card_id)}
        assert [line["event"] for line in own if line["level"] != "debug"] == ["job.ended"]
    of_jobs = [line for line in lines(stream) if line["event"].startswith(("job.", "media.", "delivery.", "cannon."))]
    assert all("job" in line for line in of_jobs)


async def test_a_job_that_ended_is_one_line_with_its_times_its_cost_and_its_ids(rig: Rig, stream: io.StringIO):
    for prompt in ("a fox #fast", "a hen #fail"):
        await rig.member.slash(rig.channel, "image generate", prompt=prompt)
    await rig.work()
    made, failed = sorted(await rig.jobs(), key=lambda job: job.state)
    written = {line["job"]: line for line in lines(stream) if line.get("job")}
    assert len(written) == len([line for line in lines(stream) if line.get("job")])
    line = written[made.id]
    assert (line["event"], line["state"], line["operation"]) == ("job.ended", "delivered", "image.generate")
    assert (line["guild"], line["card"], line["request"]) == (made.guild_id, made.card_id, made.remote_id)
    assert line["cost"] == str(made.cost)
    took = made.delivered_at - made.created_at
    assert line["waited_s"] + line["made_s"] + line["posted_s"] == pytest.approx(took, abs=0.2)
    assert (written[failed.id]["state"], written[failed.id]["cost"]) == ("failed", "0")
    assert "posted_s" not in written[failed.id]


@pytest.mark.parametrize("log_format", ["json"])
async def test_a_job_costs_the_log_few_bytes(rig: Rig, written: Callable[..., io.StringIO], log_format: str):
    stream = written(log_format=log_format)
    for number in range(5):
        await rig.member.slash(rig.channel, "image generate", prompt=f"heron {number} #fast")
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED] * 5
    assert stream.getvalue().count("job.ended") == 5
    assert len(stream.getvalue().encode()) <= 5 * BYTES_A_JOB_MAX, stream.getvalue()


async def test_a_poison_job_writes_one_traceback(rig: Rig, stream: io.StringIO):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Submitting, "take_turn", broken)
        await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    failed = [line for line in lines(stream) if line["event"] == "worker.turn_failed"]
    assert ["exception" in line for line in failed] == [True]
    assert failed[0]["job"] == job.id
