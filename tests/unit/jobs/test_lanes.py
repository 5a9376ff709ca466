"""The lanes of turns: fair between servers, bounded by server and card, and no slower for what else waits."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import Job, JobState
from bot.jobs.follow import lanes
from bot.jobs.follow.agenda import SIZES, Agenda
from bot.jobs.follow.lanes import GIVES_WAY_S, LATE_S, SLOW_S, Followed, Lane, LaneName, LaneSize, lane_of
from tests.support.rig import ManualClock

WIDE = LaneSize(slots=100, most=100, per_server=100)


def followed(guild_id: int = 1, due: float = 0.0, *, card: str = "", job_id: str = "", **values: Any) -> Followed:
    job = Job(
        id=job_id or f"{guild_id}-{due}-{card}",
        card_id=card or f"{guild_id}-{due}",
        guild_id=guild_id,
        position=0,
        author_id=1,
        operation="image.generate",
        input={},
        idempotency_key="key",
        key_id=None,
        held=Decimal(1),
        basis="fixed",
        created_at=0.0,
        **({"state": JobState.READY} | values),
    )
    waiting = Followed(job.id, job.guild_id, job.card_id, job.state, due=due, active_s=0.0)
    waiting.job = job
    return waiting


def filled(size: LaneSize, *waiting: Followed) -> Lane:
    lane = Lane(size)
    for each in waiting:
        lane.put(each)
    return lane


def taken(lane: Lane, now: float) -> list[Followed]:
    found = []
    while (each := lane.take_due(now)) is not None:
        found.append(each)
    return found


# ---------------------------------------------------------------------- what is due


@pytest.mark.parametrize(("state", "name"), [("submitting", "submit"), ("queued", "poll"), ("ready", "deliver")])
def test_each_state_has_its_lane(state: str, name: str):
    assert lane_of(JobState(state)) is LaneName(name)


def test_jobs_come_when_they_are_due_and_the_longest_due_first():
    late, early, future = followed(due=2), followed(due=1), followed(due=9)
    lane = filled(WIDE, late, future, early)
    assert lane.take_due(0.5) is None
    assert taken(lane, 3) == [early, late]
    assert lane.next_at() == 9
    assert taken(lane, 9) == [future]
    assert lane.next_at() is None


def test_a_new_due_replaces_the_old_one():
    job = followed(due=1)
    lane = filled(WIDE, job)
    job.due = 5
    lane.put(job)
    assert taken(lane, 4) == []
    job.due = 3
    lane.put(job)
    assert taken(lane, 9) == [job]


def test_a_job_that_changed_its_lane_is_due_in_the_new_one_alone():
    agenda = Agenda(ManualClock())
    job = followed(state=JobState.PROCESSING)
    agenda.put(job)
    job.job = dataclasses.replace(job.job, state=JobState.READY)
    agenda.put(job)
    assert agenda.take_due(LaneName.POLL, 0) is None
    assert agenda.take_due(LaneName.DELIVER, 0) is job


def test_what_is_dropped_is_never_due():
    agenda = Agenda(ManualClock())
    job = followed()
    agenda.put(job)
    agenda.drop(job.job.id)
    assert agenda.take_due(LaneName.DELIVER, 1) is None
    assert agenda.oldest_due_s()[LaneName.DELIVER] == 0


# ---------------------------------------------------------------------- room for others


LEAST = 8
NARROWING = LaneSize(slots=64, most=160, per_server=1, least=LEAST)


def test_while_a_member_waits_for_an_answer_few_polls_start_and_then_the_rest():
    waits = True
    agenda = Agenda(ManualClock(), lambda: waits)
    for number in range(100):
        agenda.put(followed(number, state=JobState.PROCESSING))
        agenda.put(followed(number))

    def started(name: LaneName) -> int:
        return sum(agenda.take_due(name, 0.0) is not None for _ in range(100))

    assert started(LaneName.POLL) == SIZES[LaneName.POLL].least
    assert started(LaneName.DELIVER) == SIZES[LaneName.DELIVER].slots, "they wait for Discord, not for the event loop"
    waits = False
    assert started(LaneName.POLL) == SIZES[LaneName.POLL].slots - LEAST


def test_turns_that_hang_keep_no_room_from_others_while_a_member_waits():
    lane = filled(NARROWING, *(followed(number) for number in range(30)))
    for _ in range(LEAST):
        assert lane.take_due(0.0, is_awaited=True) is not None
    assert lane.take_due(0.5, is_awaited=True) is None
    assert lane.next_at() == SLOW_S
    assert lane.take_due(SLOW_S, is_awaited=True) is not None


def test_turns_that_are_late_do_not_give_way():
    lane = filled(NARROWING, *(followed(number, due=0.0) for number in range(1, 100)))
    late = math.nextafter(GIVES_WAY_S, math.inf)
    assert sum(lane.take_due(GIVES_WAY_S, is_awaited=True) is not None for _ in range(99)) == LEAST
    assert sum(lane.take_due(late, is_awaited=True) is not None for _ in range(99)) == NARROWING.slots - LEAST


def test_a_full_event_loop_takes_half_of_the_slots_and_turns_in_time_give_them_back():
    lane = Lane(NARROWING)
    for second in range(5):
        lane.began(started=second, now=second + 2 * LATE_S)
        assert lane.slots == 32
    for _ in range(4):
        lane.began(started=9.0, now=9.0 + LATE_S / 2)
    assert lane.slots == 33
    for _ in range(1000):
        lane.began(started=9.0, now=9.0)
    assert lane.slots == NARROWING.slots


def test_a_lane_that_gives_no_way_keeps_its_slots():
    lane = Lane(LaneSize(slots=4, most=4, per_server=2))
    lane.began(started=1.0, now=2.0)
    assert lane.slots == 4


# ---------------------------------------------------------------------- fairness


def test_a_server_that_came_last_does_not_wait_for_those_with_more():
    noisy = [followed(1, due, job_id=f"noisy{due}") for due in range(50)]
    quiet = followed(2, due=60)
    lane = filled(LaneSize(slots=3, most=3, per_server=8), *noisy, quiet)
    assert [each.job.guild_id for each in taken(lane, 100)] == [1, 2, 1]


def test_servers_take_turns():
    jobs = [followed(guild, due=number, job_id=f"{guild}-{number}") for guild in (1, 2, 3) for number in range(4)]
    lane = filled(LaneSize(slots=3, most=3, per_server=3), *jobs)
    order = []
    now = 10.0
    running = taken(lane, now)
    while running:
        order += sorted(each.job.guild_id for each in running)
        for each in running:
            lane.done(each, now)
        running = taken(lane, now)
    assert order == [1, 2, 3] * 4


def test_no_server_has_more_turns_than_it_may_and_a_free_one_is_used_at_once():
    jobs = [followed(due=number) for number in range(5)]
    lane = filled(LaneSize(slots=9, most=9, per_server=2), *jobs)
    first = taken(lane, 10)
    assert first == jobs[:2]
    lane.done(first[1], 10)
    assert taken(lane, 10) == [jobs[2]]


def test_a_card_has_one_turn_and_holds_up_no_other_card():
    batch = [followed(due=number, card="batch") for number in range(3)]
    single = followed(due=9, card="single")
    lane = filled(LaneSize(slots=9, most=9, per_server=2, per_card=1), *batch, single)
    first = taken(lane, 10)
    assert first == [batch[0], single]
    lane.done(single, 10)
    assert taken(lane, 10) == []
    assert lane.oldest_due_s(10) == 9, "what waits for its card waits"
    lane.done(batch[0], 10)
    assert taken(lane, 10) == [batch[1]]


def test_what_waited_behind_a_card_is_not_lost_with_what_was_first():
    batch = [followed(due=number, card="batch") for number in range(3)]
    lane = filled(LaneSize(slots=9, most=9, per_server=2, per_card=1), *batch)
    assert taken(lane, 10) == [batch[0]]
    batch[1].entry = None  # dropped
    lane.done(batch[0], 10)
    assert taken(lane, 10) == [batch[2]]


def test_a_turn_that_hangs_gives_its_slot_to_others_up_to_the_most():
    jobs = [followed(guild_id) for guild_id in range(9)]
    lane = filled(LaneSize(slots=2, most=4, per_server=1), *jobs)
    assert len(taken(lane, 0)) == 2
    assert taken(lane, SLOW_S / 2) == []
    assert lane.next_at() == SLOW_S
    assert len(taken(lane, SLOW_S)) == 2
    assert taken(lane, 2 * SLOW_S) == []
    assert lane.next_at() is None
    lane.done(jobs[0], 3 * SLOW_S)
    assert len(taken(lane, 3 * SLOW_S)) == 1


def test_what_is_cleared_keeps_its_slots_until_it_is_done():
    running, waiting = followed(due=0), followed(due=1)
    lane = filled(LaneSize(slots=9, most=9, per_server=1), running, waiting)
    assert taken(lane, 1) == [running]
    lane.clear()
    claimed_again = followed(due=2)
    lane.put(claimed_again)
    assert taken(lane, 2) == []
    lane.done(running, 3)
    assert taken(lane, 3) == [claimed_again]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3), st.integers(0, 2), st.floats(0, 5)),
        st.tuples(st.just("again"), st.integers(0, 30), st.just(0), st.floats(0, 5)),
        st.tuples(st.just("drop"), st.integers(0, 30), st.just(0), st.just(0.0)),
        st.tuples(st.just("done"), st.integers(0, 30), st.just(0), st.just(0.0)),
        st.tuples(st.just("pass"), st.just(0), st.just(0), st.floats(0, 3)),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_bounds_hold_and_nothing_that_is_due_is_forgotten(steps: list[tuple[str, int, int, float]]):
    size = LaneSize(slots=3, most=5, per_server=2, per_card=1)
    lane, now, waiting, running = Lane(size), 0.0, [], []
    for number, (act, which, card, seconds) in enumerate(steps):
        if act == "put":
            waiting.append(followed(which, now + seconds, card=f"{which}-{card}", job_id=f"{number}"))
            lane.put(waiting[-1])
        elif act == "again" and waiting:
            job = waiting[which % len(waiting)]
            job.due = now + seconds
            lane.put(job)
        elif act == "drop" and waiting:
            waiting.pop(which % len(waiting)).entry = None
        elif act == "done" and running:
            lane.done(running.pop(which % len(running)), now)
        elif act == "pass":
            now += seconds
        for job in taken(lane, now):
            assert job in waiting
            assert job.due <= now
            waiting.remove(job)
            running.append(job)
        servers = Counter(job.job.guild_id for job in running)
        cards = Counter(job.job.card_id for job in running)
        assert max(servers.values(), default=0) <= 2
        assert max(cards.values(), default=0) <= 1
        assert len(running) <= 5
        due = [job for job in waiting if job.due <= now]
        assert lane.oldest_due_s(now) == pytest.approx(max((now - job.due for job in due), default=0.0))
    while waiting:
        for job in running:
            lane.done(job, now)
        now += 10
        running = taken(lane, now)
        assert running, "it would wait for ever"
        waiting = [job for job in waiting if job not in running]


# ---------------------------------------------------------------------- what is told


def test_turns_are_counted_for_a_minute():
    lane = filled(WIDE, *(followed(due=number) for number in range(3)))
    for at, job in zip((10.2, 10.9, 40.0), taken(lane, 5), strict=True):
        lane.done(job, at)
    assert [lane.turns_last_minute(now) for now in (40, 69, 71, 100, 101)] == [3, 3, 1, 0, 0]


@pytest.mark.long
def test_a_turn_costs_the_same_however_many_jobs_wait(monkeypatch: pytest.MonkeyPatch):
    """Entries that are looked at are what a turn costs; a scan would look at all of them."""
    looked_at = 0

    def counted(entry: Any) -> bool:
        nonlocal looked_at
        looked_at += 1
        return entry[2].entry is entry

    lane = Lane(SIZES[LaneName.DELIVER])
    for number in range(20_000):
        lane.put(followed(number % 500, due=float(number % 199), job_id=f"{number}"))
    running = taken(lane, 0.0)
    monkeypatch.setattr(lanes, "_is_current", counted)
    for turn in range(200):
        now = turn / 100
        job = running.pop(0)
        lane.done(job, now)
        job.due = now + 1000
        lane.put(job)
        running += taken(lane, now)
        lane.next_at()
        lane.oldest_due_s(now)
    assert looked_at < 200 * 40  # a scan: 200 * 20,000


def test_hints_without_end_leave_no_heap_of_old_entries():
    lane, job = Lane(WIDE), followed(due=1e9)
    for _ in range(5_000):
        lane.put(job)
    assert len(lane._later) < 3_000
    assert taken(lane, 2e9) == [job]


# ---------------------------------------------------------------------- after a restart


def test_what_is_due_all_at_once_is_put_in_order_bit_by_bit() -> None:
    lane = filled(LaneSize(slots=1, most=1, per_server=1), *(followed(due=-number) for number in range(2500)))
    first = lane.take_due(0.0)
    assert first is not None
    assert first.due == -2499
    assert len(lane._later) == 2500 - lanes.ARRIVALS_MAX
    lane.take_due(0.0)
    assert len(lane._later) == 2500 - lanes.ARRIVALS_MAX
    lane.take_due(0.1)
    assert len(lane._later) == 2500 - 2 * lanes.ARRIVALS_MAX


def test_every_job_has_its_turn_however_many_are_due() -> None:
    waiting = [followed(guild_id=number % 3, due=-number) for number in range(3000)]
    lane, order = filled(LaneSize(slots=4, most=4, per_server=2), *waiting), []
    for now in range(1, 10_000):
        while (each := lane.take_due(float(now))) is not None:
            order.append(each)
        for each in order[-4:]:
            if each.entry is None and not each.busy:
                each.busy = True
                lane.done(each, float(now))
        if len(order) == 3000:
            break
    assert len(set(order)) == 3000


def test_what_is_rare_takes_no_memory_until_it_is_there() -> None:
    job = followed()
    job.failures, job.trouble, job.decided = 0, "", False
    assert job.rare is None
    job.failures, job.denied_at = 3, 5.0
    assert (job.failures, job.denied_at, job.denials, job.hint_served_at) == (3, 5.0, 0, -math.inf)
    job.failures, job.denied_at = 0, None
    assert job.rare is None


def test_a_server_whose_job_is_due_later_does_not_wait_for_all_that_others_had_before():
    """Each crowded server has one turn at a time, so that all servers are equal at each choice."""
    crowd = [followed(guild_id, due=float(number)) for guild_id in (1, 2, 3) for number in range(20)]
    lane = filled(LaneSize(slots=3, most=3, per_server=8), *crowd, followed(9, due=30.0))
    under_way, order = taken(lane, now=30.0), []
    while under_way:
        ended = under_way.pop(0)
        order.append(ended.job.guild_id)
        lane.done(ended, 30.0 + len(order))
        under_way += taken(lane, now=30.0 + len(order))
    assert order.index(9) <= 6
    assert Counter(order) == {1: 20, 2: 20, 3: 20, 9: 1}
