"""Posts to the host what the rules find: each alert once when it begins, edited when it ends, and a page a week.

The alert about the database is not stored there: it is kept in memory, and one that was posted by an earlier process is
found in the channel itself.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import ClassVar

import discord
import structlog

from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages, custom_ids_of
from bot.delivery.channels.view import message_view
from bot.delivery.host import texts
from bot.delivery.host.channel import HostChannel
from bot.delivery.host.rules import DATABASE, RULES, Rule, Snapshot
from bot.delivery.surface import CardSurface
from bot.domain.custom_ids import unsigned
from bot.domain.words.text import harmless, stamp
from bot.errors import StoreError
from bot.runtime.clock import Clock
from bot.store import Store
from bot.store.engine.pulse import WELL_S
from bot.store.host.alerts import AGAIN_S, HostAlert, Week

log = structlog.get_logger(__name__)

EVERY_S = 15.0
PAUSED_S = 2 * EVERY_S
CLEAR_S = 60.0
"""How long all has to be well before an alert ends."""
WEEK_S = 7 * 86_400.0
MONDAY_S = 4 * 86_400.0
"""The first Monday of Unix time."""
PAGE_META = "host_page"
"""The week of the last page, counted from that Monday."""
COLORS = {"critical": discord.Color.red(), "warning": discord.Color.orange(), "over": discord.Color.green()}


@dataclass
class _Outage:
    """The database's alert, while it cannot be stored. Times are Unix seconds."""

    began_at: float
    sentence: str
    message: discord.Message | None = None


