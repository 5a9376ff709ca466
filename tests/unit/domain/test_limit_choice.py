from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fair_queue import fair_order
from bot.domain.guild_rules import Grant, Limit, Period, Rules, Scope
from bot.domain.limit_rules import applicable_limits
from bot.domain.models import JobState
from bot.domain.spend_request import Draw, SpendItem, SpendRequest, Verdict
from bot.domain.spending_policy import decide
from bot.domain.word_filter import forbidden_word
from bot.errors import Refused

NOW = dt.datetime(2026, 1, 8, 12, tzinfo=dt.UTC).timestamp()  # a Thursday
MONDAY = int(dt.datetime(2026, 1, 12, tzinfo=dt.UTC).timestamp())
FRIDAY = int(dt.datetime(2026, 1, 9, tzinfo=dt.UTC).timestamp())
FEBRUARY = int(dt.datetime(2026, 2, 1, tzinfo=dt.UTC).timestamp())
ME, ROLE, OTHER_ROLE, CHANNEL, CATEGORY = 7, 70, 71, 700, 7000
IMAGE, VIDEO = "image.generate", "video.generate"
TITLES = {IMAGE: "Image Generation", VIDEO: "Video Generation"}


@dataclass(frozen=True)
class Paid:
    """What was spent before."""

    credits: int
    member: int = ME
    operation: str = IMAGE
    channel_id: int = CHANNEL
    at: float = NOW - 60


@dataclass
class Past:
    """Books of what was spent, line by line."""

    paid: Sequence[Paid] = ()
    given: Sequence[Grant] = ()
    running_of_member: int = 0
    running_of_guild: int = 0
    queued_of_member: int = 0
    held_of_guild: Decimal = field(default=Decimal(0))

    def spent(self, since: float, *, member: bool, operation: str, channel_id: int) -> Decimal:
        return sum(
            (
                Decimal(each.credits)
                for each in self.paid
                if each.at >= since
                and (not member or each.member == ME)
                and operation in {"", each.operation}
                and channel_id in {0, each.channel_id}
            ),
            Decimal(0),
        )

    def grants(self) -> Sequence[Grant]:
        return self.given


def item(credits: int | str, operation: str = IMAGE, **values: Any) -> SpendItem:  # noqa: A002 - the word of the domain
    return SpendItem(operation=operation, title=TITLES[operation], credits=Decimal(credits), exact=False, **values)


def wish(*items: SpendItem | int, **values: Any) -> SpendRequest:
    defaults: dict[str, Any] = {
        "member_id": ME,
        "role_ids": frozenset({ROLE, OTHER_ROLE}),
        "channel_ids": frozenset({CHANNEL, CATEGORY}),
        "age_restricted": False,
        "balance": None,
    }
    return SpendRequest(
        items=[each if isinstance(each, SpendItem) else item(each) for each in items], **(defaults | values)
    )


def limit(credits: int, scope: Scope = Scope.EVERYONE, scope_id: int = 0, **values: Any) -> Limit:  # noqa: A002
    return Limit(credits=Decimal(credits), scope=scope, scope_id=scope_id, **({"period": Period.WEEK} | values))


def own(credits: int, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.MEMBER, ME, **values)


def role(credits: int, role_id: int = ROLE, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.ROLE, role_id, **values)


def server(credits: int, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.SERVER, **values)


def grant(number: int, left: int) -> Grant:
    return Grant(id=number, member_id=ME, credits=Decimal(left), left=Decimal(left), granted_by=1, granted_at=0.0)


def asked(what: SpendRequest, *limits: Limit, rules: Rules | None = None, **books: Any) -> Verdict:
    return decide(what, rules=rules or Rules(), limits=limits, block=None, spending=Past(**books), now=NOW)


