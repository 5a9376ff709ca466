"""Guards against paying twice, or telling the wrong one: each alone decides, so each is shown to matter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.account.api_keys import UsableKey
from bot.account.audit import AccountAudit
from bot.account.key_health import Judgement, KeyVerdict
from bot.delivery.card.ticker import QUIET_S
from bot.delivery.posting.review import CHECK_AGAIN_S, ReviewDesk
from bot.domain.models import AccountStatus, JobState
from bot.domain.money.spend_request import Consent
from bot.errors import IdempotencyClash, RequestNotFound
from bot.jobs.rounds.reconciler import Found, Reconciler
from bot.jobs.surface import Parked
from bot.jobs.turns.submitting import Submitting
from bot.runtime.metrics import Metrics
from bot.server.community.own_accounts import Payers
from cogs.results.remove import may_be_refunded
from tests.support.rig import ManualClock
from tests.unit.delivery.test_ticker import Refusing, made

EMPTY = AccountStatus(credits=0, plan=None, scopes=())  # type: ignore[arg-type]
KEY = UsableKey(id=3, secret="cs_live_x")
NOW = 1000.0


class Stub(SimpleNamespace):
    """An object with what one test needs; functions that return a value become awaitable."""


def returning(value: Any) -> Any:
    async def call(*_: Any, **__: Any) -> Any:
        return value

    return call


def submitting(**parts: Any) -> Any:
    turn: Any = object.__new__(Submitting)
    vars(turn).update(parts)
    return turn


class Ends:
    """Notes how a job was ended."""

    def __init__(self) -> None:
        self.how: list[str] = []

    async def end(self, *_: Any, **__: Any) -> None:
        self.how.append("refunded")

    async def end_unconfirmed(self, *_: Any) -> None:
        self.how.append("unconfirmed")

    async def speak(self, *_: Any) -> None: ...


@pytest.mark.parametrize(("in_doubt", "how"), [(True, ["sent"]), (False, ["refunded"])])
async def test_an_empty_account_ends_no_job_whose_attempt_may_have_arrived(in_doubt: bool, how: list[str]):
    ends = Ends()
    judgement = Judgement(KeyVerdict.ALIVE, status=EMPTY)
    waits = Stub(first_check=returning(judgement), tell_owner=returning(None))
    turn = submitting(transitions=ends, key_waits=waits)

    async def sent(*_: Any) -> None:
        ends.how.append("sent")

    turn._submit = sent
    await turn.take_turn(Stub(job=Stub(in_doubt=in_doubt), language="", is_begun=False), KEY)
    assert ends.how == how


@pytest.mark.parametrize(("repeats_key", "how"), [("cannon-bot-OTHER", ["unconfirmed"]), (None, ["refused"])])
async def test_a_clash_of_a_repeated_key_is_in_doubt(repeats_key: str | None, how: list[str]):
    ends = Ends()
    turn = submitting(transitions=ends)

    async def refused(*_: Any) -> None:
        ends.how.append("refused")

    turn._refused_for_good = refused
    job = Stub(id="J1", attempts=1, in_doubt=True, repeats_key=repeats_key)
    await turn._give_up(Stub(job=job), IdempotencyClash("no", 409))
    assert ends.how == how


@pytest.mark.parametrize(("key_id", "found"), [(3, Found.NOTHING), (4, Found.UNKNOWN)])
async def test_only_the_accounts_own_key_can_say_that_nothing_was_made(key_id: int, found: Found):
    async def unknown(*_: Any) -> None:
        raise RequestNotFound("no", 404)

    looks: Any = object.__new__(Reconciler)
    vars(looks).update(keys=Stub(for_job=returning(KEY)), client=Stub(get=unknown))
    assert await looks._poll(Stub(key_id=key_id), "req_1") is found


@pytest.mark.parametrize(("next_at", "is_shown"), [(NOW + 30, True), (NOW - 1, False)])
def test_a_job_that_rests_unsent_can_be_cancelled_and_one_about_to_be_sent_not(next_at: float, is_shown: bool):
    job: Any = Stub(is_unsent=True, state=JobState.SUBMITTING, next_at=next_at)
    assert may_be_refunded(job, NOW) is is_shown


@pytest.mark.parametrize(("reacts", "pays"), [(True, False), (False, None)])
async def test_a_reaction_of_a_member_with_two_accounts_is_the_servers_since_it_cannot_be_asked(
    reacts: bool, pays: bool | None
):
    keys = Stub(own=returning(KEY), for_guild=returning(KEY))
    store = Stub(
        settings=Stub(get=returning(Stub(own_accounts=True))),
        practice=Stub(is_on=returning(False)),
        member_settings=Stub(get=returning(Stub(pays=""))),
    )
    reaction = Stub(member_id=5) if reacts else None
    origin: Any = Stub(guild_id=7, author_id=5, run=None, reaction=reaction)
    payers: Any = Payers(store=store, keys=keys, is_allowed=True)  # type: ignore[arg-type]
    assert await payers.pays_own(origin, Consent()) is pays


@pytest.mark.parametrize(("own", "lines"), [(True, 0), (False, 1)])
async def test_what_a_members_own_account_was_charged_is_in_no_servers_record(own: bool, lines: int):
    record: list[int] = []

    async def add(guild_id: int, _record: Any) -> None:
        record.append(guild_id)

    found = Stub(is_news=True, credits=5, job_ids=["J1"])
    checks = Stub(books_version=returning(1), compare=returning(found))
    store: Any = Stub(account_checks=checks, decisions=Stub(add=add))
    client: Any = Stub(status=returning(Stub(credits=9)))
    audit = AccountAudit(store, client=client, clock=ManualClock(), metrics=Metrics())
    key: Any = Stub(id=1, guild_id=7, own=own, secret="x")
    await audit._compare(key)
    assert len(record) == lines


async def test_after_a_429_no_card_is_drawn_for_a_while():
    clock, ticker = made()
    discord_ = Refusing(discord.RateLimited(1.0))
    ticker.expect((1, "a"), 0.0)
    await ticker.run_once(discord_)
    ticker.expect((1, "b"), 0.0)
    clock.advance(QUIET_S - 1)
    await ticker.run_once(discord_)
    assert discord_.asked == 1
    clock.advance(1)
    await ticker.run_once(discord_)
    assert discord_.asked > 1


@pytest.mark.parametrize(("left_s", "parked_s"), [(60.0, 60.0), (9 * CHECK_AGAIN_S, CHECK_AGAIN_S)])
async def test_a_review_expires_on_time(left_s: float, parked_s: float):
    clock = ManualClock()
    review = Stub(verdict=None, expires_at=clock.wall() + left_s, message_id=1, subject="J1")
    desk: Any = object.__new__(ReviewDesk)
    vars(desk).update(store=Stub(questions=Stub(begin_review=returning(review))), clock=clock)
    job: Any = Stub(id="J1", guild_id=7, state=JobState.READY, after_ids=())
    with pytest.raises(Parked) as parked:
        await desk.require(None, [job], job)
    assert parked.value.seconds == pytest.approx(parked_s)
