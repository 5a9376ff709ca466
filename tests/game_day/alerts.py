"""Which of deploy/prometheus-alerts.yaml would fire, from samples of /metrics: a small part of Prometheus.

The part of PromQL that the rules use: selectors, ranges, arithmetic, comparisons, `and`, `or`, `unless`, aggregations
and a few functions, as in https://prometheus.io/docs/prometheus/latest/querying/basics/. Rates are not extrapolated to
the edges of their range. What is not known here raises ValueError, so that a rule is never taken for a quiet one.
"""

from __future__ import annotations

import math
import operator
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression
from typing import Any

import yaml

RULES = Path(__file__).parents[2] / "deploy" / "prometheus-alerts.yaml"
UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
LOOKBACK_S = 300.0

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = float | Vector
Ranges = dict[Labels, list[tuple[float, float]]]
"""The samples of a range, with their times."""
NONE: Labels = frozenset()


@dataclass
class Samples:
    """What was scraped, by time. A series that is not in a scrape of its process has ended, as with Prometheus."""

    times: list[float] = field(default_factory=list)
    scrapes: list[Mapping[str, Vector]] = field(default_factory=list)
    """By the name of the metric."""

    def add(self, at: float, scrape: Mapping[str, Vector]) -> None:
        self.times.append(at)
        self.scrapes.append(scrape)

    def latest(self, name: str, at: float) -> Vector:
        place = bisect_right(self.times, at) - 1
        return self.scrapes[place].get(name, {}) if place >= 0 and at - self.times[place] <= LOOKBACK_S else {}

    def within(self, name: str, at: float, seconds: float) -> Ranges:
        found: Ranges = defaultdict(list)
        for place in range(bisect_left(self.times, at - seconds), bisect_right(self.times, at)):
            for labels, value in self.scrapes[place].get(name, {}).items():
                found[labels].append((self.times[place], value))
        return found


@dataclass(frozen=True)
class Rule:
    """One alert: fires once its expression has given something for `for_s` seconds."""

    name: str
    severity: str
    expression: str
    for_s: float


@dataclass(frozen=True)
class Alert:
    """An alert that was raised: since when its expression held, and when it fired, None for not long enough."""

    rule: Rule
    since: float
    fired: float | None


def rules(file: Path = RULES) -> list[Rule]:
    """Return the rules of the file."""
    return [
        Rule(each["alert"], each["labels"]["severity"], each["expr"], duration_s(str(each.get("for", "0s"))))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for each in group["rules"]
        if "alert" in each
    ]


def names_in(expression: str) -> set[str]:
    """Return what may be the names of metrics in an expression."""
    return set(re.findall(r"\b[a-z_]{2,}\b", expression))


def duration_s(text: str) -> float:
    """Return the seconds of a duration such as `1h30m`."""
    return sum(float(number) * UNITS_S[unit] for number, unit in re.findall(r"([\d.]+)(ms|[smhdw])", text))


def raised(rule: Rule, samples: Samples, wall: Callable[[float], float], begins: float = -math.inf) -> list[Alert]:
    """Return each time that the rule was raised at or after `begins`, one after another.

    `wall` gives the Unix time at a time of the samples.
    """
    found: list[Alert] = []
    since: float | None = None
    fired: float | None = None
    expression = parsed(rule.expression)
    for at in samples.times:
        holds = bool(expression(samples, at, wall(at)))
        if holds and since is None:
            since = at
        if holds and since is not None and fired is None and at - since >= rule.for_s:
            fired = at
        if not holds and since is not None:
            found.append(Alert(rule, since, fired))
            since = fired = None
    if since is not None:
        found.append(Alert(rule, since, fired))
    return [each for each in found if each.since >= begins or (each.fired or begins - 1) >= begins]


# ---------------------------------------------------------------------- expressions

Expression = Callable[[Samples, float, float], Any]
"""Gives a Value, or the samples of a range, at a time."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<duration>(?:\d+(?:ms|[smhdw]))+)"""
    r"""|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)"""
    r"""|(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){}\[\],:=<>]))"""
)
_BINARY: Sequence[Mapping[str, Callable[[float, float], Any]]] = (
    {
        "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": lambda a, b: a / b if b else math.nan, "%": math.fmod},
)  # fmt: skip
_AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum, "min": min, "max": max, "count": len, "avg": lambda values: sum(values) / len(values),
    "group": lambda _: 1.0,
}  # fmt: skip


