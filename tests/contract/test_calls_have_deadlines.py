"""Every call to Discord has a deadline: what never answers must hold no turn, no lock and no member's command."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator
from pathlib import Path

import discord
from discord import app_commands
from discord.ext import commands

from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bot/delivery", "bot/app", "cogs")
GIVES_A_DEADLINE = {"asyncio.timeout", "in_time"}
LIFE = {
    "add_cog", "before_identify_hook", "close", "get_translated_payload", "launch_shard", "launch_shards",
    "set_translator", "start", "wait",
}  # fmt: skip
"""Methods of discord.py that call no API: those of a client's life, which ends with the process, and of the tree."""
OURS = {
    "_cards", "_messages", "_store", "messages", "absences", "api_facts", "cards", "cancellation",
    "catalogue_refresh", "clock", "discovery", "events", "fleet", "fresh_links", "jobs", "key", "key_health",
    "keys", "learned", "offerings", "own_accounts", "parts", "pause", "reactions", "reader", "recipe_drafts", "recipes",
    "reruns", "store", "switches", "use",
}  # fmt: skip
"""What our own objects are called whose methods have the name of one of discord.py's."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@functools.cache
def methods_of_discord() -> frozenset[str]:
    """Return the names of discord.py's coroutine methods and asynchronous iterators that may call Discord."""
    spaces = (discord, discord.abc, discord.ui, discord.http, app_commands, commands)
    classes = [each for space in spaces for each in vars(space).values() if inspect.isclass(each)]
    members = [pair for each in classes if each.__module__.startswith("discord") for pair in inspect.getmembers(each)]
    return frozenset(
        name
        for name, member in members
        if name not in LIFE
        and not name.startswith(("_", "on_"))
        and (inspect.iscoroutinefunction(member) or inspect.isasyncgenfunction(member))
    )


class Module:
    """A module's calls to Discord, and whether each has a deadline."""

    def __init__(self, source: str) -> None:
        self.tree = parsed(source)
        self._parents = {child: node for node in walked(self.tree) for child in ast.iter_child_nodes(node)}
        self._names = {node.name: node for node in walked(self.tree) if isinstance(node, ast.AsyncFunctionDef)}
        self._uses: dict[str, list[ast.Call]] = {}
        for node in walked(self.tree):
            if isinstance(node, ast.Call) and (name := _own_name(node.func)) is not None:
                self._uses.setdefault(name, []).append(node)

    def without_deadline(self) -> list[ast.Call]:
        return [call for call in self.calls() if not self._is_bounded(call, frozenset())]

    def calls(self) -> Iterator[ast.Call]:
        """Yield the calls that are awaited, iterated, or handed to something that is."""
        for node in walked(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver, name = _last_name(node.func.value), node.func.attr
                is_call = name in methods_of_discord() or (
                    receiver == "http" and name not in LIFE
                )  # discord.py's raw client
                if is_call and receiver not in OURS and self._is_awaited(node):
                    yield node

    def _is_awaited(self, call: ast.Call) -> bool:
        return any(
            isinstance(node, ast.Await | ast.AsyncFor)
            or (isinstance(node, ast.comprehension) and node.is_async)
            or (isinstance(node, ast.Call) and _last_name(node.func) in {"create_task", "ensure_future", "start"})
            for node in self._above(call)
            if not isinstance(node, ast.AsyncFor) or call in ast.walk(node.iter)
        )

    def _is_bounded(self, call: ast.Call, seen: frozenset[str]) -> bool:
        """Whether something above gives a deadline, or above every use of the private function that this is in."""
        if any(_gives_deadline(node) for node in self._above(call)):
            return True
        function = next((node for node in self._ancestors(call) if isinstance(node, Function)), None)
        name = getattr(function, "name", "")
        if not name.startswith("_") or name in seen or self._names.get(name) is not function:
            return False
        uses = self._uses.get(name, [])
        return bool(uses) and all(self._is_bounded(use, seen | {name}) for use in uses)

    def _above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what is above a node within its function."""
        for above in self._ancestors(node):
            if isinstance(above, Function):
                return
            yield above

    def _ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent


def _gives_deadline(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in GIVES_A_DEADLINE
    return isinstance(node, ast.AsyncWith) and any(_gives_deadline(item.context_expr) for item in node.items)


def _own_name(function: ast.expr) -> str | None:
    """Return the name of a function of the module itself, called as `name()` or `self.name()`."""
    if isinstance(function, ast.Name):
        return function.id
    is_own = isinstance(function, ast.Attribute) and _last_name(function.value) in {"self", "cls"}
    return function.attr if is_own and isinstance(function, ast.Attribute) else None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.id if isinstance(node, ast.Name) else ""


@functools.cache
def modules() -> dict[str, Module]:
    """Return the modules by their paths in the project."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): Module(path.read_text(encoding="utf-8")) for path in paths}


def test_every_call_to_discord_has_a_deadline() -> None:
    found = {
        f"{path}:{call.lineno}": ast.unparse(call.func)
        for path, module in modules().items()
        for call in module.without_deadline()
    }
    assert found == {}, "put each into `in_time` (bot/delivery/channels/facts.py); what is not Discord's goes into OURS"


def test_the_calls_are_found() -> None:
    """So that a change of how they are written, or of discord.py, does not leave nothing to check."""
    called = {call.func.attr for module in modules().values() for call in module.calls()}  # type: ignore[attr-defined]
    assert {
        "send",
        "edit",
        "send_message",
        "fetch_member",
        "create_dm",
        "history",
        "bulk_upsert_global_commands",
    } <= called
