"""The sentences of refusals: limits, words, ceilings, channels."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.money.spend_request import SpendRequest
from bot.domain.server.guild_rules import Limit, Period, Rules
from bot.errors import Refused
from tests.support.spending import (
    CATEGORY,
    CHANNEL,
    IMAGE,
    VIDEO,
    Paid,
    decided,
    fits,
    grant,
    item,
    limit,
    own,
    request,
    role,
    server,
)

MONDAY = int(dt.datetime(2026, 1, 12, tzinfo=dt.UTC).timestamp())
FRIDAY = int(dt.datetime(2026, 1, 9, tzinfo=dt.UTC).timestamp())
FEBRUARY = int(dt.datetime(2026, 2, 1, tzinfo=dt.UTC).timestamp())


def refusal(what: SpendRequest, *limits: Limit, **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        decided(what, *limits, **options)
    return caught.value.sentence


# ---------------------------------------------------------------------- sentences


def test_refusals_are_exact() -> None:
    paid = [Paid(188)]
    assert refusal(request(48), limit(200), paid=paid) == (
        f"You have 12 of your 200 weekly credits left. Next reset: Monday, <t:{MONDAY}:R>. This job needs about 48."
    )
    assert refusal(request(48), own(200, period=Period.DAY), paid=paid) == (
        f"You have 12 of your 200 daily credits left. Next reset: Friday, <t:{FRIDAY}:R>. This job needs about 48."
    )
    assert refusal(request(48), role(189, period=Period.MONTH), paid=paid) == (
        f"You have 1 of your 189 monthly credits left. Next reset: February 1, <t:{FEBRUARY}:R>. "
        "This job needs about 48."
    )
    assert refusal(request(48), limit(1200, period=Period.TOTAL), paid=[Paid(1188)]) == (
        "You have 12 of your 1,200 credits left. They do not reset. This job needs about 48."
    )
    assert refusal(request(48), server(200), paid=paid) == (
        f"This server has 12 of its 200 weekly credits left. Next reset: Monday, <t:{MONDAY}:R>. "
        "This job needs about 48."
    )


def test_a_refusal_names_the_operation_and_the_channel_that_the_limit_is_for() -> None:
    both = request(item("2.5"), item(7, VIDEO))
    assert refusal(both, limit(2, operation=IMAGE)) == (
        f"You have 2 of your 2 weekly credits left. Next reset: Monday, <t:{MONDAY}:R>. "
        "This limit is for Image Generation. This job needs about 2.5."
    )
    assert refusal(both, limit(9, channel_id=CHANNEL)) == (
        f"You have 9 of your 9 weekly credits left. Next reset: Monday, <t:{MONDAY}:R>. "
        f"This limit is for <#{CHANNEL}>. These 2 jobs need about 9.5."
    )


def test_a_refusal_never_shows_less_than_nothing_and_counts_what_was_given() -> None:
    assert refusal(request(48), limit(10), paid=[Paid(500)], given=[grant(1, 5), grant(2, 6)]) == (
        f"You have 0 of your 10 weekly credits left. Next reset: Monday, <t:{MONDAY}:R>. "
        "You also have 11 granted credits left. This job needs about 48."
    )


ZERO = "Your limit for this is 0 credits, so you can't use it. Ask a moderator to raise it."


@pytest.mark.parametrize(
    ("zero", "sentence"),
    [
        (limit(0), ZERO),
        (
            server(0),
            "This server's limit for this is 0 credits, so no one can use it here. Ask a moderator to raise it.",
        ),
        (limit(0, operation=VIDEO), f"{ZERO} This limit is for Video Generation."),
        (own(0, channel_id=CHANNEL), f"{ZERO} This limit is for <#{CHANNEL}>."),
    ],
)
def test_a_member_who_may_not_use_it_is_refused_plainly(zero: Limit, sentence: str) -> None:
    assert refusal(request(item(1), item(1, VIDEO)), zero, limit(1)) == sentence


# ---------------------------------------------------------------------- words, ceilings, places


def test_every_job_of_a_card_is_read_for_words_and_the_safety_check() -> None:
    rules = Rules(words=("bad",))
    assert fits(request(item(1), item(1), words=("bad",)), rules=rules)
    assert "a word that this server does not allow" in refusal(
        request(item(1), item(1, has_forbidden_word=True), words=("bad",)), rules=rules
    )
    assert "only in age-restricted channels" in refusal(request(item(1), item(1, unchecked=True)))
    assert fits(request(item(1, unchecked=True), age_restricted=True))
    assert fits(request(item(1, unchecked=True)), rules=Rules(unchecked_only_in_age_restricted=False))


def test_a_ceiling_is_shown_with_the_price_that_is_over_it() -> None:
    rules = Rules(job_ceiling=Decimal(50))
    assert refusal(request(item(50), item("50.5", VIDEO)), rules=rules) == (
        "A job may cost at most 50 credits here, and Video Generation needs about 50.5. Choose a cheaper option."
    )


def test_channels_allow_and_forbid_with_what_they_are_in() -> None:
    assert fits(request(1), rules=Rules(allowed_channels=frozenset({CATEGORY})))
    assert not fits(request(1), rules=Rules(forbidden_channels=frozenset({CATEGORY})))
    assert not fits(
        request(1), rules=Rules(allowed_channels=frozenset({CHANNEL}), forbidden_channels=frozenset({CATEGORY}))
    )
    assert refusal(request(1), rules=Rules(allowed_channels=frozenset({9, 8}))) == (
        "You can't use the bot in this channel. Try <#8> or <#9>."
    )
