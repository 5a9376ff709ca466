"""Crashes on the less usual roads: private jobs, several on a card, uploads, old tokens, several processes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import os
from dataclasses import replace
from decimal import Decimal

import discord
import pytest
from PIL import Image

from bot.app.parts import assemble
from bot.delivery.card.ticker import SPREAD_S
from bot.domain.jobs.poll_schedule import least_wait_s
from bot.domain.models import AccountStatus, JobState
from bot.errors import StoreError
from bot.jobs.follow.claims import CLAIM_EVERY_S
from bot.jobs.intake import TOKEN_LIFE_S
from bot.jobs.worker import Worker
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from bot.runtime.metrics import Metrics
from bot.store import CommitUnknown, ReviewRule, Store
from bot.store.jobs.rechecks import POST_AGAIN_S
from tests.support.exactness import assert_exact
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import labels, state_text

FOLLOWED = "SELECT count(*) FROM jobs WHERE lease IS NOT NULL"

ALWAYS = {"submit.sent", "download.half", "send.done"}
"""The points that every run has; all of them are in `make test-long`."""
AFTER_THE_CARD = failpoints.JOB_NAMES[
    failpoints.JOB_NAMES.index("answer.sent") : failpoints.JOB_NAMES.index("recover.start")
]
IN_DELIVERY = ("ready.stored", "download.half", "download.done", "send.done", "deliver.stored")
PASSED_S = TOKEN_LIFE_S + 61


async def crash_in(rig: Rig, point: str) -> None:
    if point in failpoints._armed:  # the command has not come to it
        with contextlib.suppress(Crash):
            await rig.work()
    assert failpoints.disarm() == [], f"{point} was not reached"


async def rounds(look):
    """Look again and again, but not for ever."""
    for _ in range(1000):
        yield await look()
    raise AssertionError("it does not come to an end")


async def until_ended(rig: Rig):
    async for left in rounds(rig.bot.parts.store.job_lists.open_total):
        if not left:
            return
        yield left


def files_in(*places: list[discord.Message]) -> list[str]:
    return [file.filename for messages in places for message in messages for file in message.attachments]


def direct(rig: Rig) -> list[discord.Message]:
    return [message for message in rig.member.user.dm_channel.history() if message.author.id == rig.bot.user.id]


async def exact(rig: Rig, *more: list[discord.Message]) -> list[JobState]:
    jobs = await assert_exact(rig.bot.parts.store, rig.sandbox, HOST_KEY, rig.guild.id, files_in(rig.messages(), *more))
    return [job.state for job in jobs]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "point", [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in AFTER_THE_CARD]
)
async def test_a_private_job_lives_on_in_its_own_card(rig: Rig, point: str):
    failpoints.arm([point])
    result = await rig.member.slash(rig.channel, "image generate", prompt="secret #fast", private=True)
    await crash_in(rig, point)
    await rig.restart()
    await rig.work()
    assert result.ephemeral
    card = rig.messages(viewer=rig.member)
    assert await exact(rig, card) == [JobState.DELIVERED]
    assert rig.messages() == []


@pytest.mark.parametrize(
    "point",
    [
        each if each in {"download.half", "send.done"} else pytest.param(each, marks=pytest.mark.long)
        for each in IN_DELIVERY[:4]
    ],
)
async def test_a_private_job_whose_card_is_out_of_reach_comes_once_by_direct_message(rig: Rig, point: str):
    await rig.member.slash(rig.channel, "image generate", prompt="secret", private=True)
    await rig.step()
    rig.advance(PASSED_S)
    failpoints.arm([point])
    await crash_in(rig, point)
    rig.advance(3600)  # past any nonce
    await rig.restart()
    await rig.work()
    assert await exact(rig, direct(rig)) == [JobState.DELIVERED]
    assert len(direct(rig)) == 1


@pytest.mark.parametrize(
    "point", [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in AFTER_THE_CARD]
)
async def test_three_jobs_on_one_card_are_each_posted_once(rig: Rig, point: str):
    failpoints.arm([point])
    await rig.member.slash(rig.channel, "image generate", prompt="three #fast", count=3)
    await crash_in(rig, point)
    await rig.restart()
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED] * 3
    [message] = rig.messages()
    assert len(message.attachments) == 3


@pytest.mark.parametrize(
    "point",
    [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in failpoints.JOB_NAMES[:-1]],
)
async def test_a_job_on_an_upload_is_put_off_first_and_yet_never_lost(rig: Rig, point: str):
    failpoints.arm([point])
    await rig.member.slash(rig.channel, "image edit", image=("a.png", picture()), prompt="blue #fast")
    await crash_in(rig, point)
    await rig.restart()
    await rig.work()
    # Discord shows "thinking" already when the job is stored, so the member waits: the job goes on.
    assert await exact(rig) == ([] if point == "accept.before" else [JobState.DELIVERED])


@pytest.mark.parametrize("private", [False, True])
async def test_a_card_is_found_again_in_the_channel_when_its_token_is_too_old(rig: Rig, private: bool):
    failpoints.arm(["answer.sent"])
    await rig.member.slash(rig.channel, "image generate", prompt="old fox #fast", private=private)
    await crash_in(rig, "answer.sent")
    await rig.member.send(rig.channel, "what a silence")
    await rig.restart(after_s=PASSED_S)
    await rig.work()
    # Only the token reaches a private card: it is refunded, which costs nobody anything.
    assert await exact(rig) == [JobState.CANCELLED if private else JobState.DELIVERED]


async def test_an_unanswered_job_whose_token_is_too_old_is_given_back(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="another fox #fast")
    failpoints.arm(["accept.stored"])
    await rig.member.slash(rig.channel, "image generate", prompt="old fox #fast")
    await crash_in(rig, "accept.stored")
    await rig.restart(after_s=PASSED_S)
    await rig.work()
    assert await exact(rig) == [JobState.CANCELLED, JobState.DELIVERED]


async def test_a_card_in_a_channel_that_is_gone_is_given_back(rig: Rig):
    failpoints.arm(["answer.sent"])
    await rig.member.slash(rig.channel, "image generate", prompt="old fox #fast")
    await crash_in(rig, "answer.sent")
    rig.env.backend.delete_channel(rig.channel.id)
    await rig.restart(after_s=PASSED_S)
    await rig.work()
    jobs = await assert_exact(rig.bot.parts.store, rig.sandbox, HOST_KEY, rig.guild.id, [])
    assert [job.state for job in jobs] == [JobState.CANCELLED]


@pytest.mark.parametrize(
    "point",
    [
        each if each in {"download.half", "send.done"} else pytest.param(each, marks=pytest.mark.long)
        for each in IN_DELIVERY[:4]
    ],
)
async def test_a_result_that_was_posted_anew_is_not_posted_twice(rig: Rig, point: str):
    result = await rig.member.slash(rig.channel, "image generate", prompt="gone fox")
    await rig.step()
    rig.env.backend.delete_message(rig.channel.id, result.response.id)
    failpoints.arm([point])
    await crash_in(rig, point)
    rig.advance(3600)  # past any nonce
    await rig.restart()
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED]
    assert len(rig.messages()) == 1


async def test_a_key_that_was_changed_after_a_lost_reply_does_not_pay_twice(rig: Rig):
    failpoints.arm(["submit.sent"])
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    await crash_in(rig, "submit.sent")
    await rig.restart()
    status = AccountStatus(credits=Decimal(500), plan=None, scopes=())
    await rig.bot.parts.store.keys.set(rig.guild.id, GUILD_KEY, set_by=rig.moderator.id, status=status)
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED]


async def drawn_late(rig: Rig) -> None:
    """Let the upkeep find the cards that do not show their end, and have them drawn."""
    with rig.env.time_context():
        await rig.bot.parts.rounds.run_once()
    rig.advance(SPREAD_S)
    await rig.tick()


async def test_a_card_whose_end_a_death_kept_from_being_drawn_shows_it_after_the_start(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox #forever")
    await rig.step()
    [job] = await rig.jobs()
    assert await rig.bot.parts.store.jobs.change(job, JobState.FAILED, release=True, error="No fox came.")
    await rig.restart()
    [card] = rig.messages()
    assert "No fox came." not in state_text(card)
    await drawn_late(rig)
    [card] = rig.messages()
    assert "No fox came." in state_text(card)
    assert "Don't post" not in labels(card)
    assert await rig.bot.parts.store.cards.undrawn(10) == []


async def test_a_question_of_review_that_a_death_kept_from_being_noted_is_taken_down_with_its_result(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    desk = rig.guild.create_text_channel("desk")
    await rig.bot.parts.store.reviews.set_rule(rig.guild.id, ReviewRule(channel_id=0, review_channel=desk.id))

    async def die(*_: object, **__: object) -> bool:
        raise Crash("copies.note")

    monkeypatch.setattr(rig.bot.parts.store.copies, "note", die)
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    with pytest.raises(Crash):
        await until_parked(rig)
    await rig.restart()
    await until_parked(rig)
    [job] = await rig.jobs()
    assert [copy.kind for copy in await rig.bot.parts.store.copies.of_card(rig.guild.id, job.card_id)] == ["review"]
    assert len(desk.history()) == 1


async def test_a_question_of_review_that_was_never_noted_is_noted_as_a_moderator_answers_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    desk = rig.guild.create_text_channel("desk")
    await rig.bot.parts.store.reviews.set_rule(rig.guild.id, ReviewRule(channel_id=0, review_channel=desk.id))

    async def die(*_: object, **__: object) -> bool:
        raise Crash("copies.note")

    monkeypatch.setattr(rig.bot.parts.store.copies, "note", die)
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    with pytest.raises(Crash):
        await until_parked(rig)
    await rig.restart()
    [question] = desk.history()
    await rig.moderator.click(question, label="Publish")
    await rig.work()
    [job] = await rig.jobs()
    copies = await rig.bot.parts.store.copies.of_card(rig.guild.id, job.card_id)
    assert [(copy.kind, copy.message_id) for copy in copies] == [("review", question.id)]


async def until_parked(rig: Rig) -> None:
    """Work until the result waits for a moderator."""
    async for [job] in rounds(rig.jobs):
        review = await rig.bot.parts.store.questions.get(rig.guild.id, "review", job.id)
        if review is not None and review.message_id is not None:
            return
        await rig.step()
        rig.advance(0.5)


@pytest.mark.parametrize("point", ["download.done", "send.done"])
async def test_a_late_result_that_a_death_kept_from_being_posted_is_posted_by_the_next_life(rig: Rig, point: str):
    await rig.member.slash(rig.channel, "image generate", prompt="fox")
    await rig.step()
    [job] = await rig.jobs()
    assert await rig.bot.parts.store.jobs.change(job, JobState.FAILED, release=True, recheck=True)
    rig.sandbox.finish(job.remote_id or "")
    [job] = await rig.jobs()
    failpoints.arm([point])
    with pytest.raises(Crash), rig.env.time_context():
        await rig.bot.parts.reconciler.look(job)
    await assert_posted_by_the_next_life(rig)


@pytest.mark.parametrize("point", ["download.done", "send.done"])
async def test_a_result_that_a_death_kept_from_being_shared_is_shared_by_the_next_life(rig: Rig, point: str):
    asked = await rig.member.slash(rig.channel, "image generate", prompt="fox #fast", private=True)
    await rig.work()
    failpoints.arm([point])
    await rig.member.click(asked.response, label="Share in channel")
    assert failpoints.disarm() == []
    await assert_posted_by_the_next_life(rig)


async def assert_posted_by_the_next_life(rig: Rig) -> None:
    await rig.restart(after_s=POST_AGAIN_S)
    await drawn_late(rig)
    [job] = await rig.jobs()
    assert (job.state, job.recheck_at) == (JobState.DELIVERED, None)
    assert len(files_in(rig.messages())) == 1


async def test_a_late_result_leaves_nothing_to_be_drawn(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox")
    await rig.step()
    [job] = await rig.jobs()
    assert await rig.bot.parts.store.jobs.change(job, JobState.FAILED, release=True, recheck=True)
    rig.sandbox.finish(job.remote_id or "")
    [job] = await rig.jobs()
    with rig.env.time_context():
        await rig.bot.parts.reconciler.look(job)
    assert [each.state for each in await rig.jobs()] == [JobState.DELIVERED]
    assert await rig.bot.parts.store.cards.undrawn(10) == []


async def test_a_card_whose_end_discord_did_not_take_is_drawn_later(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fail")
    await rig.step()
    rig.env.inject_error("PATCH", "*/messages/*", status=400, code=50035, times=None)
    await rig.work()
    rig.env.backend.faults.clear()
    [card] = rig.messages()
    assert "Don't post" in labels(card)
    await drawn_late(rig)
    [card] = rig.messages()
    assert "Don't post" not in labels(card)
    assert await rig.bot.parts.store.cards.undrawn(10) == []


async def test_a_card_that_is_gone_is_not_drawn_for_ever(rig: Rig):
    asked = await rig.member.slash(rig.channel, "image generate", prompt="fox #forever")
    await rig.step()
    [job] = await rig.jobs()
    assert await rig.bot.parts.store.jobs.change(job, JobState.FAILED, release=True)
    rig.env.backend.delete_message(rig.channel.id, asked.response.id)
    await drawn_late(rig)
    assert await rig.bot.parts.store.cards.undrawn(10) == []


async def test_a_graceful_stop_gives_the_leases_back_and_the_next_start_goes_on(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox")
    await rig.step()
    await rig.bot.close()
    async with reopened(rig) as store:
        assert await leases(store) == 0
        [job] = await store.job_lists.recent(rig.guild.id)
        assert (job.state.ended, job.lease) == (False, None)
    await rig.restart()
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED]


async def test_a_stop_in_the_middle_of_a_delivery_posts_nothing_by_halves(rig: Rig):
    rig.sandbox.fault("media", "stall")
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    worker = rig.bot.parts.worker
    async for [job] in rounds(rig.jobs):
        if job.state is JobState.READY:
            break
        await rig.step()
        rig.advance(0.5)
    worker._start_due()
    [turn] = worker._turns
    await asyncio.sleep(0)
    await worker.stop(grace_s=0.05)
    assert turn.cancelled()
    assert [names for _, *names in os.walk(rig.bot._folder.name)] == [[[], []]]
    assert files_in(rig.messages()) == []
    assert await leases(rig.bot.parts.store) == 0
    await rig.restart()
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED]


@contextlib.asynccontextmanager
async def reopened(rig: Rig):
    store = await Store.open(rig.folder / "bot.db", clock=rig.clock)
    try:
        yield store
    finally:
        await store.close()


async def leases(store: Store) -> int:
    return await store._database.read(lambda db: db.execute(FOLLOWED).fetchone()[0])


class Posting:
    """A surface that counts, and that can be held up in the middle of a delivery."""

    def __init__(self) -> None:
        self.posted: dict[str, int] = {}
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, job) -> int:
        self.begun.set()
        await self.gate.wait()
        return self.posted.setdefault(job.id, len(self.posted) + 1)

    async def show(self, guild_id, card_id) -> None: ...

    async def alert(self, guild_id, sentence) -> None: ...


@pytest.fixture
async def another(rig: Rig):
    """Makes workers like the bot's own, each with a store of its own on the same database, as another process."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(surface: Posting | None = None) -> Worker:
            store = await stack.enter_async_context(reopened(rig))
            parts = await assemble(replace(rig.bot.setup, metrics=Metrics()), store)
            stack.push_async_callback(parts.aclose)
            if surface is not None:
                parts.worker.delivering.transitions.surface = surface
            return parts.worker

        yield make


