"""Check the deployment files: YAML, compose.yaml, workflows and forms, alert rules, and the systemd units.

Run by `make check`, by the Python of the tools' environment. Each kind of file has its own checker; docker, promtool
and systemd-analyze if installed. Ends with the first failure's own output.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
UNITS = sorted((ROOT / "deploy").glob("*.service")) + sorted((ROOT / "deploy").glob("*.timer"))
ALERTS = "deploy/prometheus-alerts.yaml"
PROMETHEUS_FILES = ("deploy/prometheus.yaml", "deploy/prometheus.fleet.yaml")
COMPOSE_FILES = ("compose.yaml", "deploy/compose.fleet.yaml")
EXPOSURE_MAX = 15
"""The allowed exposure of `systemd-analyze security`, in tenths of its points from 0 (none) to 10."""
SCHEMAS = (
    ("vendor.compose-spec", "compose.yaml"),
    ("vendor.compose-spec", "deploy/compose*.yaml"),
    ("vendor.github-workflows", ".github/workflows/*.yaml"),
    ("vendor.dependabot", ".github/dependabot.yml"),
    ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
)
"""Each schema that check-jsonschema brings, with its files. No network is used."""


def run(*command: str | Path) -> str:
    """Run a checker in the project's folder; return its warnings. Exits if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed with {done.returncode}: {' '.join(words)}")
    return done.stderr


def check_yaml() -> None:
    """Lint every YAML file, and compare those with a schema with it."""
    run(BIN / "yamllint", "--strict", "-c", ".github/yamllint.yaml", "compose.yaml", "deploy", ".github")
    for schema, pattern in SCHEMAS:
        files = sorted(ROOT.glob(pattern))
        if not files:
            sys.exit(f"no file matches {pattern}")
        run(BIN / "check-jsonschema", "--builtin-schema", schema, *files)


def check_compose() -> None:
    """Let Docker Compose read its files with every profile, if installed; it needs no engine for that."""
    programs = (["docker", "compose"], ["docker-compose"])
    program = next((words for words in programs if shutil.which(words[0]) is not None), None)
    if program is None:
        print(f"{', '.join(COMPOSE_FILES)}: schema only, docker is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        Path(folder, ".env.example").write_text(f"{example}\nPOSTGRES_PASSWORD=example\n", encoding="utf-8")
        Path(folder, ".env").write_text("POSTGRES_PASSWORD=example\n", encoding="utf-8")  # what is filled into the file
        for name in COMPOSE_FILES:
            copied = Path(folder) / Path(name).name
            text = (ROOT / name).read_text(encoding="utf-8")
            copied.write_text(text.replace("env_file: .env", "env_file: .env.example"), encoding="utf-8")
            run(*program, "--project-directory", folder, "--profile", "*", "--file", copied, "config", "--quiet")


def alert_tests(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield promtool's tests of the table in tests/data/alerts.yaml; the first: no alert fires while all is well."""
    names = sorted({case["alert"] for case in table["cases"]})
    yield _test("healthy", table["healthy"], [{"eval_time": "390m", "alertname": name} for name in names])
    for case in table["cases"]:
        checks = [{"eval_time": at, "alertname": case["alert"]} for at in case["quiet"]]
        if "fires" in case:
            seen = {"eval_time": case["fires"]["at"], "alertname": case["alert"]}
            checks.append({**seen, "exp_alerts": [{"exp_labels": case["fires"]["labels"]}]})
        yield _test(case["alert"], case["series"], checks)


def _test(name: str, series: Mapping[str, str], checks: list[dict[str, Any]]) -> dict[str, Any]:
    inputs = [{"series": each, "values": values} for each, values in series.items()]
    return {"name": name, "interval": "1m", "input_series": inputs, "alert_rule_test": checks}


def check_alerts() -> None:
    """Let promtool check Prometheus' files and try each alert, if installed."""
    if shutil.which("promtool") is None:
        print("deploy/prometheus*.yaml: not checked, promtool is not installed")
        return
    for name in PROMETHEUS_FILES:
        run("promtool", "check", "config", name)
    rules = yaml.safe_load((ROOT / ALERTS).read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule["annotations"] = {}  # `check config` has read them; a test would have to repeat each to the letter
        rule["labels"] = {}
    table = yaml.safe_load((ROOT / "tests/data/alerts.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
        tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": list(alert_tests(table))}
        Path(folder, "tests.yaml").write_text(yaml.safe_dump(tests), encoding="utf-8")
        run("promtool", "test", "rules", Path(folder, "tests.yaml"))
        queries = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(shown())]
        Path(folder, "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": queries}]}))
        run("promtool", "check", "rules", Path(folder, "queries.yaml"))


def shown() -> Iterator[str]:
    """Yield the queries of the dashboard."""
    for panel in json.loads((ROOT / "deploy/grafana-dashboard.json").read_text(encoding="utf-8"))["panels"]:
        for each in (panel, *panel.get("panels", ())):
            yield from (target["expr"] for target in each.get("targets", ()))


def check_units() -> None:
    """Let systemd check the units and rate the exposure of the services, if installed."""
    if shutil.which("systemd-analyze") is None:
        print(f"{', '.join(each.name for each in UNITS)}: not checked, systemd-analyze is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / each.name for each in UNITS]
        for unit, copy in zip(UNITS, copies, strict=True):
            # The program is not installed here, and systemd checks that it exists.
            copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(encoding="utf-8")))
        complaints = run("systemd-analyze", "verify", *copies)
        if any(each.name in complaints for each in UNITS):  # systemd only warns of a value that it ignores
            sys.exit(complaints)
        for copy in copies:
            if copy.suffix == ".service":
                run("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", copy)


def main() -> None:
    """Check everything."""
    check_yaml()
    check_compose()
    check_alerts()
    check_units()


if __name__ == "__main__":
    main()
