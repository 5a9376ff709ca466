from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import Card, GuildKey, Job, JobState, Media, MediaKind, ShootoutPhase, new_id
from bot.domain.money.costs import PriceFactors
from bot.domain.money.spend_request import Draw, Verdict
from bot.domain.server.events import EventState, ServerEvent
from bot.domain.server.first_contact import WelcomePlace
from bot.domain.server.guild_rules import Grant, Limit, Period, Rules, Scope
from bot.domain.server.member_settings import Preset
from bot.domain.server.reaction_rules import REACTIONS, ReactionKey
from bot.domain.server.schedules import Schedule
from bot.domain.server.shootouts import ShootoutKind, ShootoutTerms
from bot.domain.words.cast import CastKind, CastMember
from bot.settings import PostgresUrl
from bot.store import Answer, Decision, Record, ReviewRule, Spending, Store
from bot.store.engine.repository import Repository
from tests.support.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.support.examples import examples
from tests.support.postgres import Server
from tests.support.shared_postgres import WITH_SCHEMA, sockets

MINE, THEIRS = 700, 701
MESSAGE = 88_000_123
MEMBER, FORMER = 42, 4343
CANARY = "canary words"
RECIPE = "night trailer"
RERUN = REACTIONS["🔁"]
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
    given_up: Job
    """It has failed, and its request is still polled."""
    sample: Job
    """It is the sample of a voice."""
    shootout: Job
    """Members vote on it."""


Call = Callable[[Store, int, Guild, Any], Awaitable[object]]


async def accept_same_interaction(store: Store, guild_id: int, other: Guild, made: Any) -> object:
    card = made.card(guild_id, interaction_id=other.card.interaction_id)
    seen: list[object] = []
    stored = await store.cards.accept(
        card,
        [made.job(card)],
        lambda books: seen.append(all_of(books)),
    )
    assert stored[0].guild_id == guild_id
    return seen


def played(guild_id: int) -> CastMember:
    """A character of the guild."""
    return CastMember(
        id=CANARY, guild_id=guild_id, kind=CastKind.CHARACTER, name=CANARY, look=CANARY, made_by=MEMBER, made_at=1.0,
        channel_id=77, message_id=MESSAGE + 1, pictures=1,
    )  # fmt: skip


def scheduled(guild_id: int) -> Schedule:
    """A schedule of the guild."""
    return Schedule(
        id=CANARY, guild_id=guild_id, recipe=RECIPE, operation="", values={"prompt": CANARY}, repeat="daily",
        time="09:00", channel_id=77, made_by=MEMBER, made_at=1.0, limit=Decimal(9), next_at=1.0, is_off=False,
    )  # fmt: skip


def an_event(guild_id: int, theme: str = "cats", purse: int = 3) -> ServerEvent:
    """An event of the guild whose time is over."""
    return ServerEvent(
        id=CANARY, guild_id=guild_id, channel_id=55, theme=theme, purse=Decimal(purse), cap=Decimal(purse),
        prizes=(), made_by=MEMBER, begins_at=1.0, ends_at=2.0,
    )  # fmt: skip


async def add_event(store: Store, guild_id: int, *_: object) -> None:
    await store.events.add(an_event(guild_id), record=lambda _: None)


async def use_of_purse(store: Store, guild_id: int, *_: object) -> object:
    """Look at the purse of an event that has the id of another guild's."""
    await add_event(store, guild_id)
    return [await store.events.use(each, MEMBER) for each in await store.events.open(guild_id)]


async def end_event(store: Store, guild_id: int, *_: object) -> None:
    for each in await store.events.open(guild_id):
        await store.events.end(each, EventState.ENDED, (), record=lambda _: None)


async def fill_events(store: Store, guild_id: int) -> None:
    """Have an event, and a member of it with a place."""
    await store.events.add(an_event(guild_id, CANARY, 777), record=lambda _: None)
    row = "INSERT INTO event_members VALUES (?, ?, 4242, 1, 'C', 777)"
    await store._database.write(lambda db: db.execute(row, (guild_id, CANARY)))


async def matching_cast(store: Store, guild_id: int, *_: object) -> object:
    return list(await store.cast.matching(guild_id, ""))


async def keep_draft(store: Store, guild_id: int, _other: Guild, _made: Any) -> object:
    draft_id = await store.drafts.keep(guild_id, MEMBER, {}, expires_at=2e9)
    return await store.drafts.take(guild_id, MEMBER, draft_id)


async def compare_account(store: Store, guild_id: int, other: Guild, _made: Any) -> object:
    version = await store.account_checks.books_version(guild_id)
    return await store.account_checks.compare(guild_id, other.key.id, Decimal(4), version=version)


def all_of(books: Spending) -> list[object]:
    """All that a decision can look at."""
    return [
        books,
        books.grants(),
        books.unpriced(everywhere=False),
        books.spent_on_host_key(0, everywhere=False),
        *(
            books.spent(0, member=member, operation="", channel_id=channel_id)
            for member in (False, True)
            for channel_id in (0, 55)
        ),
    ]


