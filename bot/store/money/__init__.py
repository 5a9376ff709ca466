"""The ledger, spending and reports, in SQL."""
