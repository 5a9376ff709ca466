from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import JobState, Media, MediaKind
from bot.domain.money.spend_request import Verdict as Start
from bot.domain.server.guild_rules import ReviewPrivate
from bot.store import Answer, ReviewRule, Store
from bot.store.guild.questions import REVIEW_LIFE_S
from tests.support.examples import examples

GUILD, CHANNEL, PARENT, CATEGORY, DESK, OTHER_DESK = 700, 55, 56, 57, 90, 91
OTHER = 43  # another member than the author of the fixtures
IMAGE = Media(url="https://media.test/a.png", kind=MediaKind.IMAGE, key="image_url")


async def on(store: Store, channel_id: int = 0, desk: int = DESK, guild_id: int = GUILD) -> None:
    await store.reviews.set_rule(guild_id, ReviewRule(channel_id=channel_id, review_channel=desk))


async def made(store: Store, accepted: Any) -> Any:
    card, (job,) = await accepted(store)
    ready = await store.jobs.change(job, JobState.READY, media=(IMAGE,), cost=Decimal(9))
    return card, ready


async def test_without_a_rule_nothing_waits(store: Store, accepted: Any) -> None:
    _, job = await made(store, accepted)
    assert await store.questions.begin_review(GUILD, job.id) is None
    assert await store.reviews.withheld_of(GUILD, [job.id]) == frozenset()


async def test_a_rule_of_another_channel_or_guild_does_not_count(store: Store, accepted: Any) -> None:
    _, job = await made(store, accepted)
    await on(store, channel_id=1234)
    await on(store, guild_id=701)
    assert await store.questions.begin_review(GUILD, job.id) is None


async def test_what_is_requested_in_the_review_channel_itself_does_not_wait(store: Store, accepted: Any) -> None:
    _, job = await made(store, accepted)
    await on(store, desk=CHANNEL)
    assert await store.questions.begin_review(GUILD, job.id) is None


