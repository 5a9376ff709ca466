"""The figures of docs/prices.md are those that its program prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_table_of_the_prices_page_is_what_the_bench_prints():
    bench = [sys.executable, ROOT / "tests" / "bench" / "bench_prices.py"]
    table = subprocess.run(bench, capture_output=True, text=True, check=True).stdout
    assert table in (ROOT / "docs" / "prices.md").read_text(encoding="utf-8")
