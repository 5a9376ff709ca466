from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import discord
import pytest

from bot.app.entry_points import run
from bot.app.parts import Role
from bot.delivery.card.memory import EveryCard
from bot.errors import RESTART_CANNOT_HELP, StartError
from bot.fleet.cards import OwnCards
from bot.fleet.client import BELIEVED_S, RestLogin
from bot.settings import SecretStr, Settings
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.rig import Rig
from tests.support.signals import Bus


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.WORKER])
async def test_on_sqlite_a_part_of_the_bot_does_not_start(role: Role, tmp_path: Path) -> None:
    settings = Settings(discord_token=SecretStr("x"), database=tmp_path / "bot.db")
    with pytest.raises(StartError) as refused:
        await run(settings, role)
    assert refused.value.exit_code == RESTART_CANNOT_HELP
    assert refused.value.sentence.startswith(f"--role {role.value} needs a PostgreSQL database.")
    assert not (tmp_path / "bot.db").exists()


def test_each_role_is_for_something() -> None:
    assert {role: (role.answers, role.works) for role in Role} == {
        Role.ALL: (True, True),
        Role.GATEWAY: (True, False),
        Role.WORKER: (False, True),
    }


async def test_a_token_that_discord_refuses_ends_what_has_no_gateway_to_tell_it(rig: Rig) -> None:
    login = RestLogin(rig.bot, rig.clock)
    status = 503

    async def refuse(call: DiscordCall) -> None:
        if call.path == "/users/@me" and status:
            raise refusal(status)

    with trouble_with(refuse):
        await login.look()
        assert not login.is_good
        status = 0
        await login.look()
        assert login.is_good
        rig.advance(BELIEVED_S + 1)
        assert not login.is_good
        status = 401
        with pytest.raises(discord.LoginFailure):
            await login.look()


def test_a_card_is_drawn_by_who_follows_its_jobs_else_by_who_is_asked() -> None:
    owner = OwnCards(Bus().processes[0], lambda: True, has_ticker=True)
    owner.lease = lambda: "mine"
    free, mine, other = (SimpleNamespace(lease=lease) for lease in (None, "mine", "other"))
    assert owner.is_here([free, mine], if_free=False)
    assert not owner.is_here([free, other], if_free=True)
    assert owner.is_here([free], if_free=True)
    assert not owner.is_here([free], if_free=False)
    assert EveryCard().is_here([other], if_free=False)
