"""The workflows test what they say, and publish only what was tested. `make check` has their schema and zizmor."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.test_packaging import project
from tools import other_pythons

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"


def workflow(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def chosen_python(job: dict[str, Any]) -> str | None:
    steps = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
    return steps[0]["with"]["python-version"] if steps else None


def test_this_is_the_python_that_is_wanted() -> None:
    """WANTED_PYTHON is set by the workflows and by `make test-long`."""
    here = "{}.{}".format(*sys.version_info[:2])
    assert os.environ.get("WANTED_PYTHON", here) == here


def test_each_python_that_the_project_names_is_tried() -> None:
    named = {found[1] for each in project()["classifiers"] if (found := re.search(r":: (3\.\d+)$", each))}  # type: ignore[attr-defined]  # TOML is not typed
    jobs = workflow("weekly")["jobs"]
    tested = set(jobs["test"]["strategy"]["matrix"]["python"])
    assert tested == set(other_pythons.PYTHONS)
    assert named == tested | {chosen_python(jobs["newest-python"])}


def test_nothing_is_built_or_published_before_ci_has_passed() -> None:
    jobs = workflow("release")["jobs"]

    def needs(name: str) -> set[str]:
        direct = jobs[name].get("needs", [])
        direct = {direct} if isinstance(direct, str) else set(direct)
        return direct.union(*map(needs, direct))

    assert commands(jobs["ci"]) == ["python3 tools/release.py ci-passed"]
    assert jobs["ci"]["permissions"]["actions"] == "read"
    assert [name for name in jobs if name != "ci" and "ci" not in needs(name)] == []


@pytest.mark.parametrize(
    ("runs", "code", "said"),
    [
        ([{"conclusion": "success", "url": "https://example.com/1"}], 0, "https://example.com/1"),
        ([{"conclusion": "failure", "url": ""}, {"conclusion": "success", "url": "https://example.com/2"}], 0, "/2"),
        ([{"conclusion": "failure", "url": ""}], 1, "(failure)"),
        ([{"conclusion": "", "url": ""}], 1, "(still running)"),
        ([], 1, "(no run)"),
    ],
)
def test_a_commit_without_a_passed_run_is_not_released(tmp_path: Path, runs: object, code: int, said: str) -> None:
    (tmp_path / "gh").write_text(f"#!/bin/sh\necho \"$@\" >{tmp_path}/asked\ncat <<'E'\n{json.dumps(runs)}\nE\n")
    (tmp_path / "gh").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, ROOT / "tools" / "release.py", "ci-passed"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"--branch main --event push --json conclusion,url --commit {head}" in (tmp_path / "asked").read_text()
    assert done.returncode == code
    assert said in done.stdout + done.stderr