@pytest.mark.long
async def test_two_workers_on_one_database_never_double(rig: Rig, another):
    for number in range(10):
        await rig.member.slash(rig.channel, "image generate", prompt=f"fox {number}")
    workers = [rig.bot.parts.worker, await another()]
    async for _ in until_ended(rig):
        with rig.env.time_context():
            await asyncio.gather(*(worker.step() for worker in workers))
        rig.advance(0.5)
    assert await exact(rig) == [JobState.DELIVERED] * 10
    assert rig.sandbox.posts == 10


async def test_a_worker_that_wakes_after_its_lease_was_ended_changes_nothing(rig: Rig, another):
    zombie = rig.bot.parts.worker
    await rig.member.slash(rig.channel, "image generate", prompt="fox #forever")
    await rig.step()
    [before] = await rig.jobs()
    assert before.lease == zombie.claims.lease
    rig.advance(61)  # longer than it lets a poll wait
    heir = await another()
    await heir.claims.store.leases.drop(zombie.claims.lease)
    await heir.step()
    [theirs] = await rig.jobs()
    assert theirs.lease == heir.claims.lease
    rig.sandbox.finish(before.remote_id)
    stale = zombie.agenda.jobs[before.id]
    assert await zombie.polling.transitions.change(stale, JobState.FAILED, release=True) is False
    assert await rig.jobs() == [theirs]
    # It notices by itself, follows nothing more, and does not get back what the other has.
    await zombie.step()
    assert zombie.followed == 0
    async for _ in until_ended(rig):
        await heir.step()
        rig.advance(1)
    assert await exact(rig) == [JobState.DELIVERED]