def reaction_in(guild_id: int) -> ReactionKey:
    return ReactionKey(guild_id=guild_id, message_id=MESSAGE, emoji=RERUN.emoji, member_id=MEMBER)


def a_limit(credits_: str) -> Limit:
    return Limit(scope=Scope.EVERYONE, period=Period.WEEK, credits=Decimal(credits_))


# Every method that takes a guild, called for a guild with what belongs to another.
CALLS: dict[str, Call] = {
    "keys.set": lambda store, guild_id, _, made: store.keys.set(guild_id, SECRET[::-1], set_by=1, status=made.status()),
    "keys.current": lambda store, guild_id, *_: store.keys.current(guild_id),
    "keys.get": lambda store, guild_id, other, _: store.keys.get(guild_id, other.key.id),
    "keys.end_practice": lambda store, guild_id, *_: store.keys.end_practice(guild_id),
    "questions.ask_refund": lambda store, guild_id, other, _: store.questions.ask_refund(
        guild_id, other.job.id, record=lambda _: None
    ),
    "questions.refund": lambda store, guild_id, other, _: store.questions.refund(
        guild_id, other.job.id, note="", by_id=1, record=lambda _: None
    ),
    "questions.report": lambda store, guild_id, other, _: store.questions.report(
        guild_id, other.paid.id, MEMBER, most_a_day=9, record=lambda _: None
    ),
    "questions.is_reported": lambda store, guild_id, other, _: store.questions.is_reported(
        guild_id, other.paid.id, MEMBER
    ),
    "questions.dismiss": lambda store, guild_id, other, _: store.questions.dismiss(
        guild_id, other.paid.id, by_id=1, record=lambda _: None
    ),
    "practice.is_on": lambda store, guild_id, *_: store.practice.is_on(guild_id),
    "reviews.is_worked_in": lambda store, guild_id, *_: store.reviews.is_worked_in(guild_id, 55, since=0.0),
    "keys.remove": lambda store, guild_id, *_: store.keys.remove(guild_id),
    "keys.note_status": lambda store, guild_id, other, made: store.keys.note_status(
        guild_id, other.key.id, made.status("1")
    ),
    "keys.note_refused": lambda store, guild_id, other, _: store.keys.note_refused(
        guild_id, other.key.id, probe_at=1.0
    ),
    "keys.note_probe": lambda store, guild_id, other, _: store.keys.note_probe(guild_id, other.key.id, probe_at=2.0),
    "host_key_refusals.note": lambda store, guild_id, *_: store.host_key_refusals.note(guild_id, probe_at=1.0),
    "host_key_refusals.note_probe": lambda store, guild_id, *_: store.host_key_refusals.note_probe(
        guild_id, probe_at=2.0
    ),
    "host_key_refusals.clear": lambda store, guild_id, *_: store.host_key_refusals.clear(guild_id),
    "account_checks.books_version": lambda store, guild_id, *_: store.account_checks.books_version(guild_id),
    "account_checks.compare": compare_account,
    "account_checks.last": lambda store, guild_id, *_: store.account_checks.last(guild_id),
    "job_lists.has_made": lambda store, guild_id, other, _: store.job_lists.has_made(
        guild_id, other.paid.key_id, other.paid.operation, since=0.0
    ),
    "job_lists.repeating": lambda store, guild_id, other, _: store.job_lists.repeating(
        guild_id, other.paid.idempotency_key
    ),
    "keys.clear_refused": lambda store, guild_id, other, _: store.keys.clear_refused(guild_id, other.key.id),
    "absent_guilds.note": lambda store, guild_id, *_: store.absent_guilds.note(guild_id),
    "absent_guilds.remove": lambda store, guild_id, *_: store.absent_guilds.remove(guild_id),
    "absent_guilds.forget": lambda store, guild_id, *_: store.absent_guilds.forget(guild_id),
    "cards.mark_answered": lambda store, guild_id, other, _: store.cards.mark_answered(
        guild_id, other.unanswered.id, 1, 2
    ),
    "cards.move": lambda store, guild_id, other, _: store.cards.move(
        guild_id, other.card.id, message_id=1, channel_id=2
    ),
    "cards.share": lambda store, guild_id, other, _: store.cards.share(guild_id, other.paid.card_id, channel_id=55),
    "cards.drop": lambda store, guild_id, other, _: store.cards.drop(guild_id, other.unanswered.id, "No."),
    "cards.get": lambda store, guild_id, other, _: store.cards.get(guild_id, other.card.id),
    "cards.note_drawn": lambda store, guild_id, other, _: store.cards.note_drawn(guild_id, other.card.id),
    "jobs.get": lambda store, guild_id, other, _: store.jobs.get(guild_id, other.job.id),
    "jobs.of_card": lambda store, guild_id, other, _: store.jobs.of_card(guild_id, other.card.id),
    "cards.with_jobs": lambda store, guild_id, other, _: store.cards.with_jobs(guild_id, other.card.id),
    "job_lists.recent": lambda store, guild_id, *_: store.job_lists.recent(guild_id, limit=100),
    "ledger.balance": lambda store, guild_id, *_: store.ledger.balance(guild_id),
    "ledger.rows": lambda store, guild_id, *_: store.ledger.rows(guild_id),
    "true_costs.of_kind": lambda store, guild_id, other, _: store.true_costs.of_kind(
        guild_id, other.paid.key_id, other.paid.operation, PriceFactors(kind=other.paid.price_kind)
    ),
    "true_costs.all": lambda store, guild_id, other, _: store.true_costs.all(guild_id, other.paid.key_id),
    "events.add": add_event,
    "events.get": lambda store, guild_id, *_: store.events.get(guild_id, CANARY),
    "events.open": lambda store, guild_id, *_: store.events.open(guild_id),
    "events.join": lambda store, guild_id, *_: store.events.join(guild_id, CANARY, 4242),
    "events.announced": lambda store, guild_id, *_: store.events.announced(guild_id, CANARY, 1),
    "events.ranked": lambda store, guild_id, *_: store.events.ranked(an_event(guild_id)),
    "events.use": use_of_purse,
    "events.end": end_event,
    "events.places": lambda store, guild_id, *_: store.events.places(guild_id, CANARY),
    "events.posted": lambda store, guild_id, *_: store.events.posted(guild_id, CANARY),
    "cast.all": lambda store, guild_id, *_: store.cast.all(guild_id),
    "cast.matching": matching_cast,
    "cast.get": lambda store, guild_id, *_: store.cast.get(guild_id, CANARY),
    "cast.find": lambda store, guild_id, *_: store.cast.find(guild_id, keys=[CANARY], ids=[CANARY]),
    "cast.add": lambda store, guild_id, *_: store.cast.add(played(guild_id)),
    "cast.change": lambda store, guild_id, *_: store.cast.change(guild_id, CANARY, lambda was: replace(was, look="")),
    "cast.note_leftover": lambda store, guild_id, *_: store.cast.note_leftover(
        guild_id, 77, MESSAGE + 1, delete_at=0.0
    ),
    "cast.deleted": lambda store, guild_id, *_: store.cast.deleted(guild_id, MESSAGE),
    "shootouts.get": lambda store, guild_id, other, _: store.shootouts.get(guild_id, other.shootout.card_id),
    "shootouts.ended": lambda store, guild_id, *_: store.shootouts.ended(guild_id),
    "shootouts.vote": lambda store, guild_id, other, _: store.shootouts.vote(guild_id, other.shootout.id, FORMER),
    "shootouts.advance": lambda store, guild_id, other, _: store.shootouts.advance(
        guild_id, other.shootout.card_id, end=True
    ),
    "cast.delete_later": lambda store, guild_id, *_: store.cast.delete_later(guild_id, MESSAGE, 9e9),
    "member_settings.get": lambda store, guild_id, *_: store.member_settings.get(guild_id, MEMBER),
    "member_settings.change": lambda store, guild_id, *_: store.member_settings.change(
        guild_id, MEMBER, lambda own: replace(own, aspect_ratio="1:1")
    ),
    "member_settings.presets": lambda store, guild_id, *_: store.member_settings.presets(guild_id, MEMBER),
    "member_settings.preset": lambda store, guild_id, *_: store.member_settings.preset(guild_id, MEMBER, CANARY),
    "member_settings.keep_preset": lambda store, guild_id, *_: store.member_settings.keep_preset(
        guild_id, MEMBER, Preset(name=CANARY, operation="image.generate", values={})
    ),
    "member_settings.remove_preset": lambda store, guild_id, *_: store.member_settings.remove_preset(
        guild_id, MEMBER, CANARY
    ),
    "voices.used": lambda store, guild_id, other, _: store.voices.used(guild_id, other.paid.key_id),
    "voices.sample_of": lambda store, guild_id, other, _: store.voices.sample_of(guild_id, None, CANARY),
    "voices.forget_sample": lambda store, guild_id, other, _: store.voices.forget_sample(guild_id, other.sample.id),
    "job_lists.counts": lambda store, guild_id, *_: store.job_lists.counts(guild_id),
    "job_lists.results": lambda store, guild_id, other, _: store.job_lists.results(guild_id, kinds=list(MediaKind)),
    "job_lists.search": lambda store, guild_id, other, _: store.job_lists.search(
        guild_id, [], author_id=other.card.author_id
    ),
    "job_lists.found": lambda store, guild_id, other, _: store.job_lists.found(guild_id, [other.job.id, other.paid.id]),
    "job_lists.placed": lambda store, guild_id, other, _: store.job_lists.placed(guild_id, other.job.id),
    "job_lists.in_message": lambda store, guild_id, *_: store.job_lists.in_message(guild_id, MESSAGE),
    "switched_off.set": lambda store, guild_id, *_: store.switched_off.set(
        guild_id, ["image.generate"], on=True, by_id=1
    ),
    "settings.get": lambda store, guild_id, *_: store.settings.get(guild_id),
    "settings.change": lambda store, guild_id, *_: store.settings.change(
        guild_id, lambda rules: replace(rules, ping=False)
    ),
    "limits.all": lambda store, guild_id, *_: store.limits.all(guild_id),
    "limits.set": lambda store, guild_id, *_: store.limits.set(guild_id, a_limit("7"), by_id=1),
    "limits.remove": lambda store, guild_id, other, _: store.limits.remove(guild_id, other.limit.id),
    "grants.add": lambda store, guild_id, *_: store.grants.add(
        guild_id, MEMBER, Decimal(9), note="", by_id=1, expires_at=None
    ),
    "grants.of_member": lambda store, guild_id, *_: store.grants.of_member(guild_id, MEMBER, used_up=True),
    "blocks.add": lambda store, guild_id, *_: store.blocks.add(guild_id, MEMBER, until=None, reason="", by_id=1),
    "blocks.remove": lambda store, guild_id, *_: store.blocks.remove(guild_id, MEMBER),
    "blocks.active": lambda store, guild_id, *_: store.blocks.active(guild_id, MEMBER),
    "blocks.all": lambda store, guild_id, *_: store.blocks.all(guild_id),
    "alerts.note": lambda store, guild_id, *_: store.alerts.note(guild_id, CANARY, until=9e9),
    "alerts.keep": lambda store, guild_id, *_: store.alerts.keep(guild_id, CANARY, until=9e9),
    "pings.begin": lambda store, guild_id, other, _: store.pings.begin(guild_id, other.card.id),
    "pings.done": lambda store, guild_id, other, _: store.pings.done(guild_id, other.card.id),
    "pings.is_due": lambda store, guild_id, other, _: store.pings.is_due(guild_id, other.card.id),
    "prices.set": lambda store, guild_id, *_: store.prices.set(guild_id, "image.generate", "", None),
    "prices.replace": lambda store, guild_id, *_: store.prices.replace(guild_id, {}),
    "prices.all": lambda store, guild_id, *_: store.prices.all(guild_id),
    "decisions.add": lambda store, guild_id, *_: store.decisions.add(
        guild_id, lambda _: Record(by_id=1, kind="limit", text="x")
    ),
    "decisions.all": lambda store, guild_id, *_: store.decisions.all(guild_id),
    "outbox.remove": lambda store, guild_id, *_: store.outbox.remove(guild_id, 1),
    "outbox.take_back": lambda store, guild_id, other, _: store.outbox.take_back(
        Decision(
            id=1, guild_id=guild_id, at=0, by_id=MEMBER, kind="refund_request", text="", about={"job": other.job.id}
        )
    ),
    "spending.view": lambda store, guild_id, *_: store.spending.view(
        guild_id, MEMBER, lambda books: repr(all_of(books))
    ),
    "queue.start_waiting": lambda store, guild_id, *_: store.queue.start_waiting(guild_id),
    "queue.order": lambda store, guild_id, *_: store.queue.order(guild_id),
    "questions.get": lambda store, guild_id, other, _: store.questions.get(guild_id, "approval", other.asked.id),
    "questions.note_message": lambda store, guild_id, other, _: store.questions.note_message(
        guild_id, "approval", other.asked.id, channel_id=1, message_id=2
    ),
    "questions.approve": lambda store, guild_id, other, _: store.questions.approve(guild_id, other.asked.id),
    "questions.turn_down": lambda store, guild_id, other, _: store.questions.turn_down(
        guild_id, other.asked.id, JobState.REFUSED, "No."
    ),
    "drafts.keep": keep_draft,
    "drafts.get": lambda store, guild_id, other, _: store.drafts.get(guild_id, MEMBER, other.draft_id),
    "schedules.all": lambda store, guild_id, *_: store.schedules.all(guild_id),
    "schedules.get": lambda store, guild_id, *_: store.schedules.get(guild_id, CANARY),
    "schedules.spent": lambda store, guild_id, *_: store.schedules.spent(guild_id, CANARY),
    "schedules.add": lambda store, guild_id, *_: store.schedules.add(replace(scheduled(guild_id), id=new_id())),
    "schedules.change": lambda store, guild_id, *_: store.schedules.change(
        guild_id, CANARY, lambda was: replace(was, next_at=None)
    ),
    "schedules.delete": lambda store, guild_id, *_: store.schedules.delete(guild_id, CANARY),
    "recipes.get": lambda store, guild_id, *_: store.recipes.get(guild_id, RECIPE),
    "recipes.all": lambda store, guild_id, *_: store.recipes.all(guild_id),
    "recipes.save": lambda store, guild_id, *_: store.recipes.save(guild_id, "mine", {}, by_id=1, replaces=RECIPE),
    "recipes.delete": lambda store, guild_id, *_: store.recipes.delete(guild_id, RECIPE),
    "drafts.take": lambda store, guild_id, other, _: store.drafts.take(guild_id, MEMBER, other.draft_id),
    "reports.totals": lambda store, guild_id, *_: store.reports.totals(guild_id, [(0.0, 9e9)]),
    "reports.ledger_page": lambda store, guild_id, *_: store.reports.ledger_page(guild_id),
    "job_lists.page": lambda store, guild_id, *_: store.job_lists.page(guild_id, limit=100),
    "lineage.of": lambda store, guild_id, other, _: store.lineage.of(guild_id, other.job.id),
    "lineage.made_from": lambda store, guild_id, other, _: store.lineage.made_from(
        guild_id, [other.job.id, other.paid.id], limit=100
    ),
    "copies.note": lambda store, guild_id, other, _: store.copies.note(
        guild_id, other.job.id, channel_id=1, message_id=2, kind="gallery"
    ),
    "copies.of_card": lambda store, guild_id, other, _: store.copies.of_card(guild_id, other.card.id),
    "copies.forget": lambda store, guild_id, *_: store.copies.forget(guild_id, MESSAGE),
    "cards.take_down": lambda store, guild_id, other, _: store.cards.take_down(guild_id, other.card.id),
    "cards.erase": lambda store, guild_id, other, _: store.cards.erase(guild_id, other.paid.card_id),
    "cancellation.cancel": lambda store, guild_id, other, _: store.cancellation.cancel(
        guild_id, other.job.id, "No.", drop_by=1
    ),
    "cancellation.cancel_card": lambda store, guild_id, other, _: store.cancellation.cancel_card(
        guild_id, other.card.id, "No."
    ),
    "cancellation.keep": lambda store, guild_id, other, _: store.cancellation.keep(guild_id, [other.job.id]),
    "reviews.rules": lambda store, guild_id, *_: store.reviews.rules(guild_id),
    "reviews.set_rule": lambda store, guild_id, *_: store.reviews.set_rule(
        guild_id, ReviewRule(channel_id=0, review_channel=3)
    ),
    "reviews.remove_rule": lambda store, guild_id, *_: store.reviews.remove_rule(guild_id),
    "questions.begin_review": lambda store, guild_id, other, _: store.questions.begin_review(
        guild_id, other.reviewed.id
    ),
    "questions.review": lambda store, guild_id, other, _: store.questions.review(
        guild_id, other.reviewed.id, Answer.REFUSED, by_id=1
    ),
    "questions.withdraw_review": lambda store, guild_id, other, _: store.questions.withdraw_review(
        guild_id, other.reviewed.id
    ),
    "reviews.withheld_of": lambda store, guild_id, other, _: store.reviews.withheld_of(guild_id, [other.reviewed.id]),
    "reviews.is_reviewed": lambda store, guild_id, other, _: store.reviews.is_reviewed(
        guild_id, other.reviewed.card_id
    ),
    "welcomes.begin": lambda store, guild_id, *_: store.welcomes.begin(guild_id),
    "welcomes.end": lambda store, guild_id, *_: store.welcomes.end(guild_id, WelcomePlace.OWNER),
    "privacy.page": lambda store, guild_id, *_: store.privacy.page(guild_id, MEMBER),
    "copies.postpone": lambda store, guild_id, *_: store.copies.postpone(guild_id, MESSAGE, 8e9),
    "copies.doomed": lambda store, guild_id, *_: store.copies.doomed(limit=9, guild_id=guild_id),
    "retention.jobs_of": lambda store, guild_id, *_: store.retention.jobs_of(guild_id),
    "retention.give_up": lambda store, guild_id, *_: store.retention.give_up(guild_id),
    "retention.erase_some": lambda store, guild_id, *_: store.retention.erase_some(guild_id, 8e9, lambda _: False),
    "retention.clear_out": lambda store, guild_id, *_: store.retention.clear_out(guild_id, 8e9),
    "spending.of_host": lambda store, guild_id, *_: store.spending.of_host(guild_id),
    "privacy.erase": lambda store, guild_id, *_: store.privacy.erase(guild_id, MEMBER),
    "cards.in_message": lambda store, guild_id, *_: store.cards.in_message(guild_id, MESSAGE),
    "reaction_acts.note": lambda store, guild_id, other, _: store.reaction_acts.note(
        replace(reaction_in(guild_id), member_id=MEMBER + 1), RERUN, card_id=other.card.id
    ),
    "reaction_acts.note_done": lambda store, guild_id, *_: store.reaction_acts.note_done(reaction_in(guild_id)),
    "reaction_acts.note_failed": lambda store, guild_id, *_: store.reaction_acts.note_failed(reaction_in(guild_id)),
    "reaction_acts.any_wait": lambda store, guild_id, other, _: store.reaction_acts.any_wait(guild_id, other.card.id),
    "reaction_acts.take_back": lambda store, guild_id, *_: store.reaction_acts.take_back(reaction_in(guild_id)),
    "reaction_acts.clear": lambda store, guild_id, *_: store.reaction_acts.clear(guild_id, MESSAGE, None),
    "reaction_acts.stars": lambda store, guild_id, other, _: store.reaction_acts.stars(guild_id, other.card.id),
    "reaction_acts.most_starred": lambda store, guild_id, *_: store.reaction_acts.most_starred(guild_id, 0, 9e9, 9),
    "weekly.channel_of": lambda store, guild_id, *_: store.weekly.channel_of(guild_id),
    "weekly.set_channel": lambda store, guild_id, *_: store.weekly.set_channel(guild_id, None),
    "weekly.postpone": lambda store, guild_id, *_: store.weekly.postpone(guild_id, 60.0),
    # These take the guild inside what they are given.
    "rechecks.postpone": lambda store, guild_id, other, _: store.rechecks.postpone(
        replace(other.given_up, guild_id=guild_id), None, counts=True
    ),
    "rechecks.found": lambda store, guild_id, other, _: store.rechecks.found(
        replace(other.given_up, guild_id=guild_id), output={}, media=(), cost=Decimal(7), sentence="Late."
    ),
    "rechecks.billed": lambda store, guild_id, other, _: store.rechecks.billed(
        replace(other.given_up, guild_id=guild_id), Decimal(7)
    ),
    "jobs.advance": lambda store, guild_id, other, _: store.jobs.advance(
        replace(other.job, guild_id=guild_id), JobState.QUEUED
    ),
    "jobs.change": lambda store, guild_id, other, _: store.jobs.change(
        replace(other.job, guild_id=guild_id), JobState.FAILED, release=True
    ),
    "jobs.raise_hold": lambda store, guild_id, other, _: store.jobs.raise_hold(
        replace(other.job, guild_id=guild_id), Decimal(900)
    ),
    "cards.accept": accept_same_interaction,
    "spending.left_of": lambda store, guild_id, other, _: store.spending.left_of(
        replace(other.card, guild_id=guild_id), [other.job]
    ),
}
GUILD_INSIDE = {
    "jobs.advance", "jobs.change", "jobs.raise_hold", "cards.accept", "rechecks.postpone", "rechecks.found",
    "rechecks.billed", "reaction_acts.note", "reaction_acts.note_done", "reaction_acts.note_failed",
    "reaction_acts.take_back", "outbox.take_back",
    "spending.left_of", "cast.add", "schedules.add",
    "events.add", "events.ranked", "events.use", "events.end",
}  # fmt: skip
OF_ALL_JOBS = {"absent_guilds.note", "absent_guilds.forget", "retention.clear_out"}
"""What ends jobs of the guild, or erases what is of it, without being given one."""
WITHOUT_GUILD = {
    # What the host does on the command line, by the id of a job.
    "host_jobs.find", "host_jobs.doubt", "host_jobs.make_due", "host_jobs.recheck_now",
    "retention.forget_left_over", "former_members.replace_due",
    "cards.unanswered", "cards.being_made", "cards.queued", "cards.undrawn", "job_lists.open_total", "figures.now",
    "leases.drop", "leases.take_over", "leases.free", "leases.claim", "leases.under",
    "jobs.known",
    "cast.leftovers", "shootouts.due", "events.due", "weekly.due", "reaction_acts.unshown", "schedules.due",
    "histograms.all", "histograms.set",
    "switched_off.all", "queue.guilds", "reaction_acts.due", "questions.unasked", "questions.overdue",
    "meta.forget", "meta.get", "meta.set",
    "settings.guilds_with_log", "pings.overdue", "outbox.next_lines", "outbox.listen",
    "absent_guilds.all", "absent_guilds.concerned", "absent_guilds.with_unsent", "absent_guilds.overdue",
    "privacy.guilds_of", "retention.erase_old", "retention.forget_expired", "retention.to_purge",
    "rechecks.due", "keys.newest", "keys.refused", "host_key_refusals.all", "account_checks.to_check",
    "api_changes.adopt", "api_changes.latest", "api_facts.all", "api_facts.delete",
    "welcomes.expect", "welcomes.due",
    "own_accounts.guilds", "own_accounts.remove", "own_accounts.sums",
    "practice.guilds", "practice.sent",
}  # fmt: skip