def refusal(what: SpendRequest, *limits: Limit, **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        asked(what, *limits, **options)
    return caught.value.sentence


def fits(what: SpendRequest, *limits: Limit, **options: Any) -> bool:
    try:
        asked(what, *limits, **options)
    except Refused:
        return False
    return True


def draws(verdict: Verdict) -> list[tuple[int, int, int]]:
    return [(draw.item, draw.grant_id, int(draw.credits)) for draw in verdict.draws]


# ---------------------------------------------------------------------- which limit holds


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ([limit(10)], 10),
        ([limit(10), role(20)], 20),
        ([limit(30), role(20)], 20),  # a role's goes before everyone's even where it is less
        ([limit(10), role(20), role(40, OTHER_ROLE)], 40),
        ([role(20), role(40, OTHER_ROLE), own(5)], 5),
        ([role(20), own(50)], 50),
        ([own(50), server(30)], 30),
        ([limit(30), limit(10, period=Period.DAY), limit(90, period=Period.MONTH)], 10),
        ([own(30), own(10, period=Period.TOTAL)], 10),
        # On top, and each with its own choice of whose it is:
        ([own(50), limit(10, operation=IMAGE)], 10),
        ([own(50), limit(10, operation=IMAGE), own(25, operation=IMAGE)], 25),
        ([limit(50), limit(10, channel_id=CHANNEL)], 10),
        ([limit(50), limit(10, channel_id=CATEGORY)], 10),
        ([limit(50), limit(20, channel_id=CHANNEL), limit(10, channel_id=CHANNEL, operation=IMAGE)], 10),
        ([limit(10), own(50, operation=IMAGE)], 10),  # one's own for an operation does not lift the general one
        # Not about this:
        ([limit(50), limit(10, operation=VIDEO), limit(10, channel_id=CHANNEL + 1)], 50),
        ([limit(50), limit(10, Scope.MEMBER, ME + 1), role(10, 72)], 50),
    ],
)
def test_the_right_limit_holds(limits: list[Limit], most: int) -> None:
    for order in (limits, limits[::-1]):
        assert fits(wish(most), *order)
        assert not fits(wish(item(most), item("0.001")), *order)


def test_the_best_role_is_the_one_that_leaves_the_most_now() -> None:
    short, long = role(10, period=Period.DAY), role(30, OTHER_ROLE)
    assert fits(wish(30), short, long)
    spent = [Paid(25, at=NOW - 2 * 86400)]  # on Tuesday: the week's, not the day's
    assert fits(wish(10), short, long, paid=spent)
    assert not fits(wish(11), short, long, paid=spent)


def test_a_role_that_may_not_use_it_does_not_stand_before_one_that_may() -> None:
    books = Past(paid=[Paid(60)])  # more than the limit, by an overshoot
    assert applicable_limits([role(0), role(50, OTHER_ROLE)], wish(1), Rules(), books, NOW) == [role(50, OTHER_ROLE)]
    assert fits(wish(1), role(0), role(50, OTHER_ROLE), paid=[Paid(60)], given=[grant(1, 5)])


def test_all_periods_of_a_role_count_together() -> None:
    assert not fits(wish(11), role(100), role(10, period=Period.DAY), role(10, OTHER_ROLE))
    assert fits(wish(11), role(100), role(10, period=Period.DAY), role(11, OTHER_ROLE))


def test_a_limit_counts_only_what_it_is_about() -> None:
    spent = [Paid(4), Paid(8, member=ME + 1), Paid(16, operation=VIDEO), Paid(32, channel_id=1), Paid(64, at=0)]
    for about, used in (
        (limit(200), 52),
        (limit(200, operation=IMAGE), 36),
        (limit(200, channel_id=CHANNEL), 20),
        (limit(200, channel_id=CHANNEL, operation=IMAGE), 4),
        (limit(200, period=Period.TOTAL), 116),
        (server(200), 60),
    ):
        assert fits(wish(200 - used), about, paid=spent)
        assert not fits(wish(201 - used), about, paid=spent)


def test_of_several_jobs_only_those_that_a_limit_is_about_count_for_it() -> None:
    both = wish(item(10), item(30, VIDEO))
    assert fits(both, limit(10, operation=IMAGE), limit(30, operation=VIDEO), limit(40))
    assert not fits(both, limit(39))
    assert not fits(both, limit(29, operation=VIDEO))


