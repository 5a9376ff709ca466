"""Acts of moderators, with Discord failing at each call, and with a crash at each step: change and record agree."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from simcord.backend.errors import BackendError
from simcord.http import router

from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from bot.store import Record
from tests.support.moderator_acts import ACTS, REMOVALS, Act, Stage
from tests.support.rig import Rig
from tests.support.surface import post_log

CALLS_MAX = 12
"""No act takes so many calls of Discord."""
INCIDENTAL = frozenset(
    {
        "alerts",
        "decisions",
        "drafts",
        "meta",
        "outbox",
        "reaction_acts",
        "sqlite_sequence",
    }
)
"""Tables that may change next to an act: what was told, texts that were typed, how to reach Discord."""


class Faults:
    """Lets one call of Discord fail."""

    def __init__(self) -> None:
        self._left: int | None = None

    def fail(self, number: int) -> None:
        """Let the call after the next `number` fail."""
        self._left = number

    def disarm(self) -> bool:
        """Return whether the call was made, and so has failed."""
        has_failed, self._left = self._left is None, None
        return has_failed

    def check(self, _backend: Any, _method: str, _path: str) -> None:
        if self._left is None:
            return
        if self._left == 0:
            self._left = None
            raise BackendError(503, 0, "injected")
        self._left -= 1


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    made = Faults()
    monkeypatch.setattr(router, "_check_faults", made.check)
    return made


@pytest.fixture
def stage(rig: Rig) -> Stage:
    rig.forgiven = (discord.HTTPException,)
    return Stage(rig)


@dataclass(frozen=True)
class Seen:
    """What the database has: the state that acts change, and the lines about acts."""

    state: dict[str, list[tuple[Any, ...]]]
    lines: list[tuple[int, str]]


async def seen(stage: Stage) -> Seen:
    def read(db: Any) -> dict[str, list[tuple[Any, ...]]]:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: sorted((tuple(row) for row in db.execute(f"SELECT * FROM {name}")), key=repr)
            for name in names
            if name not in INCIDENTAL
        }

    lines = await stage.store.decisions.all(stage.guild)
    return Seen(await stage.store._database.read(read), [(line.id, line.kind) for line in lines])


def done(act: Act, before: Seen, after: Seen) -> bool:
    """Return whether the act was done; fail unless its change and its line are both there, or neither."""
    changed = [name for name in after.state if after.state[name] != before.state[name]]
    lines = [kind for number, kind in after.lines if (number, kind) not in before.lines]
    assert lines == ([act.kind] if changed else []), (changed, lines)
    return bool(changed)


@contextlib.contextmanager
def dying_at(point: str) -> Iterator[None]:
    """Let the process die at a failpoint, which must be reached."""
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        yield
    assert failpoints.disarm() == []


def log_lines(stage: Stage) -> list[str]:
    return [message.content for message in stage.log.history() if message.author.id == stage.rig.bot.user.id]


ALWAYS = list(ACTS)[::3]
SOME_ACTS = [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.long) for name in ACTS]


@pytest.mark.parametrize("name", SOME_ACTS)
async def test_whatever_call_discord_fails_an_act_is_done_and_recorded_or_neither(
    stage: Stage, faults: Faults, name: str
):
    act = ACTS[name]
    for call in itertools.count():
        subject = await act.prepare(stage)
        before = await seen(stage)
        faults.fail(call)
        with contextlib.suppress(discord.HTTPException):  # the forged message itself was not sent
            await act.do(stage, subject)
        has_failed = faults.disarm()
        is_done = done(act, before, await seen(stage))
        if not has_failed:
            assert is_done
            return
        assert call < CALLS_MAX


@pytest.mark.parametrize("name", SOME_ACTS)
async def test_a_crash_in_an_act_leaves_it_done_and_recorded_and_later_posted_or_undone(stage: Stage, name: str):
    act = ACTS[name]
    for point in ("decision.before", "decision.changed"):
        subject = await act.prepare(stage)
        before = await seen(stage)
        with dying_at(point):
            await act.do(stage, subject)
        assert not done(act, before, await seen(stage))
    subject = await act.prepare(stage)
    before = await seen(stage)
    with dying_at("decision.stored"):
        await act.do(stage, subject)
    assert done(act, before, await seen(stage))
    line = max(await stage.store.decisions.all(stage.guild), key=lambda each: each.id).text
    assert not any(each.startswith(line) for each in log_lines(stage))
    await stage.rig.restart()
    await post_log(stage.rig)
    assert any(each.startswith(line) for each in log_lines(stage))
    assert await stage.store.outbox.next_lines() == []


@pytest.mark.parametrize("name", REMOVALS)
async def test_no_result_is_gone_without_a_line_that_says_who_removed_it(stage: Stage, faults: Faults, name: str):
    act = REMOVALS[name]
    for call in itertools.count():
        message = await act.prepare(stage)
        before = await seen(stage)
        faults.fail(call)
        await act.do(stage, message)
        has_failed = faults.disarm()
        after = await seen(stage)
        is_gone = message.id not in [each.id for each in stage.rig.messages()]
        if is_gone or after.state != before.state:
            assert [kind for number, kind in after.lines if (number, kind) not in before.lines] == [act.kind]
        if not has_failed:
            assert is_gone
            return
        assert call < CALLS_MAX


@pytest.mark.parametrize("name", REMOVALS)
async def test_a_crash_in_a_removal_leaves_the_line_or_the_result(stage: Stage, name: str):
    act = REMOVALS[name]
    for point in ("decision.before", "decision.changed", "decision.stored"):
        message = await act.prepare(stage)
        before = await seen(stage)
        with dying_at(point):
            await act.do(stage, message)
        after = await seen(stage)
        is_recorded = after.lines != before.lines
        assert is_recorded == (point == "decision.stored")
        assert message.id in [each.id for each in stage.rig.messages()]
        if not is_recorded:
            assert after.state == before.state


# ---------------------------------------------------------------------- the log channel


async def grant(stage: Stage) -> None:
    await stage.slash("quota grant", member=stage.rig.member, credits=5.0)


def posts(stage: Stage) -> list[dict[str, Any]]:
    path = f"/channels/{stage.log.id}/messages"
    return [call.json for call in stage.rig.env.http_requests if call.method == "POST" and call.path == path]


async def test_a_moderator_is_answered_before_the_log_channel_is_asked(stage: Stage):
    await stage.begin()
    answer = await stage.slash("quota grant", member=stage.rig.member, credits=5.0)
    assert answer.response.content.startswith("✅")
    assert log_lines(stage) == []
    assert stage.rig.bot.parts.alerts.woken.is_set()
    await post_log(stage.rig)
    assert len(log_lines(stage)) == 1
    await post_log(stage.rig)
    assert len(log_lines(stage)) == 1


async def test_a_line_posted_before_a_crash_is_posted_again_under_the_same_nonce_and_not_a_third_time(stage: Stage):
    await stage.begin()
    await grant(stage)
    with dying_at("decision.posted"):
        await post_log(stage.rig)
    await stage.rig.restart()
    for _ in range(2):
        await post_log(stage.rig)
    first, second = posts(stage)
    assert first["nonce"] == second["nonce"]
    assert len(first["nonce"]) <= 25
    assert first["enforce_nonce"] is True
    assert await stage.store.outbox.next_lines() == []


async def test_lines_that_discord_could_not_take_are_posted_later_in_their_order(stage: Stage, faults: Faults):
    await stage.begin()
    await grant(stage)
    await stage.slash("studio pause", switch="on")
    faults.fail(0)
    await post_log(stage.rig)
    assert faults.disarm()
    await post_log(stage.rig)  # too soon
    assert log_lines(stage) == []
    stage.rig.advance(60)
    await post_log(stage.rig)
    first, second = log_lines(stage)
    assert " granted " in first
    assert " paused " in second


async def test_a_line_that_could_not_be_posted_for_a_day_is_in_the_record_only(stage: Stage, faults: Faults):
    await stage.begin()
    await grant(stage)
    faults.fail(0)
    await post_log(stage.rig)
    stage.rig.advance(24 * 3600 + 1)
    await post_log(stage.rig)
    assert log_lines(stage) == []
    assert await stage.store.outbox.next_lines() == []
    assert len(await stage.store.decisions.all(stage.guild)) == 1


async def test_one_servers_backlog_and_trouble_keep_nothing_from_the_others(stage: Stage):
    await stage.begin()
    other = stage.rig.env.create_guild("Other")
    log = other.create_text_channel("log")
    await stage.store.settings.change(other.id, lambda rules: type(rules)(log_channel=log.id))
    stage.rig.env.inject_error("POST", f"/channels/{stage.log.id}/messages", status=503, times=None)
    for number in range(120):
        await stage.store.decisions.add(
            stage.guild, lambda _, number=number: Record(kind="grant", text=f"granted {number}.", by_id=1)
        )
    await stage.store.decisions.add(other.id, lambda _: Record(kind="grant", text="granted elsewhere.", by_id=1))
    await post_log(stage.rig)
    assert len(posts(stage)) == 1
    [message] = log.history()
    assert "granted elsewhere." in message.content
