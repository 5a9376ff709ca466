"""The store: jobs, cards, keys and the ledger, in one database."""

from bot.store.engine.database import Database
from bot.store.engine.repository import REFUND_REQUEST, REPORT, Change, Decision, Record, RecordOf
from bot.store.engine.sqlite_database import SqliteDatabase
from bot.store.guild.approvals import Approval
from bot.store.guild.members import StoredPreset, WordOffer
from bot.store.guild.privacy import Erased
from bot.store.guild.reactions import DueWish
from bot.store.guild.recipes import Saved, StoredRecipe
from bot.store.guild.record import ReportOutcome
from bot.store.guild.reviews import Review, ReviewRule, ReviewVerdict
from bot.store.jobs.copies import Copy, DoomedCopy
from bot.store.jobs.ending import Cancelled
from bot.store.jobs.jobs import Claimed
from bot.store.jobs.overshoots import Overshoot
from bot.store.jobs.rechecks import JobAttempt
from bot.store.jobs.rows import PlacedJob
from bot.store.jobs.tried_values import TriedOutcome, TriedValue
from bot.store.money.ledger import LedgerRow, LedgerSums
from bot.store.money.prices import PricedKind
from bot.store.money.spending import Spending
from bot.store.store import Store
from bot.store.vault.secret_box import SecretBox

__all__ = [
    "REFUND_REQUEST",
    "REPORT",
    "Approval",
    "Cancelled",
    "Change",
    "Claimed",
    "Copy",
    "Database",
    "Decision",
    "DoomedCopy",
    "DueWish",
    "Erased",
    "JobAttempt",
    "LedgerRow",
    "LedgerSums",
    "Overshoot",
    "PlacedJob",
    "PricedKind",
    "Record",
    "RecordOf",
    "ReportOutcome",
    "Review",
    "ReviewRule",
    "ReviewVerdict",
    "Saved",
    "SecretBox",
    "Spending",
    "SqliteDatabase",
    "Store",
    "StoredPreset",
    "StoredRecipe",
    "TriedOutcome",
    "TriedValue",
    "WordOffer",
]