def test_yesterdays_spending_is_not_todays() -> None:
    midnight = dt.datetime(2026, 1, 8, tzinfo=dt.UTC).timestamp()
    day = limit(10, period=Period.DAY)
    assert fits(wish(10), day, paid=[Paid(10, at=midnight - 0.001)])
    assert not fits(wish(1), day, paid=[Paid(10, at=midnight)])
    rules = Rules(timezone="America/New_York")  # midnight there is at five in UTC
    assert fits(wish(10), day, paid=[Paid(10, at=midnight)], rules=rules)


# ---------------------------------------------------------------------- 0: may not use


@pytest.mark.parametrize("zero", [limit(0), role(0), own(0), server(0), limit(0, operation=IMAGE)])
def test_a_limit_of_nothing_lets_nothing_be_used_not_even_for_free_or_by_a_grant(zero: Limit) -> None:
    assert not fits(wish(1), zero)
    assert not fits(wish(0), zero)
    assert not fits(wish(1), zero, given=[grant(1, 100)])
    assert fits(wish(item(1, VIDEO)), zero) is bool(zero.operation)


def test_what_is_free_is_refused_by_no_other_limit() -> None:
    assert fits(wish(0), limit(10), server(10), paid=[Paid(50)])


# ---------------------------------------------------------------------- grants


def test_grants_pay_only_what_goes_past_the_soonest_to_expire_first() -> None:
    gifts = [grant(1, 5), grant(2, 50)]
    assert draws(asked(wish(10), limit(10), given=gifts)) == []
    assert draws(asked(wish(12), limit(10), given=gifts)) == [(0, 1, 2)]
    assert draws(asked(wish(20), limit(10), given=gifts)) == [(0, 1, 5), (0, 2, 5)]
    assert draws(asked(wish(20), limit(10), paid=[Paid(10)], given=gifts)) == [(0, 1, 5), (0, 2, 15)]
    assert not fits(wish(66), limit(10), given=gifts)
    assert fits(wish(65), limit(10), given=gifts)


def test_after_an_overshoot_a_grant_pays_for_the_new_job_and_not_for_the_old_one() -> None:
    assert draws(asked(wish(20), limit(10), paid=[Paid(500)], given=[grant(1, 20)])) == [(0, 1, 20)]


def test_a_grant_covers_several_jobs_of_one_card() -> None:
    verdict = asked(wish(8, 8, 8), limit(10), given=[grant(1, 10), grant(2, 10)])
    assert draws(verdict) == [(0, 1, 8), (1, 1, 2), (1, 2, 4)]


def test_several_tight_limits_are_covered_at_once_without_paying_twice() -> None:
    both = wish(item(10), item(30, VIDEO))
    limits = [limit(20), limit(25, operation=VIDEO), limit(15, operation=VIDEO, period=Period.DAY), server(1000)]
    for order in (limits, limits[::-1]):
        verdict = asked(both, *order, given=[grant(1, 20)])
        paid = {0: 0, 1: 0}
        for place, _, amount in draws(verdict):
            paid[place] += amount
        assert 30 - paid[1] <= 15
        assert 40 - paid[0] - paid[1] == 20
    assert not fits(both, *limits, given=[grant(1, 19)])


def test_a_grant_never_passes_the_servers_limit() -> None:
    assert not fits(wish(20), limit(10), server(19), given=[grant(1, 100)])
    assert not fits(wish(20), limit(10), server(100, operation=""), paid=[Paid(81, member=8)], given=[grant(1, 100)])
    assert fits(wish(20), limit(10), server(100), paid=[Paid(80, member=8)], given=[grant(1, 100)])


