from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.app.connection.start import invite_link
from bot.errors import DatabaseFailing, StoreError
from bot.runtime.logs import _PATTERNS, _PLAIN, MASK, Scrubber, configure_logs
from tests.support.machine import slowness

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38
FERNET = "q" * 43 + "="


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    loggers = {name: logging.getLogger(name) for name in ("discord", "aiohttp", "httpx", "asyncio")}
    levels = {name: logger.level for name, logger in loggers.items()}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, logger in loggers.items():
        logger.setLevel(levels[name])
    structlog.reset_defaults()


def written(log_format: str, *, level: str = "INFO", secrets: tuple[str, ...] = ()) -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level=level, log_format=log_format, secrets=secrets, stream=stream)  # type: ignore[arg-type]  # a parameter
    return stream


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key cs_live_abc123DEF used", "abc123DEF"),
        ("key cs_test_abc123DEF used", "abc123DEF"),
        (f"token {TOKEN}", "GabcdE"),
        (f"key file holds {FERNET}", FERNET),
        ("row gAAAAAB" + "x" * 80 + "==", "x" * 80),
        ("POST https://discord.com/api/v10/webhooks/12345/aW50-Zm9v:x/messages/@original", "aW50"),
        ("POST /interactions/12345/aW50ZXJhY3Rpb24/callback", "aW50ZXJhY3Rpb24"),
        ("POST /webhooks/JOB-0123456789abcdef", "0123456789abcdef"),
        ("GET https://cdn.example/a.png?X-Goog-Signature=abcdef&x=1", "abcdef"),
        ("GET /media/a.png?sig=abcdef", "abcdef"),
        ("GET https://discord.com/oauth2/authorize?client_id=1&state=abcdef", "abcdef"),
        ("proxy http://me:word123@proxy.example:3128", "word123"),
        ("headers {'x-api-key': 'plainword'}", "plainword"),
        ("headers [(b'x-api-key', b'plainword')]", "plainword"),
        ('{"Authorization": "Bot plainword"}', "plainword"),
        ("authorization: Bearer plainword", "plainword"),
        (json.dumps(json.dumps({"x-api-key": "plainword"})), "plainword"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    masked = Scrubber().mask(text)
    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "job 0123456789 delivered to channel 123456789012345678",
        "GET https://cdn.example/a/b.png took 1.5 s",
        "version 1.2.3 of discord.py, schema 7",
        "is it done? yes=1",
        "https://discord.com/api/v10/channels/123456789012345678/messages/123456789012345678",
        f"invite={invite_link(123456789012345678)}",
    ],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert Scrubber().mask(text) == text


@given(st.from_regex(_PLAIN, fullmatch=True, alphabet=st.characters(codec="ascii")))
def test_no_pattern_finds_anything_in_a_plain_text(text: str) -> None:
    """So none is tried on it."""
    for pattern, replacement in _PATTERNS:
        assert pattern.sub(replacement, text) == text


def test_known_secrets_are_masked_in_plain_texts_too() -> None:
    assert Scrubber(["hunter2"]).mask("hunter2") == MASK


def test_known_secrets_are_masked_whatever_they_look_like() -> None:
    scrubber = Scrubber(["correct horse", "correct horse battery", "a"])
    assert scrubber.mask("say correct horse battery now") == f"say {MASK} now"


def test_names_that_tell_of_secrets_or_of_members_words_are_not_logged() -> None:
    stream = written("json")
    structlog.get_logger("bot.x").info("sent", token="canary", nested={"prompt": "canary", "n": 1}, api_key=b"canary")
    assert "canary" not in stream.getvalue()
    assert json.loads(stream.getvalue())["nested"]["n"] == 1


class Holder:
    def __repr__(self) -> str:
        return "Holder(cs_live_canary123)\nsecond line"


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_objects_are_logged_by_their_masked_repr(log_format: str) -> None:
    stream = written(log_format)
    structlog.get_logger("bot.x").info("sent", holder=Holder(), many=[Holder()], deep=[[[[[[[[Holder()]]]]]]]])
    assert "canary" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("evil", ["\n", "\r\n", "\x1b[31m", "\x85", "\u2028", "\u202e", "\x00", "\ud800"])
def test_one_event_is_one_line_without_control_characters(log_format: str, evil: str) -> None:
    stream = written(log_format)
    structlog.get_logger("bot.x").info(f"name{evil}12:00 forged", name=f"a{evil}b", **{f"k{evil}": 1})
    logging.getLogger("discord.client").warning("name %s", f"a{evil}b")
    text = stream.getvalue()
    assert len(text.splitlines()) == 2
    assert all(character.isprintable() or character == "\n" for character in text)