@dataclass
class HostReports:
    """Posts alerts and pages to the host's channel.

    `look` returns what this process knows. No method raises because of Discord.
    """

    rules: ClassVar[Mapping[str, Rule]] = RULES
    channel: HostChannel
    _: KW_ONLY
    guilds: Guilds
    messages: Messages
    store: Store
    surface: CardSurface
    look: Callable[[], Awaitable[Snapshot]]
    is_paused: Callable[[], bool]
    clock: Clock
    process: str = ""
    """Who reports, where several do."""
    _alerts: dict[str, HostAlert] = field(default_factory=dict, init=False)
    _changed_at: dict[str, float] = field(default_factory=dict, init=False)
    """Since when a rule finds something and has no alert, or finds nothing and has one; in monotonic seconds."""
    _outage: _Outage | None = field(default=None, init=False)
    _looked_at: float = field(default=math.inf, init=False)
    """When the rules were last judged, in monotonic seconds."""
    _knows_outages: bool = field(default=False, init=False)
    """Whether the channel was searched for an earlier process' alert about the database."""

    async def run_once(self) -> float:
        """Judge the rules, post what is due, and return the seconds until the next time."""
        if self.channel.place is None:
            return math.inf
        # The silence of a process that was stopped (a machine that slept) says nothing of the database.
        was_paused = self.clock.monotonic() - self._looked_at > PAUSED_S
        self._looked_at = self.clock.monotonic()
        try:
            seen = await self.look()
            if seen.database_is_up:
                await self._report(seen)
            elif not was_paused:
                await self._report_outage(seen)
        except StoreError as error:
            log.info("host_reports.later", error=error.sentence)
        except DISCORD_ERRORS as error:
            self.channel.failed(error)
        return EVERY_S

    # ------------------------------------------------------------------ alerts that are stored

    async def _report(self, seen: Snapshot) -> None:
        self._alerts = await self.store.host_alerts.all()
        for rule in self.rules.values():
            if rule is not DATABASE and self._notes(rule):
                await self._note(rule, seen)
        if self.channel.is_open and await self.channel.find() is not None:
            await self._post(seen)

    def _notes(self, rule: Rule) -> bool:  # noqa: ARG002 - the only process judges all
        """Whether this process judges a rule."""
        return True

    async def _post(self, seen: Snapshot) -> None:
        await self._end_outage()
        await self._show_all()
        await self._post_page(seen)

    async def _note(self, rule: Rule, seen: Snapshot) -> None:
        """Store that a rule begins or ceases to apply, once it has for long enough."""
        sentence, alert, now = rule.judge(seen), self._alerts.get(rule.name), self.clock.monotonic()
        if (sentence is not None) == is_lasting(alert) or (alert is not None and not self._may_end(alert, seen)):
            self._changed_at.pop(rule.name, None)
            return
        wait_s = CLEAR_S if sentence is None else rule.for_s
        if now - self._changed_at.setdefault(rule.name, now) < wait_s:
            return
        del self._changed_at[rule.name]
        if sentence is None:
            await self.store.host_alerts.end(rule.name)
            log.info("host_alert.ends", rule=rule.name)
        elif await self.store.host_alerts.begin(rule.name, sentence, self.process):
            log.warning("host_alert.begins", rule=rule.name, sentence=sentence)
        self._alerts = await self.store.host_alerts.all()

    def _may_end(self, alert: HostAlert, seen: Snapshot) -> bool:  # noqa: ARG002 - the only process knows all
        """Whether this process knows that it is over."""
        return True

    async def _show_all(self) -> None:
        for name in self._alerts:
            await self._show(self._alerts[name])

    async def _show(self, alert: HostAlert) -> None:
        """Post an alert, or edit its message, if that is due."""
        rule = self.rules.get(alert.rule)
        if rule is None or alert.is_shown or (alert.message_id is None and alert.ended_at is not None):
            return
        embed, view = self._drawn(rule, alert), self._controls(rule, lasts=alert.ended_at is None)
        if alert.message_id is not None and alert.channel_id is not None:
            message = self.messages.channel(alert.channel_id, None).get_partial_message(alert.message_id)
            await self.channel.redraw(message, embed, view)
        elif (made := await self._post_once(embed, view, rule.name, since=alert.began_at)) is not None:
            await self.store.host_alerts.posted(alert, made.channel.id, made.id)
        else:
            return
        await self.store.host_alerts.shown(alert)

    # ------------------------------------------------------------------ the alert about the database

    async def _report_outage(self, seen: Snapshot) -> None:
        sentence = DATABASE.judge(seen) or texts.DATABASE_SILENT
        outage = self._outage = self._outage or _Outage(seen.at - seen.silent_s, sentence)
        stored = self._alerts.get(DATABASE.name)
        is_silenced = stored is not None and stored.silenced_until > seen.at
        is_due = seen.silent_s >= WELL_S + self._outage_wait_s and self.channel.is_open
        if outage.message is not None or is_silenced or not is_due:
            return
        outage.message = await self._open_outage(since=outage.began_at)
        if outage.message is None:
            alert = self._outage_alert(outage)
            embed, view = self._drawn(DATABASE, alert), self._controls(DATABASE)
            # It may be posted twice at once, and an outage that comes again is the same alert: Discord knows the name.
            name = f"database {self.store.signature} {outage.began_at // AGAIN_S:.0f}"
            outage.message = made = await self.channel.post(embed, view, name)
            if made is not None and not _same_as(embed)(made):
                await self.channel.redraw(made, embed, view)
            log.warning("host_alert.begins", rule=DATABASE.name, sentence=sentence)

    @property
    def _outage_wait_s(self) -> float:
        """How much later this process reports an outage."""
        return 0.0

    async def _end_outage(self) -> None:
        """Edit the alert about the database, also one that an earlier process has posted."""
        outage, now = self._outage, self.clock.wall()
        if outage is None and not self._knows_outages:
            left = await self._open_outage(since=None)
            if left is not None:
                sentence = (left.embeds[0].description if left.embeds else None) or texts.DATABASE_SILENT
                outage = _Outage(left.created_at.timestamp(), sentence, left)
        if outage is not None and outage.message is not None:
            alert = self._outage_alert(outage)
            embed = self._drawn(DATABASE, replace(alert, ended_at=now))
            await self.channel.redraw(outage.message, embed, self._controls(DATABASE, lasts=False))
            log.info("host_alert.ends", rule=DATABASE.name, after_s=round(now - outage.began_at))
        self._outage, self._knows_outages = None, True

    def _outage_alert(self, outage: _Outage) -> HostAlert:
        name, sentence, began = DATABASE.name, outage.sentence, outage.began_at
        return HostAlert(rule=name, process=self.process, sentence=sentence, began_at=began)

    async def _open_outage(self, *, since: float | None) -> discord.Message | None:
        """Return a message about the database that does not say yet that it is over."""
        [silence, *_] = self.surface.host_controls(DATABASE.name, is_paused=False)
        wanted = unsigned(str(getattr(silence, "custom_id", "")))
        return await self.channel.search(lambda message: wanted in map(unsigned, custom_ids_of(message)), since=since)

    # ------------------------------------------------------------------ the weekly page

    async def _post_page(self, seen: Snapshot) -> None:
        week = math.floor((seen.at - MONDAY_S) / WEEK_S)
        if int(await self.store.meta.get(PAGE_META) or -1) >= week:
            return
        found = await self.store.host_alerts.week(MONDAY_S + week * WEEK_S)
        embed = await self._page(found, seen)
        if await self._post_once(embed, self._controls(None), "page", since=found.until) is not None:
            await self.store.meta.set(PAGE_META, str(week))

    async def _page(self, week: Week, seen: Snapshot) -> discord.Embed:
        title = texts.PAGE_TITLE(since=texts.day(week.since), until=texts.day(week.until - 1))
        embed = discord.Embed(description=f"**{title}**", color=discord.Color.blurple())
        most = sorted(week.spent.items(), key=lambda each: -each[1])
        spent = [
            (await self._server_name(guild_id) if place < texts.SERVERS_MAX else str(guild_id), credits_)
            for place, (guild_id, credits_) in enumerate(most)
        ]
        slowest = [(each.operation, each.jobs, each.median_s, each.p95_s) for each in week.slowest]
        backup = texts.backup_made(seen.backup_age_s, is_on=seen.backup_every_s is not None)
        for name, value in (
            (texts.SPENT, texts.spent(spent)),
            (texts.JOBS_ENDED, texts.ended(week.with_result, week.refunded, week.late)),
            (texts.SLOWEST, texts.slowest(slowest)),
            (texts.VERSIONS_ALIVE, texts.running([(each.build, each.role) for each in seen.alive])),
            (texts.LAST_BACKUP, backup),
        ):
            embed.add_field(name=name, value=value, inline=False)
        return embed

    async def _server_name(self, guild_id: int) -> str:
        guild = await self.guilds.find(guild_id)
        return str(guild_id) if guild is None else harmless(guild.name)

    # ------------------------------------------------------------------ messages

    async def _post_once(
        self, embed: discord.Embed, view: discord.ui.View | None, name: str, *, since: float
    ) -> discord.Message | None:
        """Post a message, unless an attempt since then (Unix seconds) did, whose answer was lost.

        None if there is no place, or too many were posted. Only an alert has a title, and mentions.
        """
        there = None
        if self.clock.wall() - since > EVERY_S:
            there = await self.channel.search(_same_as(embed), since=since)
        return there or await self.channel.post(embed, view, f"{name} {since}", mentions=embed.title is not None)

    def _drawn(self, rule: Rule, alert: HostAlert) -> discord.Embed:
        if alert.ended_at is not None:
            embed = discord.Embed(title=texts.OVER_TITLE(title=rule.title), color=COLORS["over"])
            embed.description = alert.sentence
            embed.add_field(name=texts.LASTED, value=texts.span(alert.ended_at - alert.began_at))
            return embed
        mark, color = (texts.CRITICAL, "critical") if rule.is_critical else (texts.WARNING, "warning")
        title = texts.ALERT_TITLE(mark=mark, title=rule.title)
        embed = discord.Embed(title=title, description=alert.sentence, color=COLORS[color])
        guide = texts.GUIDE(action=rule.action, guide=rule.guide)
        embed.add_field(name=texts.WHAT_TO_DO, value=guide, inline=False)
        embed.add_field(name=texts.SINCE, value=stamp(alert.began_at))
        if alert.silenced_until > self.clock.wall():
            embed.add_field(name=texts.SILENCED, value=stamp(alert.silenced_until, "t"))
        if alert.process:
            embed.set_footer(text=texts.FOUND_BY(process=alert.process))
        return embed

    def _controls(self, rule: Rule | None, *, lasts: bool = True) -> discord.ui.View | None:
        name = rule.name if rule is not None and lasts else None
        return message_view([self.surface.host_controls(name, is_paused=self.is_paused())], [])


def is_lasting(alert: HostAlert | None) -> bool:
    """Whether there is an alert that has not ended."""
    return alert is not None and alert.ended_at is None


def _same_as(embed: discord.Embed) -> Callable[[discord.Message], bool]:
    def fits(message: discord.Message) -> bool:
        return any(each.title == embed.title and each.description == embed.description for each in message.embeds)

    return fits