AMOUNT = st.integers(0, 60)
ITEMS = st.lists(st.builds(item, AMOUNT, st.sampled_from([IMAGE, VIDEO])), min_size=1, max_size=4)
PAID = st.lists(
    st.builds(
        Paid,
        AMOUNT,
        member=st.sampled_from([ME, 8]),
        operation=st.sampled_from([IMAGE, VIDEO]),
        channel_id=st.sampled_from([CHANNEL, 1]),
        at=st.sampled_from([NOW, NOW - 86400, NOW - 40 * 86400]),
    ),
    max_size=4,
)
LIMITS = st.lists(
    st.builds(
        lambda scope, *values: replace(limit(*values[:1], **dict(values[1])), scope=scope[0], scope_id=scope[1]),
        st.sampled_from([(Scope.SERVER, 0), (Scope.EVERYONE, 0), (Scope.ROLE, ROLE), (Scope.MEMBER, ME)]),
        st.integers(0, 120),
        st.fixed_dictionaries(
            {
                "operation": st.sampled_from(["", IMAGE, VIDEO]),
                "channel_id": st.sampled_from([0, CHANNEL]),
                "period": st.sampled_from(Period),
            }
        ),
    ),
    max_size=5,
)
GRANTS = st.lists(st.integers(1, 60), max_size=3).map(
    lambda lefts: [grant(number, left) for number, left in enumerate(lefts, 1)]
)


@given(ITEMS, LIMITS, PAID, GRANTS)
def test_what_is_granted_holds_every_limit_and_takes_no_more_from_grants_than_they_have(
    items: list[SpendItem], limits: list[Limit], paid: list[Paid], gifts: list[Grant]
) -> None:
    what, books = wish(*items), Past(paid=paid, given=gifts)
    try:
        verdict = asked(what, *limits, paid=paid, given=gifts)
    except Refused:
        return
    assert all(draw.credits > 0 for draw in verdict.draws)
    assert len({(draw.item, draw.grant_id) for draw in verdict.draws}) == len(verdict.draws)
    for gift in gifts:
        assert sum(draw.credits for draw in verdict.draws if draw.grant_id == gift.id) <= gift.left
    by_grants = [
        sum((draw.credits for draw in verdict.draws if draw.item == place), Decimal(0)) for place in range(len(items))
    ]
    assert all(part <= each.credits for part, each in zip(by_grants, items, strict=True))
    held = applicable_limits(limits, what, Rules(), books, NOW)
    for each in [*held, *(one for one in limits if one.scope is Scope.SERVER)]:
        is_server = each.scope is Scope.SERVER
        before = books.spent(
            each.period.start(NOW, dt.UTC), member=not is_server, operation=each.operation, channel_id=each.channel_id
        )
        added = sum(
            (
                one.credits - (0 if is_server else part)
                for one, part in zip(items, by_grants, strict=True)
                if each.operation in {"", one.operation}
            ),
            Decimal(0),
        )
        assert added == 0 or before + added <= each.credits


@given(ITEMS, LIMITS, PAID, GRANTS)
def test_nothing_is_drawn_where_nothing_is_tight_and_a_refusal_has_a_limit_that_is(
    items: list[SpendItem], limits: list[Limit], paid: list[Paid], gifts: list[Grant]
) -> None:
    what = wish(*items)
    if fits(what, *limits, paid=paid):
        assert draws(asked(what, *limits, paid=paid, given=gifts)) == []
    elif any(not fits(what, each, paid=paid) for each in limits if each.scope is Scope.SERVER):
        assert not fits(what, *limits, paid=paid, given=gifts)


# ---------------------------------------------------------------------- sentences


def test_refusals_are_exact() -> None:
    paid = [Paid(188)]
    assert refusal(wish(48), limit(200), paid=paid) == (
        f"Your limit here is 200 credits a week; 12 are left until Monday (<t:{MONDAY}:R>); this is about 48."
    )
    assert refusal(wish(48), own(200, period=Period.DAY), paid=paid) == (
        f"Your limit here is 200 credits a day; 12 are left until Friday (<t:{FRIDAY}:R>); this is about 48."
    )
    assert refusal(wish(48), role(189, period=Period.MONTH), paid=paid) == (
        f"Your limit here is 189 credits a month; 1 is left until February 1 (<t:{FEBRUARY}:R>); this is about 48."
    )
    assert refusal(wish(48), limit(1200, period=Period.TOTAL), paid=[Paid(1188)]) == (
        "Your limit here is 1,200 credits in all; 12 are left; this is about 48."
    )
    assert refusal(wish(48), server(200), paid=paid) == (
        f"The server's limit here is 200 credits a week; 12 are left until Monday (<t:{MONDAY}:R>); this is about 48."
    )


