"""What no hostile act may lead to: a traceback, a ping, a leak, a job that is paid twice."""

from __future__ import annotations

import io
from typing import Any

from bot.domain.models import LedgerKind
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import sends

SECRET_WORDS, PRIVATE_WORDS, FOREIGN_WORDS = "hiddenroomwords", "privatewords", "otherserverwords"
SECRETS = (SECRET_WORDS, PRIVATE_WORDS, FOREIGN_WORDS, HOST_KEY, GUILD_KEY)
"""What is in a channel that the attackers do not see, in a private request, in another server, and the keys."""


class Verdict:
    """Judges what was sent and logged since it was last asked."""

    def __init__(self, rig: Rig, log: io.StringIO, seed: int) -> None:
        self.rig = rig
        self.log = log
        self.seed = seed
        self.acts = 0
        self.pingable: set[str] = set()
        """Whom a message may ping: the authors of jobs."""
        self._calls = len(rig.env.http_requests)
        self._sends = 0
        self.forgive()

    def forgive(self) -> None:
        """Judge nothing of what was sent until now, such as what the test itself has sent."""
        self._calls, self._sends = len(self.rig.env.http_requests), len(list(sends(self.rig)))
        self.log.seek(0)
        self.log.truncate()

    def after(self, act: object, *results: Any) -> None:
        """Check what was sent and logged since the last act, and the files of these answers."""
        self.acts += 1
        named = f"seed {self.seed}, act {self.acts}: {act!r}"[:500]
        self._no_ping(named)
        for call in self.rig.env.http_requests[self._calls :]:
            if call.path.endswith("/callback") or "/messages" in call.path or call.path.startswith("/webhooks/"):
                self._no_leak(named, f"{call.method} {call.path}", str(call.json))
        for name, data in self._files(results):
            self._no_leak(named, name, data)
        said = self.log.getvalue()
        assert "Traceback" not in said, (named, said[max(said.find("Traceback") - 2000, 0) :][:6000])
        self._no_leak(named, "the log", said)
        self.forgive()

    async def books(self) -> None:
        """Check that no job was paid or released twice."""
        rows = await self.rig.bot.parts.store.ledger.rows(self.rig.guild.id)
        closings = [row.job_id for row in rows if row.kind in {LedgerKind.SETTLE, LedgerKind.RELEASE}]
        assert len(closings) == len(set(closings)), f"seed {self.seed}"
        assert await self.rig.bot.parts.store.check() == [], f"seed {self.seed}"

    def _no_ping(self, named: str) -> None:
        for call, body in list(sends(self.rig))[self._sends :]:
            allowed = body.get("allowed_mentions") or {}
            assert not allowed.get("parse"), (named, call)
            assert not allowed.get("roles"), (named, call)
            assert {str(each) for each in allowed.get("users") or ()} <= self.pingable, (named, call)
            # A page of /help is called so, too.
            assert "Something went wrong in the bot" not in str(body.get("content")), (named, call)

    def _no_leak(self, named: str, where: str, text: str) -> None:
        for secret in SECRETS:
            assert secret not in text, (named, where, secret)

    def _files(self, results: tuple[Any, ...]) -> list[tuple[str, str]]:
        messages = [
            each for result in results if result is not None for each in (result.response, *result.followups) if each
        ]
        files = [file for message in messages for file in message.attachments]
        return [(file.filename, self.rig.file(file).decode("utf-8", "replace")) for file in files]
