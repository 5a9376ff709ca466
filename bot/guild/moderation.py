"""The acts of a server's moderators, one service for each subject.

Switches of operations are in `operation_switches`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.guild.access import AccessChanges
from bot.guild.approvals import ApprovalDecisions
from bot.guild.changes import JobSignals
from bot.guild.languages import Languages
from bot.guild.practice import ShowCard
from bot.guild.prices import PriceChanges
from bot.guild.quota import QuotaChanges
from bot.guild.reactions import ReactionChanges
from bot.guild.recipes import RecipeChanges
from bot.guild.removals import Removals
from bot.guild.result_reports import ResultReportActs
from bot.guild.reviews import ReviewDecisions
from bot.guild.server_key import ServerKeyChanges
from bot.guild.settings import SettingsChanges
from bot.guild.status_pace import StatusPace
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """What moderators do. Each method is one transaction with its line of the record."""

    access: AccessChanges
    approvals: ApprovalDecisions
    key: ServerKeyChanges
    prices: PriceChanges
    quota: QuotaChanges
    reactions: ReactionChanges
    recipes: RecipeChanges
    removals: Removals
    reports: ResultReportActs
    reviews: ReviewDecisions
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
    """Put the services together on a store; `show` brings a card up to date."""
    return Moderation(
        access=AccessChanges(store, worker=worker),
        approvals=ApprovalDecisions(store, worker=worker, languages=languages),
        key=ServerKeyChanges(store, worker=worker, client=client, pace=pace, show=show),
        prices=PriceChanges(store, worker=worker),
        quota=QuotaChanges(store, worker=worker),
        reactions=ReactionChanges(store, worker=worker),
        recipes=RecipeChanges(store, worker=worker),
        removals=Removals(store, worker=worker, catalogue=catalogue),
        reports=ResultReportActs(store, worker=worker),
        reviews=ReviewDecisions(store, worker=worker, languages=languages),
        settings=SettingsChanges(store, worker=worker),
    )
