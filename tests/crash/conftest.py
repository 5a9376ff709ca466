from __future__ import annotations

import pytest

from tests.support.rig import running


@pytest.fixture
async def rig(tmp_path):
    async with running(tmp_path) as made:
        yield made
