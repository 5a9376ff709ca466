"""What Cannon Studio asks of a key, every process of a fleet does; and each counts what any has asked of accounts."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bot.account.api_keys import UsableKey
from bot.account.key_health import OF_ALL, OF_SERVER, StatusPace
from bot.cannon.budgets import Call, KeyBudgets
from bot.domain.models import JobState
from bot.errors import Refused
from bot.fleet.shared_memory import share, share_counts
from bot.fleet.signals import Signals
from bot.jobs.turns.key_waits import REST_JITTER, KeyWaits
from tests.support.rig import ManualClock


class Wire:
    """Carries signals between processes; what it carried is kept."""

    def __init__(self) -> None:
        self.ends: list[Signals] = []
        self.carried: list[tuple[str, ...]] = []

    def signals(self) -> Signals:
        self.ends.append(Signals(self._carry))
        return self.ends[-1]

    def _carry(self, name: str, words: tuple[str, ...]) -> None:
        self.carried.append((name, *words))
        for end in self.ends:
            end.heard(name, *words)


class AJob:
    def __init__(self, state: JobState, guild_id: int = 7) -> None:
        self.id, self.guild_id, self.payer_id, self.state = "J1", guild_id, guild_id, state
        self.poll_after_s = None


KEY = UsableKey(id=3, secret="cs_live_x")
QUEUED: Any = AJob(JobState.QUEUED)
SUBMITTING: Any = AJob(JobState.SUBMITTING)
NOBODY: Any = None


def waits(wire: Wire, clock: ManualClock) -> KeyWaits:
    made = KeyWaits(
        NOBODY,
        health=NOBODY,
        budgets=KeyBudgets(clock),
        clock=clock,
        rng=random.Random(1),
        keys=NOBODY,
    )
    share(wire.signals(), "key.paused", made)
    return made


def test_a_pause_of_a_key_rests_it_in_all_processes() -> None:
    wire, clock = Wire(), ManualClock()
    first, second = waits(wire, clock), waits(wire, clock)
    first.pause(KEY, QUEUED, 20.0, Call.POLL)
    for each in (first, second):
        assert 20 <= each.rest_s(KEY, QUEUED) <= 20 * (1 + REST_JITTER)
    assert second.rest_s(UsableKey(id=4, secret="cs_live_y"), QUEUED) == 0, "another key goes on"
    second.end_pauses(KEY.slot(7))
    assert second.rest_s(KEY, QUEUED) == 0
    clock.advance(20)
    assert first.rest_s(KEY, QUEUED) == 0


@pytest.mark.parametrize(
    ("paused", "rests", "continues"), [(Call.CREATE, SUBMITTING, QUEUED), (Call.POLL, QUEUED, SUBMITTING)]
)
def test_a_pause_of_one_kind_of_call_lets_the_other_continue_elsewhere_too(
    paused: Call, rests: Any, continues: Any
) -> None:
    wire, clock = Wire(), ManualClock()
    first, second = waits(wire, clock), waits(wire, clock)
    first.pause(KEY, rests, 20.0, paused)
    assert (second.rest_s(KEY, continues), second.rest_s(KEY, rests) >= 20) == (0, True)


def test_many_answers_that_say_the_same_are_told_once_and_hold_no_secret() -> None:
    wire, clock = Wire(), ManualClock()
    first = waits(wire, clock)
    for _ in range(100):
        first.pause(KEY, QUEUED, 20.0, Call.POLL)
        clock.advance(0.001)
    assert wire.carried == [("key.paused", "7:3", "20.000", "POLL")]
    clock.advance(5)
    first.pause(KEY, QUEUED, 20.0, Call.POLL)
    assert len(wire.carried) == 2


def test_the_pace_of_questions_about_accounts_is_one_for_all_processes() -> None:
    wire, clock = Wire(), ManualClock()
    first, second = StatusPace(clock), StatusPace(clock)
    for each in (first, second):
        share_counts(wire.signals(), "asked", each, str(id(each)))
    assert [first.allows(7) for _ in range(OF_SERVER - 1)] == [True] * (OF_SERVER - 1)
    second.require(7)
    with pytest.raises(Refused):
        second.require(7)
    assert not first.allows(7)
    others = [(first, second)[number % 2].allows(1000 + number) for number in range(OF_ALL)]
    assert others.count(True) == OF_ALL - OF_SERVER
    clock.advance(3600)
    assert first.allows(7)
