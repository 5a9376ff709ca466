"""The store: jobs, cards, keys and the ledger, in one SQLite file."""

from bot.store.database import Database
from bot.store.ledger import LedgerRow, LedgerSums, Spending
from bot.store.secrets import SecretBox
from bot.store.store import Store

__all__ = ["Database", "LedgerRow", "LedgerSums", "SecretBox", "Spending", "Store"]
