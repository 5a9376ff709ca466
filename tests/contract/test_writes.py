"""Who may change what: the surface changes nothing itself, and a moderator's change is never without its record."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.runtime.clock import SystemClock
from bot.store import SecretBox, SqliteDatabase, Store
from bot.store.engine.repository import Repository
from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
WRITES = frozenset({"write", "_write", "_execute", "_recorded"})
"""How a repository's method writes: by the database, for a guild, one statement, or with a line of the record."""


@pytest.fixture(scope="module")
def repositories() -> dict[str, type[Repository]]:
    """The repositories by the store's attributes."""
    database = SqliteDatabase.__new__(SqliteDatabase)
    store = Store(database, SecretBox(["x" * 32]), SystemClock())
    return {name: type(each) for name, each in vars(store).items() if isinstance(each, Repository)}


def calls_of(method: object) -> set[str]:
    """Return the names of the methods that a method calls."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))  # type: ignore[arg-type]
    return {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def writers(repository: type[Repository]) -> set[str]:
    """Return the public methods that write, by themselves or through another of theirs."""
    methods = {name: calls_of(each) for name, each in vars(repository).items() if inspect.isfunction(each)}
    found = {name for name, called in methods.items() if called & WRITES}
    while more := {name for name, called in methods.items() if called & found} - found:
        found |= more
    return {name for name in found if not name.startswith("_")}


def test_the_writers_are_found(repositories: dict[str, type[Repository]]) -> None:
    assert {"set", "remove", "note_status"} <= writers(repositories["keys"])
    assert "note_message" in writers(repositories["questions"])
    assert not {"current", "get"} & writers(repositories["keys"])
    assert writers(repositories["reports"]) == set()
    assert sum(len(writers(each)) for each in repositories.values()) > 50


def store_uses(tree: ast.AST) -> Iterator[tuple[str, str | None, int]]:
    """Give each use of a repository: its name or class, the method that is taken, or None where none is."""
    parents = {child: node for node in walked(tree) for child in ast.iter_child_nodes(node)}
    for node in walked(tree):
        user = parents.get(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "use":
            yield ast.unparse(node.args[1]), user.attr if isinstance(user, ast.Attribute) else None, node.lineno
        if not isinstance(node, ast.Attribute) or not _is_store(node.value):
            continue
        yield node.attr, user.attr if isinstance(user, ast.Attribute) else None, node.lineno


def _is_store(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr in {"store", "_store"}) or (
        isinstance(node, ast.Name) and node.id == "store"
    )


def changes_in(source: str, repositories: dict[str, type[Repository]]) -> list[str]:
    """Return what of the store a module changes, and what hides it: a repository under another name."""
    found = []
    named = repositories | {each.__name__: each for each in repositories.values()}
    for repository, method, line in store_uses(parsed(source)):
        if repository not in named:
            continue
        if method is None or method in writers(named[repository]):
            found.append(f"{line}: {repository}.{method}")
    return found


def test_cogs_change_nothing_in_the_store(repositories: dict[str, type[Repository]]) -> None:
    paths = {path for path in (ROOT / "cogs").rglob("*.py") if path.name != "acts.py"}
    paths -= {ROOT / "cogs/__init__.py"}  # it lists what `use` returns
    found = {str(path): changes_in(path.read_text(), repositories) for path in paths}
    assert {path: changes for path, changes in found.items() if changes} == {}


def unrecorded(source: str, repositories: dict[str, type[Repository]]) -> list[str]:
    """Return the calls of methods that can record, without a record."""
    found = []
    for node in walked(parsed(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if not isinstance(owner, ast.Attribute) or not _is_store(owner.value) or owner.attr not in repositories:
            continue
        parameters = list(inspect.signature(getattr(repositories[owner.attr], node.func.attr)).parameters)[1:]
        given = {*parameters[: len(node.args)], *(each.arg for each in node.keywords)}
        if "record" in parameters and "record" not in given:
            found.append(f"{owner.attr}.{node.func.attr}")
    return found


def _of_services() -> list[Path]:
    return [
        path for room in ("account", "moderation", "prices", "server") for path in (ROOT / "bot" / room).glob("*.py")
    ]


def test_services_for_moderators_record_what_they_change(repositories: dict[str, type[Repository]]) -> None:
    found = {path.name: unrecorded(path.read_text(), repositories) for path in _of_services()}
    # The host's switch belongs to no server, and an alert that is not to be repeated is nobody's act.
    assert {name: calls for name, calls in found.items() if calls} == {
        "operations.py": ["switched_off.set"],
        "alerts.py": ["alerts.note"] * 2,
    }
