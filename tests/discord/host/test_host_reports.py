"""What the bot reports to its host: each rule begins and ends one message, through restarts and without a database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.delivery.host.channel import POSTS_MAX
from bot.delivery.host.reports import CLEAR_S
from bot.delivery.host.rules import RULES
from bot.fleet.host.reports import LEADER, OTHERS_WAIT_S, FleetReports
from bot.settings import DiscordId
from bot.store.host.alerts import AGAIN_S
from bot.store.processes import ListedProcess, ProcessState
from tests.discord.host.conftest import Reported
from tests.support.surface import labels

ROOT = Path(__file__).resolve().parents[3]
DAY_S = 86_400.0


def peer(name: str, **values: Any) -> ListedProcess:
    build: dict[str, Any] = {"host": "box", "pid": 7, "role": "worker", "version": "1.0", "revision": "abc"}
    signs: dict[str, Any] = {"state": ProcessState.RUNNING, "started_at": 0.0, "silent_s": 0.0, "is_leader": False}
    had: dict[str, Any] = {"jobs": 0, "shards": (), "taken_over": None}
    return ListedProcess(name=name, **build | signs | had | values)


SEEN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "database": (
        {"database_is_up": False, "silent_s": 40.0, "failure": "The disk is full."},
        {"database_is_up": True, "silent_s": 0.0, "failure": None},
        "Nothing was stored for 40 s. The disk is full.",
    ),
    "database_errors": (
        {"errors": {"busy": 5, "slow": 1}},
        {"errors": {"busy": 5}},
        "6 transactions failed within ten minutes (busy, slow). The database works otherwise.",
    ),
    "late": (
        {"oldest_due_s": {"poll": 10.0, "deliver": 300.0}},
        {"oldest_due_s": {"deliver": 240.0}},
        "A job has waited 5 min for its turn to be posted.",
    ),
    "host_key": (
        {"host_key_refused_to": 2},
        {"host_key_refused_to": 0},
        "`CANNON_API_KEY` is rejected, so 2 servers can't start jobs.",
    ),
    "server_keys": (
        {"refused_keys": 1},
        {"refused_keys": 0},
        "The keys of 1 server are rejected. Their moderators were notified.",
    ),
    "disk": (
        {"disk_free": 400 * 1024**2, "disk_needed": 100 * 1024**2},
        {"disk_free": 600 * 1024**2},
        "400.0 MB are left on the database's disk; an upgrade needs 100.0 MB for its backup.",
    ),
    "backup": (
        {"backup_every_s": DAY_S, "backup_age_s": 2 * DAY_S},
        {"backup_age_s": DAY_S},
        "The last backup was made 2 days ago. One is due every 24 h.",
    ),
    "rehearsal": (
        {"rehearsal": "The newest backup does not restore: its books differ."},
        {"rehearsal": None},
        "The newest backup does not restore: its books differ.",
    ),
    "books": (
        {"differing_accounts": 3},
        {"differing_accounts": 0},
        "The own accounts of 3 servers were charged more than is booked. Their moderators were notified.",
    ),
    "leader": (
        {"peers": (peer("g1", role="gateway"),)},
        {"peers": (peer("g1", role="gateway"), peer("w1", is_leader=True))},
        "No worker has been the leader for a minute, so nothing periodic is done.",
    ),
    "workers": (
        {"peers": (peer("w1", is_leader=True), peer("w2", silent_s=120.0))},
        {"peers": (peer("w1", is_leader=True),)},
        "w2 stopped without a word 2 min ago.",
    ),
    "versions": (
        {"peers": (peer("w1", is_leader=True), peer("w2", version="1.1"))},
        {"peers": (peer("w1", is_leader=True),)},
        "For more than an hour, processes of different versions have been running: 1.0 (abc), 1.1 (abc).",
    ),
    "second_copy": (
        {"has_second_copy": True},
        {"has_second_copy": False},
        "It has another database. No new job starts until one of the two stops.",
    ),
}


def test_every_rule_has_an_example_and_a_part_of_the_docs():
    assert SEEN.keys() == FleetReports.rules.keys() == {*RULES, LEADER.name}
    for rule in FleetReports.rules.values():
        page, _, part = rule.guide.partition("#")
        titles = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert part in {title.lower().replace(" ", "-") for title in titles}, rule.name


@pytest.mark.parametrize("name", list(SEEN))
async def test_a_rule_begins_and_ends_one_message(reported: Reported, name: str):
    begins, ends, sentence = SEEN[name]
    rule = FleetReports.rules[name]
    if rule is LEADER:
        reported.as_one_of_several(lambda: True)
    await reported.round()
    assert reported.messages() == []
    await reported.round(**begins)
    if rule.for_s:
        assert reported.messages() == [], "it may pass by itself"
        await reported.round(after_s=rule.for_s)
    [alert] = reported.messages()
    assert alert.embeds[0].title in {f"🔴 {rule.title}", f"🟠 {rule.title}"}
    assert alert.embeds[0].description == sentence
    assert labels(alert) == ["Silence 1 h", "Doctor", "Jobs that wait", "Pause new jobs"]
    assert alert.content == ""
    for _ in range(3):
        await reported.round()
    await reported.round(**ends)
    await reported.round(after_s=CLEAR_S)
    [ended] = reported.messages()
    assert ended.id == alert.id
    assert ended.embeds[0].title == f"✅ Over: {rule.title}"
    assert ended.embeds[0].description == sentence
    assert labels(ended) == ["Doctor", "Jobs that wait", "Pause new jobs"]


async def test_an_alert_is_posted_once_through_restarts_and_ended_by_the_next_process(reported: Reported):
    await reported.round(disk_free=1)
    await reported.restart()
    await reported.round(disk_free=1)
    assert len(reported.messages()) == 1
    await reported.restart()
    await reported.round(disk_free=10**12)
    await reported.round(after_s=CLEAR_S)
    [ended] = reported.messages()
    assert ended.embeds[0].title == "✅ Over: The disk is nearly full"


async def test_an_alert_whose_post_was_not_noted_is_found_and_not_posted_twice(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
):
    alerts = reported.rig.bot.parts.store.host_alerts

    async def dies(*_: object) -> None:
        raise discord.DiscordServerError(type("Response", (), {"status": 502, "reason": ""})(), "")  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "posted", dies)
        await reported.round(disk_free=1)
    await reported.round(after_s=600.0)
    [alert] = reported.messages()
    assert (await alerts.all())["disk"].message_id == alert.id


async def test_the_alert_about_the_database_is_ended_after_a_restart_too(reported: Reported):
    await reported.round()
    await reported.round(**SEEN["database"][0])
    await reported.restart()
    await reported.round(**SEEN["database"][1])
    [ended] = reported.messages()
    assert ended.embeds[0].title == "✅ Over: The database does not work"
    assert ended.embeds[0].fields[0].value == "15 s"


async def test_one_transaction_without_room_is_enough_for_a_report(reported: Reported):
    await reported.round()
    await reported.round(errors={"full": 1})
    [alert] = reported.messages()
    assert alert.embeds[0].description is not None
    assert alert.embeds[0].description.startswith("1 transaction failed within ten minutes (full).")


async def test_a_process_that_was_stopped_for_a_while_takes_its_silence_for_no_outage(reported: Reported):
    await reported.round()
    await reported.round(after_s=44.0, database_is_up=False, silent_s=44.0)
    assert reported.messages() == []
    await reported.round(silent_s=59.0)
    assert len(reported.messages()) == 1


async def test_an_outage_that_comes_again_is_the_same_message(reported: Reported):
    await reported.round()
    for _ in range(2):
        await reported.round(**SEEN["database"][0])
        assert reported.messages()[0].embeds[0].title == "🔴 The database does not work"
        await reported.round(**SEEN["database"][1])
        assert reported.messages()[0].embeds[0].title == "✅ Over: The database does not work"
    assert len(reported.messages()) <= 2


async def test_of_several_processes_one_reports_that_the_database_is_gone(reported: Reported):
    reported.as_one_of_several(lambda: False)
    await reported.round()
    await reported.round(**SEEN["database"][0])
    assert reported.messages() == [], "the leader comes first"
    await reported.round(silent_s=30.0 + OTHERS_WAIT_S)
    [alert] = reported.messages()
    await reported.restart()
    reported.as_one_of_several(lambda: True)._has_led = True
    await reported.round()
    assert [each.id for each in reported.messages()] == [alert.id], "another process finds it in the channel"
    await reported.round(**SEEN["database"][1])
    assert reported.messages()[0].embeds[0].title == "✅ Over: The database does not work"


async def test_only_the_leader_posts(reported: Reported):
    reports = reported.as_one_of_several(lambda: False)
    await reported.round(disk_free=1, has_second_copy=True)
    assert reported.messages() == []
    assert (await reported.rig.bot.parts.store.host_alerts.all()).keys() == {"disk"}, "of itself it notes what it sees"
    reports.leads = lambda: True
    await reported.round()
    assert {each.embeds[0].title for each in reported.messages()} == {
        "🟠 The disk is nearly full", "🔴 Another copy runs with the same token",
    }  # fmt: skip


async def test_what_flaps_is_one_message_and_no_storm(reported: Reported):
    for _ in range(5):
        await reported.round(disk_free=1)
        await reported.round(disk_free=10**12)
        await reported.round(after_s=CLEAR_S)
    assert len(reported.messages()) == 1
    for _ in range(2 * POSTS_MAX):
        await reported.round(disk_free=1)
        await reported.round(disk_free=10**12)
        await reported.round(after_s=CLEAR_S)
        await reported.rig.bot.parts.store._database.write(
            lambda db: db.execute("UPDATE host_alerts SET ended_at = ended_at - ?", (AGAIN_S,))
        )
    assert len(reported.all()) <= 1 + POSTS_MAX, "the page and the alerts of an hour"


async def test_an_alert_mentions_whom_the_host_has_set(reported: Reported):
    await reported.restart(host_reports_mention=DiscordId("role", reported.rig.moderators.id))
    await reported.round(disk_free=1)
    [alert] = reported.messages()
    assert alert.content == f"<@&{reported.rig.moderators.id}>"
    assert alert.role_mentions != []


async def test_direct_messages_are_a_place_too(reported: Reported):
    host = reported.rig.env.create_user("hosting")
    await reported.restart(host_reports=DiscordId("user", host.id), host_ids=frozenset())
    await reported.round(disk_free=1)
    alert, *_ = [each for each in host.dm_channel.history() if each.embeds[0].title]
    answer = await host.click(alert, label="Jobs that wait")
    assert answer.response.embeds[0].description == "No job waits: all have ended."


async def test_a_channel_that_everyone_can_read_gets_nothing(reported: Reported):
    await reported.restart(host_reports=DiscordId("channel", reported.rig.channel.id))
    await reported.round(disk_free=1)
    assert reported.rig.messages() == []


async def test_an_alert_of_an_earlier_channel_holds_nothing_up(reported: Reported):
    await reported.round(disk_free=1)
    [alert] = reported.messages()
    reported.rig.env.backend.delete_message(reported.channel.id, alert.id)
    other = Reported(reported.rig)
    await other.restart()
    await other.round(disk_free=10**12)
    await other.round(after_s=CLEAR_S, has_second_copy=True)
    assert [each.embeds[0].title for each in other.messages()] == ["🔴 Another copy runs with the same token"]


async def test_a_channel_that_is_gone_delays_the_alert_and_nothing_else(reported: Reported):
    await reported.restart(host_reports=DiscordId("channel", 123456789012345678))
    await reported.round(disk_free=1)
    assert (await reported.rig.bot.parts.store.host_alerts.all())["disk"].message_id is None
    await reported.restart()
    await reported.round(after_s=300.0)
    assert len(reported.messages()) == 1
