from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import audit

UNREACHABLE = "requests.exceptions.ConnectionError: Failed to resolve"
NOT_THERE = [{"name": "pluggy", "skip_reason": "Dependency not found and could not be audited"}]
CLEAN = [{"name": "pluggy", "version": "1.7.0", "vulns": []}]
BAD = [
    *CLEAN,
    {"name": "pillow", "version": "13.0.0", "vulns": [{"id": "CVE-1", "fix_versions": ["13.0.1"]}]},
    {"name": "hidden", "skip_reason": "Dependency not found and could not be audited"},
]

Answer = list[dict[str, Any]] | str
"""What a service answers: its list, or what pip-audit writes to standard error."""


def answers(monkeypatch: pytest.MonkeyPatch, **services: Answer) -> list[tuple[str, str]]:
    """Let services answer; return the calls, filled as they are made."""
    calls: list[tuple[str, str]] = []

    def run(service: str, lock: Path) -> subprocess.CompletedProcess[str]:
        calls.append((service, lock.name))
        answer = services[service]
        if isinstance(answer, str):
            return subprocess.CompletedProcess([], 1, "", answer)
        return subprocess.CompletedProcess([], 0, json.dumps({"dependencies": answer}), "")

    monkeypatch.setattr(audit, "pip_audit", run)
    return calls


@pytest.mark.parametrize("index", [UNREACHABLE, NOT_THERE], ids=["no network", "an index without advisories"])
def test_without_a_source_it_fails_in_its_own_way_and_one_line_says_that_nothing_was_audited(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], index: Answer
) -> None:
    calls = answers(monkeypatch, pypi=index, osv=UNREACHABLE)
    assert audit.main() == audit.NO_SOURCE not in {0, 1, 2}
    assert capsys.readouterr().out == f"{audit.NOT_AUDITED}\n"
    assert calls == [("pypi", "one.lock"), ("osv", "one.lock")]  # one question each, and not one for each package


def test_a_vulnerability_fails_the_audit_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, pypi=BAD)
    assert audit.main() == 1
    told = capsys.readouterr().out
    assert "pillow 13.0.0: CVE-1, fixed in 13.0.1" in told
    assert "could not be looked up: hidden" in told


def test_a_source_that_goes_away_half_way_is_no_clean_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, pypi=UNREACHABLE)
    monkeypatch.setattr(audit, "is_reachable", lambda _service: True)
    with pytest.raises(SystemExit, match="could not be audited"):
        audit.main()
