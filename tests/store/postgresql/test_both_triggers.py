"""What the triggers of both engines refuse, write and tell is the same: each statement is played on both."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import psycopg
import pytest

GUILD = 700
NEVER_HEARD_S = 5

CARD = """
INSERT INTO cards (id, guild_id, channel_id, author_id, token_expires_at, private, answered, locale, created_at)
VALUES ('C1', 700, 55, 42, 0, 0, 1, 'en', 0)
"""
JOB = """
INSERT INTO jobs (id, card_id, guild_id, position, author_id, operation, input, state, idempotency_key, held_milli,
    basis, attempts, next_at, created_at, output, media)
VALUES ('{job_id}', 'C1', 700, {position}, 42, 'image.generate', '{input}', 'waiting', 'key {job_id}', 10,
    'listed', 0, 0, {position}, '{{}}', '[]')
"""
BOOKING = """
INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at)
VALUES (700, 42, {job_id}, '{kind}', {milli}, 0)
"""
DECISION = "INSERT INTO decisions (id, guild_id, at, by_id, kind, text, about) VALUES (7, 700, 0, 42, 'k', 't', '{}')"


def job(job_id: str = "J1", position: int = 0, input_: str = "{}") -> str:
    return JOB.format(job_id=job_id, position=position, input=input_.replace("'", "''"))


def booking(kind: str, milli: int = 10, job_id: str | None = "J1", more: str = "") -> str:
    name = "NULL" if job_id is None else f"'{job_id}'"
    return BOOKING.format(job_id=name, kind=kind, milli=milli) + more


HELD = [CARD, job(), booking("hold")]
ENDED = "UPDATE jobs SET state = '{state}' WHERE id = 'J1'"
ONCE = "the ledger is append-only: a job is held once, and settled or released once"
APPEND_ONLY = "the ledger is append-only"
HOLDS = "a hold is what the job holds"
CLOSES = "only what was held is settled, and a release gives back all of it"
STAYS = "what a job is and what it holds never changes"
OPEN_HOLD = "a job may not end while its hold is open"
RECORD = "decisions are append-only"
NOTHING = "ON CONFLICT DO NOTHING"


def said_by_sqlite(db: sqlite3.Connection, statement: str) -> str | None:
    """Run it; return the message with which it is refused, None if it is not."""
    try:
        db.execute(statement)
    except sqlite3.IntegrityError as error:
        return str(error)
    return None


def said_by_postgres(db: psycopg.Connection, statement: str) -> str | None:
    try:
        with db.transaction():
            db.execute(statement)
    except psycopg.IntegrityError as error:
        return error.diag.message_primary
    return None


@pytest.mark.parametrize(
    ("before", "statement", "message"),
    [
        (HELD, "UPDATE ledger SET at = 1", APPEND_ONLY),
        (HELD, "DELETE FROM ledger", APPEND_ONLY),
        (HELD, booking("hold"), ONCE),
        (HELD, booking("hold", more=NOTHING), ONCE),
        (HELD, booking("hold", more="ON CONFLICT (job_id, kind) DO UPDATE SET credits_milli = 10"), ONCE),
        ([*HELD, booking("settle")], booking("settle"), ONCE),
        ([*HELD, booking("settle")], booking("release"), ONCE),
        ([*HELD, booking("release")], booking("settle", 5), ONCE),
        ([*HELD, booking("release")], booking("release", more=NOTHING), ONCE),
        ([*HELD, booking("adjust", -3)], booking("adjust", -3), ONCE),
        ([CARD, job()], booking("hold", 11), HOLDS),
        ([CARD, job()], booking("hold", job_id="J2"), HOLDS),
        ([CARD, job()], booking("settle"), CLOSES),
        ([CARD, job()], booking("release"), CLOSES),
        (HELD, booking("release", 9), CLOSES),
        (HELD, booking("settle", job_id="J2"), CLOSES),
        *(
            (HELD, f"UPDATE jobs SET {column} = {column} WHERE id = 'J1'", STAYS)
            for column in ("id", "guild_id", "card_id", "held_milli", "idempotency_key")
        ),
        (HELD, "UPDATE jobs SET attempts = 1, held_milli = 11", STAYS),
        *(
            (HELD, ENDED.format(state=state), OPEN_HOLD)
            for state in ("delivered", "failed", "cancelled", "refused", "expired", "held")
        ),
        ([DECISION], "UPDATE decisions SET text = 'other'", RECORD),
        ([DECISION], "DELETE FROM decisions", RECORD),
        ([DECISION], DECISION, RECORD),
        ([DECISION], f"{DECISION} {NOTHING}", RECORD),
        ([DECISION, "INSERT INTO absent_guilds VALUES (701, 0, NULL)"], "DELETE FROM decisions", RECORD),
        # What is allowed, next to it.
        (HELD, booking("settle", 25), None),
        (HELD, booking("release"), None),
        (HELD, booking("adjust", -3), None),
        (HELD, booking("grant", job_id=None), None),
        ([*HELD, booking("grant", job_id=None)], booking("grant", job_id=None), None),
        ([*HELD, booking("settle", 3)], booking("adjust", 4), None),
        ([*HELD, booking("settle", 3)], ENDED.format(state="delivered"), None),
        ([*HELD, booking("release")], ENDED.format(state="failed"), None),
        (HELD, ENDED.format(state="processing"), None),
        (HELD, "UPDATE jobs SET attempts = 1, raised_milli = 5", None),
        ([CARD, job(), "DELETE FROM job_texts"], "DELETE FROM jobs", None),
        ([DECISION, "INSERT INTO absent_guilds VALUES (700, 0, NULL)"], "DELETE FROM decisions", None),
        ([DECISION], DECISION.replace("7, 700", "8, 700"), None),
    ],
)
def test_both_refuse_the_same_in_the_same_words(
    sqlite: sqlite3.Connection,
    postgres: psycopg.Connection,
    before: Sequence[str],
    statement: str,
    message: str | None,
) -> None:
    for each in before:
        sqlite.execute(each)
        postgres.execute(each)
    assert said_by_sqlite(sqlite, statement) == message
    assert said_by_postgres(postgres, statement) == message


@pytest.mark.parametrize(
    "statement",
    [
        job("J2"),  # the same place on the card
        job(input_="no JSON"),
        booking("adjust", -3, job_id="J2"),
        booking("bonus", job_id=None),
        booking("hold", -1),
        "UPDATE jobs SET slow_polls = -1",
        "UPDATE jobs SET input = ''",
        "UPDATE cards SET private = 2",
        "DELETE FROM cards",
        "INSERT INTO presets VALUES (700, 42, 'a', 'image.generate', '{}'), (700, 42, 'A', 'image.generate', '{}')",
    ],
)
def test_both_refuse_what_breaks_a_constraint(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection, statement: str
) -> None:
    for each in HELD:
        sqlite.execute(each)
        postgres.execute(each)
    assert said_by_sqlite(sqlite, statement)
    assert said_by_postgres(postgres, statement)


def test_names_differ_by_more_than_the_case_of_ascii(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    """As SQLite's NOCASE has it, so that a copy of an SQLite database has no two names that are one."""
    two = "INSERT INTO presets VALUES (700, 42, 'Ä', 'image.generate', '{}'), (700, 42, 'ä', 'image.generate', '{}')"
    assert said_by_sqlite(sqlite, two) is None
    assert said_by_postgres(postgres, two) is None


