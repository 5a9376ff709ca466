from __future__ import annotations

from functools import partial

import pytest

from tests.support.rig import running

QUIET_S = 0.002
"""simcord looks every 50 ms whether a start has come to rest; here there are hundreds of starts."""


@pytest.fixture
async def rig(tmp_path):
    async with running(tmp_path) as made:
        made.env._settle_internal = partial(made.env._settle_internal, idle=QUIET_S)
        yield made
