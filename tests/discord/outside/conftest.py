from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.rig import Rig


@pytest.fixture
def outside(rig: Rig) -> Iterator[Elsewhere]:
    with elsewhere(rig) as made:
        yield made
