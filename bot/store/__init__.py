"""The store: jobs, cards, keys and the ledger, in one database."""

from bot.store.engine.database import Database
from bot.store.engine.group_commit import CommitUnknown
from bot.store.engine.repository import APPROVAL, REFUND_REQUEST, REPORT, REVIEW, Change, Decision, Record, RecordOf
from bot.store.engine.sqlite_database import SqliteDatabase
from bot.store.guild.account import AccountChecks
from bot.store.guild.community.own_accounts import MemberAccounts, RemovedAccount
from bot.store.guild.community.recipes import Recipes, Saved, StoredRecipe
from bot.store.guild.community.schedules import Schedules
from bot.store.guild.community.weekly import BestOfWeek
from bot.store.guild.keys import GuildKeys, Practice, RetiredKey
from bot.store.guild.members import StoredPreset, Voices, VoiceUse
from bot.store.guild.privacy import Erased, Privacy
from bot.store.guild.questions import Answer, GrantNote, Question, Questions, ReportOutcome
from bot.store.guild.reactions import DueWish, ReactionActs
from bot.store.guild.record import Decisions
from bot.store.guild.reviews import ReviewRule, Reviews
from bot.store.guild.settings import GuildSettings
from bot.store.host.backup import Backups
from bot.store.jobs.cards import Cards, FirstAttempts
from bot.store.jobs.copies import Copies, Copy
from bot.store.jobs.ending import Cancelled
from bot.store.jobs.job_lists import SEARCHED, JobLists
from bot.store.jobs.jobs import Jobs, RequestOfAnother
from bot.store.jobs.rows import PlacedJob
from bot.store.money.ledger import Ledger, LedgerRow, LedgerSums
from bot.store.money.limits import Blocks, Limits
from bot.store.money.prices import CostsByKind, Prices
from bot.store.money.reports import START, Mark, Report, ReportPage, Reports
from bot.store.money.spending import Spending, SpendingViews
from bot.store.processes import Claimed
from bot.store.store import Store
from bot.store.vault.secret_box import SecretBox

__all__ = [
    "APPROVAL",
    "REFUND_REQUEST",
    "REPORT",
    "REVIEW",
    "SEARCHED",
    "START",
    "AccountChecks",
    "Answer",
    "Backups",
    "BestOfWeek",
    "Blocks",
    "Cancelled",
    "Cards",
    "Change",
    "Claimed",
    "CommitUnknown",
    "Copies",
    "Copy",
    "CostsByKind",
    "Database",
    "Decision",
    "Decisions",
    "DueWish",
    "Erased",
    "FirstAttempts",
    "GrantNote",
    "GuildKeys",
    "GuildSettings",
    "JobLists",
    "Jobs",
    "Ledger",
    "LedgerRow",
    "LedgerSums",
    "Limits",
    "Mark",
    "MemberAccounts",
    "PlacedJob",
    "Practice",
    "Prices",
    "Privacy",
    "Question",
    "Questions",
    "ReactionActs",
    "Recipes",
    "Record",
    "RecordOf",
    "RemovedAccount",
    "Report",
    "ReportOutcome",
    "ReportPage",
    "Reports",
    "RequestOfAnother",
    "RetiredKey",
    "ReviewRule",
    "Reviews",
    "Saved",
    "Schedules",
    "SecretBox",
    "Spending",
    "SpendingViews",
    "SqliteDatabase",
    "Store",
    "StoredPreset",
    "StoredRecipe",
    "VoiceUse",
    "Voices",
]
