"""What one process says of jobs reaches the workers of all, and each card the one that follows it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.delivery.card.memory import EveryCard
from bot.fleet.cards import OwnCards
from bot.fleet.shared_memory import share_calls
from bot.jobs.signals import WorkerSignals
from bot.runtime.background import BackgroundTasks
from tests.support.signals import Bus

NO_LOCKS: Any = None


class Worker:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.agenda = self

    def __getattr__(self, name: str) -> Any:
        return lambda *words: self.heard.append((name, *words))


async def test_each_worker_hears_what_any_process_says_of_jobs() -> None:
    gateway, other = Bus().processes
    worker = Worker()
    signals, theirs = WorkerSignals(), WorkerSignals()
    share_calls(gateway, signals)
    share_calls(other, theirs)
    theirs.reach(worker)  # type: ignore[arg-type]  # the calls are what is compared

    signals.wake()
    signals.claim()
    signals.hint("JOB1")
    signals.decided("JOB2")
    signals.resume(7, "7:3")
    signals.resume(7)

    assert worker.heard == [
        ("wake",), ("claim_soon",), ("hint", "JOB1"), ("decided", "JOB2"), ("resume", 7, "7:3"), ("resume", 7, None),
    ]  # fmt: skip


async def test_a_card_that_one_process_wants_drawn_is_offered_to_each() -> None:
    gateway, other = Bus().processes
    asked: list[tuple[int, str, bool]] = []

    class Delivery:
        async def show_if_own(self, guild_id: int, card_id: str, *, at_once: bool) -> None:
            asked.append((guild_id, card_id, at_once))

    tasks = BackgroundTasks()
    asking, asked_of = (OwnCards(each, lambda: False, NO_LOCKS) for each in (gateway, other))
    asked_of.reach(Delivery(), tasks.start)  # type: ignore[arg-type]  # the one method that it needs
    asking.draw_elsewhere(7, "CARD", True)
    asking.draw_elsewhere(7, "CARD", False)
    await tasks.finished()

    assert asked == [(7, "CARD", True), (7, "CARD", False)]


def test_a_card_is_drawn_by_who_follows_its_jobs_else_by_who_is_asked() -> None:
    owner = OwnCards(Bus().processes[0], lambda: True, NO_LOCKS)
    owner.lease = lambda: "mine"
    free, mine, other = (SimpleNamespace(lease=lease) for lease in (None, "mine", "other"))
    assert owner.is_here([free, mine], if_free=False)  # type: ignore[list-item]  # the lease is all it needs
    assert not owner.is_here([free, other], if_free=True)  # type: ignore[list-item]
    assert owner.is_here([free], if_free=True)  # type: ignore[list-item]
    assert not owner.is_here([free], if_free=False)  # type: ignore[list-item]
    assert EveryCard().is_here([other], if_free=False)  # type: ignore[list-item]
