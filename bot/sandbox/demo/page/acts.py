"""Acts without a control in simcord's preview: reactions and changing channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.domain.server.reaction_rules import DEFAULTS
from bot.language import LANGUAGES, NAMES, current, speaking
from bot.sandbox.demo import texts
from bot.sandbox.demo.page.preview import DemoPreview
from bot.sandbox.demo.simulation import DemoEnv, ResponseMessage, SetupError, channel_accessible

if TYPE_CHECKING:
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle


class PageActs:
    """Acts of the page's viewer. Ids are the browser's text; unknown ones raise `SetupError`."""

    def __init__(
        self,
        env: DemoEnv,
        preview: DemoPreview,
        *,
        channels: Sequence[ChannelHandle],
        viewers: Sequence[MemberActor],
        tour: Callable[[int], Awaitable[None]],
    ) -> None:
        """Prepare them; `tour` shows the tour in a channel, in the current language."""
        self._env = env
        self._preview = preview
        self._tour = tour
        self._channels = {str(channel.id): channel for channel in channels}
        self._viewers = {str(viewer.id): viewer for viewer in viewers}
        self._looks = next(iter(self._viewers))
        """The current viewer, kept across reloads."""

    def offered(self, context_id: str, viewer_id: str) -> dict[str, Any]:
        """Return what a page offers a viewer: channels, reactions, languages, and its texts."""
        with speaking(self.language(viewer_id)):
            return self._offered(self._preview.channel_of(context_id).id, viewer_id)

    def _offered(self, here_id: int, viewer_id: str) -> dict[str, Any]:
        self._looks = viewer_id
        channels = [
            {"id": key, "name": channel.name, "here": channel.id == here_id}
            for key, channel in self._channels.items()
            if self._sees(viewer_id, channel)
        ]
        does = {rule.shown: str(texts.REACTIONS[rule.action]) for rule in DEFAULTS.values()}
        return {
            "channels": channels,
            "reactions": [
                {"emoji": each, "does": what, "says": texts.REACT_WITH(emoji=each, does=what)}
                for each, what in does.items()
            ],
            "languages": [{"id": key, "name": name, "here": key == current()} for key, name in NAMES.items()],
            "locale": LANGUAGES[current()][0],
            "words": {key: str(text) for key, text in texts.PAGE.items()},
        }

    def spoken(self) -> str:
        """Return the current viewer's language."""
        return self.language(self._looks)

    def language(self, viewer_id: str) -> str:
        return self._env.languages.get(self._viewer(viewer_id).id, self._env.language)

    async def choose_language(self, viewer_id: str, language: str) -> None:
        """Set the language of a viewer's Discord and the server, and show the tour in it."""
        if language not in LANGUAGES:
            raise SetupError(texts.NO_SUCH_LANGUAGE)
        self._env.languages[self._viewer(viewer_id).id] = language
        guild_id = self._preview.viewers[0].guild.id
        self._env.backend.edit_guild(guild_id, {"preferred_locale": LANGUAGES[language][0]})
        with speaking(language):
            await self._tour(next(iter(self._channels.values())).id)

    async def react(self, context_id: str, viewer_id: str, message_id: str, emoji: str) -> None:
        """Add the viewer's reaction to a message of their page. Raises `BackendError` if they may not."""
        channel = self._preview.channel_of(context_id)
        message = self._message(channel.id, int(message_id))
        await self._viewer(viewer_id).react(message, emoji)

    def look(self, context_id: str, viewer_id: str, channel_id: str) -> dict[str, Any]:
        """Show a viewer a channel on a page, or the first one that they see; return what it offers there."""
        viewer, channel = self._viewer(viewer_id), self._channels.get(channel_id)
        if channel is None:
            raise SetupError(texts.NO_SUCH_CHANNEL)
        seen = [each for each in (channel, *self._channels.values()) if self._sees(viewer_id, each)]
        generation = self._preview.move(context_id, viewer, seen[0])
        return {"generation": generation, **self.offered(context_id, viewer_id)}

    def opening(self) -> dict[str, str]:
        """Return how a page opens: the last viewer, the newest message of the last channel."""
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
