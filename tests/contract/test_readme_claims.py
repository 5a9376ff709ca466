"""What the README claims is shown by tests that exist, its numbers are the code's, and each command in it is tried.

A claim that is added or reworded has no row here and fails: whoever writes it says which test shows it.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.account.audit import CHECK_EVERY_S
from bot.domain.jobs.poll_schedule import REMEMBERED_S
from tests.install.readme_blocks import followed
from tests.soak.plan import SERVERS
from tests.soak.soak import FULL
from tests.support.named_tests import missing

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN_BY = {
    "A job is delivered once, or refunded unless Cannon Studio charged for it": [
        "tests/crash/test_points.py::test_after_a_crash_at_any_point_a_job_is_delivered_once_or_given_back",
        "tests/crash/test_points.py::test_after_a_crash_and_a_second_one_at_any_point_it_still_holds",
        "tests/crash/test_kill.py::test_a_bot_killed_at_any_point_delivers_each_job_once_or_gives_it_back",
    ],
    "No one spends past a limit": [
        "tests/store/test_accept.py::test_the_last_credits_go_to_exactly_one_of_fifty",
        (
            "tests/discord/workflows/test_race.py"
            "::test_of_fifty_members_exactly_as_many_win_the_servers_last_credits_as_fit"
        ),
    ],
    "What is paid is not forgotten": [
        "tests/discord/jobs/test_late_results.py::test_what_never_ends_is_refunded_after_seven_days_and_moderators_know",
        (
            "tests/discord/moderate/test_account_balance.py"
            "::test_a_difference_is_posted_once_and_shown_as_long_as_it_is_there"
        ),
    ],
    "You see the price, or that it's unknown, before you pay": [
        (
            "tests/unit/domain/test_unknown_prices.py"
            "::test_somebody_says_yes_to_an_unknown_price_wherever_a_threshold_is_set"
        ),
        (
            "tests/discord/results/test_prices_of_controls.py"
            "::test_a_variant_tells_its_price_where_it_is_known_and_asks_where_it_is_not"
        ),
    ],
    "A server's key stays with it": [
        "tests/store/test_secret_box.py::test_what_is_sealed_opens_for_its_guild_and_purpose_alone",
        "tests/store/test_guild_keys.py::test_a_job_cannot_name_another_guilds_key",
        "tests/discord/moderate/test_studio.py::test_the_key_never_stands_in_any_message_log_line_or_file",
    ],
    "It is quick, and one server's trouble stays its own": [
        "tests/bench/test_bench_runs.py::test_the_bench_runs_and_prints_every_figure",
        "tests/bench/test_bench_runs.py::test_no_server_waits_for_the_trouble_of_another",
    ],
    "It survives bad days": [
        "tests/soak/test_soak.py::test_two_minutes_among_random_faults_leave_exact_books_and_no_complaint"
    ],
}
BENCH = (ROOT / "tests/bench/bench_answers.py").read_text(encoding="utf-8")  # of a program: not imported
PER_S, WAITING = (
    int(re.findall(rf"^    {name} = ([0-9]+)(?:\.0)?$", BENCH, re.MULTILINE)[0])
    for name in ("per_s: float", "waiting: int")
)
WORDS = {1: "", 7: "seven ", 20: "twenty ", 50: "fifty ", 2000: "two thousand "}
NUMBERS = [
    (f"late results are followed for {WORDS[int(REMEMBERED_S / 86_400)]}days", "What is paid is not forgotten"),
    (f"compared with the credit history every {WORDS[int(CHECK_EVERY_S / 3600)]}hour", "What is paid is not forgotten"),
    (f"{PER_S} commands a second, {WAITING:,} open jobs", "It is quick"),
    (f"{WORDS[SERVERS]}servers, {WORDS[FULL.jobs]}jobs", "It survives bad days"),
]
TRIED_ELSEWHERE = {
    "docker compose run --rm bot check": "tests/install/rehearse_image.py",
    "docker compose up -d": "tools/check_deploy.py",
    "docker compose logs bot": "tools/check_deploy.py",
}
"""Commands of the README that tests/install cannot type, for want of an engine and of uv; and what tries the same."""


def claims() -> dict[str, str]:
    """Return the rows of the table of claims, by their first cells."""
    part = README.partition("## Why you can trust it with money\n")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return {row.split(" | ")[0].removeprefix("| "): row for row in rows}


def commands(text: str) -> list[str]:
    """Return every command in the code blocks of a text."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    return [command for line in lines if (command := re.sub(r"(^|\s+)#.*$", "", line).strip())]


def test_every_claim_is_shown_by_tests() -> None:
    assert list(claims()) == list(SHOWN_BY)


def test_the_tests_that_show_claims_are_there() -> None:
    assert [shown for tests in SHOWN_BY.values() for shown in tests if "::" not in shown or missing(shown)] == []


def test_the_numbers_of_claims_are_the_codes() -> None:
    rows = [(words, [row for first, row in claims().items() if first.startswith(claim)]) for words, claim in NUMBERS]
    assert [(words, found) for words, found in rows if len(found) != 1 or words not in found[0]] == []


def test_every_command_is_typed_by_a_test() -> None:
    typed = [command for block in followed().values() for command in block]
    left = [command for command in commands(README) if command not in typed]
    assert left == [command for command in TRIED_ELSEWHERE if command not in typed]
    assert all((ROOT / tool).is_file() for tool in TRIED_ELSEWHERE.values())
    # What tests/install counts on: these blocks, and their last lines.
    assert set(followed()) == {
        "demo",
        "settings",
        "install",
        "backup",
        "test",
        "look",
        "backups",
        "leave",
        "arrive",
    }
    assert [line.split()[-1] for line in followed()["install"][-2:]] == ["check", "run"]
    assert [line.split()[1] for line in followed()["backup"]] == ["backup", "restore"]
