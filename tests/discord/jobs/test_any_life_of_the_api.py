"""Whatever the API, the network, the clock and the keys do: the books are right and every paid result arrives.

A life is a list of events for the jobs of two servers, each with an account of its own. Afterwards everything is well
again for nine days, and then nothing may be open, lost, paid twice, or wrong in the books without moderators knowing.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.following import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    REACHED,
    Row,
    Server,
    another_server,
    ask_database,
    card_text,
    change_rules,
    charged,
    files_of,
    kept,
    own_server,
    pass_time,
    set_aside,
    set_key,
    tick,
)
from tests.support.rig import Rig
from tests.support.rig import running as running_rig
from tests.support.surface import of, watch

Event: TypeAlias = tuple[Any, ...]

KEYS = ("cs_test_first_000000000a", "cs_test_second_00000000b")
PLENTY = 100_000
EVENT_S, EVENT_STEPS = 5.0, 4
"""What passes after each event, so that it meets what is under way: seconds, and how often."""
WORDS = ("", "", "#fast", "#slow", "#late", "#fail", "#billed", "#none", "#down", "#crash", "#drop", "#plan", "#skewed")
ANSWERS = ("401", "403", "404", "429", "500", "503", "page 403", "page 404", "page 502", "drop", "garbage", "truncated")

servers = st.sampled_from([0, 1])
EVENTS = st.one_of(
    st.tuples(st.just("ask"), servers, st.sampled_from(WORDS)),
    st.tuples(st.just("ask"), servers, st.sampled_from(WORDS)),
    st.tuples(
        st.just("trouble"),
        servers,
        st.sampled_from(["get", "get", "submit", "status"]),
        st.sampled_from(ANSWERS),
        st.integers(1, 4),
    ),
    st.tuples(st.just("lost answer"), servers),
    st.tuples(st.just("outage"), st.sampled_from([2, 45, 200])),
    st.tuples(st.just("denied"), servers, st.sampled_from([5, 150])),
    st.tuples(st.just("restart"), st.sampled_from([0, 40, 600])),
    st.tuples(st.just("clock"), st.sampled_from([-3600, -30, 30, 3600])),
    st.tuples(st.just("revoke"), servers),
    st.tuples(st.just("restore"), servers),
    st.tuples(st.just("replace"), servers, st.booleans()),
    st.tuples(st.just("empty"), servers),
    st.tuples(st.just("top up"), servers),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 400])),
)
"""Minutes where there are numbers, but seconds for the clock and times for trouble."""


@dataclass
class World:
    """Two servers, what pays for them, and which of their jobs were asked for."""

    rig: Rig
    servers: list[Server]
    keys: list[str]
    """The key that is set in each server now."""
    every_key: list[str] = field(default_factory=list)
    desks: list[Any] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    def new(self, what: str) -> int:
        self.numbers[what] += 1
        return self.numbers[what]

    async def live(self, happening: Event) -> None:
        name, *values = happening
        await DEEDS[name](self, *values)
        for _ in range(EVENT_STEPS):
            await tick(self.rig)
            self.rig.advance(EVENT_S)

    # ------------------------------------------------------------------ what may happen

    async def ask(self, server: int, word: str) -> None:
        """Ask for a picture. The command may be refused: then nothing is paid."""
        there = self.servers[server]
        prompt = f"picture {self.new('picture')} {word}"
        await there.member.slash(there.channel, "image generate", prompt=prompt)

    async def trouble(self, server: int, where: str, answer: str, times: int) -> None:
        kind, _, status = answer.rpartition(" ")
        options: dict[str, Any] = {"times": times, "key": self.keys[server]}
        if status.isdecimal():
            options |= {"status": int(status)}
            kind = kind or "status"
        self.rig.sandbox.fault(where, kind or answer, **options)

    async def lose_answer(self, server: int) -> None:
        """The next create arrives, but its answer does not say so, and asks to be left alone for two minutes."""
        headers = {"Retry-After": "120"}
        self.rig.sandbox.fault("submit", "status", status=503, headers=headers, commit=True, key=self.keys[server])

    async def outage(self, minutes: int) -> None:
        for where in ("submit", "get", "status"):
            self.rig.sandbox.fault(where, "page", status=503, times=None)
        await pass_time(self.rig, minutes * MINUTE_S, MINUTE_S)
        self.rig.sandbox.faults.clear()

    async def denied(self, server: int, minutes: int) -> None:
        """The API itself knows nothing of this account's requests for a while."""
        self.rig.sandbox.fault("get", "status", status=404, times=None, key=self.keys[server])
        await pass_time(self.rig, minutes * MINUTE_S, MINUTE_S)
        self.rig.sandbox.faults.clear("get")

    async def restart(self, minutes: int) -> None:
        await self.rig.restart(after_s=minutes * MINUTE_S)

    async def step_clock(self, seconds: int) -> None:
        self.rig.clock.step(seconds)

    async def revoke(self, server: int) -> None:
        self.rig.sandbox.revoke_key(self.keys[server])

    async def restore(self, server: int) -> None:
        self.rig.sandbox.restore_key(self.keys[server])

    async def replace(self, server: int, same_account: bool) -> None:
        """A moderator sets another key, of the same account or of a new one."""
        secret = f"cs_test_replaced_{self.new('key'):08}"
        if same_account:
            self.rig.sandbox.add_second_key(secret, of=self.keys[server])
        else:
            self.rig.sandbox.add_key(secret, credits=PLENTY)
        await set_key(self.rig, secret, server=self.servers[server])
        if (await self._key_set(server)) == secret[-4:]:  # the status call may have failed: then nothing was changed
            self.keys[server] = secret
        self.every_key.append(secret)

    async def _key_set(self, server: int) -> str:
        query = "SELECT last4 FROM guild_keys WHERE guild_id = ? AND retired_at IS NULL"
        return str(ask_database(self.rig, query, self.servers[server].guild.id)[0][0])

    async def empty(self, server: int) -> None:
        left = self.rig.sandbox.accounts.accounts[self.keys[server]].left(self.rig.sandbox.clock.wall())
        self.rig.sandbox.top_up(self.keys[server], -left)

    async def top_up(self, server: int) -> None:
        self.rig.sandbox.top_up(self.keys[server], PLENTY)

    async def wait(self, minutes: int) -> None:
        await pass_time(self.rig, minutes * MINUTE_S, max(5.0, minutes * 1.5))

    # ------------------------------------------------------------------ and how it has to end

    async def all_is_well(self) -> None:
        """Let everything work again, see that every open job is polled within a day, and let nine days pass."""
        rig = self.rig
        rig.sandbox.faults.clear()
        for key in self.every_key:
            rig.sandbox.restore_key(key)
            rig.sandbox.top_up(key, PLENTY)
        polls = watch(rig)
        waiting = {row.id for row in kept(rig) if not row.ended}
        await pass_time(rig, HOUR_S, 2 * MINUTE_S)
        await pass_time(rig, 25 * HOUR_S, HOUR_S)
        asked = {call.target for call in of(polls, "get")}
        for row in kept(rig):
            assert row.ended or row.id not in waiting or row.remote_id in asked, ("it has no next poll", row)
        await pass_time(rig, 8 * DAY_S, 4 * HOUR_S)

    def assert_right(self) -> None:
        rows = kept(self.rig)
        assert [row for row in rows if not row.ended] == [], "still open after nine days without trouble"
        assert set_aside(self.rig) == 0, "credits are held for nothing"
        self._nothing_was_paid_twice()
        for row in rows:
            self._is_settled(row)
        of_accounts = sum((self.rig.sandbox.spent(key) for key in one_key_of_each_account(self)), Decimal(0))
        unconfirmed = sum((self._paid_there(row) - charged(self.rig, row.id) for row in rows), Decimal(0))
        assert charged(self.rig) + unconfirmed == of_accounts

    def _nothing_was_paid_twice(self) -> None:
        now = self.rig.sandbox.clock.wall()
        pictures = Counter(str(each.input["prompt"]) for each in self.rig.sandbox.requests if each.charged(now))
        assert [prompt for prompt, times in pictures.items() if times > 1] == []

    def _paid_there(self, row: Row) -> Decimal:
        now = self.rig.sandbox.clock.wall()
        found = [each for each in self.rig.sandbox.requests if each.idempotency_key == row.idempotency_key]
        return sum((each.charged(now) for each in found), Decimal(0))

    def _is_settled(self, row: Row) -> None:
        [server] = [each for each in self.servers if each.guild.id == row.guild_id]
        desk = self.desks[self.servers.index(server)]
        there, here = self._paid_there(row), charged(self.rig, row.id)
        posted = files_of(server.channel, self.rig, row.id)
        succeeded = [
            each
            for each in self.rig.sandbox.requests
            if each.idempotency_key == row.idempotency_key and each.error is None and "#none" not in each.words
        ]
        if row.remote_id is None:
            # Never confirmed: nothing can be known of it, but somebody must know that much.
            assert here == 0, row
            told = "\n".join(m.content for m in desk.history())
            assert there == 0 or row.id in told, ("charged, and no moderator knows of it", row)
            return
        assert here == there, ("the books differ", row, here, there)
        if succeeded:
            assert row.state in REACHED, ("a paid result was lost", row)
        assert len(posted) == (row.state == "delivered"), (row, posted)
        if row.state != "delivered":
            assert row.error, row
            assert card_text(self.rig, row.id, server.channel), row