def methods_of(store: Store) -> dict[str, Any]:
    """The public methods of every repository, by `repository.method`."""
    return {
        f"{attribute}.{name}": method
        for attribute, repository in vars(store).items()
        if isinstance(repository, Repository)
        for name, method in inspect.getmembers(repository, inspect.ismethod)
        if not name.startswith("_")
    }


async def test_every_method_is_checked(store: Store) -> None:
    methods = methods_of(store)
    assert methods.keys() == CALLS.keys() | WITHOUT_GUILD
    with_guild = {name for name, method in methods.items() if "guild_id" in inspect.signature(method).parameters}
    assert with_guild == CALLS.keys() - GUILD_INSIDE


async def populate(store: Store, guild_id: int, made: Any, accepted: Any) -> Guild:
    await store.absent_guilds.note(guild_id)
    key = (await store.keys.set(guild_id, SECRET, set_by=1, status=made.status())).key
    card, (job,) = await accepted(store, "30", guild_id=guild_id, key_id=key.id)
    unanswered, _ = await accepted(store, "4", guild_id=guild_id, answered=False)
    _, (paid,) = await accepted(store, "5", guild_id=guild_id, price_kind=CANARY, key_id=key.id)
    image = Media(url=f"https://media.test/{guild_id}.png", kind=MediaKind.IMAGE, key="image_url")
    await store.jobs.change(
        paid,
        JobState.DELIVERED,
        settle=Decimal("5.5"),
        cost=Decimal("5.5"),
        media=(image,),
        message_id=MESSAGE,
    )
    await store.weekly.set_channel(guild_id, 777)
    _, (over,) = await accepted(store, "3", guild_id=guild_id, key_id=key.id)
    await store.jobs.change(over, JobState.DELIVERED, settle=Decimal(3))
    await store.copies.note(guild_id, paid.id, channel_id=55, message_id=MESSAGE, kind="gallery")
    await store.questions.report(guild_id, paid.id, MEMBER, most_a_day=9, record=lambda _: None)
    await store.reaction_acts.note(reaction_in(guild_id), RERUN, card_id=paid.card_id)
    await store.switched_off.set(guild_id, ["image.generate"], on=False, by_id=1)
    limit = await store.limits.set(guild_id, a_limit("777"), by_id=1)
    grant = await store.grants.add(guild_id, MEMBER, Decimal(888), note=CANARY, by_id=1, expires_at=None)
    await store.blocks.add(guild_id, MEMBER, until=None, reason=CANARY, by_id=1)
    await store.prices.set(guild_id, "image.generate", "", Decimal(999))
    await store.alerts.note(guild_id, CANARY, until=8e9)
    await store.settings.change(guild_id, lambda _: Rules(words=(CANARY,), running_per_member=99, log_channel=777))
    await store.decisions.add(guild_id, lambda _: Record(by_id=1, kind="grant", text=CANARY))
    await accepted(store, "6", guild_id=guild_id, state=JobState.WAITING)
    asked = made.card(guild_id)
    verdict = Verdict(
        states=(JobState.AWAITING_APPROVAL,), draws=(Draw(item=0, grant_id=grant.id, credits=Decimal(3)),)
    )
    await store.cards.accept(asked, [made.job(asked, 0, "7")], lambda _: verdict)
    await store.cards.mark_answered(guild_id, asked.id, 901, 55)
    draft_id = await store.drafts.keep(guild_id, MEMBER, {"prompt": CANARY}, expires_at=2e9)
    await store.member_settings.change(guild_id, MEMBER, lambda own: replace(own, style=CANARY))
    preset = Preset(name=CANARY, operation="image.generate", values={"style": CANARY})
    await store.member_settings.keep_preset(guild_id, MEMBER, preset)
    await fill_events(store, guild_id)
    await store.cast.add(played(guild_id))
    await store.cast.note_leftover(guild_id, 77, MESSAGE, delete_at=0.0)
    spoken = made.card(guild_id)
    _, (sample,), _ = await store.cards.accept(spoken, [made.job(spoken, 0, "2")], lambda _: None, sample_of=CANARY)
    await store.cards.mark_answered(guild_id, spoken.id, 902, 55)
    duel, terms = made.card(guild_id), ShootoutTerms(kind=ShootoutKind.IMAGE, minutes=10)
    open_job = replace(made.job(duel, 0, "2"), shootout=ShootoutPhase.OPEN)
    _, (voted_on,), _ = await store.cards.accept(duel, [open_job], lambda _: None, shootout=terms)
    await store.cards.mark_answered(guild_id, duel.id, 903, 55)
    await store.jobs.change(voted_on, JobState.DELIVERED, settle=Decimal(2), media=(image,), message_id=MESSAGE + 5)
    await store.shootouts.vote(guild_id, voted_on.id, MEMBER)
    await store.recipes.save(guild_id, RECIPE, {"about": CANARY}, by_id=1)
    await store.schedules.add(scheduled(guild_id))
    daily = made.card(guild_id)
    await store.cards.accept(daily, [made.job(daily, 0, "1")], lambda _: None, run=scheduled(guild_id))
    await store.cards.mark_answered(guild_id, daily.id, 903, 55)
    _, (reviewed,) = await accepted(store, "8", guild_id=guild_id)
    await store.jobs.change(reviewed, JobState.READY, media=(image,))
    await store.reviews.set_rule(guild_id, ReviewRule(channel_id=0, review_channel=77))
    await store.questions.begin_review(guild_id, reviewed.id)
    _, (lost,) = await accepted(store, "9", guild_id=guild_id, key_id=key.id)
    await store.jobs.change(lost, JobState.FAILED, release=True, recheck=True, remote_id=f"req_{lost.id}")
    given_up = await store.jobs.get(guild_id, lost.id)
    assert given_up is not None
    await store.host_key_refusals.note(guild_id, probe_at=1.0)
    await store.privacy.erase(guild_id, FORMER)
    await store.welcomes.expect({guild_id: 777.0})
    version = await store.account_checks.books_version(guild_id)
    await store.account_checks.compare(guild_id, key.id, Decimal(555), version=version)
    return Guild(key, card, job, unanswered, limit, grant, asked, draft_id, paid, reviewed, given_up, sample, voted_on)


