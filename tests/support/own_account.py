"""Members with Cannon Studio accounts of their own, as the tests use them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support import me
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig

ADAS_KEY = "cs_test_ada_own_key_0000qada"
BOBS_KEY = "cs_test_bob_own_key_0000qbob"


async def link(rig: Rig, member: Any, key: str, *, credits_: int = 300) -> Any:
    """Link an account by the page of `/me`; return the answer."""
    rig.sandbox.add_key(key, credits=credits_)
    page = await me.opened(rig, member, "account")
    form = await member.click(page, custom_id="c1:account_link:key")
    [field] = rig.form_fields(form)
    return await member.submit_modal(form, {field: key})


async def linked(rig: Rig, member: Any, key: str, pays: str = "mine", *, credits_: int = 300) -> None:
    """Link an account, and say who pays on the rig's server."""
    await link(rig, member, key, credits_=credits_)
    page = await me.opened(rig, member, "account")
    await member.click(page, custom_id=f"c1:account_pays:{pays}")


def words(message: Any) -> str:
    """All that a message says."""
    return " ".join([message.content or "", *(str(embed.to_dict()) for embed in message.embeds)])


def spent(rig: Rig) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """What the accounts of the host, the server, Ada and Bob have spent."""
    keys = (HOST_KEY, GUILD_KEY, ADAS_KEY, BOBS_KEY)
    return tuple(rig.sandbox.spent(key) for key in keys)  # type: ignore[return-value]