def one_key_of_each_account(world: World) -> list[str]:
    """Return one key of each account."""
    accounts = world.rig.sandbox.accounts.accounts
    return list({id(accounts[key]): key for key in world.every_key}.values())


DEEDS: dict[str, Callable[..., Awaitable[None]]] = {
    "ask": World.ask,
    "trouble": World.trouble,
    "lost answer": World.lose_answer,
    "outage": World.outage,
    "denied": World.denied,
    "restart": World.restart,
    "clock": World.step_clock,
    "revoke": World.revoke,
    "restore": World.restore,
    "replace": World.replace,
    "empty": World.empty,
    "top up": World.top_up,
    "wait": World.wait,
}


async def play(life: list[Event]) -> None:
    """Play a life and see that it ends well."""
    # The bot spreads its waits by dice of its own: the same life must be lived the same way again.
    dice = mock.patch.object(random, "Random", lambda seed=0, dice=random.Random: dice(seed))
    with tempfile.TemporaryDirectory() as folder, dice:
        async with running_rig(Path(folder), cannon_api_key=None) as rig:
            world = World(rig, [own_server(rig), another_server(rig)], list(KEYS), list(KEYS))
            for server, key in zip(world.servers, KEYS, strict=True):
                rig.sandbox.add_key(key, credits=PLENTY)
                await set_key(rig, key, server=server)
                world.desks.append(server.guild.create_text_channel("log"))
                await change_rules(rig, server.guild, log_channel=world.desks[-1].id)
            for happening in life:
                await world.live(happening)
            await world.all_is_well()
            world.assert_right()


COMMON = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
SAD = (
    [("ask", 0, "#late")],
    [("ask", 0, "#slow"), ("revoke", 0), ("wait", 20), ("replace", 0, False), ("wait", 400)],
    [("ask", 1, "#late"), ("lost answer", 1), ("ask", 1, ""), ("revoke", 1), ("wait", 1), ("replace", 1, False)],
    [("ask", 0, "#billed"), ("ask", 1, "#none"), ("ask", 1, "#plan"), ("ask", 0, "#fail")],
)
"""Lives that were lived or reported. Without the reconciler most lost a result, paid twice or left the books wrong."""


@pytest.mark.parametrize("life", SAD, ids=lambda life: ", ".join(str(each[0]) for each in life))
async def test_a_life_that_was_lived_ends_well(life: list[Event]):
    await play(life)


@pytest.mark.long
@given(life=st.lists(EVENTS, min_size=2, max_size=30))
@settings(max_examples=examples(quick=6, long=60), **COMMON)
async def test_any_long_life_ends_well(life: list[Event]):
    await play(life)
