"""Forms (modals): with a timeout, so that dismissed ones do not stay in memory, and common error handling."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Any, ClassVar, TypeVar, cast

import discord

from bot.delivery.answers.command_payload import file_types
from bot.delivery.answers.responses import speak_to
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.domain.models import MediaKind
from bot.domain.texts import NOT_NOW
from bot.domain.typed_keys import require_no_key
from bot.domain.words.text import shortened, without_controls
from bot.errors import InputError
from bot.language import Text
from bot.media.texts import too_large
from cogs.ui import texts
from cogs.ui.interaction import Bot, Interaction

FORM_TIMEOUT_S = 900.0
INPUTS, TITLE_CHARS, LABEL_CHARS, ABOUT_CHARS, INPUT_CHARS = 5, 45, 45, 100, 4000
"""Discord's limits of a modal."""

Input = TypeVar("Input", bound=discord.ui.Item[Any])


class Form(discord.ui.Modal):
    """A modal; a subclass answers it. After a restart it is unknown: Discord says so, and keeps what was typed."""

    takes_key: ClassVar = False

    def __init__(self, bot: Bot, *, title: str, name: str) -> None:
        super().__init__(title=title, custom_id=f"form:{name}:{secrets.token_hex(8)}", timeout=FORM_TIMEOUT_S)
        self.bot = bot

    def ask(self, label: Text | str, item: Input, about: Text | str = "") -> Input:
        """Add an input below its label and a hint, both cut to what Discord takes, and return it."""
        hint = shortened(str(about), ABOUT_CHARS) or None
        self.add_item(discord.ui.Label(text=shortened(str(label), LABEL_CHARS), description=hint, component=item))
        return item

    def ask_text(
        self,
        label: Text | str,
        about: Text | str = "",
        *,
        text: str = "",
        chars: int,
        long: bool = False,
        required: bool = True,
    ) -> discord.ui.TextInput[Any]:
        """Add an input of up to `chars` characters with `text` in it, `long`: of several lines."""
        style = discord.TextStyle.paragraph if long else discord.TextStyle.short
        default = text[:chars] or None
        item = discord.ui.TextInput[Any](style=style, default=default, required=required, max_length=chars)
        return self.ask(label, item, about)

    async def open(self, interaction: Interaction) -> None:
        """Answer the interaction with the form."""
        await in_time(interaction.response.send_modal(self))

    async def answer(self, interaction: Interaction) -> None:
        raise NotImplementedError

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Answer, with the interaction typed as one of the bot's own client."""
        await self.answer(cast("Interaction", interaction))

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Use the member's language. Raises InputError for a key, unless the form takes one."""
        speak_to(interaction)
        if not self.takes_key:
            require_no_key(cast("dict[str, Any]", interaction.data or {}).get("components", ()))
        return True

    async def on_error(  # type: ignore[override]  # discord.py types a modal as a view, whose hook has an item too
        self, interaction: discord.Interaction, error: Exception, /
    ) -> None:
        """Report the error, in the member's language: the submitted data may be unreadable already."""
        speak_to(interaction)
        await self.bot.responses.report(interaction, error)


class TextForm(Form):
    """Takes one text and gives it to `then`, without the spaces around it."""

    def __init__(
        self,
        bot: Bot,
        title: Text,
        label: Text,
        about: Text | str = "",
        *,
        text: str = "",
        chars: int,
        long: bool = False,
        required: bool = False,
        then: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        super().__init__(bot, title=str(title), name="text")
        self._then = then
        self._text = self.ask_text(label, about, text=text, chars=chars, long=long, required=required)

    async def answer(self, interaction: Interaction) -> None:
        await self._then(interaction, self._text.value.strip())


FILES_PER_UPLOAD = 10
"""Discord's maximum of files in one input."""


class MediaUpload(discord.ui.FileUpload[Any]):
    """Takes up to `max_values` files of these kinds; any file without kinds."""

    def __init__(self, kinds: Collection[MediaKind], *, max_values: int = 1, custom_id: str) -> None:
        super().__init__(required=False, max_values=max_values, custom_id=custom_id)
        self._kinds = frozenset(kinds)

    def to_component_dict(self) -> Any:
        """Return the payload, with the filter that discord.py does not know."""
        payload: dict[str, Any] = {**super().to_component_dict()}
        return payload | ({"file_types": list(file_types(self._kinds))} if self._kinds else {})


READ_TIMEOUT_S = 10.0


async def text_of_file(file: discord.Attachment, *, at_most: int) -> str:
    """Return the content of a text file of at most `at_most` bytes, without control characters. Raises InputError."""
    if file.size > at_most:
        raise InputError(too_large(at_most), "file")
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            data = await file.read()
    except DISCORD_ERRORS:
        raise InputError(NOT_NOW, "file") from None
    try:
        text = data[: at_most + 1].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(texts.FILE_NOT_TEXT, "file") from None
    require_no_key(text)
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
