"""An outage is one line at its begin and one at its end, however often it is met."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from bot.runtime.logs import OutageLog, configure_logs
from tests.support.rig import ManualClock

log = structlog.get_logger(__name__)


def test_an_outage_is_two_lines():
    clock = ManualClock()
    outage = OutageLog(clock.monotonic)
    with capture_logs() as lines:
        outage.works(log, "answers")
        for number in range(100):
            outage.fails(log, "no_answer", number=number)
            clock.advance(36.0)
        outage.works(log, "answers")
        outage.works(log, "answers")
    assert lines == [
        {"event": "no_answer", "number": 0, "log_level": "warning"},
        {"event": "answers", "after_s": 3600.0, "failures": 100, "log_level": "info"},
    ]


def test_a_single_failure_is_one_line():
    outage = OutageLog(ManualClock().monotonic)
    with capture_logs() as lines:
        outage.fails(log, "no_answer")
        outage.works(log, "answers")
    assert [line["event"] for line in lines] == ["no_answer"]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs(log_format="json", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_attempts_of_discord_py_to_connect_a_shard_are_two_lines_without_a_traceback(written: io.StringIO):
    """The messages are discord.py's: discord/shard.py and discord/gateway.py."""
    shard, gateway = logging.getLogger("discord.shard"), logging.getLogger("discord.gateway")
    for attempt in range(3):
        try:
            raise ConnectionRefusedError("certificate has expired")  # noqa: TRY301 - what the traceback would be of
        except ConnectionRefusedError as error:
            shard.error("Attempting a reconnect for shard ID %s in %.2fs", 0, 2.0**attempt, exc_info=error)
    shard.error("Attempting a reconnect for shard ID %s in %.2fs", 1, 1.0)
    gateway.info("Shard ID %s has successfully RESUMED session %s.", 2, "x")
    gateway.info("Shard ID %s has connected to Gateway (Session ID: %s).", 0, "x")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    ours = [line for line in lines if line["event"].startswith("shard.")]
    assert [(line["event"], line["shard"], line["level"]) for line in ours] == [
        ("shard.not_connected", 0, "warning"),
        ("shard.not_connected", 1, "warning"),
        ("shard.connected", 0, "info"),
    ]
    assert (ours[0]["error"], ours[0]["reason"]) == ("ConnectionRefusedError", "certificate has expired")
    assert len(lines) == 5
    assert "Traceback" not in written.getvalue()
