from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.guild_rules import Grant, Limit, Period, Rules, Scope
from bot.domain.models import Card, GuildKey, Job, JobState, Media, MediaKind
from bot.domain.reaction_rules import DEFAULTS
from bot.domain.spending_policy import Draw, Verdict
from bot.store import ReviewRule, Spending, Store
from bot.store import Verdict as ReviewVerdict

MINE, THEIRS = 700, 701
MESSAGE = 88_000_123
MEMBER = 42
CANARY = "canary words"
RECIPE = "night trailer"
RERUN = DEFAULTS["🔁"]
SECRET = "cs_live_0123456789abcdef"


@dataclass
class Guild:
    """What there is of one guild."""

    key: GuildKey
    card: Card
    job: Job
    unanswered: Card
    limit: Limit
    grant: Grant
    asked: Card
    """It waits for a moderator."""
    draft_id: str
    paid: Job
    """It has a result."""
    reviewed: Job
    """Its result waits for review."""


Call = Callable[[Store, int, Guild, Any], Awaitable[object]]


async def accept_same_interaction(store: Store, guild_id: int, other: Guild, made: Any) -> object:
    card = made.card(guild_id, interaction_id=other.card.interaction_id)
    seen: list[object] = []
    stored = await store.accept(
        card,
        [made.job(card)],
        lambda books: seen.append(all_of(books)),
    )
    assert stored[0].guild_id == guild_id
    return seen


async def keep_draft(store: Store, guild_id: int, _other: Guild, _made: Any) -> object:
    draft_id = await store.keep_draft(guild_id, MEMBER, {}, expires_at=2e9)
    return await store.take_draft(guild_id, MEMBER, draft_id)


def all_of(books: Spending) -> list[object]:
    """All that a decision can look at."""
    return [
        books,
        books.grants(),
        *(
            books.spent(0, member=member, operation="", channel_id=channel_id)
            for member in (False, True)
            for channel_id in (0, 55)
        ),
    ]


def a_limit(credits_: str) -> Limit:
    return Limit(scope=Scope.EVERYONE, period=Period.WEEK, credits=Decimal(credits_))


