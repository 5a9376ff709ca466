from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.store import Store
from bot.store.host.alerts import AGAIN_S
from bot.store.money.totals import DAY_S


async def test_an_alert_begins_once_and_keeps_its_message_until_another_begins(store: Store, clock: Any) -> None:
    alerts = store.host_alerts
    assert await alerts.begin("disk", "The disk is nearly full.", "w1")
    assert not await alerts.begin("disk", "The disk is nearly full.", "w2")
    [alert] = (await alerts.all()).values()
    assert (alert.process, alert.ended_at, alert.message_id, alert.is_shown) == ("w1", None, None, False)
    await alerts.posted(alert, 5, 6)
    await alerts.shown(alert)
    assert (await alerts.all())["disk"].is_shown
    await alerts.end("disk")
    ended = (await alerts.all())["disk"]
    assert (ended.message_id, ended.ended_at, ended.is_shown) == (6, clock.now, False)
    clock.now += AGAIN_S / 2
    assert await alerts.begin("disk", "The disk is full.", "w1")
    assert (await alerts.all())["disk"].message_id == 6, "what flaps is one message"
    await alerts.end("disk")
    clock.now += AGAIN_S
    assert await alerts.begin("disk", "The disk is full.", "w1")
    assert (await alerts.all())["disk"].message_id is None


async def test_a_row_that_has_changed_meanwhile_is_not_taken_as_shown(store: Store) -> None:
    alerts = store.host_alerts
    await alerts.begin("late", "Results are late.", "")
    read = (await alerts.all())["late"]
    await alerts.end("late")
    await alerts.shown(read)
    assert not (await alerts.all())["late"].is_shown


async def test_a_silenced_rule_begins_nothing_until_its_time(store: Store, clock: Any) -> None:
    alerts = store.host_alerts
    await alerts.silence("backup", clock.now + 3600)
    assert not await alerts.begin("backup", "The last backup is old.", "")
    clock.now += 3600
    assert await alerts.begin("backup", "The last backup is old.", "")
    assert not await alerts.begin("backup", "The last backup is old.", "")


async def test_a_week_has_what_its_days_cost_and_how_its_jobs_ended(store: Store, clock: Any, accepted: Any) -> None:
    clock.now = 30 * DAY_S
    await accepted(store, "10", "10", "10")
    clock.now += DAY_S
    week = await store.host_alerts.week(clock.now)
    assert (week.since, week.until) == (24 * DAY_S, 31 * DAY_S)
    assert week.spent == {700: Decimal(30)}
    assert (week.with_result, week.refunded, week.late, list(week.slowest)) == (0, 0, 0, [])
    assert (await store.host_alerts.week(clock.now - DAY_S)).spent == {}
