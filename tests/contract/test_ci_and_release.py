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
APT = re.compile(r"apt-get install (?:--[\w-]+ )*(.*)$", re.MULTILINE)


def workflow(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


JOBS = [
    pytest.param(job, id=f"{path.stem}-{name}")
    for path in sorted(WORKFLOWS.glob("*.yaml"))
    for name, job in workflow(path.stem)["jobs"].items()
]


def chosen_python(job: dict[str, Any]) -> str | None:
    steps = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
    return steps[0]["with"]["python-version"] if steps else None


@pytest.mark.parametrize(("name", "job_name"), [("ci", "build"), ("weekly", "long"), ("weekly", "test")])
def test_a_job_of_tests_has_them_fail_on_another_python_than_its_own(name: str, job_name: str) -> None:
    job = workflow(name)["jobs"][job_name]
    assert job["env"]["PYTHON"] == "python", "make would take the first python3.14 … python3.11 on the path"
    assert job["env"]["WANTED_PYTHON"] == chosen_python(job)


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


@pytest.mark.parametrize("job", JOBS)
def test_what_a_job_makes_is_a_target(job: dict[str, Any]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [target for text in commands(job) for target in re.findall(r"\bmake ([a-z-]+)", text)]
    assert [each for each in targets if f"\n{each}: " not in makefile] == []


@pytest.mark.parametrize("job", JOBS)
def test_a_job_installs_no_browser(job: dict[str, Any]) -> None:
    """Ubuntu's package of Chromium is a snap; the runners have Chrome."""
    installed = " ".join(found for text in commands(job) for found in APT.findall(text)).split()
    assert [each for each in installed if "chrom" in each] == []


def test_the_build_fails_without_its_browser_and_does_not_skip() -> None:
    assert workflow("ci")["jobs"]["build"]["env"]["CHROMIUM"] == "/usr/bin/google-chrome"


def test_nothing_is_built_or_published_before_ci_has_passed() -> None:
    jobs = workflow("release")["jobs"]

    def needs(name: str) -> set[str]:
        direct = jobs[name].get("needs", [])
        direct = {direct} if isinstance(direct, str) else set(direct)
        return direct.union(*map(needs, direct))

    assert commands(jobs["ci"]) == ["python3 tools/release.py ci-passed"]
    assert jobs["ci"]["permissions"]["actions"] == "read"
    assert [name for name in jobs if name != "ci" and "ci" not in needs(name)] == []


def test_ci_runs_to_its_end_for_each_commit_of_main() -> None:
    assert "github.sha" in workflow("ci")["concurrency"]["group"]


def test_the_audit_is_weekly() -> None:
    loaded = workflow("weekly")
    triggers = loaded[True]  # YAML takes the word `on` for it
    assert triggers["schedule"] == [{"cron": "17 5 * * 1"}]
    assert commands(loaded["jobs"]["audit"]) == ["make audit"]


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
