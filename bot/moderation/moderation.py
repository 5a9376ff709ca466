"""The actions of a server's moderators, one service per subject.

Operation switches are in `operation_switches`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.account.key_health import StatusPace
from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.moderation.members import AccessChanges, QuotaChanges
from bot.moderation.questions import QuestionActs, ReviewRuleChanges
from bot.moderation.results import Removals
from bot.moderation.server_key import ServerKeyChanges
from bot.prices.server_list import PriceChanges
from bot.server.community.schedules import ScheduleChanges
from bot.server.practice import ShowCard
from bot.server.reactions import ReactionChanges
from bot.server.recipes import RecipeChanges
from bot.server.settings import Languages, SettingsChanges
from bot.store import Store
from bot.store.acts import JobSignals


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """Moderators' actions. Each method is one transaction with its record line."""

    access: AccessChanges
    key: ServerKeyChanges
    prices: PriceChanges
    questions: QuestionActs
    quota: QuotaChanges
    reactions: ReactionChanges
    recipes: RecipeChanges
    removals: Removals
    reviews: ReviewRuleChanges
    schedules: ScheduleChanges
    settings: SettingsChanges


def make_moderation(
    store: Store,
    *,
    client: CannonClient,
    catalogue: LiveCatalogue,
    pace: StatusPace,
    worker: JobSignals,
    languages: Languages,
    show: ShowCard,
) -> Moderation:
    """Assemble the services on a store; `show` updates a card."""
    return Moderation(
        access=AccessChanges(store, worker=worker),
        key=ServerKeyChanges(store, worker=worker, client=client, pace=pace, show=show),
        prices=PriceChanges(store, worker=worker),
        questions=QuestionActs(store, worker=worker, languages=languages),
        quota=QuotaChanges(store, worker=worker),
        reactions=ReactionChanges(store, worker=worker),
        recipes=RecipeChanges(store, worker=worker),
        removals=Removals(store, worker=worker, catalogue=catalogue),
        reviews=ReviewRuleChanges(store, worker=worker),
        schedules=ScheduleChanges(store, worker=worker),
        settings=SettingsChanges(store, worker=worker),
    )