def _increase(values: list[float]) -> float:
    return sum(b - a if b >= a else b for a, b in pairwise(values))


_OVER_TIME: Mapping[str, Callable[[list[float]], float]] = {
    "increase": _increase,
    "delta": lambda values: values[-1] - values[0],
    "changes": lambda values: float(sum(a != b for a, b in pairwise(values))),
    "resets": lambda values: float(sum(b < a for a, b in pairwise(values))),
    "max_over_time": max,
    "min_over_time": min,
    "avg_over_time": lambda values: sum(values) / len(values),
    "sum_over_time": sum,
    "count_over_time": lambda values: float(len(values)),
    "last_over_time": lambda values: values[-1],
    "present_over_time": lambda _: 1.0,
}


def parsed(text: str) -> Expression:
    """Return the expression that the text stands for. Raises ValueError for what is not known here."""
    parser = _Parser(text)
    made = parser.union()
    if parser.token is not None:
        raise ValueError(f"not understood from {parser.token[1]!r} on: {text}")
    return made


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise ValueError(f"not understood: {text[place:]}")
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


class _Parser:
    """Recursive descent, from what binds least."""

    def __init__(self, text: str) -> None:
        self._left = [*_tokens(text)]

    @property
    def token(self) -> tuple[str, str] | None:
        return self._left[0] if self._left else None

    def _is(self, *texts: str) -> bool:
        return self.token is not None and self.token[0] != "string" and self.token[1] in texts

    def _take(self, *texts: str) -> str:
        if self.token is None or (texts and self.token[1] not in texts):
            raise ValueError(f"expected {texts}, found {self.token}")
        return self._left.pop(0)[1]

    def union(self) -> Expression:
        left = self._intersection()
        while self._is("or"):
            self._take()
            left = _sets("or", left, self._matching(), self._intersection())
        return left

    def _intersection(self) -> Expression:
        left = self._binary(0)
        while self._is("and", "unless"):
            how = self._take()
            left = _sets(how, left, self._matching(), self._binary(0))
        return left

    def _binary(self, level: int) -> Expression:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while self._is(*_BINARY[level]):
            sign = self._take()
            as_number = self._is("bool") and bool(self._take())
            key = self._matching()
            right = self._binary(level + 1)
            left = _arithmetic(_BINARY[level][sign], left, key, right, filters=level == 0 and not as_number)
        return left

    def _matching(self) -> Callable[[Labels], Labels]:
        """Read `on (…)` or `ignoring (…)`; return what of a series' labels is compared."""
        if not self._is("on", "ignoring"):
            return lambda labels: labels
        keep = _kept(self._take() == "on", self._names())
        if self._is("group_left", "group_right"):
            raise ValueError("group_left is not known here")
        return keep

    def _names(self) -> list[str]:
        self._take("(")
        names = []
        while not self._is(")"):
            names.append(self._take())
            if self._is(","):
                self._take()
        self._take(")")
        return names

    def _unary(self) -> Expression:
        if self._is("-"):
            self._take()
            return _mapped(operator.neg, self._unary())
        return self._primary()

    def _primary(self) -> Expression:
        if self.token is None:
            raise ValueError("it ends too early")
        kind, text = self.token
        if text == "(":
            self._take()
            inner = self.union()
            self._take(")")
            return self._subquery(inner)
        if kind == "number":
            self._take()
            return lambda _samples, _at, _wall: float(text)
        if kind != "name":
            raise ValueError(f"not expected: {text!r}")
        self._take()
        if text in _AGGREGATES and self._is("(", "by", "without"):
            return self._subquery(self._aggregate(text))
        return self._subquery(self._call(text)) if self._is("(") else self._selector(text)

    def _subquery(self, inner: Expression) -> Expression:
        """Read `[range:step]` if it is there."""
        if not self._is("["):
            return inner
        self._take("[")
        seconds = duration_s(self._take())
        self._take(":")
        step = duration_s(self._take())
        self._take("]")

        def ranged(samples: Samples, at: float, wall: float) -> Any:
            found: Ranges = defaultdict(list)
            time = max(at - seconds, samples.times[0])
            while time <= at:
                for labels, value in inner(samples, time, wall - at + time).items():
                    found[labels].append((time, value))
                time += step
            return seconds, found

        return ranged

    def _aggregate(self, name: str) -> Expression:
        keep = _kept(True, [])
        if self._is("by", "without"):
            keep = _kept(self._take() == "by", self._names())
        self._take("(")
        inner = self.union()
        self._take(")")
        if self._is("by", "without"):
            keep = _kept(self._take() == "by", self._names())

        def aggregate(samples: Samples, at: float, wall: float) -> Vector:
            groups: dict[Labels, list[float]] = defaultdict(list)
            for labels, value in inner(samples, at, wall).items():
                groups[keep(labels)].append(value)
            return {labels: float(_AGGREGATES[name](values)) for labels, values in groups.items()}

        return aggregate

    def _call(self, name: str) -> Expression:
        self._take("(")
        arguments = []
        while not self._is(")"):
            arguments.append(self.union())
            if self._is(","):
                self._take()
        self._take(")")
        return _function(name, arguments)

    def _selector(self, name: str) -> Expression:
        self._equal = NONE
        matchers = self._matchers() if self._is("{") else []
        if not self._is("["):
            return _Selector(name, matchers, self._equal)
        self._take("[")
        seconds = duration_s(self._take())
        self._take("]")

        def ranged(samples: Samples, at: float, _wall: float) -> Any:
            return seconds, _chosen(samples.within(name, at, seconds), matchers)

        return ranged

    def _matchers(self) -> list[Callable[[Mapping[str, str]], bool]]:
        self._take("{")
        found, equal = [], []
        while not self._is("}"):
            label, how, text = self._take(), self._take("=", "!=", "=~", "!~"), self._take()[1:-1]
            found.append(_matcher(label, how, text))
            equal += [(label, text)] if how == "=" else []
            if self._is(","):
                self._take()
        self._take("}")
        self._equal = frozenset(equal)
        return found


