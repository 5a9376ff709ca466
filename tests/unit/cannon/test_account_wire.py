"""Expiry dates, wherever and however the status call may tell them; anything else is passed over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.wire import LOTS_MAX, account_status, expiring_credits
from bot.domain.models import CreditKind
from bot.errors import UnreadableAnswer

AT = 1_800_000_000
ISO = "2027-01-15T08:00:00.000Z"
LOT = {"remaining": 250, "expiresAt": ISO}


@pytest.mark.parametrize(
    "answer",
    [
        {"credits": {"remaining": 900, "packs": [LOT]}},
        {"credits": {"remaining": 250, "expiresAt": ISO}},
        {"credits": {"bought": {"credits": "250", "expires_at": AT}, "plan": {"credits": 100}}},
        {"creditPacks": [{"amount": 250, "expiresAtMs": AT * 1000}]},
        {"account": {"credit_grants": [{"balance": 250.0, "expiry": "2027-01-15T09:00:00+01:00"}]}},
        {"credits": {"packs": [LOT, {"remaining": 5}, {"expiresAt": ISO}, "x", {"remaining": 0, "expiresAt": AT}]}},
        {"credits": {"packs": [{"remaining": 100, "expiresAt": ISO}, {"remaining": 150, "expiresAt": AT}]}},
    ],
)
def test_credits_that_expire_are_read_in_every_form(answer: dict[str, Any]):
    [found] = expiring_credits(answer)
    assert (found.credits, found.expires_at) == (Decimal(250), AT)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"creditsRemaining": 500, "credits": {"remaining": 500}, "account": {"plan": "trial"}},
        {"credits": {"remaining": 250, "expiresAt": "soon"}},
        {"credits": {"remaining": 250, "expiresAt": 9e99}},
        {"credits": {"remaining": 250, "expiresAt": True}},
        {"credits": {"packs": [{"remaining": "NaN", "expiresAt": ISO}]}},
        {"apiKey": {"credits": 250, "expiresAt": ISO}},
        {"account": {"plan": "trial", "expiresAt": ISO, "session": LOT}},
    ],
)
def test_what_is_no_lot_of_credits_is_none(answer: dict[str, Any]):
    assert expiring_credits(answer) == ()


def test_no_more_lots_are_kept_than_can_be_meant():
    packs = [{"remaining": 1, "expiresAt": AT + each} for each in range(5000)]
    assert len(expiring_credits({"credits": {"packs": packs}})) == LOTS_MAX


@pytest.mark.parametrize(
    ("credits_", "kinds"),
    [
        ({"packs": [LOT]}, [CreditKind.PACK]),
        ({"lots": [LOT | {"kind": "credit_pack"}, LOT | {"kind": "subscription"}]}, ["pack", "subscription"]),
        ({"lots": [LOT | {"source": "Creator plan"}]}, [CreditKind.SUBSCRIPTION]),
        ({"rollover": LOT, "purchased": LOT}, ["pack", "subscription"]),
        ({"lots": [LOT | {"kind": 7}, LOT | {"type": "promotional"}]}, [None]),
    ],
)
def test_packs_and_what_rolls_over_are_told_apart(credits_: dict[str, Any], kinds: list[str | None]):
    found = expiring_credits({"credits": credits_})
    assert [each.kind for each in found] == kinds
    assert sum(each.credits for each in found) == 250 * sum(
        len(each) if isinstance(each, list) else 1 for each in credits_.values()
    )


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
    try:
        status = account_status(document)
    except UnreadableAnswer:
        return
    assert all(each.credits > 0 and each.expires_at > 0 for each in status.expiring)
