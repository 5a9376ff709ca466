"""The form of one of the cast. It answers by the function that it is given, which draws the page again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import discord

from bot.delivery.answers.deferral import defer
from bot.domain.models import MediaKind
from bot.domain.words.cast import LOOK_CHARS, NAME_CHARS, PICTURES_MAX, Audience, CastKind, CastMember
from bot.domain.words.text import harmless
from bot.generation.sources import SourceRef, Sources
from bot.language import Text
from bot.server.cast.changes import ServerCast
from bot.server.cast.texts import AUDIENCES
from cogs.cast import texts
from cogs.ui.forms import Form, MediaUpload
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import require_unblocked, viewer_of

VALUE_CHARS = 100
T = TypeVar("T")
ShowOne = Callable[[Interaction, str, str], Awaitable[None]]
LOOK_HELPS = {CastKind.CHARACTER: texts.LOOK_HELP, CastKind.STYLE: texts.STYLE_LOOK_HELP}


def audiences(option: Callable[..., T], chosen: Audience) -> list[T]:
    """Return who may use one of the cast, as the options of a radio group or a select."""
    return [
        option(label=str(AUDIENCES[each]), value=each.value, default=each is chosen)
        for each in (Audience.EVERYONE, Audience.MAKER)
    ]


class MemberForm(Form):
    """Takes the words of a `member`, or a new one, whose images are uploads or that of the `result`."""

    def __init__(
        self,
        bot: Bot,
        kind: CastKind,
        show: ShowOne,
        *,
        member: CastMember | None = None,
        result: SourceRef | None = None,
    ) -> None:
        self._is_new, is_style = member is None or result is not None, kind is CastKind.STYLE
        title = (texts.FORM_ADD_STYLE if is_style else texts.FORM_ADD) if self._is_new else texts.FORM_EDIT
        super().__init__(bot, title=str(title), name="cast_member")
        self._kind, self._show, self._member = kind, show, member
        self._results = [] if result is None else [result]
        self._inputs: dict[str, Any] = {}
        self._add("name", texts.NAME, texts.NAME_HELP, chars=NAME_CHARS, required=True)
        self._add("look", texts.LOOK, LOOK_HELPS[kind], chars=LOOK_CHARS)
        self._upload: MediaUpload | None = None
        if result is None:
            about, most = (texts.STYLE_UPLOAD_HELP, 1) if is_style else (texts.UPLOAD_HELP, PICTURES_MAX)
            upload = MediaUpload([MediaKind.IMAGE], max_values=most, custom_id="pictures")
            self._upload = self.ask(texts.UPLOAD if self._is_new else texts.REPLACE, upload, about)
        if is_style:
            self._add("model", texts.MODEL, texts.MODEL_HELP)
            self._add("aspect_ratio", texts.RATIO, texts.RATIO_HELP)
        else:
            self._add("voice_id", texts.VOICE, texts.VOICE_HELP)
        self._who: discord.ui.RadioGroup[Any] | None = None
        if self._is_new and not is_style:
            options = audiences(discord.RadioGroupOption, Audience.EVERYONE)
            self._who = self.ask(texts.WHO, discord.ui.RadioGroup[Any](required=False, options=options))

    def _add(self, name: str, label: Text, about: Text, *, chars: int = VALUE_CHARS, required: bool = False) -> None:
        text = "" if self._member is None else getattr(self._member, name)
        is_long = chars == LOOK_CHARS
        self._inputs[name] = self.ask_text(label, about, text=text, chars=chars, long=is_long, required=required)

    async def answer(self, interaction: Interaction) -> None:
        await require_unblocked(interaction)
        cast, viewer = use(interaction, ServerCast), await viewer_of(interaction)
        said = {name: item.value for name, item in self._inputs.items()}
        commands = frozenset(each.name for each in self.bot.tree.get_commands())
        uploads = () if self._upload is None else self._upload.values
        refs = [SourceRef(attachment=(each.url, each.filename)) for each in uploads] or self._results
        links = partial(use(interaction, Sources).links, viewer, refs, "image") if refs else None
        if self._member is not None and not self._is_new:
            if links is not None:
                await defer(interaction)
                await cast.set_pictures(viewer, self._member.id, links)
            await cast.describe(viewer, self._member.id, commands=commands, **said)
            await self._show(interaction, self._member.id, str(texts.SAVED))
            return
        await defer(interaction, ephemeral=True, thinking=True)
        audience = Audience(self._who.value) if self._who is not None and self._who.value else Audience.EVERYONE
        added = await cast.add(viewer, self._kind, links, commands=commands, audience=audience, **said)
        await self._show(interaction, added.id, texts.ADDED(name=harmless(added.name)))
