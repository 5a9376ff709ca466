"""What the real bot has loaded when it connects to the gateway: docs/decisions/0031-what-a-start-loads.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

NOT_BEFORE_READY = {
    "babel.messages": "translations have a reader of our own",
    "bot.fleet": "one process has SQLite",
    "psycopg": "one process has SQLite",
    "sandbox": "practice runs in a process of its own",
    "bot.app.host": "a host's commands are processes of their own",
    "frozenlist._frozenlist": "it brings the runtime of C++",
    "PIL": "pictures are decoded in a process of their own",
    "av": "only the demo makes videos",
    "pydantic": "settings are a dataclass",
    "pytest": "no tool of developers is needed",
    "rich": "tracebacks in color are for developers",
    "click": "httpx has a command line of its own",
    "simcord": "only the demo simulates Discord",
}
"""Modules with all that is in them, and why they are not needed."""
COMMAND_LINE = {"bot.app.host", "bot.app.host.command_line", "bot.app.host.problems", "bot.app.host.texts"}
"""What knows the options of a host's commands, and loads nothing of them; and what the host is told."""
MODULES_MAX = 1300
"""A tenth more than there are."""
FROZEN_MIN = 100_000


@pytest.mark.long
async def test_a_start_loads_what_comes_before_ready_and_keeps_it_out_of_the_garbage_collector(tmp_path: Path) -> None:
    told = tmp_path / "loaded.json"
    env = {"DATABASE": str(tmp_path / "bot.db"), "HEALTH_PORT": "0", "LOADED": str(told)}
    async with WireDiscord() as discord:
        bot = BotProcess(
            discord,
            ["run"],
            tmp_path / "bot.log",
            env=env | {"DISCORD_TOKEN": discord.token},
            module="tests.support.wire.loaded_child",
        )
        async with bot:
            await bot.online()
    loaded = json.loads(told.read_text())
    modules = set(loaded["modules"])
    assert {"bot.app.parts", "cogs.words.listener", "discord", "httpx"} <= modules
    unneeded = [
        name
        for name in modules - COMMAND_LINE
        if any(name == each or name.startswith(f"{each}.") for each in NOT_BEFORE_READY)
    ]
    assert sorted(unneeded) == []
    assert len(modules) <= MODULES_MAX
    assert loaded["collects"]
    assert loaded["frozen"] > FROZEN_MIN