@dataclass(frozen=True)
class Populated:
    """A database with one guild in it, that guild, and what counts the ids of what is made next."""

    address: Path | PostgresUrl
    theirs: Guild
    made: Any


_populated: dict[str, Populated] = {}
"""One of each kind of database, which the tests copy: to populate a store takes longer than any call."""


@pytest.fixture
async def populated(
    open_store: Any, made: Any, accepted: Any, databases: Databases, tmp_path_factory: Any, postgres_folder: Path
) -> tuple[Store, Guild, Any]:
    """Return a store with the other guild in it, that guild, and what makes cards and jobs."""
    if databases.name not in _populated:
        kept = SqliteDatabases(tmp_path_factory.mktemp("populated"))
        if isinstance(databases, PostgresDatabases):
            kept = PostgresDatabases(Server(sockets(postgres_folder)), WITH_SCHEMA)
        address = kept.new()
        store = await open_store(address)
        theirs = await populate(store, THEIRS, made, accepted)
        await store.close()
        _populated[databases.name] = Populated(address, theirs, made)
    known = _populated[databases.name]
    return await open_store(databases.copy_of(known.address)), known.theirs, known.made


TABLES = (
    "absent_guilds", "account_checks", "alerts", "best_of_week",
    "blocks", "cards", "cast_leftovers", "cast_members", "copies",
    "decisions", "drafts",
    "draws", "event_members", "events",
    "former_members", "grants", "guild_keys", "host_key_refusals", "job_texts", "jobs",
    "ledger", "ledger_totals", "limits",
    "member_settings", "outbox", "presets", "prices", "reaction_acts",
    "questions", "recipes", "review_rules", "rules", "running_totals",
    "shootout_votes", "shootouts", "switched_off", "voice_samples", "welcomes",
    "schedule_runs", "schedules",
)  # fmt: skip


