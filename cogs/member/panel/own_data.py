"""A member's own data, from their panel: export and deletion."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import UPLOAD_TIMEOUT_S, in_time
from bot.delivery.posting.copies import Takedown
from bot.errors import InputError
from bot.language import sentences
from bot.server.community.own_accounts import OwnAccounts
from bot.server.members import MemberData
from bot.store import Mark, Privacy, ReportPage
from cogs.member.export import NextPage, Written, as_json, export_files
from cogs.member.panel import texts
from cogs.ui.controls import on
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import file_limit_of, guild_of, is_outside
from cogs.ui.texts import GONE

WORD_CHARS = 20


@on("me_export")
async def export(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Send the member their jobs and settings as JSON, ephemerally."""
    guild_id, member_id = guild_of(interaction), interaction.user.id
    await defer(interaction, ephemeral=True, thinking=True)
    settings = tuple(await use(interaction, MemberData).settings(guild_id, member_id))

    async def jobs_page(mark: Mark) -> ReportPage:
        return await use(interaction, Privacy).page(guild_id, member_id, after=mark)

    async def settings_page(_mark: Mark) -> ReportPage:
        return ReportPage(rows=settings, after=None)

    sources: dict[str, tuple[NextPage, Written]] = {"my-jobs.json": (jobs_page, as_json)}
    if settings:
        sources["my-settings.json"] = (settings_page, as_json)
    with ExitStack() as stack:
        files = await export_files(stack, sources, "my-jobs.zip", file_limit=file_limit_of(interaction))
        await in_time(
            interaction.edit_original_response(content=str(texts.OWN_JOBS), attachments=files), UPLOAD_TIMEOUT_S
        )


@on("privacy_delete")
async def delete(interaction: Interaction, member_id: str, _values: Sequence[str]) -> None:
    """Ask the member to confirm; only they can."""
    if member_id != str(interaction.user.id):
        raise InputError(GONE)
    key = (await use(interaction, OwnAccounts).of(guild_of(interaction), interaction.user.id)).key
    form = DeleteDataForm(interaction.client, outside=is_outside(interaction), last4="" if key is None else key.last4)
    await form.open(interaction)


class DeleteDataForm(Form):
    """Says what is deleted and what stays; the member has to type a word, as it cannot be undone.

    `last4`: of the key of their own account, which stays unless they choose to remove it; '' without one.
    """

    def __init__(self, bot: Bot, *, outside: bool, last4: str) -> None:
        super().__init__(bot, title=str(texts.DELETE_DATA), name="delete-data")
        question = str(texts.DELETE_QUESTION_OUTSIDE if outside else texts.DELETE_QUESTION)
        self.stays = texts.KEY_STAYS(key=last4) if last4 else ""
        self.add_item(discord.ui.TextDisplay(f"{question}\n{self.stays}"))
        self.with_key = discord.ui.Checkbox[Any]()
        if last4:
            self.ask(texts.REMOVE_KEY_TOO, self.with_key)
        self.word = self.ask_text(texts.TYPE_WORD(word=str(texts.DELETE_WORD)), chars=WORD_CHARS)

    async def answer(self, interaction: Interaction) -> None:
        """Erase the member's own data. Raises InputError for another word; then nothing is erased."""
        if self.word.value.strip().casefold() != str(texts.DELETE_WORD).casefold():
            raise InputError(texts.NOT_DELETED(word=str(texts.DELETE_WORD)))
        guild_id = guild_of(interaction)
        erased = await use(interaction, MemberData).erase(guild_id, interaction.user.id)
        said = [texts.DELETED(count=erased.jobs), *([texts.STILL_OPEN(count=erased.left)] if erased.left else [])]
        if self.with_key.value:
            removed = await use(interaction, OwnAccounts).remove(interaction.user.id)
            said.append(texts.account_removed(removed.key.last4, removed.running))
        elif self.stays:
            said.append(self.stays)
        await in_time(interaction.response.send_message(sentences(*said), ephemeral=True))
        await use(interaction, Takedown).delete_erased(guild_id)  # the upkeep deletes the rest
