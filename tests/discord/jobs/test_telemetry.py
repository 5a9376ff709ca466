"""What leaves for an error tracker: errors, and no word of a member."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
import structlog

from bot.runtime.logs import Scrubber, configure_logs, report_errors, send_reports
from bot.settings import load_settings, read_settings

sentry_sdk: Any = importlib.import_module("sentry_sdk")
KEY = "cs_live_0123456789abcdef"


class Receiver:
    """An HTTP server on this machine that keeps what is posted to it."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, dict[str, str], bytes]] = []
        kept = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                kept.append((self.path, dict(self.headers), body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def log() -> Iterator[Callable[..., Any]]:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logs(log_format="json")
    yield structlog.get_logger
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
    sentry_sdk.init(dsn=None)


def events(receiver: Receiver) -> list[dict[str, Any]]:
    found = []
    for _, _, body in receiver.bodies:
        _, header, payload, *_ = body.split(b"\n")
        assert json.loads(header)["type"] == "event"
        found.append(json.loads(payload))
    return found


def test_an_error_is_reported_masked_and_without_ids_of_people(receiver: Receiver, log: Callable[..., Any]):
    facts = {"process": "worker-1@box", "role": "worker", "version": "1.2"}
    report_errors(f"http://public@{receiver.address}/7", Scrubber(["s3cret-value"]), facts)

    def fails() -> None:
        prompt = "a fox in the snow"
        raise ValueError(f"no {KEY} and s3cret-value {len(prompt)}")

    try:
        fails()
    except ValueError:
        log("bot.test").exception("worker.turn_failed", job="J1", guild=4711, member=4712, prompt="a fox in the snow")
    log("bot.test").warning("worker.slow", job="J1")
    send_reports()
    [event] = events(receiver)
    assert event["logentry"]["formatted"] == "worker.turn_failed"
    assert (event["level"], event["release"], event["server_name"]) == ("error", "1.2", "worker-1@box")
    assert event["tags"] == facts
    assert event["extra"]["job"] == "J1"
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "no [masked] and [masked] 17")
    assert error["stacktrace"]["frames"][-1]["function"] == "fails"
    whole = json.dumps(event)
    for secret in (KEY, "s3cret-value", "4711", "4712", "fox"):
        assert secret not in whole


def test_what_a_library_logs_is_reported_and_what_reports_is_not(receiver: Receiver, log: Callable[..., Any]):
    report_errors(f"http://public@{receiver.address}/7", Scrubber(), {})
    logging.getLogger("asyncio").error("a task of %s failed", "ours")
    send_reports()
    assert [event["logentry"]["formatted"] for event in events(receiver)] == ["a task of ours failed"]


@pytest.mark.parametrize(
    ("name", "value", "module", "extra"),
    [
        ("SENTRY_DSN", "https://key@sentry.example.org/7", "sentry_sdk", "sentry"),
    ],
)
def test_a_missing_extra_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, module: str, extra: str
):
    monkeypatch.setenv(name, value)
    assert not [problem for problem in read_settings(None, need_token=True)[1] if problem.startswith(name)]
    found = importlib.util.find_spec

    def without(wanted: str) -> Any:
        if wanted.startswith(module):
            raise ModuleNotFoundError(wanted)
        return found(wanted)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    [problem] = [each for each in read_settings(None, need_token=True)[1] if each.startswith(name)]
    assert problem.startswith(f"{name} needs the extra `{extra}`. Install it with: ")
    load_settings(None)  # a command that sends nothing works


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SENTRY_DSN", "https://sentry.example.org/7", "is not a project's address"),
        ("SENTRY_DSN", "https://hidden@sentry.example.org/", "is not a project's address"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
):
    monkeypatch.setenv(name, value)
    [problem] = read_settings(None)[1]
    assert problem.startswith(f"{name} {said}")
    assert "hidden" not in problem
