"""No metric is declared and never fed: each moves when its method is called, and each method is called by the bot."""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.models import JobState
from bot.runtime.background import CommonWork
from bot.runtime.metrics import DatabaseState, Metrics, ShardState

DATABASE = DatabaseState(is_up=True, last_commit=1.8e9, errors={"busy": 2})
HOST = {"server": (Decimal(3), Decimal(9))}


def process(metrics: Metrics, decide: Callable[[], bool] = lambda: True) -> None:
    metrics.process(version="1.2.3", commit="0123456789ab", common=(common := CommonWork()))
    common.decide = decide


FED: dict[str, Callable[[Metrics], object]] = {
    "cannon_bot_jobs_open": lambda each: each.open_jobs({("poll", JobState.QUEUED): 1}, {}),
    "cannon_bot_jobs_waiting": lambda each: each.open_jobs({}, {"discord": 1}),
    "cannon_bot_oldest_due_seconds": lambda each: each.oldest_due("poll", lambda: 3.0),
    "cannon_bot_jobs": lambda each: each.job("image.generate", JobState.QUEUED),
    "cannon_bot_submits": lambda each: each.submit("image.generate", "accepted"),
    "cannon_bot_polls": lambda each: each.poll("processing"),
    "cannon_bot_poll_lag_seconds": lambda each: each.poll("processing", 0.2),
    "cannon_bot_deliveries": lambda each: each.delivery("attachment"),
    "cannon_bot_job_seconds": lambda each: each.delivered("image.generate", 9.0),
    "cannon_bot_discord_errors": lambda each: each.discord_error(TimeoutError()),
    "cannon_bot_api_errors": lambda each: each.api_error(TimeoutError()),
    "cannon_bot_api_calls": lambda each: each.api_call("post_requests", "ok"),
    "cannon_bot_discord_calls": lambda each: each.discord_call("result", "2xx"),
    "cannon_bot_rate_limit_wait_seconds": lambda each: each.rate_limit_wait("own", 1.5),
    "cannon_bot_credits": lambda each: each.books({"settle": Decimal(3)}, Decimal(0), 0, {}, {}),
    "cannon_bot_credits_held": lambda each: each.books({}, Decimal(3), 0, {}, {}),
    "cannon_bot_host_limit_credits": lambda each: each.books({}, Decimal(0), 0, HOST, {}),
    "cannon_bot_host_spent_credits": lambda each: each.books({}, Decimal(0), 0, HOST, {}),
    "cannon_bot_leader": process,
    "cannon_bot_build_info": process,
    "cannon_bot_keys_refused": lambda each: each.books({}, Decimal(0), 1, {}, {}),
    "cannon_bot_accounts": lambda each: each.books({}, Decimal(0), 0, {}, {"member": 2}),
    "cannon_bot_books_differed": lambda each: each.books_differed(),
    "cannon_bot_file_bytes": lambda each: each.file_size("database", lambda: 4096.0),
    "cannon_bot_database_up": lambda each: each.database(lambda: DATABASE),
    "cannon_bot_last_commit_timestamp_seconds": lambda each: each.database(lambda: DATABASE),
    "cannon_bot_database_errors": lambda each: each.database(lambda: DATABASE),
    "cannon_bot_loop_lag_seconds": lambda each: each.loop_lag(0.01),
    "cannon_bot_shard_connected": lambda each: each.shards(lambda: [ShardState(0, True, 0.1)]),
    "cannon_bot_gateway_latency_seconds": lambda each: each.shards(lambda: [ShardState(0, True, 0.1)]),
    "cannon_bot_webhook_hints": lambda each: each.hint(known=True),
    "cannon_bot_log_lines_dropped": lambda each: each.dropped_lines(lambda: 3.0),
}
OWN = {"render"}


def families(metrics: Metrics) -> dict[str, float]:
    """Return the sum of each metric's samples by its name."""
    return {
        family.name: sum(each.value for each in family.samples)
        for family in metrics.registry.collect()
        if family.name.startswith("cannon_bot_")
    }


def test_each_metric_is_known_here():
    assert set(families(Metrics())) == set(FED)


@pytest.mark.parametrize("name", FED)
def test_a_metric_moves(name: str):
    metrics = Metrics()
    before = families(metrics)[name]
    FED[name](metrics)
    assert families(metrics)[name] > before


@pytest.mark.long
def test_each_method_is_called_somewhere_in_the_bot():
    root = Path(__file__).parents[3] / "bot"
    called = {
        node.attr
        for path in root.rglob("*.py")
        if path.name != "metrics.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    public = {name for name in vars(Metrics) if not name.startswith("_")}
    assert public - called - OWN == set()


def test_a_value_that_is_no_plain_word_makes_no_series():
    metrics = Metrics()
    metrics.api_call("GET /requests/<script>", "ok")
    assert b'call="other"' in metrics.render()


def test_no_series_is_the_time_at_which_another_was_made():
    metrics = Metrics()
    for feed in FED.values():
        feed(metrics)
    assert b"_created" not in metrics.render()


OF_THE_DATABASE = {
    "cannon_bot_jobs_open", "cannon_bot_jobs_waiting", "cannon_bot_credits", "cannon_bot_credits_held",
    "cannon_bot_host_limit_credits", "cannon_bot_host_spent_credits", "cannon_bot_keys_refused",
}  # fmt: skip


def test_figures_of_the_whole_database_are_those_of_the_leader_alone():
    metrics, leads = Metrics(), [True]
    process(metrics, lambda: leads[0])
    for name in OF_THE_DATABASE:
        FED[name](metrics)
    assert families(metrics).keys() >= OF_THE_DATABASE
    leads[0] = False  # paused past its lease, for example
    assert not families(metrics).keys() & OF_THE_DATABASE
    assert families(metrics)["cannon_bot_leader"] == 0
    leads[0] = True
    assert not families(metrics).keys() & OF_THE_DATABASE, "those of its last term are old"
    FED["cannon_bot_jobs_open"](metrics)
    assert families(metrics)["cannon_bot_jobs_open"] == 1
