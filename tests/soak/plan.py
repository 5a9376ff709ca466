"""What is drawn from the seed: how long the soak is, what members do in it, and what goes wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SERVERS = 20
MEMBERS_EACH = 6
ENDLESS_WORDS = frozenset({"#forever", "#late", "#lost"})
"""What Cannon Studio does not finish while the soak lasts."""
BAD_FILE_WORDS = frozenset({"#gone", "#cut", "#drip", "#empty", "#html", "#wrongtype"})
"""Results whose file does not come; they are retried for an hour."""

_WORDS = {
    "": 40, "#fast": 40, "#many": 2, "#twice": 2, "#fail": 2, "#billed": 1, "#invalid": 1, "#broke": 1, "#flood": 2,
    "#down": 2, "#crash": 2, "#drop": 2, "#none": 1, "#skewed": 1, "#strange": 1, "#slow": 1, "#big": 0.4,
    "#gone": 0.5, "#empty": 0.3, "#html": 0.3, "#wrongtype": 0.3, "#cut": 0.3, "#drip": 0.3, "#forever": 0.5,
    "#late": 0.3, "#lost": 0.3,
}  # fmt: skip
_ACTS = {
    "picture": 60, "enhanced": 8, "edit": 4, "video": 5, "text": 3, "again": 9, "react": 5, "cancel": 4, "delete": 2,
    "approve": 5,
}  # fmt: skip
_STUDIO_FAULTS = {
    "submit": ("status", "page", "flood", "drop", "stall", "truncated", "garbage", "empty", "drop_after_commit", "nan",
               "missing", "wrong_types", "extra"),
    "get": ("status", "page", "flood", "drop", "slow_drip", "stall", "truncated", "garbage", "empty", "huge", "endless",
            "huge_headers", "gzip_bomb", "redirect", "nan", "unknown_status", "missing", "extra", "wrong_types"),
    "media": ("status", "page", "flood", "drop", "slow_drip", "stall", "truncated", "garbage", "empty", "gzip_bomb",
              "redirect", "gone", "wrongtype", "svg", "exe", "pixel_flood"),
    "status": ("status", "drop", "garbage", "nan"),
    "openapi": ("status", "garbage", "truncated"),
}  # fmt: skip
CALLBACK = "/interactions/*/callback"
_DISCORD_CALLS = {
    ("POST", CALLBACK): 2,
    ("PATCH", "/webhooks/*/messages/@original"): 4,
    ("PATCH", "/channels/*/messages/*"): 2,
    ("POST", "/channels/*/messages"): 4,
    ("GET", "/channels/*/messages*"): 1,
}
_DISCORD_FAULTS = {"5xx": 6, "cut": 4, "slow": 4, "429": 2, "403": 2, "ban": 0.3}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a soak is."""

    jobs: int
    busy_s: float
    """In about this time the jobs are accepted."""
    late_s: float
    """What a slow machine may need beyond it."""
    still_s: float
    """How long nothing may move when they then end: a rest after a refusal by Discord takes up to a minute."""
    kills: int = 3
    steps: int = 6
    memory_growth_mib: float
    """By how much the last life's memory may grow between its first and its last third."""


FULL = Size(jobs=2000, busy_s=360.0, late_s=50.0, still_s=100.0, memory_growth_mib=12.0)
"""Seven minutes where the machine has nothing else to do."""
SHORT = Size(jobs=300, busy_s=60.0, late_s=40.0, still_s=100.0, memory_growth_mib=12.0)
"""A minute and a half where the machine has nothing else to do."""


