"""What still runs when the bot stops is cut short without a fault in the log."""

from __future__ import annotations

import pytest

from bot.errors import StoreError
from tests.support.rig import Rig


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_an_event_that_a_closing_bot_cuts_short_is_no_fault(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    await rig.bot.close()
    with pytest.raises(StoreError):
        await rig.bot.on_shard_connect(0)
    await rig.bot._run_event(rig.bot.on_shard_connect, "on_shard_connect", 0)
    assert faults(caplog) == []


async def test_an_event_that_fails_while_the_bot_runs_is_a_fault(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    async def on_nothing() -> None:
        raise StoreError("Not now.")

    await rig.bot._run_event(on_nothing, "on_nothing")
    assert len(faults(caplog)) == 1
