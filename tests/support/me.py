"""A member's panel as the tests use it: its pages, and their own data by it."""

from __future__ import annotations

from typing import Any

from cogs.member.panel import texts
from tests.support.rig import Rig
from tests.support.surface import fill


async def opened(rig: Rig, member: Any, page: str = "defaults", channel: Any = None) -> Any:
    """Open the panel of a member, turn to a page, and return its message."""
    message = (await member.slash(channel or rig.channel, "me")).response
    return message if page == "spending" else (await turned(member, message, page))


async def turned(member: Any, message: Any, page: str) -> Any:
    """Turn to another page and return the message."""
    return (await member.click(message, custom_id=f"c1:me:{page}")).response


async def export_own(rig: Rig, member: Any, channel: Any = None) -> Any:
    """Let a member export their data; return the answer."""
    return await member.click(await opened(rig, member, "data", channel), custom_id="c1:me_export:data")


async def ask_to_delete(rig: Rig, member: Any) -> Any:
    """Open the form that a member's data is deleted with."""
    page = await opened(rig, member, "data")
    return await member.click(page, custom_id=f"c1:privacy_delete:{member.id}")


async def confirm(member: Any, form: Any, word: str = "") -> Any:
    """Send that form with the word that it asks for, or another one; return the answer."""
    label = texts.TYPE_WORD(word=str(texts.DELETE_WORD))
    return await member.submit_modal(form, fill(form, {label: word or str(texts.DELETE_WORD)}))


async def delete_own(rig: Rig, member: Any) -> Any:
    """Let a member delete their data; return the answer."""
    return await confirm(member, await ask_to_delete(rig, member))
