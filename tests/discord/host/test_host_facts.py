"""What the rules judge is what the bot's own parts know; and the page of a week has the week's figures."""

from __future__ import annotations

import math
from typing import Any

from bot.delivery.host.reports import HostReports
from bot.delivery.host.rules import Snapshot
from tests.discord.host.conftest import Reported
from tests.support.rig import GUILD_KEY, HOST_KEY
from tests.support.surface import labels

DAY_S = 86_400.0


async def looked(reported: Reported) -> Snapshot:
    with reported.rig.env.time_context():
        return await reported.rig.bot.parts.host_reports.look()


async def test_a_healthy_bot_has_nothing_to_report(reported: Reported):
    seen = await looked(reported)
    assert (seen.database_is_up, seen.failure, dict(seen.errors)) == (True, None, {})
    assert max(seen.oldest_due_s.values()) == 0
    assert (seen.host_key_refused_to, seen.refused_keys, seen.differing_accounts) == (0, 0, 0)
    assert seen.disk_free is not None
    assert seen.disk_free > seen.disk_needed > 0
    assert (seen.backup_every_s, seen.backup_age_s, seen.rehearsal) == (None, None, None)
    assert [(each.role, each.is_leader, each.has_left) for each in seen.alive] == [("all", True, False)]


async def test_rejected_keys_are_counted(reported: Reported):
    rig = reported.rig
    keys = rig.bot.parts.keys
    await keys.note_refused(rig.guild.id, await keys.for_guild(rig.guild.id), probe_at=math.inf)
    seen = await looked(reported)
    assert (seen.host_key_refused_to, seen.refused_keys) == (1, 0)
    await reported.round()
    assert reported.messages()[0].embeds[0].description == "`CANNON_API_KEY` is rejected, so 1 server can't start jobs."
    assert HOST_KEY not in str(reported.messages()[0].embeds[0].to_dict())


async def test_a_jobs_late_turn_is_seen(reported: Reported):
    rig = reported.rig
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.step()
    rig.advance(400)
    await rig.bot.parts.store.probe()
    seen = await looked(reported)
    assert max(seen.oldest_due_s.values()) > 300


async def test_failed_transactions_of_ten_minutes_are_counted(reported: Reported):
    pulse = reported.rig.bot.parts.store.pulse
    await looked(reported)
    pulse.errors["busy"] += 7
    assert (await looked(reported)).errors == {"busy": 7}
    reported.rig.advance(500)
    await reported.rig.bot.parts.store.probe()
    assert (await looked(reported)).errors == {"busy": 7}
    reported.rig.advance(200)
    await reported.rig.bot.parts.store.probe()
    assert (await looked(reported)).errors == {}


async def test_a_lost_database_is_seen_without_asking_it(reported: Reported):
    reported.rig.advance(45)
    seen = await looked(reported)
    assert (seen.database_is_up, seen.silent_s) == (False, 45.0)


async def test_the_first_page_comes_at_once_and_the_next_on_monday(reported: Reported):
    rig = reported.rig
    await reported.round()
    [first] = reported.all()
    assert labels(first) == ["Doctor", "Jobs that wait", "Pause new jobs"]
    assert field(first, "Spent on your key") == "Nothing was spent."
    assert field(first, "Jobs") == "No job has ended."
    await rig.member.slash(rig.channel, "image generate", prompt="a paper crane #fast")
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail")
    await rig.work()
    await reported.restart()
    await reported.round()
    assert len(reported.all()) == 1, "one a week, through restarts"
    rig.advance(7 * DAY_S)
    await rig.bot.parts.store.probe()
    await reported.round()
    page, _ = reported.all()
    spent = rig.sandbox.spent(HOST_KEY)
    assert field(page, "Spent on your key") == f"Studio: {spent} credits\n**All servers: {spent} credits**"
    assert field(page, "Jobs") == "1 with a result, none of them late\n1 without one, refunded"
    assert field(page, "Slowest kinds").startswith("`image.generate`: half within ")
    assert field(page, "Running").endswith(": 1 × all")
    assert field(page, "Last backup") == "`BACKUP_DIR` is not set, so the bot makes none."
    assert "crane" not in str(page.embeds[0].to_dict())
    assert GUILD_KEY not in str(page.embeds[0].to_dict())


def field(message: Any, name: str) -> str:
    [value] = [each.value for each in message.embeds[0].fields if each.name == name]
    return str(value)


async def test_a_bot_without_a_place_reports_nothing_and_asks_nothing(reported: Reported):
    await reported.restart(host_reports=None)
    reports: HostReports = reported.rig.bot.parts.host_reports
    assert await reports.run_once() == math.inf
    assert reported.all() == []
