"""The store: jobs, cards, keys and the ledger, in one SQLite file."""

from bot.store.approvals import Approval
from bot.store.books import Spending
from bot.store.database import Database
from bot.store.family import Cancelled, Copy
from bot.store.ledger import LedgerRow, LedgerSums
from bot.store.recipes import KeptRecipe, Saved
from bot.store.secrets import SecretBox
from bot.store.settings import Decision
from bot.store.store import Store

__all__ = [
    "Approval",
    "Cancelled",
    "Copy",
    "Database",
    "Decision",
    "KeptRecipe",
    "LedgerRow",
    "LedgerSums",
    "Saved",
    "SecretBox",
    "Spending",
    "Store",
]
