"""What a person can do on the demo's page that simcord's preview has no control for: react, and change channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.domain.reaction_rules import DEFAULTS
from bot.sandbox.demo import texts
from bot.sandbox.demo.simulation import ResponseMessage, SetupError, channel_accessible, simcord

if TYPE_CHECKING:
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle


class PageActs:
    """Acts of whoever looks at the page. Ids arrive as the browser's text; what is not there raises `SetupError`."""

    def __init__(
        self, env: simcord.Env, preview: Any, *, channels: Sequence[ChannelHandle], viewers: Sequence[MemberActor]
    ) -> None:
        self._env = env
        self._preview = preview
        self._channels = {str(channel.id): channel for channel in channels}
        self._viewers = {str(viewer.id): viewer for viewer in viewers}
        self._looks = next(iter(self._viewers))
        """Who looks at the page: a page that is loaded again is theirs."""

    def offered(self, viewer_id: str) -> dict[str, Any]:
        """Return what the page offers a viewer: the channels that they see, and the reactions with what they do."""
        self._viewer(viewer_id)
        self._looks = viewer_id
        channels = [
            {"id": key, "name": channel.name, "here": channel.id == self._preview.channel.id}
            for key, channel in self._channels.items()
            if self._sees(viewer_id, channel)
        ]
        reactions = [{"emoji": rule.shown, "does": texts.REACTIONS[rule.action]} for rule in DEFAULTS.values()]
        return {"channels": channels, "reactions": reactions}

    async def react(self, viewer_id: str, message_id: str, emoji: str) -> None:
        """Put the viewer's reaction on a message of the page. Raises `BackendError` if they may not."""
        message = self._message(self._preview.channel.id, int(message_id))
        await self._viewer(viewer_id).react(message, emoji)

    async def open_channel(self, viewer_id: str, channel_id: str) -> None:
        """Let pages that are opened from now on show this channel."""
        channel = self._channels.get(channel_id)
        if channel is None or not self._sees(viewer_id, channel):
            raise SetupError(texts.NO_SUCH_CHANNEL)
        self._preview.channel = channel

    def opening(self) -> dict[str, str]:
        """Return how a page opens: as the viewer who looked last, at the newest message of the channel."""
        newest = max(self._env.backend.messages.get(self._preview.channel.id, {}), default=None)
        return {"viewer_id": self._looks, **({"target_id": str(newest)} if newest is not None else {})}

    def _viewer(self, viewer_id: str) -> MemberActor:
        viewer = self._viewers.get(viewer_id)
        if viewer is None:
            raise SetupError(texts.NO_SUCH_MEMBER)
        return viewer

    def _sees(self, viewer_id: str, channel: ChannelHandle) -> bool:
        return channel_accessible(self._env.backend, channel.id, self._viewer(viewer_id).id, history=True)

    def _message(self, channel_id: int, message_id: int) -> ResponseMessage:
        return ResponseMessage(self._env, self._env.backend.get_message(channel_id, message_id))