@dataclass(frozen=True)
class Act:
    """What a member does: `kind`, with options by name."""

    kind: str
    server: int
    member: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at `at` seconds: `where` is `discord`, `gateway`, `studio`, `key`, `clock` or `kill`."""

    at: float
    where: str
    options: dict[str, Any] = field(default_factory=dict)


def acts(seed: int) -> Iterator[Act]:
    """Give what members do, without end."""
    dice = random.Random(f"acts {seed}")
    number = 0
    while True:
        number += 1
        kind = drawn(dice, _ACTS)
        prompt = f"fox {number} {drawn(dice, _WORDS)}".strip()
        options: dict[str, Any] = {"prompt": prompt, "private": dice.random() < 0.15, "pick": dice.random()}
        if kind == "picture":
            options["count"] = dice.choice([1, 1, 2, 3])
        yield Act(kind, dice.randrange(SERVERS), dice.randrange(MEMBERS_EACH), options)


def troubles(seed: int, size: Size) -> list[Trouble]:
    """Return what goes wrong, in order of time. The last life, from the last kill on, has at least half of the time."""
    dice = random.Random(f"troubles {seed}")
    made = [Trouble(at, "kill") for at in sorted(dice.uniform(0.1, 0.5) * size.busy_s for _ in range(size.kills))]
    for _ in range(size.steps):
        seconds = dice.choice([-3600.0, -300.0, -5.0, 5.0, 300.0, 3600.0])
        made.append(Trouble(dice.uniform(0.05, 1.0) * size.busy_s, "clock", {"seconds": seconds}))
    made += [Trouble(at, "discord", _discord_fault(dice)) for at in _moments(dice, size.busy_s, each_s=0.5)]
    made += [Trouble(at, "studio", _studio_fault(dice)) for at in _moments(dice, size.busy_s, each_s=0.7)]
    made += [Trouble(at, "key", {"server": dice.randrange(SERVERS)}) for at in _moments(dice, size.busy_s, each_s=60)]
    made += [
        Trouble(at, "gateway", {"resumable": dice.random() < 0.7}) for at in _moments(dice, size.busy_s, each_s=50)
    ]
    return sorted(made, key=lambda each: each.at)


def _moments(dice: random.Random, until_s: float, *, each_s: float) -> Iterator[float]:
    at = dice.expovariate(1 / each_s)
    while at < until_s:
        yield at
        at += dice.expovariate(1 / each_s)


def _discord_fault(dice: random.Random) -> dict[str, Any]:
    method, pattern = drawn(dice, _DISCORD_CALLS)
    kind = drawn(dice, _DISCORD_FAULTS)
    fault: dict[str, Any] = {"method": method, "pattern": pattern, "times": dice.choice([1, 1, 2, 6])}
    options: dict[str, dict[str, Any]] = {
        "5xx": {"status": dice.choice([500, 502, 503]), "commit": dice.random() < 0.5},
        "cut": {"status": None, "commit": dice.random() < 0.5},
        "slow": {"status": 200, "hold_s": dice.uniform(0.5, 8.0), "commit": True},
        "429": {"status": 429, "retry_after_s": dice.choice([0.2, 1.0, 3.0]), "is_global": dice.random() < 0.2},
        "ban": {"status": 429, "is_html": True},  # by the network in front of Discord
        "403": {"status": 403, "code": dice.choice([50001, 50013])},
    }
    if pattern == CALLBACK:  # nothing is forbidden there, but an interaction expires
        options["403"] = {"status": 404, "code": 10062}
    return fault | options[kind]


def _studio_fault(dice: random.Random) -> dict[str, Any]:
    where = drawn(dice, {"submit": 3, "get": 4, "media": 3, "status": 1, "openapi": 0.3})
    kind = dice.choice(_STUDIO_FAULTS[where])
    fault: dict[str, Any] = {"where": where, "kind": kind, "times": dice.choice([1, 1, 2, 5])}
    if kind == "status":
        fault |= {"status": dice.choice([500, 502, 503, 504]), "commit": where == "submit" and dice.random() < 0.5}
    if kind == "flood":
        fault |= {"retry_after": str(dice.choice([1, 3]))}
    return fault


def drawn(dice: random.Random, weights: Mapping[Any, float]) -> Any:
    """Draw one of what has weights."""
    return dice.choices(list(weights), weights=list(weights.values()))[0]


def words_of(prompt: str) -> frozenset[str]:
    """Return the sandbox's words in a prompt."""
    return frozenset(re.findall(r"#[a-z]+", prompt))
