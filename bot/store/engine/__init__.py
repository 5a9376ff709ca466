"""One SQLite file with one writer: connections, transactions, migrations."""
