"""The ticker alone: fair between servers, bounded, and silent where nobody needs it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import discord
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.card.ticker import CARDS_A_SECOND, CardKey, CardTicker, in_turn
from tests.support.rig import ManualClock


async def nothing_open() -> list[CardKey]:
    return []


class Drawn:
    """What was drawn when; each card is expected again as a running one is."""

    def __init__(self, clock: ManualClock, ticker: CardTicker) -> None:
        self.clock = clock
        self.ticker = ticker
        self.at: dict[CardKey, list[float]] = {}

    async def __call__(self, guild_id: int, card_id: str) -> None:
        card = guild_id, card_id
        self.at.setdefault(card, []).append(self.clock.elapsed)
        self.ticker.edited(card)
        self.ticker.expect(card, 1.0)


def made(**changes: Any) -> tuple[ManualClock, CardTicker]:
    clock = ManualClock()
    values: dict[str, Any] = {"open_cards": nothing_open, "is_calm": lambda: True}
    return clock, CardTicker(clock, **values | changes)


async def test_thousands_of_open_cards_are_drawn_a_few_at_a_time_and_no_server_waits_for_anothers():
    clock, ticker = made()
    drawn = Drawn(clock, ticker)
    for number in range(3000):
        ticker.expect((1, f"{number}"), 0.0)
    ticker.expect((2, "alone"), 0.5)
    for _ in range(30):
        assert await ticker.run_once(drawn) <= CARDS_A_SECOND
        clock.advance(1.0)
    assert drawn.at[2, "alone"][0] <= 2.0
    assert len(drawn.at[2, "alone"]) == 3
    for at in drawn.at.values():
        assert all(later - earlier >= 10 for earlier, later in itertools.pairwise(at))


async def test_what_is_expected_again_replaces_what_was_and_leaves_nothing_behind():
    _clock, ticker = made()
    for number in range(10_000):
        ticker.expect((1, "x"), number)
    assert ticker.watched == 1
    assert len(ticker._heap) < 200
    ticker.forget((1, "x"))
    assert ticker.watched == 0


async def test_a_start_is_no_burst():
    async def many() -> list[CardKey]:
        return [(number % 7, f"{number}") for number in range(60)]

    clock, ticker = made(open_cards=many)
    drawn = Drawn(clock, ticker)
    counts = []
    for _ in range(20):
        counts.append(await ticker.run_once(drawn))
        clock.advance(1.0)
    assert sum(counts) >= 60
    assert max(counts) <= CARDS_A_SECOND


@given(st.lists(st.tuples(st.integers(1, 5), st.text(min_size=1, max_size=3)), unique=True), st.integers(0, 12))
def test_each_server_has_its_turn(cards: list[CardKey], count: int):
    chosen = in_turn(cards, count)
    assert len(chosen) == min(count, len(cards))
    assert len(set(chosen)) == len(chosen)
    taken = {guild_id: sum(card[0] == guild_id for card in chosen) for guild_id, _ in cards}
    there = {guild_id: sum(card[0] == guild_id for card in cards) for guild_id, _ in cards}
    for guild_id, number in taken.items():
        assert number == there[guild_id] or all(number >= other - 1 for other in taken.values())


class Refusing:
    """Discord's answer to an edit, the same each time."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    async def __call__(self, guild_id: int, card_id: str) -> None:
        self.asked += 1
        raise self.error


def refused(status: int, code: int) -> discord.HTTPException:
    answer: Any = SimpleNamespace(status=status, reason="no")
    return discord.HTTPException(answer, {"code": code, "message": "no"})


async def test_a_card_whose_message_is_gone_is_not_drawn_again():
    clock, ticker = made()
    gone = Refusing(refused(404, 10008))
    ticker.expect((1, "x"), 0.0)
    for _ in range(300):
        await ticker.run_once(gone)
        clock.advance(1.0)
    assert (gone.asked, ticker.watched) == (1, 0)


async def test_a_card_that_could_not_be_drawn_is_tried_again_seldom():
    clock, ticker = made()
    broken = Refusing(refused(500, 0))
    ticker.expect((1, "x"), 0.0)
    for _ in range(300):
        await ticker.run_once(broken)
        clock.advance(1.0)
    assert 2 <= broken.asked <= 6


async def test_after_a_rate_limit_no_card_is_drawn_for_as_long_as_discord_says():
    clock, ticker = made()
    limited = Refusing(discord.RateLimited(90.0))
    ticker.expect((1, "x"), 0.0)
    await ticker.run_once(limited)
    ticker.expect((2, "y"), 0.0)
    for _ in range(89):
        assert await ticker.run_once(limited) == 0
        clock.advance(1.0)
    clock.advance(2.0)
    assert await ticker.run_once(limited) == 2


async def test_an_error_of_ours_at_one_card_does_not_end_the_others_turn():
    _clock, ticker = made()
    ticker.expect((1, "x"), 0.0)
    ticker.expect((2, "y"), 0.0)
    broken = Refusing(ValueError("ours"))
    assert await ticker.run_once(broken) == 2
    assert ticker.watched == 0
