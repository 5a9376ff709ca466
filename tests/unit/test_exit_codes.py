"""What the exit status tells a supervisor: 78, no restart can help; 1, one may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.wire.bot import BotProcess
from tests.support.wire.gateway import AUTHENTICATION_FAILED
from tests.support.wire.server import WireDiscord
from tests.unit.test_cli import TOKEN, cannon_bot

MAY_HELP, CANNOT_HELP = 1, 78
SHARDING_REQUIRED = 4011
REFUSED = "Discord rejects DISCORD_TOKEN."


def test_without_a_token_no_restart_helps(tmp_path: Path) -> None:
    done = cannon_bot("run", cwd=tmp_path)
    assert (done.returncode, "DISCORD_TOKEN" in done.stderr) == (CANNOT_HELP, True)


def test_with_wrong_settings_no_restart_helps(tmp_path: Path) -> None:
    done = cannon_bot("run", cwd=tmp_path, DISCORD_TOKEN=TOKEN, HTTP_PORT="x")
    assert (done.returncode, "HTTP_PORT" in done.stderr) == (CANNOT_HELP, True)


def life(discord: WireDiscord, folder: Path, *, module: str = "tests.support.wire.child", **more: str) -> BotProcess:
    env = {
        "DISCORD_TOKEN": discord.token,
        "CANNON_API_URL": "http://127.0.0.1:9",
        "CANNON_API_KEY": "cs_test_host_000000000000",
        "CANNON_API_KEY_GUILDS": "*",
        "DATABASE": str(folder / "bot.db"),
        "HEALTH_PORT": "0",
    }
    return BotProcess(discord, ["run"], folder / "bot.log", env=env | more, module=module)


async def has_run(discord: WireDiscord, folder: Path) -> None:
    async with life(discord, folder) as bot:
        await bot.online()
        assert await bot.terminate() == 0


@pytest.mark.long
async def test_a_wrong_token_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        async with life(discord, tmp_path, DISCORD_TOKEN=TOKEN) as bot:
            assert await bot.ended() == CANNOT_HELP
            assert REFUSED in bot.output()
            assert "Traceback" not in bot.output()


@pytest.mark.long
@pytest.mark.parametrize("is_html", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_a_start_that_discord_cannot_serve_ends_with_one_sentence_and_may_be_tried_again(
    tmp_path: Path, *, is_html: bool
) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        discord.fault("GET", "/users/@me", status=429 if is_html else 503, is_html=is_html)
        async with life(discord, tmp_path) as bot:
            assert await bot.ended() == MAY_HELP
            assert "Discord can't serve the bot now" in bot.output()
            assert "Traceback" not in bot.output()


@pytest.mark.long
async def test_a_token_that_was_changed_while_the_bot_runs_ends_it_with_the_same_sentence(tmp_path: Path) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        async with life(discord, tmp_path) as bot:
            await bot.online()
            await discord.gateway.disconnect(code=AUTHENTICATION_FAILED)
            assert await bot.ended() == CANNOT_HELP
            assert REFUSED in bot.output()
            assert "Traceback" not in bot.output()
            assert "fault of its own" not in bot.output()


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "says", "status"),
    [
        (SHARDING_REQUIRED, "more connections", MAY_HELP),
        pytest.param(4010, "number of a connection", CANNOT_HELP, marks=pytest.mark.long),
        pytest.param(4012, "no longer supports", CANNOT_HELP, marks=pytest.mark.long),
        pytest.param(4013, "does not know the intents", CANNOT_HELP, marks=pytest.mark.long),
        pytest.param(4014, "rejects this application's intents", CANNOT_HELP, marks=pytest.mark.long),
    ],
)
async def test_a_gateway_that_closes_for_good_ends_the_bot_with_a_sentence(
    tmp_path: Path, code: int, says: str, status: int
) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        async with life(discord, tmp_path) as bot:
            await bot.online()
            await discord.gateway.disconnect(code=code)
            assert await bot.ended() == status
            assert says in bot.output()
            assert f"close code {code}" in bot.output()
            assert "Traceback" not in bot.output()


@pytest.mark.long
async def test_every_session_is_counted_for_the_next_start(tmp_path: Path) -> None:
    async with WireDiscord() as discord:
        discord.create_guild("Studio")
        await has_run(discord, tmp_path)
        await has_run(discord, tmp_path)
    assert len(json.loads((tmp_path / "bot.db.starts").read_text())) == 2
