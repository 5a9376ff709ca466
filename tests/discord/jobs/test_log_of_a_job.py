"""One job's id is in every line that its turns write; what goes wrong again and again is said seldom."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.domain.models import JobState
from bot.jobs.turns.submitting import Submitting
from bot.runtime.logs import configure_logs
from tests.support.rig import Rig


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Have the log written as in production, to a stream of the test."""
    before = structlog.get_config()
    written = io.StringIO()
    configure_logs(log_format="json", stream=written)
    yield written
    structlog.configure(**before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines() if line.startswith("{")]


async def test_the_log_of_one_job_tells_its_life(rig: Rig, stream: io.StringIO):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.member.slash(rig.channel, "image generate", prompt="another #fast")
    await rig.work()
    for job in await rig.jobs():
        own = [line for line in lines(stream) if line.get("job") == job.id]
        assert [line["event"] for line in own if line["event"] == "job.accepted"] == ["job.accepted"]
        states = [line["state"] for line in own if line["event"] == "job.changed"]
        assert (states[0], states[-1]) in {("queued", "delivered"), ("processing", "delivered")}
        assert [line for line in own if line["event"] == "media.downloaded"]
        assert {(line["guild"], line["card"]) for line in own} == {(job.guild_id, job.card_id)}
        assert {line["level"] for line in own} == {"info"}
    of_jobs = [line for line in lines(stream) if line["event"].startswith(("job.", "media.", "delivery.", "cannon."))]
    assert all("job" in line for line in of_jobs)


async def test_what_a_member_got_wrong_is_no_warning(rig: Rig, stream: io.StringIO):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #refused")
    await rig.work()
    assert {line["level"] for line in lines(stream) if line.get("job")} <= {"info"}


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
