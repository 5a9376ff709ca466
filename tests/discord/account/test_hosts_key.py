"""A wrong key of the host's own is found at the start and by `check`, before a member meets it."""

from __future__ import annotations

import dataclasses

from bot.app.host.check import of_cannon
from bot.app.host.texts import HOST_KEY_REJECTED
from bot.runtime.clock import SystemClock
from bot.settings import SecretStr
from tests.support.rig import HOST_KEY, Rig


async def test_a_start_asks_once_and_the_host_is_told_until_the_key_works(rig: Rig):
    parts = rig.bot.parts
    rig.sandbox.revoke_key(HOST_KEY)
    await parts.rounds.run_once("host_key")
    assert parts.keys.is_host_refused
    rig.sandbox.add_key(HOST_KEY, credits=10_000)
    await parts.rounds.run_once("host_key")
    assert not parts.keys.is_host_refused


async def test_check_says_whether_the_key_works_and_what_is_left(rig: Rig):
    chosen = dataclasses.replace(rig.bot.setup.settings, cannon_api_url=rig.sandbox.url)
    found = await of_cannon(chosen, SystemClock())
    assert (found.problems, found.facts) == ([], ["CANNON_API_KEY works: 10,000 credits are left."])
    wrong = dataclasses.replace(chosen, cannon_api_key=SecretStr("nonsense"))
    assert (await of_cannon(wrong, SystemClock())).problems == [HOST_KEY_REJECTED]
    assert await of_cannon(dataclasses.replace(chosen, cannon_api_key=None), SystemClock()) == type(found)()