def test_a_refusal_names_the_operation_and_the_channel_that_the_limit_is_for() -> None:
    both = wish(item("2.5"), item(7, VIDEO))
    assert refusal(both, limit(2, operation=IMAGE)) == (
        "Your limit for Image Generation here is 2 credits a week; "
        f"2 are left until Monday (<t:{MONDAY}:R>); this is about 2.5."
    )
    assert refusal(both, limit(9, channel_id=CHANNEL)) == (
        f"Your limit in <#{CHANNEL}> is 9 credits a week; 9 are left until Monday (<t:{MONDAY}:R>); this is about 9.5."
    )


def test_a_refusal_never_shows_less_than_nothing_and_counts_what_was_given() -> None:
    assert refusal(wish(48), limit(10), paid=[Paid(500)], given=[grant(1, 5), grant(2, 6)]) == (
        f"Your limit here is 10 credits a week; 0 are left until Monday (<t:{MONDAY}:R>), "
        "and 11 that you were given; this is about 48."
    )


@pytest.mark.parametrize(
    ("zero", "sentence"),
    [
        (limit(0), "You may not use the bot here: your limit is 0 credits."),
        (server(0), "You may not use the bot here: the server's limit is 0 credits."),
        (limit(0, operation=VIDEO), "You may not use Video Generation here: your limit is 0 credits."),
        (own(0, channel_id=CHANNEL), f"You may not use the bot in <#{CHANNEL}>: your limit is 0 credits."),
    ],
)
def test_who_may_not_use_it_is_told_so_plainly(zero: Limit, sentence: str) -> None:
    assert refusal(wish(item(1), item(1, VIDEO)), zero, limit(1)) == sentence


# ---------------------------------------------------------------------- words, ceilings, places


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ein STRASSE", "straße"),
        ("eine Straße", "strasse"),
        ("na\u00efve", "nai\u0308ve"),
        ("b\u00ada\u2060d", "bad"),  # soft hyphen, word joiner
        ("\ufb01sh", "fish"),  # a ligature
        ("\u212bngstrom", "angstrom"),
        ("\U0001d41b\U0001d41a\U0001d41d", "bad"),
        ("İstanbul", "istanbul"),
        ("very, BAD... idea", "bad idea"),
        ("bad-idea", "bad idea"),
        ("bad_idea", "bad"),
        ("使用武器的人", "武器"),  # no space says where a word ends
        ("무기를 든", "무기"),
        ("ปืนใหญ่", "ปืน"),
        ("ひどいばか", "ばか"),
        ("ﾊﾞｶ", "バカ"),  # half width
        ("ba\u3164d", "bad"),  # an invisible letter
    ],
)
def test_a_forbidden_word_is_found_whatever_its_script_and_dress(text: str, word: str) -> None:
    assert forbidden_word(text, [word]) == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("bad ideas", "bad idea"),
        ("idea bad", "bad idea"),
        ("naïvety", "naïve"),
        ("text", "!!"),
        ("text", ""),
        ("x", ""),
    ],
)
def test_what_only_looks_like_it_is_not(text: str, word: str) -> None:
    assert forbidden_word(text, [word]) is None


@given(st.text(), st.text(max_size=5))
def test_no_text_breaks_the_word_list_and_a_word_of_its_own_is_found(text: str, word: str) -> None:
    found = forbidden_word(f"{text} {word} {text}", [word])
    assert found in {None, word}
    if word.isascii() and word.isalpha():
        assert found == word


def test_every_job_of_a_card_is_read_for_words_and_the_safety_check() -> None:
    rules = Rules(words=("bad",))
    assert fits(wish(item(1, text="good"), item(1)), rules=rules)
    assert "do not allow a word" in refusal(wish(item(1), item(1, text="so bad")), rules=rules)
    assert "age-restricted channels only" in refusal(wish(item(1), item(1, unchecked=True)))
    assert fits(wish(item(1, unchecked=True), age_restricted=True))
    assert fits(wish(item(1, unchecked=True)), rules=Rules(unchecked_only_in_age_restricted=False))


