from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bot.runtime.logs import configure_logs
from tests.support.rig import HOST_KEY, Rig, running


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the bot logs, at the most talkative level."""
    out, root = io.StringIO(), logging.getLogger()
    before = (root.level, list(root.handlers), structlog.get_config())
    configure_logs(level="DEBUG", log_format="json", secrets=(HOST_KEY,), stream=out)
    yield out
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.configure(**before[2])


@pytest.fixture
async def rig(tmp_path: Path, log: io.StringIO) -> AsyncIterator[Rig]:
    async with running(tmp_path, public_url="https://hooks.example", http_port=0) as made:
        yield made
