"""What all pages about refusals share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.language import Text, either

WHO: Mapping[str, Text] = MappingProxyType(
    {
        "you": Text("you"),
        "author": Text("the author of the job"),
        "moderator": Text("a moderator"),
        "manager": Text("a member with the permission Manage Server"),
        "host": Text("the host of this bot"),
        "studio": Text("Cannon Studio"),
        "discord": Text("Discord"),
    }
)
"""Who can change the cause of a refusal."""
CAUSE, WHO_CAN, DO_NOW = Text("Why"), Text("Who can change it"), Text("What to do now")


def who(keys: Iterable[str]) -> str:
    return either(str(WHO[each]) for each in keys)


# ---------------------------------------------------------------------- the documents

TITLE = Text("Why the bot did not do it")
INTRODUCTION = Text(
    "Under a refusal you see a short name, such as `key.none`: search for it here, or for what the bot says. "
    "“…” stands for what it fills in. Nothing is charged where the bot says no."
)
GROUPS: tuple[tuple[Text, frozenset[str]], ...] = (
    (Text("The bot and Discord"), frozenset({"bot", "button", "discord", "member", "log"})),
    (Text("API key, account, and practice"), frozenset({"key", "account", "practice"})),
    (
        Text("Credits, prices, and approval"),
        frozenset({"limit", "price", "prices", "queue", "batch", "refund", "pause", "approval"}),
    ),
    (Text("Who may do it, and where"), frozenset({"place", "role", "owner", "command", "word", "source", "data"})),
    (Text("Files and options"), frozenset({"file", "input"})),
    (Text("Jobs and Cannon Studio"), frozenset({"job", "studio"})),
    (
        Text("Results, reviews, reactions, and the cast"),
        frozenset({"result", "review", "reaction", "cast", "vote", "event"}),
    ),
    (Text("Recipes, schedules, presets, and settings"), frozenset({"recipe", "schedule", "preset", "settings"})),
)
"""The pages by what they are about, with the first words of their ids."""
