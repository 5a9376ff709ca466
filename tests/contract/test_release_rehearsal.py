from __future__ import annotations

from pathlib import Path

import pytest

from tests.install import release_rehearsal


@pytest.mark.long
def test_the_next_release_can_be_made(tmp_path: Path) -> None:
    """Of what is committed."""
    release_rehearsal.fetch()
    release = release_rehearsal.copied(release_rehearsal.ROOT, tmp_path / "release")
    made = {step.__name__: step(release) for step in release_rehearsal.STEPS}
    assert made["install"].startswith(f"cannon-bot {release.version}")
