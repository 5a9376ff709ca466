"""Standard error on a pipe that nobody reads, or whose reader has gone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from bot.runtime import output
from bot.runtime.output import QueuedOutput

HELD_BYTES = 2_000_000
"""More than any pipe takes by default."""


class Pipe:
    """An output, and the end of its pipe that somebody may read."""

    def __init__(self) -> None:
        self.reads, writes = os.pipe()
        with os.fdopen(writes, "w", encoding="utf-8") as stream:
            self.output = QueuedOutput(stream)

    def read_until(self, last: bytes) -> bytes:
        read = b""
        while last not in read:
            read += os.read(self.reads, 65_536)
        return read

    def close(self) -> None:
        """Read to the end."""
        self.output.end()
        while os.read(self.reads, 65_536):
            pass
        os.close(self.reads)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setattr(output, "FLUSH_S", 0.01)
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_nobody_waits_for_a_reader_that_does_not_read(pipe: Pipe, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(output, "WAITING_MAX_BYTES", HELD_BYTES)
    told: list[int] = []
    all_told = threading.Event()

    def tell(_event: str, *, lines: int) -> None:
        told.append(lines)
        all_told.set()

    monkeypatch.setattr(output.log, "warning", tell)
    line = f"{'é' * 499}\n"
    for _ in range(3000):
        pipe.output.write(line)
    pipe.output.flush()
    kept = HELD_BYTES // len(line.encode())
    assert pipe.output.dropped == 3000 - kept

    read = pipe.read_until(line.encode() * kept)
    assert read.decode() == line * kept, "whole lines, in their order"
    assert all_told.wait(5)
    assert told == [3000 - kept]
    pipe.output.write("and again\n")
    assert pipe.read_until(b"again\n") == b"and again\n"


def test_the_end_of_a_process_writes_what_waits(pipe: Pipe):
    reader = threading.Thread(target=pipe.read_until, args=(b"last\n",))
    reader.start()
    for _ in range(100):
        pipe.output.write("a line\n")
    pipe.output.write("last\n")
    pipe.output.end()
    reader.join(5)
    assert not reader.is_alive()
    pipe.output.write("ignored\n")
    pipe.output.flush()


def test_a_reader_that_has_gone_is_no_error():
    pipe = Pipe()
    os.close(pipe.reads)
    pipe.output.write("to nobody\n")
    pipe.output.end()
    assert pipe.output.dropped == 1


def test_a_stream_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    theirs = io.StringIO()
    monkeypatch.setattr(sys, "stderr", theirs)
    output.queue_standard_error()
    assert sys.stderr is theirs
    assert output.dropped_lines() == 0


@pytest.mark.parametrize("ends", ["sys.exit(5)", "end_now(lambda: 'last words', 5)"])
def test_a_process_ends_though_nobody_reads(ends: str):
    program = f"""
import logging, sys, threading, warnings
from bot.runtime import output
from bot.runtime.logs import configure_logs
from bot.runtime.output import end_now, queue_standard_error

output.FLUSH_S = 0.05
queue_standard_error()
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