@pytest.mark.parametrize(("table", "change"), [("leases", "claim"), ("jobs", "advance")])
async def test_a_job_is_followed_after_a_commit_of_which_nothing_is_known(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, table: str, change: str
):
    rows = getattr(rig.bot.parts.store, table)
    committed = getattr(rows, change)

    async def unknown(*given, **named):
        done = await committed(*given, **named)
        if done and (change == "claim" or done.job.state is not given[0].state):
            monkeypatch.setattr(rows, change, committed)
            raise CommitUnknown("Nothing is known of it.")
        return done

    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    monkeypatch.setattr(rows, change, unknown)
    async for _ in until_ended(rig):
        with contextlib.suppress(CommitUnknown):
            await rig.step()
        rig.advance(0.5)
    assert await exact(rig) == [JobState.DELIVERED]
    assert rig.clock.elapsed < 2 * CLAIM_EVERY_S, "in seconds, not at the next start"


@pytest.mark.long
async def test_a_delivery_that_outlives_its_lease_settles_nothing(rig: Rig, another):
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    slow, quick = Posting(), Posting()
    zombie = await another(slow)
    slow.gate.clear()
    async for _ in rounds(rig.jobs):
        if slow.begun.is_set():
            break
        zombie.agenda.claim_due = 0.0
        await zombie.claims.renew()
        await zombie.claims.claim()
        zombie._start_due()
        if zombie._turns:
            await asyncio.wait(
                [*zombie._turns, asyncio.ensure_future(slow.begun.wait())], return_when="FIRST_COMPLETED"
            )
        rig.advance(0.5)
    heir = await another(quick)
    await heir.claims.store.leases.drop(zombie.claims.lease)
    async for _ in until_ended(rig):
        await heir.step()
        rig.advance(0.5)
    ledger = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    slow.gate.set()
    await asyncio.wait(list(zombie._turns))
    assert await rig.bot.parts.store.ledger.rows(rig.guild.id) == ledger
    assert zombie.followed == 0
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent == rig.sandbox.spent(HOST_KEY)


