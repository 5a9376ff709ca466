"""The forms of `/cast`. Each answers by the function that it is given, which draws the page again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import discord

from bot.delivery.answers.deferral import defer
from bot.domain.models import MediaKind
from bot.domain.words.cast import LOOK_CHARS, NAME_CHARS, PICTURES_MAX, Audience, CastKind, CastMember
from bot.domain.words.text import harmless
from bot.generation.sources import SourceRef, Sources
from bot.language import Text
from bot.server.cast.changes import Caster, FindLinks, NewMember, ServerCast
from bot.server.cast.texts import AUDIENCES
from cogs.cast import texts
from cogs.ui.forms import Form, MediaUpload
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import caster_of, require_unblocked

VALUE_CHARS, SEARCH_CHARS = 100, 32
ShowOne = Callable[[Interaction, str, str], Awaitable[None]]
ShowCast = Callable[[Interaction, int, str], Awaitable[None]]
IMAGES = [MediaKind.IMAGE]
LOOK_HELPS = {CastKind.CHARACTER: texts.LOOK_HELP, CastKind.STYLE: texts.STYLE_LOOK_HELP}


class _CastForm(Form):
    """A form with short texts."""

    def add(self, label: Text, about: Text, text: str = "", *, chars: int, required: bool = False) -> Any:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph if chars == LOOK_CHARS else discord.TextStyle.short,
            default=text[:chars] or None,
            required=required,
            max_length=chars,
        )
        self.add_item(discord.ui.Label(text=str(label), description=str(about), component=item))
        return item

    def add_uploads(self, about: Text, most: int) -> MediaUpload:
        upload = MediaUpload(IMAGES, max_values=most, custom_id="pictures")
        self.add_item(discord.ui.Label(text=str(texts.UPLOAD), description=str(about), component=upload))
        return upload


class MemberForm(_CastForm):
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
        self._kind, self._show, self._member, self._result = kind, show, member, result
        self._inputs: dict[str, Any] = {}
        self._add("name", texts.NAME, texts.NAME_HELP, chars=NAME_CHARS, required=True)
        self._add("look", texts.LOOK, LOOK_HELPS[kind], chars=LOOK_CHARS)
        self._upload: MediaUpload | None = None
        if self._is_new and result is None:
            about, most = (texts.STYLE_UPLOAD_HELP, 1) if is_style else (texts.UPLOAD_HELP, PICTURES_MAX)
            self._upload = self.add_uploads(about, most)
        if is_style:
            self._add("model", texts.MODEL, texts.MODEL_HELP)
            self._add("aspect_ratio", texts.RATIO, texts.RATIO_HELP)
        else:
            self._add("voice_id", texts.VOICE, texts.VOICE_HELP)
        self._who = self._add_audience() if self._is_new and not is_style else None

    def _add(self, name: str, label: Text, about: Text, *, chars: int = VALUE_CHARS, required: bool = False) -> None:
        text = "" if self._member is None else getattr(self._member, name)
        self._inputs[name] = self.add(label, about, text, chars=chars, required=required)

    def _add_audience(self) -> discord.ui.RadioGroup[Any]:
        options = [
            discord.RadioGroupOption(label=str(AUDIENCES[each]), value=each.value, default=each is Audience.EVERYONE)
            for each in (Audience.EVERYONE, Audience.MAKER)
        ]
        group: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(required=False, options=options)
        self.add_item(discord.ui.Label(text=str(texts.WHO), component=group))
        return group

    async def answer(self, interaction: Interaction) -> None:
        await require_unblocked(interaction)
        cast, caster = use(interaction, ServerCast), await caster_of(interaction)
        said = {name: item.value for name, item in self._inputs.items()}
        commands = frozenset(each.name for each in self.bot.tree.get_commands())
        if self._member is not None and not self._is_new:
            await cast.describe(caster, self._member.id, commands=commands, **said)
            await self._show(interaction, self._member.id, str(texts.SAVED))
            return
        await defer(interaction, ephemeral=True, thinking=True)
        refs = [self._result] if self._result is not None else uploaded(self._upload)
        audience = Audience(self._who.value) if self._who is not None and self._who.value else Audience.EVERYONE
        new = NewMember(kind=self._kind, pictures=len(refs), audience=audience, **said)
        added = await cast.add(caster, new, links_of(interaction, caster, refs), commands=commands)
        await self._show(interaction, added.id, texts.ADDED(name=harmless(added.name)))


class PicturesForm(_CastForm):
    """Takes other pictures for one of the cast."""

    def __init__(self, bot: Bot, member: CastMember, show: ShowOne) -> None:
        super().__init__(bot, title=str(texts.FORM_IMAGES), name="cast_pictures")
        self._member, self._show = member, show
        self._upload = self.add_uploads(texts.UPLOAD_HELP, PICTURES_MAX)

    async def answer(self, interaction: Interaction) -> None:
        await require_unblocked(interaction)
        await defer(interaction)
        caster = await caster_of(interaction)
        refs = uploaded(self._upload)
        links = links_of(interaction, caster, refs)
        await use(interaction, ServerCast).set_pictures(caster, self._member.id, len(refs), links)
        await self._show(interaction, self._member.id, str(texts.SAVED))


class CastSearchForm(_CastForm):
    """Takes a part of a name; empty ends the search."""

    def __init__(self, bot: Bot, typed: str, show: ShowCast) -> None:
        super().__init__(bot, title=str(texts.FORM_SEARCH), name="cast_search")
        self._show = show
        self._words = self.add(texts.WORDS, texts.NAME_HELP, typed, chars=SEARCH_CHARS)

    async def answer(self, interaction: Interaction) -> None:
        await self._show(interaction, 0, self._words.value.strip())


def uploaded(upload: MediaUpload | None) -> Sequence[SourceRef]:
    return [] if upload is None else [SourceRef(attachment=(each.url, each.filename)) for each in upload.values]


def links_of(interaction: Interaction, caster: Caster, refs: Sequence[SourceRef]) -> FindLinks:
    return partial(use(interaction, Sources).links, caster.viewer, refs, "image")
