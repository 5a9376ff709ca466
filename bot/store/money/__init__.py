"""The ledger, what was spent of it, and the reports, in SQL."""