# Every method that takes a guild, called for a guild with what belongs to another.
CALLS: dict[str, Call] = {
    "set_key": lambda store, guild_id, _, made: store.set_key(guild_id, SECRET[::-1], set_by=1, status=made.status()),
    "key": lambda store, guild_id, *_: store.key(guild_id),
    "key_of": lambda store, guild_id, other, _: store.key_of(guild_id, other.key.id),
    "remove_key": lambda store, guild_id, *_: store.remove_key(guild_id),
    "note_status": lambda store, guild_id, other, made: store.note_status(guild_id, other.key.id, made.status("1")),
    "note_refused": lambda store, guild_id, other, _: store.note_refused(guild_id, other.key.id),
    "clear_refused": lambda store, guild_id, other, _: store.clear_refused(guild_id, other.key.id),
    "forget_keys": lambda store, guild_id, *_: store.forget_keys(guild_id),
    "answered": lambda store, guild_id, other, _: store.answered(guild_id, other.unanswered.id, 1, 2),
    "move_card": lambda store, guild_id, other, _: store.move_card(guild_id, other.card.id, message_id=1, channel_id=2),
    "drop_card": lambda store, guild_id, other, _: store.drop_card(guild_id, other.unanswered.id, "No."),
    "card": lambda store, guild_id, other, _: store.card(guild_id, other.card.id),
    "job": lambda store, guild_id, other, _: store.job(guild_id, other.job.id),
    "jobs_of": lambda store, guild_id, other, _: store.jobs_of(guild_id, other.card.id),
    "card_and_jobs": lambda store, guild_id, other, _: store.card_and_jobs(guild_id, other.card.id),
    "recent": lambda store, guild_id, *_: store.recent(guild_id, limit=100),
    "balance": lambda store, guild_id, *_: store.balance(guild_id),
    "ledger": lambda store, guild_id, *_: store.ledger(guild_id),
    "counts": lambda store, guild_id, *_: store.counts(guild_id),
    "results": lambda store, guild_id, other, _: store.results(
        guild_id, other.card.author_id, kinds=list(MediaKind), limit=100
    ),
    "visible": lambda store, guild_id, other, _: store.visible(guild_id, other.card.author_id, other.job.id),
    "in_message": lambda store, guild_id, other, _: store.in_message(guild_id, other.card.author_id, MESSAGE),
    "switch": lambda store, guild_id, *_: store.switch(guild_id, "image.generate", on=True, by_id=1),
    "rules": lambda store, guild_id, *_: store.rules(guild_id),
    "change_rules": lambda store, guild_id, *_: store.change_rules(guild_id, lambda rules: replace(rules, ping=True)),
    "limits": lambda store, guild_id, *_: store.limits(guild_id),
    "set_limit": lambda store, guild_id, *_: store.set_limit(guild_id, a_limit("7"), by_id=1),
    "remove_limit": lambda store, guild_id, other, _: store.remove_limit(guild_id, other.limit.id),
    "grant": lambda store, guild_id, *_: store.grant(guild_id, MEMBER, Decimal(9), note="", by_id=1, expires_at=None),
    "grants": lambda store, guild_id, *_: store.grants(guild_id, MEMBER, used_up=True),
    "block": lambda store, guild_id, *_: store.block(guild_id, MEMBER, until=None, reason="", by_id=1),
    "unblock": lambda store, guild_id, *_: store.unblock(guild_id, MEMBER),
    "blocked": lambda store, guild_id, *_: store.blocked(guild_id, MEMBER),
    "blocks": lambda store, guild_id, *_: store.blocks(guild_id),
    "note_alert": lambda store, guild_id, *_: store.note_alert(guild_id, CANARY, until=9e9),
    "keep_alert": lambda store, guild_id, *_: store.keep_alert(guild_id, CANARY, until=9e9),
    "note_pinged": lambda store, guild_id, other, _: store.note_pinged(guild_id, other.card.id),
    "pinged": lambda store, guild_id, other, _: store.pinged(guild_id, other.card.id),
    "set_price": lambda store, guild_id, *_: store.set_price(guild_id, "image.generate", "", None),
    "prices": lambda store, guild_id, *_: store.prices(guild_id),
    "note_decision": lambda store, guild_id, *_: store.note_decision(guild_id, by_id=1, kind="limit", text="x"),
    "decisions": lambda store, guild_id, *_: store.decisions(guild_id),
    "look_at_books": lambda store, guild_id, *_: store.look_at_books(
        guild_id, MEMBER, lambda books: repr(all_of(books))
    ),
    "start_turns": lambda store, guild_id, *_: store.start_turns(guild_id),
    "queue": lambda store, guild_id, *_: store.queue(guild_id),
    "approval": lambda store, guild_id, other, _: store.approval(guild_id, other.asked.id),
    "note_approval_message": lambda store, guild_id, other, _: store.note_approval_message(
        guild_id, other.asked.id, channel_id=1, message_id=2
    ),
    "approve": lambda store, guild_id, other, _: store.approve(guild_id, other.asked.id),
    "turn_down": lambda store, guild_id, other, _: store.turn_down(guild_id, other.asked.id, JobState.REFUSED, "No."),
    "keep_draft": keep_draft,
    "draft": lambda store, guild_id, other, _: store.draft(guild_id, MEMBER, other.draft_id),
    "recipe": lambda store, guild_id, *_: store.recipe(guild_id, RECIPE),
    "recipes": lambda store, guild_id, *_: store.recipes(guild_id),
    "save_recipe": lambda store, guild_id, *_: store.save_recipe(guild_id, "mine", {}, by_id=1, replaces=RECIPE),
    "delete_recipe": lambda store, guild_id, *_: store.delete_recipe(guild_id, RECIPE),
    "take_draft": lambda store, guild_id, other, _: store.take_draft(guild_id, MEMBER, other.draft_id),
    "report": lambda store, guild_id, *_: store.report(guild_id, [(0.0, 9e9)]),
    "ledger_page": lambda store, guild_id, *_: store.ledger_page(guild_id),
    "jobs_page": lambda store, guild_id, *_: store.jobs_page(guild_id),
    "decisions_page": lambda store, guild_id, *_: store.decisions_page(guild_id),
    "jobs_listed": lambda store, guild_id, *_: store.jobs_listed(guild_id, limit=100),
    "family": lambda store, guild_id, other, _: store.family(guild_id, other.card.author_id, other.job.id),
    "held": lambda store, guild_id, other, _: store.held(guild_id, other.card.author_id),
    "note_copy": lambda store, guild_id, other, _: store.note_copy(
        guild_id, other.job.id, channel_id=1, message_id=2, kind="gallery"
    ),
    "copies": lambda store, guild_id, other, _: store.copies(guild_id, other.card.id),
    "forget_copy": lambda store, guild_id, *_: store.forget_copy(guild_id, MESSAGE),
    "card_gone": lambda store, guild_id, other, _: store.card_gone(guild_id, other.card.id),
    "erase_record": lambda store, guild_id, other, _: store.erase_record(guild_id, other.paid.card_id),
    "cancel": lambda store, guild_id, other, _: store.cancel(guild_id, other.job.id, "No.", drop_by=1),
    "is_dropped": lambda store, guild_id, other, _: store.is_dropped(guild_id, other.job.id),
    "want_again": lambda store, guild_id, other, _: store.want_again(guild_id, other.job.id),
    "review_rules": lambda store, guild_id, *_: store.review_rules(guild_id),
    "set_review": lambda store, guild_id, *_: store.set_review(guild_id, ReviewRule(channel_id=0, review_channel=3)),
    "remove_review": lambda store, guild_id, *_: store.remove_review(guild_id),
    "review": lambda store, guild_id, other, _: store.review(guild_id, other.reviewed.id),
    "begin_review": lambda store, guild_id, other, _: store.begin_review(guild_id, other.reviewed.id),
    "note_review_message": lambda store, guild_id, other, _: store.note_review_message(
        guild_id, other.reviewed.id, channel_id=1, message_id=2
    ),
    "decide_review": lambda store, guild_id, other, _: store.decide_review(
        guild_id, other.reviewed.id, ReviewVerdict.REFUSED, by_id=1
    ),
    "withheld": lambda store, guild_id, other, _: store.withheld(guild_id, other.reviewed.card_id),
    "member_page": lambda store, guild_id, *_: store.member_page(guild_id, MEMBER),
    "erase_member": lambda store, guild_id, *_: store.erase_member(guild_id, MEMBER),
    "reactions": lambda store, guild_id, *_: store.reactions(guild_id),
    "reaction_changes": lambda store, guild_id, *_: store.reaction_changes(guild_id),
    "set_reaction": lambda store, guild_id, *_: store.set_reaction(guild_id, RERUN),
    "remove_reaction": lambda store, guild_id, *_: store.remove_reaction(guild_id, RERUN.emoji),
    "reset_reactions": lambda store, guild_id, *_: store.reset_reactions(guild_id),
    "set_reaction_settings": lambda store, guild_id, *_: store.set_reaction_settings(guild_id, seeds=True),
    "card_in_message": lambda store, guild_id, *_: store.card_in_message(guild_id, MESSAGE),
    "note_act": lambda store, guild_id, other, _: store.note_act(
        guild_id, MESSAGE, MEMBER + 1, RERUN, card_id=other.card.id
    ),
    "note_made": lambda store, guild_id, *_: store.note_made(guild_id, MESSAGE, RERUN.emoji, MEMBER, made_card="C"),
    "take_back_act": lambda store, guild_id, *_: store.take_back_act(guild_id, MESSAGE, RERUN.emoji, MEMBER),
    "clear_acts": lambda store, guild_id, *_: store.clear_acts(guild_id, MESSAGE, None),
    "stars": lambda store, guild_id, other, _: store.stars(guild_id, other.card.id),
    # These two take the guild inside what they are given.
    "change": lambda store, guild_id, other, _: store.change(
        replace(other.job, guild_id=guild_id), JobState.FAILED, release=True
    ),
    "accept": accept_same_interaction,
}
WITHOUT_GUILD = {
    "open", "close", "unanswered", "open_total", "hold_lease", "drop_lease", "claim", "save_histogram", "histograms",
    "costs", "costs_by_operation", "get_meta", "set_meta", "check", "check_file", "rotate_secrets", "sign",
    "switched_off", "guilds_with_queue", "unasked_approvals", "overdue_approvals",
    "guilds_with_log", "unpinged",
}  # fmt: skip


