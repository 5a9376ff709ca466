"""What is reported to the host where several processes run: that nothing leads, and everything once.

The leader posts; without one, the processes that answer members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import ClassVar

from bot.delivery.host.reports import HostReports, is_lasting
from bot.delivery.host.rules import RULES, RUNBOOK, Rule, Snapshot
from bot.fleet.host import texts
from bot.store.host.alerts import HostAlert

LEADERLESS_S = 60.0
OTHERS_WAIT_S = 45.0
"""How much later than the leader the other processes report that the database is gone."""


def _leader(seen: Snapshot) -> str | None:
    is_led = any(each.is_leader for each in seen.alive)
    return None if is_led or not seen.alive else texts.LEADER_SEEN


LEADER = Rule(
    name="leader", title=texts.LEADER, action=texts.LEADER_ACTION, guide=f"{RUNBOOK}#noprocessleads",
    judge=_leader, for_s=LEADERLESS_S, is_critical=True,
)  # fmt: skip


@dataclass
class FleetReports(HostReports):
    """Posts alerts and pages as one of several processes; `leads`: whether this one is the leader."""

    rules: ClassVar[Mapping[str, Rule]] = MappingProxyType({**RULES, LEADER.name: LEADER})
    _: KW_ONLY
    leads: Callable[[], bool]
    _has_led: bool = field(default=False, init=False)

    async def _report(self, seen: Snapshot) -> None:
        self._has_led = self.leads()
        await super()._report(seen)

    def _notes(self, rule: Rule) -> bool:
        """Whether it is about this process, or this is the leader; that there is none, each may note."""
        return self._has_led or rule.of_each or rule is LEADER

    async def _post(self, seen: Snapshot) -> None:
        if self._has_led:
            await super()._post(seen)
            return
        if self._outage is not None:
            await self._end_outage()
        if is_lasting(self._alerts.get(LEADER.name)):
            await self._show_all()

    def _may_end(self, alert: HostAlert, seen: Snapshot) -> bool:
        """Whether this process knows that it is over: that which found it does, or the leader once that is gone."""
        if not is_lasting(alert) or not self.rules[alert.rule].of_each:
            return True
        return alert.process == self.process or alert.process not in {each.name for each in seen.alive}

    @property
    def _outage_wait_s(self) -> float:
        return 0.0 if self._has_led else OTHERS_WAIT_S
