"""Discord does not take the commands: those that it has serve, and the bot tries again, ever more seldom."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord.http import HTTPClient

from bot.app.connection.commands import RENEW_EVERY_S, RETRY_S
from bot.domain.models import JobState
from tests.support.rig import Rig

OUTDATED = "cannon_bot_commands_outdated"


class Registrations:
    """What becomes of the calls that register commands, from now on, of every bot."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.status: int | None = None
        """What they are answered with; None: they work."""
        self.is_lost = False
        """Whether one that fails has been carried out before."""
        self.count = 0
        upsert = HTTPClient.bulk_upsert_global_commands

        async def answered(http: HTTPClient, application_id: int, payload: list[Any]) -> Any:
            self.count += 1
            if self.status is None or self.is_lost:
                made = await upsert(http, application_id, payload=payload)
            if self.status is None:
                return made
            kind = discord.DiscordServerError if self.status >= 500 else discord.HTTPException
            raise kind(SimpleNamespace(status=self.status, reason="refused"), "refused")  # type: ignore[arg-type] # what it reads of a response

        patch.setattr(HTTPClient, "bulk_upsert_global_commands", answered)


@pytest.fixture
def registrations(monkeypatch: pytest.MonkeyPatch) -> Registrations:
    return Registrations(monkeypatch)


async def restarted(rig: Rig) -> None:
    """Start a version of the bot that has other commands than Discord."""
    await rig.bot.parts.store.meta.set("commands", "those of another version")
    await rig.restart()


async def catch_up(rig: Rig) -> None:
    await rig.bot.parts.command_sync.catch_up()


def is_outdated(rig: Rig) -> bool:
    return bool(rig.bot.metrics.registry.get_sample_value(OUTDATED))


@pytest.mark.parametrize(("status", "calls"), [(503, 1), (400, 2)])
async def test_a_start_goes_on_and_the_registered_commands_serve(
    rig: Rig, registrations: Registrations, status: int, calls: int
):
    """A 400 is followed by one more try, without the commands that a document has added."""
    registrations.status = status
    await restarted(rig)
    assert (registrations.count, is_outdated(rig)) == (calls, True)
    assert rig.bot.parts.command_sync.names.mention("image generate"), "the ids are known"
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED]

    registrations.status = None
    rig.advance(RETRY_S)
    await catch_up(rig)
    assert (registrations.count, is_outdated(rig)) == (calls + 1, False)
    await rig.restart()
    assert registrations.count == calls + 1, "what is registered was stored"


async def test_it_is_tried_again_ever_more_seldom(rig: Rig, registrations: Registrations):
    registrations.status = 503
    await restarted(rig)
    waits, waited_s = [], 0.0
    while len(waits) < 11:
        before = registrations.count
        await catch_up(rig)
        if registrations.count > before:
            waits.append(waited_s)
            waited_s = 0.0
        rig.advance(RETRY_S)
        waited_s += RETRY_S
    assert waits == [RETRY_S * 2**number for number in range(8)] + [RENEW_EVERY_S] * 3


async def test_a_registration_whose_answer_was_lost_is_not_taken_for_the_one_before(
    rig: Rig, registrations: Registrations
):
    """The bot of before comes back: Discord has the commands of the other one, though that one never heard so."""
    digest = await rig.bot.parts.store.meta.get("commands")
    rig.bot.tree.remove_command("help")
    registrations.status, registrations.is_lost = 503, True
    await rig.bot.parts.command_sync.sync_if_changed()
    registrations.status = None
    assert "help" not in {command.name for command in await rig.bot.tree.fetch_commands()}
    await rig.restart()
    assert "help" in {command.name for command in await rig.bot.tree.fetch_commands()}
    assert await rig.bot.parts.store.meta.get("commands") == digest
