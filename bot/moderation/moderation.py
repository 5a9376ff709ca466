"""The actions of a server's moderators, one service per subject.

Operation switches are in `operation_switches`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.members import AccessChanges, QuotaChanges
from bot.moderation.questions import QuestionActs, ReviewRuleChanges
from bot.moderation.results import Removals
from bot.moderation.server_key import ServerKeyChanges
from bot.prices.server_list import PriceChanges
from bot.server.community.schedules import ScheduleChanges
from bot.server.community.week import WeekChanges
from bot.server.recipes import RecipeChanges
from bot.server.settings import SettingsChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """Moderators' actions. Each method is one transaction with its record line."""

    access: AccessChanges
    key: ServerKeyChanges
    prices: PriceChanges
    questions: QuestionActs
    quota: QuotaChanges
    recipes: RecipeChanges
    removals: Removals
    reviews: ReviewRuleChanges
    schedules: ScheduleChanges
    settings: SettingsChanges
    week: WeekChanges
