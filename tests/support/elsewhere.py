"""Discord outside the bot's servers: direct messages, groups, and servers in which a member alone has the bot.

simcord knows none of it but direct messages. So a place where the bot is not is a server of simcord's of which the
gateway says nothing, whose interactions are rewritten to what Discord sends there, and which the bot's own token does
not reach. Discord's limits are kept: five follow-ups for an interaction, 10 MiB for a file.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from simcord.actors import MemberActor
from simcord.backend.errors import BackendError

from bot.delivery.channels.facts import FILE_LIMIT_BYTES, MISSING_ACCESS, UNKNOWN_GUILD
from bot.domain.models import AccountStatus
from tests.support.discord_trouble import DiscordCall, trouble_with
from tests.support.rig import Rig

GUILD, BOT_DM, PRIVATE = 0, 1, 2
"""Discord's contexts of an interaction."""
FOLLOW_UPS_MAX, TOO_MANY_FOLLOW_UPS = 5, 40094
GROUP_TYPE = 3
MANAGE_GUILD = 1 << 5
OWN_KEY = "cs_test_own_0000000000{number:04d}"


class Hidden:
    """Places of a simulated Discord where the bot is not: a server, and a group."""

    def __init__(self, backend: Any, create_guild: Callable[[str], Any]) -> None:
        self.backend, self._create_guild, self._emit = backend, create_guild, backend.emit
        self._guilds: set[int] = set()
        self._groups: set[int] = set()
        self._channels: set[int] = set()
        self._answers: Counter[str] = Counter()
        self.refused: list[str] = []
        """The calls by the bot's own token to these places."""
        self.follow_ups = 0
        self.install = self._place("Elsewhere")
        self.group = self._place("Friends", is_group=True)

    def _place(self, name: str, *, is_group: bool = False) -> Any:
        self.backend.emit = lambda *_: None  # the bot hears nothing of it
        try:
            guild = self._create_guild(name)
            channel = guild.create_text_channel(name.lower())
            everyone = self.backend.get_guild(guild.id).roles[guild.id]  # may manage it: it is not the bot's
            self.backend.edit_role(guild.id, guild.id, {"permissions": everyone.permissions | MANAGE_GUILD})
        finally:
            self.backend.emit = self._emitted  # the one place that every event passes
        self._guilds.add(guild.id)
        self._channels.add(channel.id)
        if is_group:
            self._groups.add(guild.id)
        return channel

    def reveal(self) -> None:
        """Stop rewriting."""
        self.backend.emit = self._emit

    def visitor(self, channel: Any, member: MemberActor) -> MemberActor:
        """Return a member of another server as one who acts there."""
        if member.id not in self.backend.get_guild(channel.guild.id).members:
            channel.guild.add_member(member.user)
        return MemberActor(member._env, channel.guild, member.user)

    def _emitted(self, event: str, payload: Any) -> None:
        guild_id = int(payload.get("guild_id") or (payload.get("id") if event.startswith("GUILD_") else 0) or 0)
        if event == "INTERACTION_CREATE":
            self._rewrite(payload, guild_id)
        elif guild_id in self._guilds:
            return
        self._emit(event, payload)

    def _rewrite(self, payload: dict[str, Any], guild_id: int) -> None:
        user = payload.get("user") or payload["member"]["user"]
        payload["attachment_size_limit"] = FILE_LIMIT_BYTES
        if not guild_id:
            payload |= {"authorizing_integration_owners": {"0": "0"}, "context": BOT_DM}
        elif guild_id in self._guilds:
            payload |= {"authorizing_integration_owners": {"1": self._owner(payload, user["id"])}, "context": GUILD}
        else:
            payload |= {"authorizing_integration_owners": {"0": str(guild_id)}, "context": GUILD}
        if guild_id in self._groups:
            channel = {"id": payload["channel_id"], "type": GROUP_TYPE}
            payload |= {"user": user, "context": PRIVATE, "channel": channel, "app_permissions": "0"}
            for name in ("guild_id", "member", "guild_locale"):
                payload.pop(name, None)

    def _owner(self, payload: dict[str, Any], user_id: str) -> str:
        """Return who has installed the bot: of a control, the one whose interaction made its message."""
        made = (payload.get("message") or {}).get("interaction_metadata") or {}
        return str((made.get("user") or {}).get("id") or user_id)

    def check(self, method: str, path: str) -> None:
        """Raise what Discord answers the bot's call to a place where it is not, and to a sixth follow-up."""
        parts = path.strip("/").split("/")
        if parts[0] == "channels" and int(parts[1]) in self._channels:
            self.refused.append(f"{method} {path}")
            raise BackendError(403, MISSING_ACCESS, "Missing Access")
        if parts[0] == "guilds" and int(parts[1]) in self._guilds:
            self.refused.append(f"{method} {path}")
            raise BackendError(404, UNKNOWN_GUILD, "Unknown Guild")
        if method == "POST" and parts[0] == "webhooks" and len(parts) == 3:
            self._count(parts[2])

    def _count(self, token: str) -> None:
        record = self.backend.interaction_by_token(token)
        if record.guild_id not in self._guilds or record.loading:  # the first after a deferral is its answer
            return
        self.follow_ups += 1
        self._answers[token] += 1
        if self._answers[token] > FOLLOW_UPS_MAX:
            raise BackendError(400, TOO_MANY_FOLLOW_UPS, "Maximum number of follow-up messages reached")


class Elsewhere(Hidden):
    """Places outside a rig's server, by name: `dm`, `group`, and `install`, a server where a member has the bot."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig.env.backend, rig.env.create_guild)
        self.rig = rig

    def channel(self, where: str, member: Any = None) -> Any:
        return (member or self.rig.member).user.dm_channel if where == "dm" else getattr(self, where)

    def actor(self, where: str, member: Any = None) -> Any:
        """Return a member of the rig's server, by default its plain one, as one who acts there."""
        member = member or self.rig.member
        return member.user if where == "dm" else self.visitor(self.channel(where), member)

    async def slash(self, where: str, name: str, /, *, by: Any = None, **options: Any) -> Any:
        actor = self.actor(where, by)
        return await (
            actor.slash(name, **options) if where == "dm" else actor.slash(self.channel(where), name, **options)
        )

    async def autocomplete(self, where: str, name: str, option: str, typed: str) -> list[dict[str, Any]]:
        actor = self.actor(where)
        asked = actor.autocomplete(*([] if where == "dm" else [self.channel(where)]), name, option, typed)
        offered: list[dict[str, Any]] = await asked
        return offered

    async def link(self, member: Any, *, number: int = 1, balance: int = 500) -> str:
        """Give a member an account of their own; return its key."""
        secret = OWN_KEY.format(number=number)
        self.rig.sandbox.add_key(secret, credits=balance)
        status = AccountStatus(credits=Decimal(balance), plan="creator", scopes=())
        await self.rig.bot.parts.store.keys.set(member.id, secret, set_by=member.id, status=status, own=True)
        return secret


@contextlib.contextmanager
def elsewhere(rig: Rig) -> Iterator[Elsewhere]:
    """Give the rig's Discord places where the bot is not, until the block ends."""
    made = Elsewhere(rig)

    async def met(call: DiscordCall) -> None:
        made.check(call.method, call.path)

    try:
        with trouble_with(met):
            yield made
    finally:
        made.reveal()
