"""A request above a limit for which its member asks a moderator: what may be asked about, and what waits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain import texts
from bot.domain.models import JobState
from bot.domain.money.spend_request import Consent
from bot.domain.server.guild_rules import Rules
from bot.errors import Refused
from tests.support.spending import NOW, Paid, decided, grant, limit, own, request, server

WAITS = JobState.AWAITING_APPROVAL
ASKED = Consent(asked=True)


def refusal(*limits: object, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        decided(request(20), *limits, **options)  # type: ignore[arg-type]
    return caught.value


def test_a_members_limit_and_the_ceiling_may_be_asked_about_and_wait_for_a_moderator_then():
    for rules, limits, reason in (
        (Rules(), [own(10)], "limit"),
        (Rules(), [limit(10)], "limit"),
        (Rules(), [limit(10, channel_id=700)], "limit"),
        (Rules(job_ceiling=Decimal(10)), [], "ceiling"),
    ):
        refused = refusal(*limits, rules=rules)
        assert (refused.reason, refused.may_ask) == (reason, True)
        verdict = decided(request(20, consent=ASKED), *limits, rules=rules)
        assert (verdict.states, verdict.asked, verdict.draws) == ((WAITS,), reason, ())


def test_what_no_moderator_can_allow_is_refused_however_it_is_asked():
    for limits, values, reason in (
        ([server(10)], {}, "limit"),
        ([own(0)], {}, "limit"),
        ([own(10)], {"balance": Decimal(0)}, "balance"),
    ):
        with pytest.raises(Refused) as caught:
            decided(request(20, consent=ASKED, **values), *limits)
        assert (caught.value.reason, caught.value.may_ask) == (reason, False)


def test_the_servers_limit_is_not_passed_by_a_question_about_the_ceiling():
    with pytest.raises(Refused) as caught:
        decided(request(20, consent=ASKED), server(10), rules=Rules(job_ceiling=Decimal(5)))
    assert not caught.value.may_ask


def test_one_question_of_a_member_waits_at_a_time():
    with pytest.raises(Refused, match=str(texts.ASKED_ALREADY)[:20]):
        decided(request(20, consent=ASKED), own(10), asked_before=True)


def test_what_fits_by_now_starts_without_a_moderator():
    verdict = decided(request(20, consent=ASKED), own(30), asked_before=True)
    assert (verdict.states, verdict.asked) == ((JobState.SUBMITTING,), "")


def test_a_grant_that_covers_it_pays_as_without_a_question():
    verdict = decided(request(20, consent=ASKED), own(10), given=(grant(1, 50),), paid=[Paid(10, at=NOW - 60)])
    assert (verdict.asked, [draw.credits for draw in verdict.draws]) == ("", [Decimal(20)])
