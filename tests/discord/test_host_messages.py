"""The bot tells its host that something began and that it ended: once a change, at most six times a day."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.host.messages import DATABASE, EVERY_S, LASTS_S, MESSAGES_A_DAY
from bot.errors import DatabaseFailing
from tests.support.rig import Rig

KEY, BACKUP = "The key is rejected.", "A backup failed."


class Told:
    """What the host read, in the channel of HOST_REPORTS or by direct message."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.seen: dict[str, str] = {}
        self.leads = True
        self.channel = rig.guild.create_text_channel("host")
        self.begin(self.channel.id)

    def begin(self, place: int | None) -> None:
        """Look at what the test says, as a process does that has just begun."""
        self.messages = self.rig.bot.parts.host_messages
        self.messages.place, self.messages._told = place, None
        self.messages.look, self.messages.is_in_charge = lambda: self.seen, lambda: self.leads

    async def lasts(self, **seen: str) -> None:
        """Let this be seen, for long enough to be told."""
        self.seen = seen
        for _ in range(int(LASTS_S / EVERY_S) + 1):
            with self.rig.env.time_context():
                await self.messages.run_once()
            self.rig.advance(EVERY_S)

    def read(self, channel: Any = None) -> list[str]:
        history = (self.channel if channel is None else channel).history()
        return [each.content for each in history if each.author.id == self.rig.bot.user.id]


@pytest.fixture
def told(rig: Rig) -> Told:
    return Told(rig)


async def test_what_began_and_what_ended_is_told_once(told: Told):
    await told.lasts(host_key=KEY)
    await told.lasts(host_key=KEY, backup=BACKUP)
    told.begin(told.messages.place)  # a restart
    await told.lasts(host_key=KEY, backup=BACKUP)
    assert told.read() == [f"🔴 {KEY}", f"🔴 {BACKUP}"]
    await told.lasts()
    assert told.read()[2:] == [f"✅ Over: {KEY}\n✅ Over: {BACKUP}"]


async def test_what_passes_at_once_is_not_told(told: Told):
    told.seen = {"host_key": KEY}
    await told.messages.run_once()
    await told.lasts()
    assert told.read() == []


async def test_no_more_than_six_are_sent_in_a_day_and_the_last_state_comes_later(told: Told):
    for _ in range(5):
        await told.lasts(host_key=KEY)
        await told.lasts()
    await told.lasts(backup=BACKUP)
    assert len(told.read()) == MESSAGES_A_DAY
    told.rig.advance(86_400.0)
    await told.lasts(backup=BACKUP)
    assert told.read()[MESSAGES_A_DAY:] == [f"🔴 {BACKUP}"]


async def test_without_a_channel_the_owner_of_the_application_is_told(told: Told):
    owner = told.rig.env.create_user("owner")
    told.rig.bot.application.owner = told.rig.bot.get_user(owner.id) or owner
    told.begin(None)
    await told.lasts(host_key=KEY)
    assert told.read(owner.dm_channel) == [f"🔴 {KEY}"]


async def test_of_several_processes_one_tells_but_each_that_the_database_is_gone(
    told: Told, monkeypatch: pytest.MonkeyPatch
):
    told.leads = False
    await told.lasts(host_key=KEY)
    assert told.read() == []

    async def failing(*_values: object) -> None:
        raise DatabaseFailing("It is away.", kind="unreachable")

    with monkeypatch.context() as away:
        for name in ("get", "set"):
            away.setattr(told.rig.bot.parts.store.meta, name, failing)
        await told.lasts(**{DATABASE: "Nothing is stored."})
        await told.lasts(**{DATABASE: "Nothing is stored."})
    told.leads = True
    await told.lasts()
    assert told.read() == ["🔴 Nothing is stored.", "✅ Over: Nothing is stored."]


async def test_what_the_bot_itself_sees_is_nothing_while_all_is_well(rig: Rig):
    assert rig.bot.parts.host_messages.look() == {}
    rig.bot.parts.keys._host_refused_to.add(rig.guild.id)
    assert list(rig.bot.parts.host_messages.look()) == ["host_key"]
