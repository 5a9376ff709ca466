"""Nothing stays in a state without a next step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import structlog

from bot.catalogue import Catalogue
from bot.domain.models import JobState
from bot.errors import InputError
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.following import (
    HOUR_S,
    PICTURE,
    ask,
    card_text,
    change_rules,
    charged,
    database,
    kept,
    pass_time,
    set_aside,
    set_key,
    the_job,
    until_running,
)
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import until

TRACEBACKS_MAX = 10


@pytest.fixture
async def log_channel(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    return channel


def alerts(rig: Rig, channel: Any, about: str) -> list[str]:
    """Return the lines in the log channel that name `about`."""
    return [m.content for m in channel.history() if m.author.id == rig.bot.user.id and about in m.content]


def tracebacks(lines: list[Any]) -> int:
    return sum("exc_info" in line for line in lines)


# ---------------------------------------------------------------------- an error of ours


async def test_a_delivery_that_fails_by_an_error_of_ours_ends_held(
    rig: Rig, log_channel: Any, monkeypatch: pytest.MonkeyPatch
):
    job = await ask(rig, "a heron #fast")
    await until(rig, JobState.READY)

    async def broken(*_: Any) -> int:
        raise ValueError("a bug in drawing")

    monkeypatch.setattr(type(rig.bot.parts.delivery), "deliver", broken)
    with structlog.testing.capture_logs() as lines:
        await pass_time(rig, HOUR_S)
    assert the_job(rig, job.id).state == "held"
    assert (charged(rig), set_aside(rig)) == (PICTURE, 0)
    assert len(alerts(rig, log_channel, job.id)) == 1
    assert 1 <= tracebacks(lines) <= TRACEBACKS_MAX


@pytest.mark.long
async def test_a_damaged_sealed_key_ends_its_jobs_within_an_hour(rig: Rig, log_channel: Any):
    await set_key(rig, GUILD_KEY)
    job = await ask(rig, "a heron #forever")
    await until_running(rig, job.id)
    with database(rig) as db:
        [(secret,)] = db.execute("SELECT secret FROM guild_keys").fetchall()
        db.execute("UPDATE guild_keys SET secret = ?", (secret[:-4] + b"AAAA",))
    with structlog.testing.capture_logs() as lines:
        await pass_time(rig, 2 * HOUR_S)
    assert the_job(rig, job.id).state == "failed"
    assert (charged(rig), set_aside(rig)) == (0, 0)
    assert len(alerts(rig, log_channel, job.id)) == 1
    assert tracebacks([line for line in lines if line.get("job") == job.id]) <= TRACEBACKS_MAX


async def test_a_step_whose_operation_left_the_catalogue_ends_within_an_hour(
    rig: Rig, log_channel: Any, monkeypatch: pytest.MonkeyPatch
):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True)
    step = kept(rig)[-1]
    real = Catalogue.resolve

    def resolve(self: Catalogue, operation_id: str) -> Any:
        if operation_id == "image.generate":
            raise InputError("Cannon Studio does not offer this any more.")
        return real(self, operation_id)

    monkeypatch.setattr(Catalogue, "resolve", resolve)
    with structlog.testing.capture_logs() as lines:
        await pass_time(rig, 2 * HOUR_S)
    assert the_job(rig, step.id).state == "failed"
    assert set_aside(rig) == 0
    assert len(alerts(rig, log_channel, step.id)) <= 1
    assert tracebacks(lines) <= TRACEBACKS_MAX


# ---------------------------------------------------------------------- approvals


async def test_a_question_that_discord_refuses_is_asked_seldom(rig: Rig, log_channel: Any):
    moderators = rig.guild.create_text_channel("mods")
    await change_rules(rig, approve_above=Decimal(1), approval_channel=moderators.id)
    await ask(rig, "dear")

    async def refusing(call: DiscordCall) -> None:
        if call.path == f"/channels/{moderators.id}/messages":
            raise refusal(400, 50035)

    with trouble_with(refusing) as calls:
        await pass_time(rig, HOUR_S)
    assert 1 <= sum(call.path == f"/channels/{moderators.id}/messages" for call in calls) <= 7
    assert len(alerts(rig, log_channel, "is waiting for approval")) == 1


# ---------------------------------------------------------------------- the API asks to wait for hours


@pytest.mark.long
async def test_a_wait_of_hours_is_told_with_its_time(rig: Rig, log_channel: Any):
    rig.sandbox.fault("submit", "flood", retry_after="14400", times=None)
    job = await ask(rig, "a heron")
    await pass_time(rig, 60, 5)
    told = card_text(rig, job.id)
    assert "Cannon Studio is busy. Retrying at <t:" in told
    assert len(alerts(rig, log_channel, "is rate-limiting this server")) == 1
    assert "<t:" in alerts(rig, log_channel, "is rate-limiting this server")[0]
    rig.sandbox.faults.clear()
    await pass_time(rig, 5 * HOUR_S, 60)
    assert the_job(rig, job.id).state == "delivered"