def test_every_method_is_looked_at() -> None:
    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    methods |= {name for name, _ in inspect.getmembers(Store, inspect.ismethod) if not name.startswith("_")}
    assert methods == CALLS.keys() | WITHOUT_GUILD
    with_guild = {name for name in methods if "guild_id" in inspect.signature(getattr(Store, name)).parameters}
    assert with_guild == CALLS.keys() - {"change", "accept"}


async def populate(store: Store, guild_id: int, made: Any, accepted: Any) -> Guild:
    key = await store.set_key(guild_id, SECRET, set_by=1, status=made.status())
    card, (job,) = await accepted(store, "30", guild_id=guild_id, key_id=key.id)
    unanswered, _ = await accepted(store, "4", guild_id=guild_id, answered=False)
    _, (paid,) = await accepted(store, "5", guild_id=guild_id)
    image = Media(url=f"https://media.test/{guild_id}.png", kind=MediaKind.IMAGE, key="image_url")
    await store.change(paid, JobState.DELIVERED, settle=Decimal("5.5"), media=(image,), message_id=MESSAGE)
    await store.note_copy(guild_id, paid.id, channel_id=55, message_id=MESSAGE, kind="gallery")
    await store.set_reaction(guild_id, replace(RERUN, shown=CANARY))
    await store.set_reaction_settings(guild_id, gallery=(777, 77))
    await store.note_act(guild_id, MESSAGE, MEMBER, RERUN, card_id=paid.card_id)
    await store.switch(guild_id, "image.generate", on=False, by_id=1)
    limit = await store.set_limit(guild_id, a_limit("777"), by_id=1)
    grant = await store.grant(guild_id, MEMBER, Decimal(888), note=CANARY, by_id=1, expires_at=None)
    await store.block(guild_id, MEMBER, until=None, reason=CANARY, by_id=1)
    await store.set_price(guild_id, "image.generate", "", Decimal(999))
    await store.note_alert(guild_id, CANARY, until=8e9)
    await store.note_decision(guild_id, by_id=1, kind="grant", text=CANARY)
    await store.change_rules(guild_id, lambda _: Rules(words=(CANARY,), running_per_member=99))
    await accepted(store, "6", guild_id=guild_id, state=JobState.WAITING)
    asked = made.card(guild_id)
    verdict = Verdict(
        states=(JobState.AWAITING_APPROVAL,), draws=(Draw(item=0, grant_id=grant.id, credits=Decimal(3)),)
    )
    await store.accept(asked, [made.job(asked, 0, "7")], lambda _: verdict)
    await store.answered(guild_id, asked.id, 901, 55)
    draft_id = await store.keep_draft(guild_id, MEMBER, {"prompt": CANARY}, expires_at=2e9)
    await store.save_recipe(guild_id, RECIPE, {"about": CANARY}, by_id=1)
    _, (reviewed,) = await accepted(store, "8", guild_id=guild_id)
    await store.change(reviewed, JobState.READY, media=(image,))
    await store.set_review(guild_id, ReviewRule(channel_id=0, review_channel=77))
    await store.begin_review(guild_id, reviewed.id)
    return Guild(key, card, job, unanswered, limit, grant, asked, draft_id, paid, reviewed)


