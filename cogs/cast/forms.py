"""The forms of `/cast`. Each answers by the function that it is given, which draws the page again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import discord

from bot.delivery.channels.facts import in_time
from bot.domain.models import MediaKind
from bot.domain.words.cast import LOOK_CHARS, NAME_CHARS, PICTURES_MAX, Audience, CastKind, CastMember
from bot.generation.sources import SourceRef, Sources
from bot.language import Text
from bot.server.cast.changes import NewMember, ServerCast
from bot.server.cast.texts import AUDIENCES
from cogs.cast import texts
from cogs.ui.forms import Form, MediaUpload
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import caster_of, require_unblocked

VALUE_CHARS, SEARCH_CHARS = 100, 32
ShowAdded = Callable[[Interaction, CastMember], Awaitable[None]]
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


class AddForm(_CastForm):
    """Takes a new character or style; with `result`, its picture is that job's, and may be the first one `of` it."""

    def __init__(
        self,
        bot: Bot,
        kind: CastKind,
        show: ShowAdded,
        *,
        result: SourceRef | None = None,
        of: CastMember | None = None,
    ) -> None:
        is_style = kind is CastKind.STYLE
        super().__init__(bot, title=str(texts.FORM_ADD_STYLE if is_style else texts.FORM_ADD), name="cast_add")
        self._kind, self._show, self._result = kind, show, result
        name, look = ("", "") if of is None else (of.name, of.look)
        self._name = self.add(texts.NAME, texts.NAME_HELP, name, chars=NAME_CHARS, required=True)
        self._look = self.add(texts.LOOK, LOOK_HELPS[kind], look, chars=LOOK_CHARS)
        self._upload: MediaUpload | None = None
        if result is None:
            about, most = (texts.STYLE_UPLOAD_HELP, 1) if is_style else (texts.UPLOAD_HELP, PICTURES_MAX)
            self._upload = self.add_uploads(about, most)
        self._model = self._ratio = self._voice = self._who = None
        if is_style:
            self._model = self.add(texts.MODEL, texts.MODEL_HELP, chars=VALUE_CHARS)
            self._ratio = self.add(texts.RATIO, texts.RATIO_HELP, chars=VALUE_CHARS)
        else:
            self._voice = self.add(texts.VOICE, texts.VOICE_HELP, chars=VALUE_CHARS)
            self._who = self._add_audience()

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
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        refs = [self._result] if self._result is not None else uploaded(self._upload)
        caster = await caster_of(interaction)
        new = NewMember(
            name=self._name.value,
            kind=self._kind,
            look=self._look.value,
            pictures=len(refs),
            voice_id=_text(self._voice),
            model=_text(self._model),
            aspect_ratio=_text(self._ratio),
            audience=Audience(self._who.value) if self._who is not None and self._who.value else Audience.EVERYONE,
        )
        links = partial(use(interaction, Sources).links, caster.viewer, refs, "image")
        added = await use(interaction, ServerCast).add(caster, new, links, commands=command_names(interaction.client))
        await self._show(interaction, added)


class EditForm(_CastForm):
    """Takes other words for one of the cast."""

    def __init__(self, bot: Bot, member: CastMember, show: ShowOne) -> None:
        super().__init__(bot, title=str(texts.FORM_EDIT), name="cast_edit")
        self._member, self._show = member, show
        self._name = self.add(texts.NAME, texts.NAME_HELP, member.name, chars=NAME_CHARS, required=True)
        self._look = self.add(texts.LOOK, LOOK_HELPS[member.kind], member.look, chars=LOOK_CHARS)
        self._model = self._ratio = self._voice = None
        if member.kind is CastKind.STYLE:
            self._model = self.add(texts.MODEL, texts.MODEL_HELP, member.model, chars=VALUE_CHARS)
            self._ratio = self.add(texts.RATIO, texts.RATIO_HELP, member.aspect_ratio, chars=VALUE_CHARS)
        else:
            self._voice = self.add(texts.VOICE, texts.VOICE_HELP, member.voice_id, chars=VALUE_CHARS)

    async def answer(self, interaction: Interaction) -> None:
        await require_unblocked(interaction)
        cast, caster = use(interaction, ServerCast), await caster_of(interaction)
        await cast.describe(
            caster,
            self._member.id,
            name=self._name.value,
            look=self._look.value,
            voice_id=_text(self._voice),
            model=_text(self._model),
            aspect_ratio=_text(self._ratio),
            commands=command_names(interaction.client),
        )
        await self._show(interaction, self._member.id, str(texts.SAVED))


class PicturesForm(_CastForm):
    """Takes other pictures for one of the cast."""

    def __init__(self, bot: Bot, member: CastMember, show: ShowOne) -> None:
        super().__init__(bot, title=str(texts.FORM_IMAGES), name="cast_pictures")
        self._member, self._show = member, show
        self._upload = self.add_uploads(texts.UPLOAD_HELP, PICTURES_MAX)

    async def answer(self, interaction: Interaction) -> None:
        await require_unblocked(interaction)
        await in_time(interaction.response.defer())
        caster = await caster_of(interaction)
        refs = uploaded(self._upload)
        links = partial(use(interaction, Sources).links, caster.viewer, refs, "image")
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


def command_names(bot: Bot) -> frozenset[str]:
    """Return the names that can't be a character's: those of the commands."""
    return frozenset(each.name for each in bot.tree.get_commands())


def _text(item: Any) -> str:
    return "" if item is None else str(item.value)
