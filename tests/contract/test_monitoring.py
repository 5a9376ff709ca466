"""The alert rules and the dashboard speak of metrics that the bot has, with the labels that these have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.fleet.host.texts import SHARDS_HELD
from bot.runtime.metrics import Metrics
from bot.runtime.texts import BACKUP_AGE, BACKUP_BYTES, COMMANDS_OUTDATED, DISK_FREE, IDENTIFIES_LEFT
from tests.unit.runtime.test_metrics import FED
from tools.readme_tables import grafana_rules

yaml = pytest.importorskip("yaml")
DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\b(cannon_bot_[a-z_]+)(\{[^}]*\})?")
LABEL = re.compile(r'([a-z_]+)(?:=~|!~|!=|=)"')
OF_PROMETHEUS = {"job", "instance"}
"""Labels that each series has from Prometheus itself."""
BY = re.compile(r"\bby \(([a-z_, ]+)\)")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> list[dict[str, Any]]:
    """Return the rows and panels, each collapsed row followed by its panels."""
    found: list[dict[str, Any]] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    return [each for panel in found for each in (panel, *panel.get("panels", ()))]


def panels() -> list[dict[str, Any]]:
    return [each for each in dashboard() if each["type"] != "row"]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def samples() -> dict[str, set[str]]:
    """Return the labels of each sample that the bot has, by its name."""
    metrics = Metrics()
    for feed in FED.values():
        feed(metrics)
    FED["cannon_bot_credits"](metrics)  # what was fed after it has replaced it
    metrics.gauge("cannon_bot_shards_held", SHARDS_HELD, lambda: 1.0)
    metrics.gauge("cannon_bot_database_disk_free_bytes", DISK_FREE, lambda: 1.0)
    metrics.gauge("cannon_bot_commands_outdated", COMMANDS_OUTDATED, lambda: 1.0)
    metrics.gauge("cannon_bot_identifies_left", IDENTIFIES_LEFT, lambda: 900.0)
    metrics.gauge("cannon_bot_backup_age_seconds", BACKUP_AGE, lambda: 1.0)
    metrics.gauge("cannon_bot_backup_bytes", BACKUP_BYTES, lambda: 1.0)
    return {sample.name: set(sample.labels) for family in metrics.registry.collect() for sample in family.samples}


def test_expressions_name_metrics_and_labels_that_there_are():
    known = samples()
    for expression in expressions():
        named = NAME.findall(expression)
        assert {name for name, _ in named} <= known.keys(), expression
        used = OF_PROMETHEUS.union(*(known[name] for name, _ in named))
        assert all(set(LABEL.findall(narrowed)) <= known[name] | OF_PROMETHEUS for name, narrowed in named), expression
        assert {each.strip() for by in BY.findall(expression) for each in by.split(",")} <= used | OF_PROMETHEUS, (
            expression
        )
        assert expression.count("(") == expression.count(")"), expression


def test_the_runbook_has_a_part_for_each_alert():
    headings = re.findall(
        r"^### (\w+)$", (DEPLOY.parent / "docs" / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(headings) == sorted(rule["alert"] for rule in rules())
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_grafana_has_the_same_rules_and_needs_nothing_from_its_environment():
    made = (DEPLOY / "grafana" / "alerting" / "rules.json").read_text(encoding="utf-8")
    assert made == grafana_rules((DEPLOY / "prometheus-alerts.yaml").read_text(encoding="utf-8")), "make readme"
    assert "$" not in made, "provisioning would replace it from the environment"
    [group] = json.loads(made)["groups"]
    uids = [rule["uid"] for rule in group["rules"]]
    assert len(set(uids)) == len(uids) == len(rules())
    assert max(map(len, uids)) <= 40
    [source] = yaml.safe_load((DEPLOY / "grafana" / "datasource.yaml").read_text())["datasources"]
    assert {rule["data"][0]["datasourceUid"] for rule in group["rules"]} == {source["uid"]}
