"""Jobs that depend on others' results."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import PAID_STATES, Job, JobState, LedgerKind
from bot.store import Store
from bot.store.jobs.ending import filled
from bot.store.texts import STEP_LOST
from tests.support.claims import claimed_by
from tests.support.stored import chain, now

GUILD = 700
PROMPT = {"enhancedPrompt": "A better fox."}
LOST = [JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED, JobState.REFUSED]


async def end(store: Store, job: Job, to: JobState, output: Any = PROMPT) -> None:
    """Bring a job to its end, whatever it is now."""
    money = {"settle": Decimal(3)} if to in PAID_STATES else {"release": True}
    assert await store.jobs.change(await now(store, job), to, output=output, **money) is not None


async def kinds(store: Store, job: Job) -> list[LedgerKind]:
    return sorted(row.kind for row in await store.ledger.rows(job.guild_id) if row.job_id == job.id)


# ---------------------------------------------------------------------- one after another


async def test_a_waiting_job_is_not_claimed_before_its_time(store: Store, made: Any) -> None:
    first, second = await chain(store, made, (), (0,))
    assert [job.id for job in await claimed_by(store, "t")] == [first.id]
    assert (await now(store, second)).state is JobState.WAITING


@pytest.mark.parametrize("paid", sorted(PAID_STATES))
async def test_a_result_starts_what_waits_for_it_with_the_output_filled_in(
    store: Store, made: Any, paid: JobState
) -> None:
    first, second = await chain(store, made, (), (0,))
    await end(store, first, paid)
    queued = await now(store, second)
    assert (queued.state, queued.after_done) == (JobState.WAITING, True)
    assert await store.queue.order(GUILD) == [second.id]
    assert await store.queue.start_waiting(GUILD) == [second.card_id]
    started = await now(store, second)
    assert started.state is JobState.SUBMITTING
    assert started.input == {"prompt": "A better fox.", "model": "flux"}
    assert started.held == second.held
    assert await kinds(store, second) == [LedgerKind.HOLD]
    assert [job.id for job in await claimed_by(store, "t")] == [second.id]


@pytest.mark.parametrize("lost", LOST)
async def test_without_a_result_all_dependents_end_and_are_refunded(store: Store, made: Any, lost: JobState) -> None:
    first, *rest = await chain(store, made, (), (0,), (0,), (1,), (3,))
    await end(store, first, lost)
    # What follows something that was refused is not to be tried again either.
    is_refused = lost is JobState.REFUSED
    expected = (JobState.REFUSED, str(STEP_LOST)) if is_refused else (JobState.CANCELLED, str(STEP_LOST))
    for job in rest:
        ended = await now(store, job)
        assert (ended.state, ended.error) == expected
        assert ended.finished_at is not None
        assert await kinds(store, job) == [LedgerKind.HOLD, LedgerKind.RELEASE]
    balance = await store.ledger.balance(GUILD)
    assert (balance.held, balance.spent) == (0, 0)
    assert await store.job_lists.open_total() == 0


@pytest.mark.parametrize(
    "output", [{}, {"enhancedPrompt": None}, {"enhancedPrompt": "  "}, {"enhancedPrompt": []}, {"enhancedPrompt": 3}]
)
async def test_a_result_without_the_needed_output_cancels_what_follows(store: Store, made: Any, output: Any) -> None:
    first, second, third = await chain(store, made, (), (0,), (1,))
    await end(store, first, JobState.DELIVERED, output)
    assert (await now(store, second)).state is JobState.CANCELLED
    assert (await now(store, third)).state is JobState.CANCELLED
    assert await kinds(store, first) == [LedgerKind.HOLD, LedgerKind.SETTLE]
    assert (await store.ledger.balance(GUILD)).held == 0


async def test_the_first_of_a_list_of_outputs_is_taken(store: Store, made: Any) -> None:
    first, second = await chain(store, made, (), (0,), fill=lambda ids: {"image_url": f"{{{ids[0]}.image_urls}}"})
    await end(store, first, JobState.DELIVERED, {"image_urls": ["https://a.test/1.png", "https://a.test/2.png"]})
    assert (await now(store, second)).input["image_url"] == "https://a.test/1.png"


async def test_what_an_output_says_is_never_read_as_a_template(store: Store, made: Any) -> None:
    first, second, third = await chain(
        store, made, (), (0,), (0, 1), fill=lambda ids: {"prompt": f"{{{ids[0]}.enhancedPrompt}}, at dusk"}
    )
    sly = f"a {{{second.id}.enhancedPrompt}} {{x}} \\1"
    await end(store, first, JobState.DELIVERED, {"enhancedPrompt": sly})
    await end(store, second, JobState.DELIVERED, {"enhancedPrompt": "secret"})
    assert (await now(store, second)).input["prompt"] == f"{sly}, at dusk"
    assert (await now(store, third)).input["prompt"] == f"{sly}, at dusk"


async def test_a_member_prompt_in_braces_stays_as_it_was_typed(store: Store, made: Any) -> None:
    card = made.card()
    first = made.job(card)
    words = f"a {{{first.id}.enhancedPrompt}} sign"
    second = made.job(
        card, 1, state=JobState.WAITING, after_ids=(first.id,), input={"prompt": words},
        fill={"style": f"{{{first.id}.enhancedPrompt}}"},
    )  # fmt: skip
    await store.cards.accept(card, [first, second], lambda _: None)
    await end(store, first, JobState.DELIVERED)
    assert (await now(store, second)).input == {"prompt": words, "style": "A better fox."}


def test_a_list_is_filled_item_by_item_and_other_values_stay(made: Any) -> None:
    job = made.job(made.card(), input={"prompt": "x", "n": 1}, fill={"urls": ["{J1.a}", "https://b.test/{J2.b}"]})
    outputs = {"J1": {"a": "https://a.test/1"}, "J2": {"b": "2"}}
    assert filled(job, outputs) == {"prompt": "x", "n": 1, "urls": ["https://a.test/1", "https://b.test/2"]}
    assert filled(job, {"J1": {"a": "https://a.test/1"}}) is None


# ---------------------------------------------------------------------- several before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_job_after_several_starts_with_the_last_of_them(
    store: Store, made: Any, order: tuple[int, ...]
) -> None:
    def together(ids: tuple[str, ...]) -> dict[str, str]:
        return {"prompt": " and ".join(f"{{{each}.enhancedPrompt}}" for each in ids)}

    jobs = await chain(store, made, (), (), (), (0, 1, 2), fill=together)
    for place in order[:-1]:
        await end(store, jobs[place], JobState.DELIVERED, {"enhancedPrompt": str(place)})
        assert (await now(store, jobs[3])).state is JobState.WAITING
    await end(store, jobs[order[-1]], JobState.DELIVERED, {"enhancedPrompt": str(order[-1])})
    await store.queue.start_waiting(GUILD)
    started = await now(store, jobs[3])
    assert (started.state, started.input["prompt"]) == (JobState.SUBMITTING, "0 and 1 and 2")


async def test_one_lost_step_of_several_is_enough_to_cancel_at_once_and_only_once(store: Store, made: Any) -> None:
    first, second, last = await chain(store, made, (), (), (0, 1))
    await end(store, first, JobState.FAILED)
    assert (await now(store, last)).state is JobState.CANCELLED
    await end(store, second, JobState.DELIVERED)
    assert (await now(store, last)).state is JobState.CANCELLED
    assert await kinds(store, last) == [LedgerKind.HOLD, LedgerKind.RELEASE]


async def test_a_job_that_also_waits_for_a_moderator_goes_with_its_lost_step(store: Store, made: Any) -> None:
    card = made.card()
    first = made.job(card)
    second = made.job(card, 1, state=JobState.AWAITING_APPROVAL, after_ids=(first.id,), fill={})
    await store.cards.accept(card, [first, second], lambda _: None)
    await end(store, first, JobState.FAILED)
    assert (await now(store, second)).state is JobState.CANCELLED
    assert (await store.ledger.balance(GUILD)).held == 0


async def test_the_order_of_the_jobs_on_the_card_is_no_matter_for_what_is_cancelled(store: Store, made: Any) -> None:
    card = made.card()
    first, second, third = (made.job(card, place) for place in (2, 1, 0))
    second = replace(second, state=JobState.WAITING, after_ids=(first.id,))
    third = replace(third, state=JobState.WAITING, after_ids=(second.id,))
    await store.cards.accept(card, [third, second, first], lambda _: None)
    done = await store.cancellation.cancel(GUILD, first.id, "Enough.")
    assert done is not None
    assert (done.stopped, done.others) == (True, 2)
    assert [(await now(store, job)).error for job in (first, second, third)] == [
        "Enough.",
        *[str(STEP_LOST)] * 2,
    ]


async def test_jobs_of_another_card_are_left_alone(store: Store, made: Any) -> None:
    first, _ = await chain(store, made, (), (0,))
    _, theirs = await chain(store, made, (), (0,))
    _, foreign = await chain(store, made, (), (0,), guild_id=GUILD + 1)
    await end(store, first, JobState.DELIVERED)
    assert (await now(store, theirs)).state is JobState.WAITING
    assert (await now(store, foreign)).state is JobState.WAITING


async def test_a_job_cannot_wait_for_itself_or_for_one_of_another_card(store: Store, made: Any) -> None:
    [elsewhere] = await chain(store, made, ())
    card = made.card()
    job = made.job(card)
    for bad in ((job.id,), (elsewhere.id,), ("NOWHERE",)):
        waiting = made.job(card, state=JobState.WAITING, id=job.id, after_ids=bad)
        with pytest.raises(ValueError, match="waits for one of another card"):
            await store.cards.accept(card, [waiting], lambda _: None)
    assert await store.cards.get(GUILD, card.id) is None


async def test_if_the_next_step_cannot_be_written_the_step_before_has_not_ended(
    store: Store, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await chain(store, made, (), (0,))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk")

    monkeypatch.setattr("bot.store.jobs.ending.update_job", broken)
    with pytest.raises(RuntimeError, match="disk"):
        await end(store, first, JobState.DELIVERED)
    assert (await now(store, first)).state is JobState.SUBMITTING
    assert (await now(store, second)).state is JobState.WAITING
    assert await kinds(store, first) == [LedgerKind.HOLD]
    monkeypatch.undo()
    await end(store, first, JobState.DELIVERED)
    assert (await now(store, second)).after_done


GUILDS = itertools.count(GUILD + 100)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_ends_how_and_when_every_hold_is_closed_once_and_nobody_waits_for_nothing(
    store: Store, made: Any, data: st.DataObject
) -> None:
    befores = [
        tuple(sorted(data.draw(st.sets(st.integers(0, place - 1), max_size=3)))) if place else ()
        for place in range(data.draw(st.integers(1, 6)))
    ]
    guild_id = next(GUILDS)
    jobs = await chain(store, made, *befores, guild_id=guild_id)
    while running := await store.job_lists.recent(guild_id, states=[JobState.SUBMITTING]):
        paid = {job.id for job in await store.job_lists.recent(guild_id, states=PAID_STATES)}
        assert all(paid.issuperset(job.after_ids) for job in running)
        how = data.draw(st.sampled_from([*sorted(PAID_STATES), *LOST]))
        await end(store, data.draw(st.sampled_from(running)), how, data.draw(st.sampled_from([PROMPT, PROMPT, {}])))
        await store.queue.start_waiting(guild_id)
    rows = await store.ledger.rows(guild_id)
    for job in await store.job_lists.recent(guild_id, limit=len(jobs)):
        assert job.state.ended
        closed = LedgerKind.SETTLE if job.state in PAID_STATES else LedgerKind.RELEASE
        assert sorted(row.kind for row in rows if row.job_id == job.id) == sorted([LedgerKind.HOLD, closed])
    assert (await store.ledger.balance(guild_id)).held == 0
