"""The small part of Prometheus that the game day has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.game_day.alerts import NONE, Labels, Rule, Samples, Vector, duration_s, parsed, raised, rules

ONE = frozenset({("instance", "one")})
EACH_S = 10.0


def samples(**series: list[float | None]) -> Samples:
    """Return samples of one instance, every ten seconds; None: not in that scrape."""
    made = Samples()
    for number in range(max(map(len, series.values()))):
        scrape = {name: {ONE: value} for name, values in series.items() if (value := values[number]) is not None}
        made.add(number * EACH_S, scrape)
    return made


def given(expression: str, made: Samples, at: float = 20.0) -> float | Vector:
    value: float | Vector = parsed(expression)(made, at, 1000.0 + at)
    return value


def test_every_rule_is_understood():
    for rule in rules():
        parsed(rule.expression)(samples(up=[1.0]), 0.0, 0.0)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("up == 0", {ONE: 0.0}),
        ("up == 1", {}),
        ("1 + 2 * 3", 7.0),
        ("time() - max(seen) > 40", {NONE: 1020.0 - 970.0}),
        ("increase(calls[1m])", {ONE: 5.0}),
        ("rate(calls[20s])", {ONE: 0.25}),
        ("sum(calls) / sum(up)", {NONE: math.nan}),
        ("absent(leader)", {NONE: 1.0}),
        ("absent(up)", {}),
        ("calls > 1 and on (instance) up == 0", {ONE: 5.0}),
        ("calls > 1 unless up == 0", {}),
        ("leader > 0 or calls", {ONE: 5.0}),
        ('up{instance=~"o.*"}', {ONE: 0.0}),
        ('up{instance!="one"}', {}),
        ("count by (instance) (up)", {ONE: 1.0}),
        ("up == bool 0", {ONE: 1.0}),
        ("-calls", {ONE: -5.0}),
        ("predict_linear(seen[1m], 3600)", {ONE: 970.0 + 3600.0}),
        ("max_over_time(sum(up)[1m:10s])", {NONE: 1.0}),
        ("sum(up) < max_over_time(sum(up)[1m:10s])", {NONE: 0.0}),
    ],
)
def test_expressions(expression: str, value: float | Vector):
    # The counter began again with its process: 1, 0, 5 is an increase by 5.
    made = samples(up=[1.0, 1.0, 0.0], calls=[1.0, 0.0, 5.0], seen=[950.0, 960.0, 970.0])
    assert given(expression, made) == pytest.approx(value, nan_ok=True)


def test_a_series_that_is_not_in_the_last_scrape_has_ended():
    made = samples(up=[1.0, 1.0], leader=[1.0, None])
    assert given("leader", made, 0.0) == {ONE: 1.0}
    assert given("leader", made, 10.0) == {}


def test_a_quantile_is_within_its_bucket():
    buckets = {ONE | {("le", bound)}: count for bound, count in (("1", 50.0), ("2", 90.0), ("+Inf", 100.0))}
    made = Samples()
    made.add(0.0, {"lag": buckets})
    assert given("histogram_quantile(0.7, lag)", made, 0.0) == {ONE: 1.5}
    assert given("histogram_quantile(0.99, lag)", made, 0.0) == {ONE: 2.0}


@pytest.mark.parametrize("expression", ["up ==", "holt_winters(up[1m], 1, 1)", "up group_left up", "up @ 3", "(up"])
def test_what_is_not_known_is_an_error(expression: str):
    with pytest.raises(ValueError, match=r".+"):
        parsed(expression)


def test_a_rule_fires_once_it_has_held_for_its_time():
    made = samples(up=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    [first, second] = raised(Rule("Down", "critical", "up == 0", 20.0), made, lambda at: at)
    assert (first.since, first.fired) == (10.0, 30.0)
    assert (second.since, second.fired) == (50.0, None)
    assert raised(Rule("Down", "critical", "up == 0", 20.0), made, lambda at: at, begins=45.0) == [second]


# ---------------------------------------------------------------------- promtool's table, where there is no promtool

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "data" / "alerts.yaml").read_text(encoding="utf-8"))
MINUTE_S = 60.0


def values_of(text: str) -> Iterator[float | None]:
    """Expand promtool's notation: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/."""
    for part in text.split():
        first, _, count = part.partition("x")
        if first in {"_", "stale"}:
            yield from [None] * int(count or 1)
            continue
        found = re.fullmatch(r"(NaN|-?[\d.]+(?:e\d+)?)(?:([+-])([\d.]+(?:e\d+)?))?", first)
        assert found is not None, part
        step = float(f"{found[2]}{found[3]}") if found[2] else 0.0
        yield from (float(found[1]) + step * number for number in range(int(count) + 1 if count else 1))


def made_of(series: Mapping[str, str], until_s: float) -> Samples:
    """Return the samples of a case, a minute apart."""
    columns = {}
    for named, text in series.items():
        name, _, labels = named.partition("{")
        columns[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))] = [*values_of(text)]
    made = Samples()
    for number in range(int(until_s / MINUTE_S) + 1):
        scrape: dict[str, Vector] = {}
        for (name, labels), values in columns.items():
            if number < len(values) and (value := values[number]) is not None:
                scrape.setdefault(name, {})[labels] = value
        made.add(number * MINUTE_S, scrape)
    return made


def fired(rule: Rule, series: Mapping[str, str], at: str) -> set[Labels]:
    """Return the labels of the alerts that fire at that time."""
    until_s = duration_s(at)
    made = made_of(series, until_s)
    found = raised(rule, made, lambda seconds: seconds)
    holds: Vector = parsed(rule.expression)(made, until_s, until_s)
    return set(holds) if found and found[-1].fired is not None else set()


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["alert"]))
def test_each_alert_fires_when_it_should(case: dict[str, Any]):
    [rule] = [each for each in rules() if each.name == case["alert"]]
    assert [at for at in case["quiet"] if fired(rule, case["series"], at)] == []
    if "fires" in case:
        assert fired(rule, case["series"], case["fires"]["at"]) == {frozenset(case["fires"]["labels"].items())}


def test_no_alert_fires_while_all_is_well():
    assert [rule.name for rule in rules() if fired(rule, TABLE["healthy"], "120m")] == []
