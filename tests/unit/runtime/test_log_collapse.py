from __future__ import annotations

import asyncio
import io
import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from bot.runtime.logs import KINDS_KEPT, LogCollapse, configure_logs
from tests.support.clocks import ManualClock


class Reader:
    """What is written of the records that come."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.collapse = LogCollapse(self.clock.monotonic)

    def of(self, logger: str, message: str, *values: object, error: BaseException | None = None) -> list[str]:
        exc_info = (type(error), error, error.__traceback__) if error is not None else None
        record = logging.LogRecord(logger, logging.ERROR, __file__, 1, message, values, exc_info)
        return [record.getMessage()] if self.collapse(record) else []


def raised(number: int) -> OSError:
    with pytest.raises(OSError, match="descriptor") as caught:
        os.close(10**6 + number)
    return caught.value


def test_a_complaint_that_repeats_is_written_once_a_minute_with_the_count_of_the_rest() -> None:
    reader = Reader()
    message = "socket.accept() out of system resource\nsocket: <asyncio.TransportSocket fd=%d>"
    first = [reader.of("asyncio", message.replace("%d", str(fd)), error=raised(24)) for fd in range(1000)]
    assert [len(lines) for lines in first] == [1] + [0] * 999
    reader.clock.advance(60)
    [again] = reader.of("asyncio", message, 7, error=raised(24))
    assert again.endswith("fd=7> (999 more like it before)")


def test_other_loggers_say_what_they_say() -> None:
    reader = Reader()
    assert [reader.of("bot.jobs", "the same") for _ in range(3)] == [["the same"]] * 3


def test_complaints_that_differ_in_more_than_values_are_each_written() -> None:
    reader = Reader()
    assert reader.of("asyncio", "Fatal error on transport 0x7f01")
    assert not reader.of("asyncio", "Fatal error on transport 0x7f02")
    assert reader.of("asyncio", "Task exception was never retrieved", error=raised(1))
    assert reader.of("asyncio", "Task exception was never retrieved", error=ValueError("another"))
    assert reader.of("aiohttp.server", "Error handling request from %s", "192.0.2.1")
    assert not reader.of("aiohttp.server", "Error handling request from %s", "192.0.2.2")


def test_memory_stays_flat() -> None:
    reader = Reader()
    for number in range(KINDS_KEPT + 100):
        reader.of("asyncio", "".join(chr(97 + int(digit)) for digit in str(number)))
    assert len(reader.collapse._repeats._seen) == KINDS_KEPT


@pytest.fixture
def logs_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_a_loop_out_of_descriptors_does_not_fill_the_disk(logs_restored: None) -> None:
    stream = io.StringIO()
    configure_logs(log_format="json", stream=stream)
    loop = asyncio.get_running_loop()
    for _ in range(1000):
        loop.call_exception_handler(
            {"message": "socket.accept() out of system resource", "exception": raised(24), "socket": object()}
        )
    assert len(stream.getvalue().splitlines()) == 1