@dataclass(frozen=True)
class _Selector:
    """An instant vector. `equal` are the labels that it asks for, which `absent` gives."""

    name: str
    matchers: Sequence[Callable[[Mapping[str, str]], bool]]
    equal: Labels

    def __call__(self, samples: Samples, at: float, _wall: float) -> Vector:
        return _chosen(samples.latest(self.name, at), self.matchers)


def _kept(keeps: bool, names: Sequence[str]) -> Callable[[Labels], Labels]:
    return lambda labels: frozenset(each for each in labels if (each[0] in names) == keeps)


def _matcher(label: str, how: str, text: str) -> Callable[[Mapping[str, str]], bool]:
    wanted = re.compile(text if "~" in how else re.escape(text))
    return lambda labels: (wanted.fullmatch(labels.get(label, "")) is None) == how.startswith("!")


def _chosen(series: dict[Labels, Any], matchers: Sequence[Callable[[Mapping[str, str]], bool]]) -> dict[Labels, Any]:
    return {labels: value for labels, value in series.items() if all(fits(dict(labels)) for fits in matchers)}


def _mapped(change: Callable[[float], float], inner: Expression) -> Expression:
    def mapped(samples: Samples, at: float, wall: float) -> Value:
        value = inner(samples, at, wall)
        return {k: change(v) for k, v in value.items()} if isinstance(value, dict) else change(value)

    return mapped


