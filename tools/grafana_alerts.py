"""Write Grafana's own alert rules from those of Prometheus: `make alerts`.

Grafana sends notifications for its own rules alone: Prometheus' rules would need an Alertmanager.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
SOURCE = DEPLOY / "prometheus-alerts.yaml"
TARGET = DEPLOY / "grafana" / "alerting" / "rules.json"
DATASOURCE = "prometheus"
"""The uid in deploy/grafana/datasource.yaml."""
WINDOW_S = 600
"""What Grafana passes as the range of an instant query; expressions name their own."""


def words(text: str) -> str:
    """Return an annotation's template for Grafana, without `$`: provisioning would read the environment there."""
    return re.sub(r"\$labels\.(\w+)", r".Labels.\1", text).replace("$value", ".Values.A.Value")


def grafana_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of Prometheus as Grafana's: it fires for each series that the expression returns."""
    return {
        "uid": f"cannon-bot-{rule['alert'].lower()}"[:40],
        "title": rule["alert"],
        "condition": "B",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": {"from": WINDOW_S, "to": 0},
                "datasourceUid": DATASOURCE,
                "model": {"refId": "A", "expr": rule["expr"], "instant": True, "range": False},
            },
            {
                "refId": "B",
                "datasourceUid": "__expr__",
                "model": {
                    "refId": "B",
                    "type": "threshold",
                    "expression": "A",
                    # Every value: the expression itself says what is too much, and none of its values is negative.
                    "conditions": [{"evaluator": {"type": "gt", "params": [-1]}}],
                },
            },
        ],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": rule.get("for", "0s"),
        "annotations": {name: words(text) for name, text in rule["annotations"].items()},
        "labels": dict(rule["labels"]),
    }


def grafana_rules(text: str) -> str:
    """Return the provisioning file for the rules of a Prometheus file's text."""
    groups = [
        {
            "orgId": 1,
            "name": group["name"],
            "folder": "cannon-bot",
            "interval": "1m",
            "rules": [grafana_rule(rule) for rule in group["rules"]],
        }
        for group in yaml.safe_load(text)["groups"]
    ]
    return f"{json.dumps({'apiVersion': 1, 'groups': groups}, indent=2, ensure_ascii=False)}\n"


def main() -> None:
    """Write Grafana's rules."""
    TARGET.write_text(grafana_rules(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
