"""docs/fleet.md has the figures of the code, and what knows of several processes outside of bot/fleet only shrinks."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tools.figures import FLEET, SEVERAL_PROCESSES, knowing

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
FILES_MAX = 12
FIGURES = re.findall(r"^\| .+ \| ([\d.]+) \| `([\w.]+)\.([A-Z_]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("figure", "module", "constant"), FIGURES)
def test_a_figure_of_the_page_is_the_codes(figure: str, module: str, constant: str) -> None:
    assert float(figure) == getattr(importlib.import_module(module), constant)


def test_every_row_of_the_figures_is_read() -> None:
    table = PAGE.split("<!-- figures -->")[1].split("<!-- /figures -->")[0]
    assert len(FIGURES) == table.strip().count("\n") - 1 > 10


def test_the_text_of_the_page_speaks_of_the_same_lease() -> None:
    from bot.store.processes import SHARED_LEASE_S

    assert set(re.findall(r"take over after (\d+) s", PAGE)) == {f"{SHARED_LEASE_S:g}"}


def test_no_more_files_outside_the_package_know_of_several_processes() -> None:
    assert len(knowing()) <= FILES_MAX, sorted(knowing())


def test_the_core_sends_no_signals() -> None:
    sending = re.compile(r"\bsignals\.(send|listen)\(|\bSignals\b")
    files = [path for top in ("bot", "cogs", "sandbox") for path in (ROOT / top).rglob("*.py")]
    core = [path for path in files if not path.relative_to(ROOT).as_posix().startswith(FLEET)]
    assert [path for path in core if sending.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "line",
    [
        "if store.is_shared:",
        "# another process may have it",
        "DELETE FROM leases",
        "if self.leads():",
        "the leader",
        "lease=None",
    ],
)
def test_the_measure_sees(line: str) -> None:
    assert SEVERAL_PROCESSES.search(line)


@pytest.mark.parametrize(
    "line", ["please release it", "it leads to a page", "signals: WorkerSignals", "a subprocess", "released"]
)
def test_the_measure_does_not_see(line: str) -> None:
    assert not SEVERAL_PROCESSES.search(line)