def _arithmetic(
    act: Callable[[float, float], Any],
    left: Expression,
    key: Callable[[Labels], Labels],
    right: Expression,
    *,
    filters: bool,
) -> Expression:
    """`filters`: a comparison keeps the left value where it holds."""

    def joined(a: float, b: float) -> float | None:
        return (a if act(a, b) else None) if filters else float(act(a, b))

    def compute(samples: Samples, at: float, wall: float) -> Value:
        one, other = left(samples, at, wall), right(samples, at, wall)
        if not isinstance(one, dict) and not isinstance(other, dict):
            return float(act(one, other))
        if not isinstance(other, dict):
            pairs = [(labels, value, other) for labels, value in one.items()]
        elif not isinstance(one, dict):
            # A comparison keeps the series' value, whichever side it is on.
            found = {labels: (value, act(one, value)) for labels, value in other.items()}
            return {k: (v if filters else float(made)) for k, (v, made) in found.items() if made or not filters}
        else:
            others = {key(labels): value for labels, value in other.items()}
            pairs = [(labels, value, others[key(labels)]) for labels, value in one.items() if key(labels) in others]
        results = {labels: joined(a, b) for labels, a, b in pairs}
        return {labels: value for labels, value in results.items() if value is not None}

    return compute


def _sets(how: str, left: Expression, key: Callable[[Labels], Labels], right: Expression) -> Expression:
    def compute(samples: Samples, at: float, wall: float) -> Vector:
        one, other = left(samples, at, wall), right(samples, at, wall)
        if how == "or":
            there = {key(labels) for labels in one}
            return {**one, **{labels: value for labels, value in other.items() if key(labels) not in there}}
        there = {key(labels) for labels in other}
        return {labels: value for labels, value in one.items() if (key(labels) in there) == (how == "and")}

    return compute


def _function(name: str, arguments: Sequence[Expression]) -> Expression:
    if name == "rate" or name in _OVER_TIME:
        return _over_time(name, arguments[0])
    if name == "absent":
        labels = arguments[0].equal if isinstance(arguments[0], _Selector) else NONE
        return lambda samples, at, wall: {} if arguments[0](samples, at, wall) else {labels: 1.0}
    if name == "predict_linear":
        return _predicted(*arguments)
    if name not in _FUNCTIONS:
        raise ValueError(f"the function {name} is not known here")

    def compute(samples: Samples, at: float, wall: float) -> Value:
        made: Value = _FUNCTIONS[name](wall, *(each(samples, at, wall) for each in arguments))
        return made

    return compute


def _over_time(name: str, inner: Expression) -> Expression:
    def compute(samples: Samples, at: float, wall: float) -> Vector:
        seconds, series = inner(samples, at, wall)
        values = {labels: [value for _, value in pairs] for labels, pairs in series.items()}
        if name == "rate":
            return {labels: _increase(each) / seconds for labels, each in values.items()}
        return {labels: float(_OVER_TIME[name](each)) for labels, each in values.items()}

    return compute


def _predicted(inner: Expression, ahead: Expression) -> Expression:
    """The value in so many seconds on the line with the least squares; nothing for one sample."""

    def compute(samples: Samples, at: float, wall: float) -> Vector:
        _, series = inner(samples, at, wall)
        seconds = ahead(samples, at, wall)
        found = {}
        for labels, pairs in series.items():
            if len(pairs) > 1:
                line = linear_regression([time - at for time, _ in pairs], [value for _, value in pairs])
                found[labels] = line.intercept + line.slope * seconds
        return found

    return compute


def _quantiles(share: float, buckets: Vector) -> Vector:
    """Interpolate within a bucket, as https://prometheus.io/docs/prometheus/latest/querying/functions/ says."""
    groups: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, count in buckets.items():
        bound = next(value for label, value in labels if label == "le")
        groups[frozenset(each for each in labels if each[0] != "le")].append((float(bound), count))
    found = {}
    for labels, counts in groups.items():
        counts.sort()
        if (total := counts[-1][1]) > 0:
            found[labels] = _quantile(share * total, counts)
    return found


def _quantile(rank: float, counts: Sequence[tuple[float, float]]) -> float:
    below, before = 0.0, 0.0
    for bound, count in counts:
        if count >= rank:
            if math.isinf(bound):
                return below
            return below + (bound - below) * (rank - before) / max(count - before, 1e-9)
        below, before = bound, count
    return below


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "time": lambda wall: wall,
    "vector": lambda _, number: {NONE: number},
    "scalar": lambda _, vector: next(iter(vector.values()), math.nan),
    "abs": lambda _, vector: {labels: abs(value) for labels, value in vector.items()},
    "histogram_quantile": lambda _, share, buckets: _quantiles(share, buckets),
}
"""Each is given the Unix time first."""