@pytest.mark.parametrize(("table", "message"), [("ledger", APPEND_ONLY), ("decisions", RECORD)])
def test_what_is_append_only_is_not_truncated(postgres: psycopg.Connection, table: str, message: str) -> None:
    assert said_by_postgres(postgres, f"TRUNCATE {table} CASCADE") == message


@pytest.mark.parametrize("table", ["jobs", "cards"])
def test_nor_is_it_truncated_with_what_it_names(postgres: psycopg.Connection, table: str) -> None:
    assert said_by_postgres(postgres, f"TRUNCATE {table} CASCADE") == APPEND_ONLY


def test_both_have_the_same_words_of_a_job(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    inputs: list[dict[str, object]] = [
        {"prompt": "a fox"},
        {"text": 'it\'s "said" \\ 100%'},
        {"description": "Füchse, 日本語の狐, 🦊"},
        {"prompt": None, "text": "spoken"},
        {"text": "spoken", "prompt": "asked"},
        {"seed": 7},
        {},
    ]
    words = {f"J{number}": json.dumps(each) for number, each in enumerate(inputs)}
    statements = [
        CARD,
        *(job(job_id, position, said) for position, (job_id, said) in enumerate(words.items())),
        """UPDATE jobs SET input = '{"prompt": "a hound"}' WHERE id = 'J0'""",
        "UPDATE jobs SET input = '{}', erased_at = 1 WHERE id = 'J1'",
        "UPDATE jobs SET input = input, attempts = 1",
    ]
    for statement in statements:
        sqlite.execute(statement)
        postgres.execute(statement)
    query = "SELECT guild_id, job_id, text FROM job_texts ORDER BY number"
    found = postgres.execute(query).fetchall()
    assert found == sqlite.execute(query).fetchall()
    assert found[:3] == [
        (GUILD, "J0", "J0 image.generate a hound"),
        (GUILD, "J1", "J1 image.generate "),
        (GUILD, "J2", "J2 image.generate Füchse, 日本語の狐, 🦊"),
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (r'{"prompt": "a\u0000b"}', "a\N{REPLACEMENT CHARACTER}b"),
        (r'{"prompt": "\ud83d \ude00 \ud83d\ude00"}', "\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} 😀"),
        (r'{"prompt": "a\\u0000b"}', r"a\u0000b"),
        (r'{"prompt": "a fox", "other": "\u0000"}', "a fox"),
    ],
)
def test_characters_that_postgresql_refuses_keep_no_job_out(
    postgres: psycopg.Connection, said: str, words: str
) -> None:
    postgres.execute(CARD)
    postgres.execute(job(input_=said))
    assert postgres.execute("SELECT text FROM job_texts").fetchall() == [(f"J1 image.generate {words}",)]
