"""Who pays, in every kind of place: the matrix of accounts (server, host, mine), places, and ways to ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.domain.models import AccountStatus, Books, Job, JobState
from bot.domain.money.spend_request import Pays
from tests.support.elsewhere import OWN_KEY, Elsewhere
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import parts

PLACES = ["channel", "forbidden", "thread", "forum", "dm", "group", "install"]
"""`forbidden`: a channel of the server in which the bot may not post, so that its answers are private."""
SERVERS = {"channel", "forbidden", "thread", "forum"}
PAYERS = {"server": GUILD_KEY, "host": HOST_KEY, "mine": OWN_KEY.format(number=1)}
WAYS = ["command", "button", "recipe", "batch"]


class Ask:
    """Asks in one place, as the rig's member."""

    def __init__(self, outside: Elsewhere, place: str) -> None:
        self.outside, self.rig, self.place = outside, outside.rig, place
        if place in SERVERS:
            self.actor, self.channel = self.rig.member, self._channel()
        else:
            self.actor, self.channel = outside.actor(place), outside.channel(place)

    def _channel(self) -> Any:
        rig = self.rig
        if self.place in {"thread", "forum"}:
            parent = rig.channel if self.place == "thread" else rig.guild.create_forum_channel("ideas")
            made = rig.env.backend.create_thread(parent.id, "sketches", rig.member.id)
            return next(each for each in parent.threads if each.id == made.id)
        if self.place == "forbidden":
            found = rig.guild.create_text_channel("read-only")
            rig.env.backend.set_overwrite(found.id, deny_posting(rig))
            return found
        return rig.channel

    async def slash(self, name: str, **options: Any) -> Any:
        if self.place == "forbidden":
            options["private"] = True
        if self.place == "dm":
            return await self.actor.slash(name, **options)
        return await self.actor.slash(self.channel, name, **options)

    async def by(self, way: str, pay: dict[str, str]) -> Any:
        if way == "batch":
            return await self.slash("batch", operation="image.generate", prompts="a fox | a hen")
        if way == "recipe":
            form = await self.slash("recipe", recipe="trailer")
            return await self.actor.submit_modal(form, dict.fromkeys(self.rig.form_fields(form), "a quiet harbor"))
        answer = await self.slash("image generate", prompt="a fox", **pay)
        if way == "command":
            return answer
        await self.rig.work()
        again = next(each for each in parts(answer.response) if (each.get("label") or "").startswith("Re-run"))
        return await self.actor.click(answer.response, custom_id=again["custom_id"])


def deny_posting(rig: Rig) -> Any:
    send_messages = 1 << 11
    return Overwrite(rig.bot.user.id, OverwriteType.MEMBER, 0, send_messages)


async def choose(rig: Rig, payer: str, outside: Elsewhere) -> None:
    """Set up who pays: the server's key, the host's, or the member's own, which they have chosen for the server."""
    store, status = rig.bot.parts.store, AccountStatus(credits=Decimal(400), plan="creator", scopes=())
    if payer == "server":
        await store.keys.set(rig.guild.id, GUILD_KEY, set_by=rig.moderator.id, status=status)
    await outside.link(rig.member)
    chosen = Pays.MINE if payer == "mine" else Pays.SERVER
    accounts = rig.bot.parts.own_accounts
    await accounts.choose(rig.guild.id, rig.member.id, chosen)


async def jobs_of(rig: Rig, place: str) -> list[Job]:
    guild_id = rig.guild.id if place in SERVERS else rig.member.id
    return await rig.bot.parts.store.job_lists.recent(guild_id, limit=20)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("payer", PAYERS)
async def test_the_chosen_account_pays_on_servers_and_the_members_own_everywhere_else(
    rig: Rig, outside: Elsewhere, payer: str, place: str, way: str
):
    await choose(rig, payer, outside)
    ask = Ask(outside, place)
    await ask.by(way, {})
    await rig.work()
    jobs = await jobs_of(rig, place)
    assert jobs
    assert {job.state for job in jobs} == {JobState.DELIVERED}
    expected = PAYERS[payer if place in SERVERS else "mine"]
    spent = {name: rig.sandbox.spent(key) for name, key in PAYERS.items()}
    total = sum((job.cost or Decimal(0) for job in jobs), Decimal(0))
    assert {PAYERS[name]: amount for name, amount in spent.items() if amount} == {expected: total}
    books = Books.OWN if expected == PAYERS["mine"] else Books.SERVER
    assert {job.books for job in jobs} == {books}
    others = rig.member.id if place in SERVERS else rig.guild.id
    assert not await rig.bot.parts.store.job_lists.recent(others)
    assert outside.refused == []
