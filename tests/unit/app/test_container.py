"""What cannot be made ends the start, with the chain that leads to it."""

from __future__ import annotations

import pytest

from bot.account.key_health import StatusPace
from bot.app.container import Container, WiringError
from bot.runtime.clock import Clock


class Turning(Container):
    def make_clock(self, pace: StatusPace) -> Clock: ...


def test_a_missing_part_and_a_cycle_name_their_chain():
    with pytest.raises(WiringError, match=r"nothing makes it: StatusPace → Clock$"):
        Container().get(StatusPace)
    with pytest.raises(WiringError, match=r"a cycle: StatusPace → Clock → StatusPace$"):
        Turning().get(StatusPace)
