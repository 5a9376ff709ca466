from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon import retry
from bot.errors import (
    CannonUnavailable,
    IdempotencyClash,
    InputRefused,
    KeyRefused,
    OutOfCredits,
    RateLimited,
    RequestNotFound,
    UnreadableAnswer,
)

NEVER = [
    InputRefused("", 400),
    KeyRefused("", 401),
    OutOfCredits("", 402),
    KeyRefused("", 403),
    RequestNotFound("", 404),
    IdempotencyClash("", 409),
    InputRefused("", 422),
]
PASSING = [CannonUnavailable(""), CannonUnavailable("", 502), CannonUnavailable("", 503), CannonUnavailable("", 504)]


def submit_again(attempt, error, age=0.0, random=0.5):
    return retry.submit_again(attempt, error, first_attempt_age_s=age, random=random)


@pytest.mark.parametrize("error", NEVER, ids=lambda error: str(error.status))
def test_what_the_api_refused_is_never_repeated(error):
    assert submit_again(1, error) is None
    assert retry.poll_again(1, error, 0.5) is None


@pytest.mark.parametrize("error", PASSING)
def test_an_outage_is_repeated_with_growing_waits_up_to_the_cap(error):
    waits = [submit_again(attempt, error) for attempt in range(1, 13)]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == retry.LONGEST_SUBMIT_WAIT_S
    assert [retry.poll_again(n, error, 0.5) for n in (1, 2, 7, 10_000)] == [1, 2, 60, 60]


@pytest.mark.parametrize("error", [CannonUnavailable("", 500), UnreadableAnswer("", 200)])
def test_the_same_bad_answer_under_one_key_is_taken_for_a_stored_one_in_the_end(error):
    tries = [submit_again(attempt, error) is not None for attempt in range(1, 9)]
    assert tries == [True] * 5 + [False] * 3
    assert retry.poll_again(1000, error, 0.5) == 60


@pytest.mark.parametrize("error", [*PASSING, RateLimited("")])
def test_past_the_keys_safe_window_nothing_is_posted_again(error):
    assert submit_again(3, error, age=retry.SAFE_WINDOW_S - 5) is not None
    assert submit_again(3, error, age=retry.SAFE_WINDOW_S - 3) is None
    assert submit_again(3, error, age=retry.SAFE_WINDOW_S + 1) is None


def test_a_wait_that_would_end_past_the_window_is_not_begun():
    assert submit_again(1, RateLimited("", 429, 3600), age=retry.SAFE_WINDOW_S - 3000) is None


@given(asked=st.floats(0, 3600), random=st.floats(0, 1), attempt=st.integers(1, 50))
def test_a_wait_that_the_server_asked_for_is_never_cut_short(asked, random, attempt):
    for error in (RateLimited("", 429, asked), CannonUnavailable("", 503, asked)):
        again = submit_again(attempt, error, random=random)
        assert again is not None
        assert asked <= again <= max(asked * 1.1, retry.LONGEST_SUBMIT_WAIT_S * 1.5)
        assert retry.poll_again(attempt, error, random) >= asked


def test_waits_are_spread_by_the_random_number():
    waits = {submit_again(5, CannonUnavailable(""), random=n / 10) for n in range(11)}
    assert len(waits) == 11
    assert (min(waits), max(waits)) == (8, 24)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 1.5 ", 1.5),
        ("-5", 0),
        ("86400", 3600),
        ("1e400", None),
        ("nan", None),
        ("inf", None),
        ("tomorrow", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:01:40 -0000", 90),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Thu, 99 Jan 1970 00:01:40 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_an_hour(header, seconds):
    assert retry.retry_after_s(header, 10.0) == seconds


@given(st.text())
def test_any_retry_after_is_none_or_in_range(header):
    found = retry.retry_after_s(header, 1.78e9)
    assert found is None or 0 <= found <= 3600