TABLES = (
    "alerts", "approvals", "blocks", "cards", "copies", "decisions", "drafts", "draws", "grants", "guild_keys", "jobs",
    "ledger", "limits", "prices", "reaction_acts", "reaction_settings", "reactions",
    "recipes", "review_rules", "reviews", "rules", "switched_off",
)  # fmt: skip


async def rows_of(store: Store, guild_id: int) -> list[tuple[object, ...]]:
    return await store._database.read(
        lambda db: [
            tuple(row)
            for table in TABLES
            for row in db.execute(f"SELECT * FROM {table} WHERE guild_id = ? ORDER BY 1, 2", (guild_id,))
        ]
    )


def test_every_table_with_a_guild_is_looked_at(tmp_path: Any) -> None:
    from bot.store.engine import schema

    sql = "".join(migration.sql for migration in schema.migrations())
    tables = [
        statement.split("CREATE TABLE ")[1].split()[0]
        for statement in schema.statements(sql)
        if "CREATE TABLE " in statement and "guild_id INTEGER" in statement
    ]
    assert sorted(tables) == sorted(TABLES)


async def test_every_table_is_filled_before_it_is_guarded(store: Store, made: Any, accepted: Any) -> None:
    await populate(store, THEIRS, made, accepted)
    for table in TABLES:
        query = f"SELECT count(*) FROM {table} WHERE guild_id = ?"
        count = await store._database.read(lambda db, q=query: db.execute(q, (THEIRS,)).fetchone()[0])
        assert count, table


