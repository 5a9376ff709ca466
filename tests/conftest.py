from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
pytest_plugins = ["tests.support.postgres_fixtures"]

# `make test` looks at a few examples of each property, `make test-long` at all, the build at a share that is the same
# each time (tests/support/examples.py, docs/decisions/0064-what-the-build-runs.md).
# How long an example takes says more of the machine than of the code: what bounds it is the time limit of the test.
settings.register_profile("long", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("build", settings.get_profile("long"), max_examples=20, database=None, derandomize=True)
settings.register_profile("quick", settings.get_profile("long"), max_examples=10)
settings.load_profile("quick")

# pytest's folders may be in memory (Makefile); so are those of tests that make their own, with databases in them.
tempfile.tempdir = os.environ.get("PYTEST_DEBUG_TEMPROOT") or None

# Where no test configures the log, it is structlog's console, which renders an error with Rich: half a second for one
# with the variables of thirty frames. What failed stands in Python's own traceback as well.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


QUIET = ("soak", "fleet", "wire", "bench")
"""Folders of tests in which processes answer each other in time, or whose times are compared."""


BUILDS = ("crash", "fuzz")
"""Folders of tests that the build runs though they are long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in QUIET:
            item.add_marker("quiet")
        elif folder in BUILDS:
            item.add_marker("build")


YOUNG_MAX = 20_000
"""Objects that may come to be before the collector of garbage looks at them: a bot that starts makes many that stay."""


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the collector of garbage off what is collected: all of it stays to the end, in each worker anew."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Keep reports fit for UTF-8: tests log lone surrogates on purpose, and reports travel between processes."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report
