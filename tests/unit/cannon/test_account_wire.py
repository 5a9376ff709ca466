"""What the status call says, in whatever form; anything else is passed over."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.wire import account_status
from bot.errors import UnreadableAnswer

ISO = "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize(
    ("message", "must"),
    [
        ("Please verify your email address.", True),
        ("E-mail not confirmed", True),
        ("EMAIL_NOT_VERIFIED", True),
        ("unverified_email", True),
        ("API key is valid.", False),
        ("Email support if this fails.", False),
        (None, False),
    ],
)
def test_the_status_says_whether_the_address_is_to_be_verified(message: str | None, must: bool):
    assert account_status({"ok": True, "message": message}).must_verify is must


def test_no_documented_field_of_the_status_is_logged_as_new():
    with structlog.testing.capture_logs() as logs:
        account_status({"ok": True, "serverTime": ISO, "creditsRemaining": 5})
    assert logs == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["credits", "packs", "remaining", "expiresAt", "message", "account", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_whatever_is_answered_the_status_is_read_or_unreadable(document: Any):
    with contextlib.suppress(UnreadableAnswer):
        account_status(document)