def test_a_ceiling_is_told_with_the_price_that_is_over_it() -> None:
    rules = Rules(job_ceiling=Decimal(50))
    assert refusal(wish(item(50), item("50.5", VIDEO)), rules=rules) == (
        "A job here may cost 50 credits at most; Video Generation is about 50.5."
    )


def test_channels_allow_and_forbid_with_what_they_are_in() -> None:
    assert fits(wish(1), rules=Rules(allowed_channels=frozenset({CATEGORY})))
    assert not fits(wish(1), rules=Rules(forbidden_channels=frozenset({CATEGORY})))
    assert not fits(
        wish(1), rules=Rules(allowed_channels=frozenset({CHANNEL}), forbidden_channels=frozenset({CATEGORY}))
    )
    assert refusal(wish(1), rules=Rules(allowed_channels=frozenset({9, 8}))) == (
        "The bot may not be used in this channel. Try <#8> or <#9>."
    )


# ---------------------------------------------------------------------- turns


def test_what_is_dear_waits_for_a_moderator_all_together() -> None:
    rules = Rules(approve_above=Decimal(10))
    assert asked(wish(5, 5), rules=rules).states == (JobState.SUBMITTING,) * 2
    assert asked(wish(5, 6), rules=rules).states == (JobState.AWAITING_APPROVAL,) * 2
    assert asked(wish(5, 6, approved=True), rules=rules).states == (JobState.SUBMITTING,) * 2


def test_what_waits_for_a_moderator_takes_places_in_the_queue_too() -> None:
    rules = Rules(approve_above=Decimal(10), running_per_member=1, queued_per_member=2)
    assert fits(wish(11), rules=rules, running_of_member=1, queued_of_member=1)
    assert not fits(wish(11), rules=rules, running_of_member=1, queued_of_member=2)
    assert not fits(wish(11), rules=rules, queued_of_member=2)


def test_a_queue_that_was_made_shorter_does_not_refuse_what_may_run_at_once() -> None:
    rules = Rules(running_per_member=2, queued_per_member=1)
    assert fits(wish(1), rules=rules, running_of_member=1, queued_of_member=5)
    assert not fits(wish(1, 1), rules=rules, running_of_member=1, queued_of_member=5)


def test_a_job_that_waits_for_another_takes_no_place() -> None:
    rules = Rules(running_per_member=1, queued_per_member=1)
    chain = wish(item(1), *[item(1, linked=True)] * 5)
    assert asked(chain, rules=rules).states == (JobState.SUBMITTING,) + (JobState.WAITING,) * 5
    assert fits(chain, rules=rules, running_of_member=1)


def test_twenty_jobs_of_one_do_not_stand_before_one_of_another() -> None:
    waiting = [(f"a{number:02}", 1, float(number)) for number in range(20)] + [("b", 2, 99.0)]
    order = fair_order(waiting, {})
    assert order[:3] == ["a00", "b", "a01"]
    assert fair_order(waiting, {1: 3})[0] == "b"
    assert fair_order(waiting, {2: 30})[-1] == "b"


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), max_size=25),
    st.dictionaries(st.integers(1, 4), st.integers(0, 3)),
)
def test_in_no_part_of_the_queue_does_one_get_two_turns_more_than_another_who_waits(
    asks: list[tuple[int, int]], running: dict[int, int]
) -> None:
    waiting = [(f"j{number:02}", member, float(at)) for number, (member, at) in enumerate(asks)]
    who = {job: member for job, member, _ in waiting}
    order = [who[job] for job in fair_order(waiting, running)]
    have = {member: running.get(member, 0) for member in set(order)}
    for place, member in enumerate(order):
        still = set(order[place:])
        assert have[member] == min(have[other] for other in still)
        have[member] += 1


def test_grants_are_drawn_in_the_order_in_which_the_books_name_them() -> None:
    verdict = asked(wish(12), limit(2), given=[grant(9, 4), grant(3, 100)])
    assert verdict.draws == (
        Draw(item=0, grant_id=9, credits=Decimal(4)),
        Draw(item=0, grant_id=3, credits=Decimal(6)),
    )