async def rows_of(store: Store, guild_id: int) -> list[tuple[object, ...]]:
    return await store._database.read(
        lambda db: [
            tuple(row)
            for table in TABLES
            for row in db.execute(f"SELECT * FROM {table} WHERE guild_id = ? ORDER BY 1, 2", (guild_id,))
        ]
    )


def test_every_table_with_a_guild_is_checked(tmp_path: Any) -> None:
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


EACH_CALL = [
    pytest.param(name, is_refused, marks=[pytest.mark.long] if is_refused and "key" not in name else [])
    for name in sorted(CALLS)
    for is_refused in (False, True)
]
"""With a key that was refused, `make test` tries what has to do with keys."""


@pytest.mark.parametrize(("name", "is_refused"), EACH_CALL)
async def test_a_method_for_one_guild_neither_sees_nor_touches_another(
    populated: tuple[Store, Guild, Any], name: str, is_refused: bool
) -> None:
    store, theirs, made = populated
    if is_refused:
        await store.keys.note_refused(THEIRS, theirs.key.id, probe_at=1.0)
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


@pytest.mark.sqlite_only("each call is tried on both")
@settings(
    max_examples=examples(quick=8, long=30),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(st.sampled_from(sorted(CALLS)), min_size=1, max_size=12))
async def test_no_sequence_of_calls_crosses_guilds(
    open_store: Any, made: Any, accepted: Any, databases: Any, names: list[str]
) -> None:
    store = await open_store(databases.new(), secret_keys=("x" * 32,))
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
    if OF_ALL_JOBS.isdisjoint(names):
        assert await store.jobs.get(MINE, mine.job.id) == mine.job
        assert await store.questions.get(MINE, "approval", mine.asked.id) is not None
        assert (await store.grants.of_member(MINE, MEMBER, used_up=True))[0] == replace(mine.grant, left=Decimal(885))
    await store.close()
