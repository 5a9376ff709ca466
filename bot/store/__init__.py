"""The store: jobs, cards, keys and the ledger, in one SQLite file."""

from bot.store.approvals import Approval
from bot.store.books import Spending
from bot.store.database import Database
from bot.store.family import Cancelled, Copy
from bot.store.ledger import LedgerRow, LedgerSums
from bot.store.privacy import Erased
from bot.store.recipes import KeptRecipe, Saved
from bot.store.review import Review, ReviewRule, Verdict
from bot.store.secrets import SecretBox
from bot.store.settings import Decision
from bot.store.store import Store

__all__ = [
    "Approval",
    "Cancelled",
    "Copy",
    "Database",
    "Decision",
    "Erased",
    "KeptRecipe",
    "LedgerRow",
    "LedgerSums",
    "Review",
    "ReviewRule",
    "Saved",
    "SecretBox",
    "Spending",
    "Store",
    "Verdict",
]
