"""PostgreSQL tells of each row that a process may keep in memory, as SQLite does (bot/store/engine/row_cache.py)."""

from __future__ import annotations

import re
from importlib.resources import files

from bot.store.engine.row_cache import Recalled

_TRIGGER = re.compile(
    r"CREATE TRIGGER (\w+) AFTER (?:INSERT OR UPDATE OR DELETE|DELETE OR UPDATE OF [\w,\s]+?)\s+ON (\w+)\s+"
    r"FOR EACH ROW EXECUTE FUNCTION tell_written\((.*)\);"
)


def _told() -> dict[str, tuple[str, tuple[str, ...]]]:
    folder = files("bot.store").joinpath("migrations")
    scripts = [file for file in folder.iterdir() if file.name.endswith(".postgresql.sql")]
    sql = "\n".join(file.read_text(encoding="utf-8") for file in scripts)
    found = _TRIGGER.findall(sql)
    assert len(found) == sql.count("EXECUTE FUNCTION tell_written"), "a trigger is written in another way"
    return {name: (table, tuple(re.findall(r"'(\w+)'", words))) for name, table, words in found}


def test_each_table_that_a_subject_is_read_from_tells_its_key() -> None:
    expected = {
        f"{table}_tell_{subject.name.lower()}": (table, (subject.name, *columns))
        for subject in Recalled
        for columns, tables in [subject.value]
        for table in tables
    }
    assert _told() == expected
