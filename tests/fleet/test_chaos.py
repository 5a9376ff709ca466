"""A fleet of real processes among everything that can go wrong between them: exact books, and the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fleet.troubles import PLAYS, play

pytestmark = pytest.mark.long


@pytest.mark.timeout(1200)  # for a hang
@pytest.mark.parametrize("name", PLAYS)
async def test_nothing_is_lost_paid_or_posted_twice_and_the_others_go_on(tmp_path: Path, name: str):
    outcome, noted = await play(name, tmp_path)
    told = "\n".join([*noted, *outcome.lines()])
    print(told)  # noqa: T201 - the figures, for -s
    assert not outcome.wrong, told
