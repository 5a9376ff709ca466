"""The link with which somebody adds the bot to their server, with exactly the permissions that it needs."""

from __future__ import annotations

import base64
import binascii

import discord

from bot.delivery.needed_permissions import as_permissions

SCOPES = ("bot", "applications.commands")


def invite_link(application_id: int) -> str:
    """Return the link that adds the application's bot to a server."""
    return discord.utils.oauth_url(application_id, permissions=as_permissions(), scopes=SCOPES)


def application_id_of(token: str) -> int | None:
    """Return the application's id, which is the first part of its bot's token; None for what is no token.

    https://discord.com/developers/docs/reference#authentication shows the parts of a token.
    """
    first = token.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(decoded) if decoded.isdecimal() and 0 < int(decoded) < 2**63 else None
