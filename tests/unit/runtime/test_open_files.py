from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from bot.runtime.process import OPEN_FILES_MAX, raise_open_files_limit


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """The test's process is a worker of many tests: it gets its limits back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_becomes_the_hard_one_within_reason(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    wanted = OPEN_FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES_MAX)
    assert raise_open_files_limit() == wanted
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (wanted, hard)
    assert raise_open_files_limit() == wanted


def test_a_system_that_refuses_keeps_its_limit(limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_which: int, _wanted: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    resource.setrlimit(resource.RLIMIT_NOFILE, (512, limits[1]))
    with monkeypatch.context() as patched:
        patched.setattr(resource, "setrlimit", refuse)
        assert raise_open_files_limit() == 512
