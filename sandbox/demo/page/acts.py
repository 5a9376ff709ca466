"""Acts without a control in simcord's preview: reactions, changing channels and the language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.domain.server.reaction_rules import REACTIONS
from bot.language import LANGUAGES, current, own_name, speaking
from sandbox.demo import texts
from sandbox.demo.page.frame import Frame
from sandbox.demo.page.markup import mentioning
from sandbox.demo.page.preview import DemoPreview
from sandbox.demo.page.texts import TODAY_AT, YESTERDAY_AT
from sandbox.demo.simulation import DemoEnv, ResponseMessage, SetupError

if TYPE_CHECKING:
    from simcord.actors import MemberActor


class PageActs:
    """Acts of the page's viewer. Ids are the browser's text; unknown ones raise `SetupError`."""

    def __init__(
        self,
        env: DemoEnv,
        preview: DemoPreview,
        *,
        frame: Frame,
        viewers: Sequence[MemberActor],
        translate: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare them; `translate` brings the server to the current language."""
        self._env = env
        self._preview = preview
        self._frame = frame
        self._translate = translate
        self._viewers = {str(viewer.id): viewer for viewer in viewers}
        self._looks = next(iter(self._viewers))
        """The current viewer, kept across reloads."""

    def offered(self, context_id: str, viewer_id: str) -> dict[str, Any]:
        """Return what a page offers a viewer: channels, members, reactions, languages, and its texts."""
        with speaking(self._env.language):
            return self._offered(self._preview.channel_of(context_id).id, viewer_id)

    def _offered(self, here_id: int, viewer_id: str) -> dict[str, Any]:
        self._looks = viewer_id
        does = {rule.shown: str(texts.REACTIONS[rule.action]) for rule in REACTIONS.values()}
        return {
            **self._frame.shown(self._viewer(viewer_id).id, here_id),
            "reactions": [
                {"emoji": each, "does": what, "says": texts.REACT_WITH(emoji=each, does=what)}
                for each, what in does.items()
            ],
            "icons": {icon: str(text) for icon, text in texts.ICONS.items()},
            "languages": [{"id": each, "name": own_name(each), "here": each == current()} for each in LANGUAGES],
            "words": {
                "today": TODAY_AT(time="{time}"),
                "yesterday": YESTERDAY_AT(time="{time}"),
                "replying": texts.REPLYING(name="{name}"),
                **{key: str(text) for key, text in texts.PAGE.items()},
            },
        }

    def registered(self) -> dict[str, Any]:
        """Return the registered commands by id."""
        return {each["id"]: each for held in self._env.backend.commands.values() for each in held.values()}

    def spoken(self) -> str:
        """Return the language of Discord."""
        return self._env.language

    async def choose_language(self, language: str) -> None:
        """Set the language of Discord and the server, for everyone."""
        if language not in LANGUAGES:
            raise SetupError(texts.NO_SUCH_LANGUAGE)
        self._env.language = language
        guild_id = self._preview.viewers[0].guild.id
        self._env.backend.edit_guild(guild_id, {"preferred_locale": LANGUAGES[language][0]})
        with speaking(language):
            await self._translate()

    async def react(self, context_id: str, viewer_id: str, message_id: str, emoji: str) -> None:
        """Add the viewer's reaction to a message of their page. Raises `BackendError` if they may not."""
        channel, viewer = self._preview.channel_of(context_id), self._viewer(viewer_id)
        message = self._message(channel.id, int(message_id))
        if channel.guild is None:
            self._env.backend.set_reaction(channel.id, message.id, emoji, viewer.id, True)
            await self._env.settle()
        else:
            await viewer.react(message, emoji)

    async def say(self, context_id: str, viewer_id: str, text: str, *, reply_id: str) -> None:
        """Send the viewer's message to the channel of their page; names after an `@` become mentions.

        `reply_id` is the message that it answers, '' for none. Raises `BackendError` if they may not.
        """
        channel, viewer = self._preview.channel_of(context_id), self._viewer(viewer_id)
        said = mentioning(text, self._frame.names())
        replied = self._message(channel.id, int(reply_id)) if reply_id else None
        with self._env.glance():  # the bot's answer is published like all else
            if channel.guild is None:
                await viewer.user.send_dm(said)
            else:
                await viewer.send(channel, said, reply_to=replied)

    def look(self, context_id: str, viewer_id: str, channel_id: str) -> dict[str, Any]:
        """Show a viewer a channel on a page, or the first one that they see; return what it offers there."""
        viewer = self._viewer(viewer_id)
        if channel_id not in {str(each) for each in self._env.backend.channels}:
            raise SetupError(texts.NO_SUCH_CHANNEL)
        seen = list(self._frame.channels(viewer.id))
        generation = self._preview.move(
            context_id, viewer, next((each for each in seen if str(each.id) == channel_id), seen[0])
        )
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

    def _message(self, channel_id: int, message_id: int) -> ResponseMessage:
        return ResponseMessage(self._env, self._env.backend.get_message(channel_id, message_id))
