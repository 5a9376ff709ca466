"""The store: jobs, cards, keys and the ledger, in one SQLite file."""

from bot.store.approvals import Approval
from bot.store.books import Spending
from bot.store.database import Database
from bot.store.ledger import LedgerRow, LedgerSums
from bot.store.secrets import SecretBox
from bot.store.settings import Decision
from bot.store.store import Store

__all__ = ["Approval", "Database", "Decision", "LedgerRow", "LedgerSums", "SecretBox", "Spending", "Store"]
