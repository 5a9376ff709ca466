"""A short list of commands: Discord shows members those that they may use, and moderators theirs besides."""

from __future__ import annotations

import functools
from typing import Any

import discord

from bot.app.entry_points import describe_commands
from tests.support.command_rows import rows

MEMBERS_MAX, MODERATORS_MAX = 28, 11
ENTRIES_MAX, OPTIONS_MAX = 34, 190
"""All of them together: what a list on a phone can hold."""
SUBCOMMAND, GROUP, MENU = 1, 2, (2, 3)
MENUS_MAX = 5
"""Of messages, and of members: they are in a list of their own, at the end of each one's menu."""
MANAGE_SERVER = str(discord.Permissions(manage_guild=True).value)
MEMBERS = {
    "batch", "cast", "event", "help", "me", "recipe", "jobs", "usage", "shootout",
}  # fmt: skip
"""What members have besides the groups of the workflows."""
MODERATORS = {
    *(f"studio {each}" for each in (
        "key", "setup", "practice", "settings", "status", "request", "pause", "recipes",
    )),
    *(f"quota {each}" for each in ("set", "show", "grant")),
}  # fmt: skip
WORKFLOWS = {"image", "video", "audio", "prompt", "finish", "sora"}


@functools.cache
def commands() -> dict[str, str | None]:
    """Return every slash command with the permissions that it is shown for by default, None for everybody."""
    found: dict[str, str | None] = {}

    def walk(item: dict[str, Any], above: str, permissions: str | None) -> None:
        inner = [each for each in item.get("options") or () if each["type"] in {SUBCOMMAND, GROUP}]
        path = f"{above} {item['name']}".strip()
        for each in inner:
            walk(each, path, permissions)
        if not inner:
            found[path] = permissions

    for command in describe_commands():
        if command.get("type") not in MENU:
            shown = command.get("default_member_permissions")
            walk(command, "", None if shown is None else str(shown))
    return found


def shown_for(permissions: str | None) -> set[str]:
    return {name for name, needed in commands().items() if needed == permissions}


def test_members_have_a_list_that_can_be_read():
    assert len(shown_for(None)) <= MEMBERS_MAX
    assert {name for name in shown_for(None) if name.split()[0] not in WORKFLOWS} == MEMBERS


def test_moderators_have_a_few_more_which_nobody_else_sees():
    assert len(shown_for(MANAGE_SERVER)) <= MODERATORS_MAX
    assert shown_for(MANAGE_SERVER) == MODERATORS


def test_all_entries_and_options_together_stay_few():
    listed = rows(describe_commands())
    assert len(listed) <= ENTRIES_MAX
    assert sum(len(row["options"]) for row in listed) <= OPTIONS_MAX


def test_menus_stay_few():
    kinds = [each.get("type") for each in describe_commands()]
    assert all(kinds.count(kind) <= MENUS_MAX for kind in MENU)
