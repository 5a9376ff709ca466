"""The reviewers' page: every state of every kind of card is on it, and reads as on Discord."""

from __future__ import annotations

import re

import pytest

from bot.domain.models import JobState
from sandbox.demo.demo import Demo
from tools.card_states import AUTHOR, KINDS, NOW, drawn, page


@pytest.mark.long
async def test_every_state_of_every_kind_is_drawn_without_raw_markup():
    async with Demo(lived_in=False) as demo:
        cards = list(drawn(demo.bot))
    there = {(kind, state) for kind, state, _, _ in cards}
    assert {(kind.name, state.value) for kind in KINDS for state in JobState} <= there
    assert len(there) == len(cards)
    written = re.sub(r"<style>.*?</style>|<[^>]+>", "", page(cards, now=NOW, names={AUTHOR: "Ada"}), flags=re.DOTALL)
    assert "Ada" in written
    assert "taking longer than usual" in written
    assert re.findall(r"&lt;[@#t/][^&]{1,30}&gt;", written) == []
