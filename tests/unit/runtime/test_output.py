"""Log lines to a pipe that is not read, or whose reader has gone."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from bot.runtime import output
from bot.runtime.output import LineQueue

HELD = 700
"""Lines of a thousand bytes, of which a pipe takes a few dozen."""


class Pipe:
    """The bot's handler, and the end of its pipe that may be read."""

    def __init__(self) -> None:
        self.reads, self._writes = os.pipe()
        self.lines = LineQueue(self._writes)

    def write(self, text: str) -> None:
        self.lines.handle(logging.makeLogRecord({"msg": text}))

    def read_until(self, last: bytes) -> bytes:
        read = b""
        while last not in read:
            read += os.read(self.reads, 65_536)
        return read

    def close(self) -> None:
        """Read to the end."""
        self.write("the end")
        self.read_until(b"the end\n")
        self.lines.flush()
        os.close(self.reads)
        os.close(self._writes)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setattr(output, "FLUSH_S", 0.01)
    monkeypatch.setattr(output, "LINES_MAX", HELD)
    pipe = Pipe()
    yield pipe
    monkeypatch.setattr(output, "FLUSH_S", 10.0)
    pipe.close()


def test_a_reader_that_does_not_read_is_not_waited_for(pipe: Pipe) -> None:
    line = "é" * 500
    for _ in range(3000):
        pipe.write(line)
    pipe.lines.flush()
    written = 3000 - pipe.lines.dropped
    assert HELD <= written < 2 * HELD
    with capture_logs() as logs:
        read = pipe.read_until(f"{line}\n".encode() * written)
        while not logs:
            threading.Event().wait(0.01)
    assert read.decode() == f"{line}\n" * written, "whole lines, in their order"
    assert logs == [{"event": "log.lines_dropped", "log_level": "warning", "lines": 3000 - written}]
    pipe.write("and again")
    assert pipe.read_until(b"again\n") == b"and again\n"


def test_a_reader_that_has_gone_is_no_error() -> None:
    reads, writes = os.pipe()
    lines = LineQueue(writes)
    os.close(reads)
    lines.handle(logging.makeLogRecord({"msg": "unread"}))
    lines.flush()
    assert lines.dropped == 1
    os.close(writes)


@pytest.mark.parametrize("ends", ["say('a sentence'); sys.exit(5)", "end_now(lambda: 'last words', 5)"])
def test_a_process_ends_though_its_log_is_not_read(ends: str) -> None:
    program = f"""
import logging, sys, threading, warnings
from bot.runtime import output
from bot.runtime.logs import configure_logs
from bot.runtime.output import end_now, say

output.FLUSH_S = 0.05
configure_logs()
for _ in range(400):
    logging.getLogger("a").error("b" * 1000)
    warnings.warn("a warning", stacklevel=1)
    sys.excepthook(ValueError, ValueError("an error"), None)
print("ready", flush=True)
{ends}
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        assert process.stdout.readline() == b"ready\n"
        assert process.wait(20) == 5


def test_an_error_that_nothing_handles_is_logged_without_secrets_before_the_end() -> None:
    program = """
from bot.runtime.logs import configure_logs
from bot.runtime.output import say

configure_logs(log_format="json", secrets=["hunter2hunter2"])
say("a sentence")
raise ValueError("hunter2hunter2")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "a sentence"
    assert "error.unhandled" in second
    assert "ValueError: [masked]" in second
