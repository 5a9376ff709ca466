"""The one list of permissions is what the code uses, what the invite link has, and what the documents name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord

from bot.app.connection.start import application_id_of, invite_link
from bot.delivery.channels.facts import NEEDED, as_permissions, missing_of
from tools.refusals import parsed, walked

ROOT = Path(__file__).resolve().parents[2]
CALLS = {
    "send": {"view_channel", "send_messages", "send_messages_in_threads"},
    "create_thread": {"send_messages"},
    "add_reaction": {"add_reactions", "read_message_history"},
    "history": {"read_message_history"},
    "File": {"attach_files"},
    "Embed": {"embed_links"},
}
"""Methods and classes of discord.py, and what a server has to permit for them
(docs.discord.com: Create Message, Create Reaction, Get Channel Messages, Start Thread in Forum or Media Channel)."""
FORBIDDEN = frozenset(
    {
        "add_roles",
        "ban",
        "bulk_ban",
        "clear_reaction",
        "clear_reactions",
        "connect",
        "create_category",
        "create_custom_emoji",
        "create_forum",
        "create_invite",
        "create_role",
        "create_text_channel",
        "create_voice_channel",
        "create_webhook",
        "delete_messages",
        "edit_channel_positions",
        "kick",
        "move_to",
        "pin",
        "prune",
        "purge",
        "remove_reaction",
        "remove_roles",
        "set_permissions",
        "timeout_for",
        "unban",
        "unpin",
    }
)
"""Methods of discord.py that take permissions which the bot does not ask for."""


def calls(tree: ast.AST) -> Iterator[str]:
    for node in walked(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def called() -> set[str]:
    """Return the names that the parts of the code which know Discord call."""
    folders = [ROOT / "bot" / "app", ROOT / "bot" / "delivery", ROOT / "cogs"]
    trees = [parsed(path.read_text(encoding="utf-8")) for each in folders for path in each.rglob("*.py")]
    return {name for tree in trees for name in calls(tree)}


def test_what_the_code_calls_needs_these_permissions_and_no_others() -> None:
    used = called()
    needed = set().union(*(flags for name, flags in CALLS.items() if name in used))
    assert needed == {each.flag for each in NEEDED}
    assert used & FORBIDDEN == set()


def test_what_is_missing_is_named() -> None:
    has = as_permissions()
    assert missing_of(has) == []
    for each in NEEDED:
        assert missing_of(discord.Permissions(has.value & ~getattr(discord.Permissions, each.flag).flag)) == [
            str(each.name)
        ]


def test_the_invite_link_has_exactly_these() -> None:
    link = urlsplit(invite_link(1234567890))
    query = parse_qs(link.query)
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://discord.com/oauth2/authorize"
    assert query["client_id"] == ["1234567890"]
    assert query["scope"] == ["bot applications.commands"]
    assert query["permissions"] == [str(as_permissions().value)]


def test_the_application_s_id_is_read_off_the_token() -> None:
    assert application_id_of("MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcDE.x") == 1234567890123456789
    for wrong in ("", "x", "not-a-token", "aGVsbG8.x.y", "é.x"):
        assert application_id_of(wrong) is None