@pytest.mark.parametrize("times", [1, 3])
async def test_hints_in_any_number_at_any_time_give_one_delivery(rig: Rig, times: int):
    await rig.member.slash(rig.channel, "image generate", prompt="fox")
    [job] = await rig.jobs()
    token = rig.bot.parts.webhook_tokens.token(job.id)
    assert rig.bot.parts.webhooks.receive(token)  # before anybody follows it
    seen = []
    async for _ in until_ended(rig):
        for _ in range(times):
            assert rig.bot.parts.webhooks.receive(token)
        await rig.step()
        seen.append((await rig.jobs())[0].state)
        rig.advance(0.5)
    order = [state for state, _ in itertools.groupby(seen)]
    assert order == [JobState.QUEUED, JobState.READY, JobState.DELIVERED]
    for _ in range(times):
        rig.bot.parts.webhooks.receive(token)
        await rig.step()
    assert await exact(rig) == [JobState.DELIVERED]
    assert rig.sandbox.posts == 1


async def test_a_hint_that_comes_before_the_answer_to_the_post_is_not_forgotten(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    [job] = await rig.jobs()
    worker = rig.bot.parts.worker
    await worker.claims.renew()
    worker.agenda.claim_due = 0.0
    await worker.claims.claim()
    worker._start_due()
    [turn] = worker._turns
    assert rig.bot.parts.webhooks.receive(rig.bot.parts.webhook_tokens.token(job.id))  # the POST is under way
    await turn
    rig.advance(least_wait_s(worker.agenda.jobs[job.id].poll_after_s, 0.0))  # Cannon Studio lets none be polled before
    assert await rig.step() == 1
    assert (await rig.jobs())[0].state is JobState.READY


async def test_a_forged_hint_is_not_taken(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="fox")
    [job] = await rig.jobs()
    assert not rig.bot.parts.webhooks.receive(f"{job.id}-{'0' * 32}")
    assert not rig.bot.parts.webhooks.receive("nonsense")


async def test_a_second_process_on_the_same_database_is_refused_in_one_sentence(rig: Rig):
    with pytest.raises(StoreError, match=r"Another cannon-bot is running on .*bot\.db"):
        await Store.open(rig.folder / "bot.db", clock=rig.clock, alone=True)
    await rig.member.slash(rig.channel, "image generate", prompt="fox #fast")
    await rig.work()
    assert await exact(rig) == [JobState.DELIVERED]
