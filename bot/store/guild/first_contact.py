"""First contact with a guild: its welcome, and how far its setup is."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.first_contact import SetupStep, StepOutcome, StepState, WelcomePlace
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.sql import Connection


class WelcomeRows(Repository):
    """The table `welcomes`: a row for each guild, so that none is greeted twice."""

    async def expect(self, joined: Mapping[int, float]) -> int:
        """Note guilds that are to be greeted, with when the bot joined them (Unix seconds); return how many are new.

        A guild that is there already stays as it is.
        """

        def change(db: Connection) -> int:
            return db.executemany(
                "INSERT INTO welcomes (guild_id, joined_at) VALUES (?, ?) ON CONFLICT (guild_id) DO NOTHING",
                joined.items(),
            ).rowcount

        return await self._database.write(change)

    async def due(self) -> list[tuple[int, float, bool]]:
        """Return the guilds that are still to be greeted, the first first: id, when joined, whether it was tried."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT guild_id, joined_at, tried_at FROM welcomes WHERE ended_at IS NULL ORDER BY joined_at"
            ).fetchall()
        )
        return [(row[0], row[1], row[2] is not None) for row in rows]

    async def begin(self, guild_id: int) -> None:
        """Note that the message is about to be sent: from now on it may be there."""
        now = self._clock.wall()
        await self._database.write(
            lambda db: db.execute(
                "UPDATE welcomes SET tried_at = ? WHERE guild_id = ? AND tried_at IS NULL", (now, guild_id)
            )
        )

    async def end(self, guild_id: int, place: WelcomePlace) -> None:
        """Note where the guild was greeted: it is not greeted again."""
        now = self._clock.wall()
        await self._database.write(
            lambda db: db.execute(
                "UPDATE welcomes SET ended_at = ?, place = ? WHERE guild_id = ? AND ended_at IS NULL",
                (now, place.value, guild_id),
            )
        )


class SetupSteps(Repository):
    """The table `setup_steps`."""

    async def of(self, guild_id: int) -> dict[SetupStep, StepState]:
        """Return what moderators have done or skipped."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT step, outcome, by_id, at FROM setup_steps WHERE guild_id = ?", (guild_id,)
            ).fetchall()
        )
        return {SetupStep(row[0]): StepState(outcome=StepOutcome(row[1]), by_id=row[2], at=row[3]) for row in rows}

    async def note(
        self,
        guild_id: int,
        step: SetupStep,
        outcome: StepOutcome,
        *,
        by_id: int,
        record: RecordOf[bool] | None = None,
    ) -> None:
        """Note that a moderator has done or skipped a step; `record` is told whether that changes the outcome."""
        values = (guild_id, step.value, outcome.value, by_id, self._clock.wall())

        def change(db: Connection) -> bool:
            before = db.execute(
                "SELECT outcome FROM setup_steps WHERE guild_id = ? AND step = ?", (guild_id, step.value)
            ).fetchone()
            db.execute(
                "INSERT INTO setup_steps (guild_id, step, outcome, by_id, at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (guild_id, step) DO UPDATE SET outcome = excluded.outcome, by_id = excluded.by_id,"
                " at = excluded.at",
                values,
            )
            return before is None or before[0] != outcome.value

        await self._recorded(guild_id, change, record)