def fail(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_is_masked_and_cannot_forge_a_line(log_format: str) -> None:
    stream = written(log_format, secrets=("hunter2hunter2",))
    try:
        fail("hunter2hunter2\n12:00:00  critical  forged cs_live_abc")
    except ValueError:
        structlog.get_logger("bot.x").exception("failed")
        logging.getLogger("aiohttp.server").exception("failed too")
    text = stream.getvalue()
    assert "hunter2hunter2" not in text
    assert "cs_live_abc" not in text
    events = [line for line in text.splitlines() if not line.startswith("    | ")]
    assert len(events) == 2
    assert "ValueError" in text


def test_a_line_of_json_has_time_level_logger_and_event() -> None:
    stream = written("json")
    structlog.get_logger("bot.jobs").warning("job.late", job="ABC", seconds=1.5)
    event = json.loads(stream.getvalue())
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "job.late", "level": "warning", "logger": "bot.jobs", "job": "ABC", "seconds": 1.5}


def test_the_console_quotes_what_could_be_taken_for_another_fact() -> None:
    stream = written("console")
    structlog.get_logger("bot.x").info("said", name="a level=critical", plain="word")
    assert "name='a level=critical'" in stream.getvalue()
    assert "plain=word" in stream.getvalue()


def test_libraries_keep_their_debug_lines_to_themselves() -> None:
    stream = written("json", level="DEBUG")
    logging.getLogger("discord.http").debug("whole request")
    logging.getLogger("httpx").info("HTTP Request: GET")
    structlog.get_logger("bot.x").debug("ours")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["ours"]


def test_below_the_level_nothing_is_written() -> None:
    stream = written("json", level="WARNING")
    structlog.get_logger("bot.x").info("quiet")
    logging.getLogger("discord").info("quiet")
    assert stream.getvalue() == ""


def test_configuring_again_replaces_the_first_output() -> None:
    first, second = written("json"), written("json")
    structlog.get_logger("bot.x").info("once")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["a-" * 50_000, "a.b://" * 20_000, "://" * 30_000, "/webhooks/" * 9_000, "?a=" * 30_000]
)
def test_a_huge_text_is_cut_and_costs_no_time(text: str) -> None:
    started = time.process_time()
    assert len(Scrubber().text(text)) < 40_000
    assert time.process_time() - started < slowness()


@pytest.mark.parametrize(
    "piece",
    ["a-", "a.b://", "://", "https://", "/webhooks/", "?a=", "://a? ", "x-api-key:", "\x00", "\u202e", "cs_", "a@"],
)
def test_a_long_text_takes_a_few_milliseconds_whatever_it_is(piece: str) -> None:
    text = f"said {piece * 8000}"[:15_990] + " and more" * 500
    taken = []
    for _ in range(5):
        started = time.process_time()
        Scrubber(["abcdefgh"]).text(text)
        taken.append(time.process_time() - started)
    assert min(taken) < 0.01 * slowness()  # a pattern that tries each start again would take a second


@pytest.mark.parametrize("before", ["", "token-", "Bot_", "x" * 60])
def test_a_token_is_masked_whatever_it_is_stuck_to(before: str) -> None:
    assert "GaBcDe" not in Scrubber().mask(f"got {before}MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.{'s' * 38}")


def test_cutting_does_not_uncover_half_a_secret() -> None:
    text = "x" * 15_980 + " cs_live_" + "s" * 40
    assert "sss" not in Scrubber().mask(text)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_the_failing_database_makes_others_say_is_left_out(log_format: str) -> None:
    stream = written(log_format)
    log = structlog.get_logger("bot.jobs")
    failing = DatabaseFailing("It can't be reached.", kind="unreachable")

    def fail_in_a_task() -> None:
        raise RuntimeError("in a task") from failing

    log.warning("shards.not_renewed", error=failing)
    log.error("worker.claim_failed", exc_info=failing)
    try:
        fail_in_a_task()
    except RuntimeError:
        log.exception("ticker.draw_failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert stream.getvalue() == ""
    log.warning("secrets.not_resealed", error=StoreError("Another key sealed it."))
    assert stream.getvalue().count("\n") == 1
    assert "Another key sealed it." in stream.getvalue()


def test_a_debugging_host_sees_each_failure_of_the_database() -> None:
    stream = written("json", level="DEBUG")
    structlog.get_logger("bot.jobs").error("worker.claim_failed", exc_info=DatabaseFailing("It can't be reached."))
    assert "worker.claim_failed" in stream.getvalue()
