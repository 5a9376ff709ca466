"""API keys, the account that pays, and what it may use."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import CreditPack, credits_words
from bot.domain.texts import mention
from bot.domain.words.text import full_stop, tame
from bot.language import Plural, Text, both, sentences, tr


def actor(member_id: int) -> str:
    return mention(member_id) if member_id else tr("The bot")


BECAUSE = Text("Reason: {reason}")
"""Return a reason as a sentence of its own; `reason` is a sentence."""
NO_KEY = Text("This server has no Cannon Studio key yet. A moderator can set one with `/studio key`.", why="key.none")
NO_ACCOUNT_OF_YOURS = Text(
    "You have not linked a Cannon Studio account. Link one with `/me`, on the page My Cannon account.",
    why="account.own",
)
NOT_A_KEY = Text(
    "This is not an API key, which is one word such as `cs_live_…`. Copy it again from the developer console.",
    why="key.invalid",
)
KEY_NOT_ACCEPTED = Text(
    "Cannon Studio rejected this key, so nothing has changed. Copy it again: it may be mistyped or revoked.",
    why="key.invalid",
)
TOO_MANY_KEYS = Plural(
    "Too many keys were tried in the last hour, so nothing has changed. Try again in {count} minute.",
    "Too many keys were tried in the last hour, so nothing has changed. Try again in {count} minutes.",
    why="key.tries",
)


def key_set(by_id: int, last4: str, before: str | None) -> str:
    """Return the line of a new key by the last four characters, with those of the one before."""
    if before is None:
        return tr("{who} set the API key `…{key}`.", who=actor(by_id), key=last4)
    return tr("{who} replaced the API key `…{old}` with `…{new}`.", who=actor(by_id), old=before, new=last4)


KEY_REMOVED = Text("{who} removed the API key `…{key}`.", who=actor)


def account_difference(amount: Decimal, job_ids: Sequence[str]) -> str:
    more = credits_words(amount)
    charged = tr("The Cannon Studio account was charged {credits} more than the jobs here account for.", credits=more)
    if job_ids:
        jobs = both(f"`{job_id}`" for job_id in job_ids)
        return sentences(charged, tr("These jobs may explain it: {jobs}.", jobs=jobs))
    return sentences(charged, tr("No job here accounts for this charge. Check whether the key is also used elsewhere."))


UNAVAILABLE_NOW = Text(
    "{operation} is paused on this account because Cannon Studio rejected it: {said} "
    "Try again {again}, or after a moderator runs `/studio status`.",
    why="account.unavailable",
    said=full_stop,
)
"""Refuse an operation that the account seems not to have; `said` is the API's own sentence, `again` a time."""


def with_packs(text: str, packs: Sequence[CreditPack]) -> str:
    """Add to an alert where credits can be bought."""
    if not packs:
        return text
    links = both(f"[{pack_name(each)}](<{each.url}>)" if pack_name(each) else each.url for each in packs)
    return sentences(text, tr("Buy credits: {link}", link=links))


def pack_name(pack: CreditPack) -> str:
    """Return a pack's credits, else its own name, '' without either."""
    return tame(pack.name) if pack.credits is None else credits_words(pack.credits)
