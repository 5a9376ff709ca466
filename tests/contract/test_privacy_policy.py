"""docs/privacy-policy.md leaves nothing out: each table of the database is in one of its rows, or is about nobody."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

from bot.store.engine.connection import connect
from tests.support.new_file import write_empty_database

POLICY = (Path(__file__).resolve().parents[2] / "docs" / "privacy-policy.md").read_text(encoding="utf-8")
PROMPTS, RESULTS, IDS = "your prompts, options, links", "results: their links", "your Discord ID, server, channel"
COSTS, OWN, DECIDED = (
    "what each job cost",
    "your defaults, presets, notification choice, and voice",
    "what moderators set and decided",
)
CAST, VOTES = "what you add to the cast", "your votes in a shoot-out"
EVENTS = "in which events you take part"
REPORTS, KEYS, NOBODY = "reports that you send", "API key, encrypted", ""
ROWS = {
    "account_checks": KEYS, "alerts": NOBODY, "absent_guilds": NOBODY, "api_changes": NOBODY, "api_facts": NOBODY,
    "best_of_week": DECIDED,
    "blocks": DECIDED, "cards": IDS, "cast_leftovers": CAST, "cast_members": CAST, "copies": RESULTS,
    "decisions": DECIDED, "drafts": PROMPTS, "draws": COSTS,
    "event_members": EVENTS, "events": DECIDED, "former_members": IDS,
    "grants": DECIDED, "guild_keys": KEYS, "histograms": NOBODY,
    "host_key_refusals": NOBODY, "jobs": PROMPTS,
    "job_texts": PROMPTS,
    "identifies": NOBODY,
    "ledger": COSTS, "ledger_totals": NOBODY, "running_totals": COSTS,
    "limits": DECIDED, "member_settings": OWN, "meta": NOBODY,
    "outbox": DECIDED, "presets": OWN,
    "prices": DECIDED, "reaction_acts": IDS,
    "questions": REPORTS, "recipes": DECIDED, "review_rules": DECIDED,
    "rules": DECIDED,
    "shootout_votes": VOTES, "shootouts": NOBODY,
    "schedule_runs": DECIDED, "schedules": DECIDED,
    "switched_off": DECIDED,
    "voice_samples": RESULTS, "welcomes": IDS,
}  # fmt: skip
"""The row of the policy that says so, by table; NOBODY: times, numbers and ids of servers alone."""


def tables(path: Path) -> set[str]:
    write_empty_database(path)
    with contextlib.closing(connect(path)) as db:
        db.row_factory = sqlite3.Row
        named = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {row["name"] for row in named}


def test_every_table_is_in_a_row_of_the_policy(tmp_path: Path) -> None:
    assert tables(tmp_path / "empty.db") == set(ROWS)
    stored = POLICY.partition("## Who else gets it")[0]
    assert {row for row in ROWS.values() if row not in stored} == set()


def test_every_promise_has_its_number_or_a_blank_of_the_host() -> None:
    plain = re.sub(r"<!-- = .+? -->[\d.]+|`\[[^\]]*\]`|\]\([^)]*\)", "", POLICY)
    assert re.findall(r"\d+", plain) == []
