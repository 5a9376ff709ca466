"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

BUILDS_SHARE = 10
"""The build, which every change waits for, has a tenth of the examples of `make test-long`."""


def examples(*, quick: int, long: int) -> int:
    """Return `quick` in `make test`, `long` in `make test-long`, and a share of `long` in the build."""
    name = settings.get_current_profile_name()
    return {"long": long, "build": max(quick, long // BUILDS_SHARE)}.get(name, quick)