@pytest.mark.parametrize("is_refused", [False, True])
@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_method_for_one_guild_neither_sees_nor_touches_another(
    store: Store, made: Any, accepted: Any, name: str, is_refused: bool
) -> None:
    theirs = await populate(store, THEIRS, made, accepted)
    if is_refused:
        await store.note_refused(THEIRS, theirs.key.id)
    before = await rows_of(store, THEIRS)
    empty = await CALLS[name](store, MINE, theirs, made)
    assert await rows_of(store, THEIRS) == before
    text = repr(empty)
    for canary in (
        theirs.job.id,
        theirs.card.id,
        theirs.unanswered.id,
        SECRET,
        SECRET[-4:],
        "media.test",
        "30",
        "34",
        "5.5",
        str(MESSAGE),
        theirs.asked.id,
        theirs.draft_id,
        CANARY,
        "777",
        "888",
        "999",
        "running_per_member=99",
    ):
        assert canary not in text


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(CALLS)), min_size=1, max_size=12))
async def test_no_sequence_of_calls_crosses_guilds(
    open_store: Any, made: Any, accepted: Any, tmp_path_factory: Any, names: list[str]
) -> None:
    store = await open_store(tmp_path_factory.mktemp("isolation") / "bot.db", secret_keys=("x" * 32,))
    theirs = await populate(store, THEIRS, made, accepted)
    mine = await populate(store, MINE, made, accepted)
    before = await rows_of(store, THEIRS)
    for name in names:
        answer = repr(await CALLS[name](store, MINE, theirs, made))
        assert theirs.job.id not in answer
        assert theirs.card.id not in answer
        assert f"{THEIRS}.png" not in answer
        assert theirs.asked.id not in answer
    assert await rows_of(store, THEIRS) == before
    assert await store.job(MINE, mine.job.id) == mine.job
    assert await store.approval(MINE, mine.asked.id) is not None
    assert (await store.grants(MINE, MEMBER, used_up=True))[0] == replace(mine.grant, left=Decimal(885))
    await store.close()