@settings(
    max_examples=examples(quick=8, long=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(there=st.sets(st.sampled_from([0, CATEGORY, PARENT, CHANNEL]), min_size=1))
async def test_the_narrowest_rule_counts(open_store: Any, made: Any, databases: Any, there: set[int]) -> None:
    store = await open_store(databases.new(), secret_keys=("x" * 32,))
    card = replace(made.card(), parent_channel_id=PARENT, category_id=CATEGORY)
    job = made.job(card)
    await store.cards.accept(card, [job], lambda _: None)
    for channel_id in there:
        await on(store, channel_id, desk=1000 + channel_id)
    narrowest = next(each for each in (CHANNEL, PARENT, CATEGORY, 0) if each in there)
    assert (await store.questions.begin_review(GUILD, job.id)).channel_id == 1000 + narrowest
    await store.close()


@pytest.mark.parametrize(
    ("setting", "channel_id", "waits"),
    [("auto", 0, True), ("auto", CHANNEL, False), ("on", CHANNEL, True), ("on", 1234, False), ("off", 0, False)],
)
async def test_a_private_card_waits_where_its_server_says_so(
    store: Store, made: Any, setting: str, channel_id: int, waits: bool
) -> None:
    await on(store, channel_id)
    await store.settings.change(GUILD, lambda rules: replace(rules, review_private=ReviewPrivate(setting)))
    card = made.card(private=True)
    job = made.job(card)
    await store.cards.accept(card, [job], lambda _: None)
    assert await store.reviews.is_reviewed(GUILD, card.id) is waits
    assert (await store.questions.begin_review(GUILD, job.id) is not None) is waits


async def test_a_review_begins_once_and_follows_its_rule_only_until_it_is_posted(store: Store, accepted: Any) -> None:
    _, job = await made(store, accepted)
    await on(store)
    first = await store.questions.begin_review(GUILD, job.id)
    assert first is not None
    assert first.expires_at == first.asked_at + REVIEW_LIFE_S
    await on(store, desk=OTHER_DESK)
    moved = await store.questions.begin_review(GUILD, job.id)
    assert moved == replace(first, channel_id=OTHER_DESK)
    await store.questions.note_message(GUILD, "review", job.id, channel_id=OTHER_DESK, message_id=5)
    await on(store)
    assert await store.questions.begin_review(GUILD, job.id) == replace(moved, message_id=5)
    await store.reviews.remove_rule(GUILD)
    assert await store.questions.begin_review(GUILD, job.id) == replace(moved, message_id=5)


@pytest.mark.parametrize("verdict", [Answer.PUBLISHED, Answer.REFUSED])
async def test_only_the_first_decision_counts_and_makes_the_job_due(
    store: Store, accepted: Any, verdict: Answer
) -> None:
    _, job = await made(store, accepted)
    await on(store)
    assert await store.questions.review(GUILD, job.id, verdict, by_id=1) is None
    await store.questions.begin_review(GUILD, job.id)
    await store.jobs.change(job, JobState.READY, next_at=9e9)
    decided = await store.questions.review(GUILD, job.id, verdict, by_id=1, sentence="No.")
    assert decided is not None
    assert (decided.state, decided.next_at) == (JobState.READY, 0)
    assert await store.questions.review(GUILD, job.id, Answer.PUBLISHED, by_id=2) is None
    review = await store.questions.get(GUILD, "review", job.id)
    assert review is not None
    assert (review.verdict, review.decided_by, review.sentence) == (verdict, 1, "No.")


async def test_what_was_made_is_withheld_from_the_moment_it_is_ready_until_it_is_let_through(
    store: Store, accepted: Any
) -> None:
    await on(store)
    _, (job,) = await accepted(store)
    assert await store.reviews.withheld_of(GUILD, [job.id]) == frozenset()
    job = await store.jobs.change(job, JobState.READY, media=(IMAGE,))
    assert await store.reviews.withheld_of(GUILD, [job.id]) == {job.id}
    await store.questions.begin_review(GUILD, job.id)
    await store.reviews.remove_rule(GUILD)
    assert await store.reviews.withheld_of(GUILD, [job.id]) == {job.id}
    await store.questions.review(GUILD, job.id, Answer.PUBLISHED, by_id=1)
    assert await store.reviews.withheld_of(GUILD, [job.id]) == frozenset()


async def test_what_is_refused_stays_withheld_when_it_is_held(store: Store, accepted: Any) -> None:
    await on(store)
    _, job = await made(store, accepted)
    await store.questions.begin_review(GUILD, job.id)
    await store.questions.review(GUILD, job.id, Answer.REFUSED, by_id=1, sentence="No.")
    held = await store.jobs.change(job, JobState.HELD, settle=Decimal(9), error="No.")
    assert held is not None
    assert await store.reviews.withheld_of(GUILD, [job.id]) == {job.id}
    await store.jobs.change(held, JobState.DELIVERED)
    assert await store.reviews.withheld_of(GUILD, [job.id]) == frozenset()


async def test_a_refusal_gives_back_what_waits_for_the_result_and_nothing_else(store: Store, made: Any) -> None:
    await on(store)
    card = made.card()
    first, other = made.job(card, 0), made.job(card, 1)
    second = made.job(card, 2, after_ids=(first.id,))
    third = made.job(card, 3, after_ids=(second.id,))
    waiting = JobState.WAITING
    start = Start(states=(JobState.SUBMITTING, JobState.SUBMITTING, waiting, waiting), draws=())
    await store.cards.accept(card, [first, other, second, third], lambda _: start)
    await store.cards.mark_answered(GUILD, card.id, 1, CHANNEL)
    await store.jobs.change(first, JobState.READY, output={"image_url": IMAGE.url}, media=(IMAGE,))
    await store.questions.begin_review(GUILD, first.id)
    await store.questions.review(GUILD, first.id, Answer.REFUSED, by_id=1, sentence="No.")
    states = [job.state for job in await store.jobs.of_card(GUILD, card.id)]
    assert states == [JobState.READY, JobState.SUBMITTING, JobState.REFUSED, JobState.REFUSED]
    assert (await store.ledger.balance(GUILD)).held == 20


async def test_a_result_takes_no_place_among_the_running(store: Store, accepted: Any) -> None:
    """Neither of its author's places nor of the server's, whether it waits for review or for its posting."""
    await on(store)
    _, job = await made(store, accepted)
    await accepted(store, author_id=OTHER)

    async def running() -> list[tuple[int, int]]:
        return [
            await store.spending.view(
                GUILD, member, lambda spending: (spending.running_of_member, spending.running_of_guild)
            )
            for member in (job.author_id, OTHER)
        ]

    assert await running() == [(0, 1), (1, 1)]
    await store.questions.begin_review(GUILD, job.id)
    assert await running() == [(0, 1), (1, 1)]
    await store.questions.review(GUILD, job.id, Answer.PUBLISHED, by_id=1)
    assert await running() == [(0, 1), (1, 1)]


async def test_a_server_full_of_results_still_starts_jobs(store: Store, accepted: Any) -> None:
    await made(store, accepted)
    _, (queued,) = await accepted(store, author_id=OTHER, state=JobState.WAITING)
    await store.settings.change(GUILD, lambda rules: replace(rules, running_per_server=1))
    assert await store.queue.start_waiting(GUILD) == [queued.card_id]
