"""From a command to a job: the one road that all generating commands take."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord

from bot.app import CannonBot
from bot.catalogue import FieldKind
from bot.errors import MediaWrongKind, Refused
from bot.jobs.service import Ask, Taken
from bot.models import MediaKind

Interaction = discord.Interaction[CannonBot]
Prepare = Callable[[], Awaitable[Mapping[str, Any]]]

IN_SERVER_ONLY = "This works in a server only: a server's key pays for it."
_SCALARS = {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.BOOLEAN}


def given(interaction: Interaction, operation_id: str) -> dict[str, Any]:
    """Return the options that the member gave for the operation's plain fields, by wire name."""
    operation = interaction.client.catalogue.resolve(operation_id)
    options = vars(interaction.namespace)
    names = [field.name for field in operation.fields if field.kind in _SCALARS]
    return {name: options[name] for name in names if options.get(name) is not None}


async def ask(
    interaction: Interaction,
    operation_id: str,
    values: Mapping[str, Any],
    *,
    count: int = 1,
    private: bool = False,
    prepare: Prepare | None = None,
) -> None:
    """Take a job in and answer with its card.

    Without `prepare` every check is local: the hold comes first, and the card is the first answer. With it (a link must
    be looked at) Discord is put off first; `prepare` returns more values or raises, and then nothing was spent.
    """
    bot = interaction.client
    if interaction.guild_id is None or interaction.channel_id is None:
        raise Refused(IN_SERVER_ONLY)
    if not private:
        _may_post(interaction)

    def request(all_values: Mapping[str, Any]) -> Ask:
        return Ask(
            guild_id=interaction.guild_id or 0,
            channel_id=interaction.channel_id or 0,
            author_id=interaction.user.id,
            interaction_id=interaction.id,
            token=interaction.token,
            operation=operation_id,
            inputs=[all_values] * count,
            private=private,
            locale=str(interaction.locale),
        )

    if prepare is None:
        await _answer_at_once(interaction, await bot.parts.jobs.take(request(values)))
        return
    await interaction.response.defer(ephemeral=private, thinking=True)
    more = await prepare()
    await _answer_late(interaction, await bot.parts.jobs.take(request({**values, **more})))


async def _answer_at_once(interaction: Interaction, taken: Taken) -> None:
    if not taken.fresh:
        return
    embed, files = await interaction.client.parts.delivery.first_answer(taken.card, taken.jobs)
    try:
        made = await interaction.response.send_message(embed=embed, files=files, ephemeral=taken.card.private)
    except Exception:
        await interaction.client.settle_answer(taken.card)
        raise
    await _note_answer(interaction, taken, made.message_id)


async def _answer_late(interaction: Interaction, taken: Taken) -> None:
    if not taken.fresh:
        return
    embed, files = await interaction.client.parts.delivery.first_answer(taken.card, taken.jobs)
    try:
        made = await interaction.edit_original_response(embed=embed, attachments=files)
    except Exception:
        await interaction.client.settle_answer(taken.card)
        raise
    await _note_answer(interaction, taken, made.id)


async def _note_answer(interaction: Interaction, taken: Taken, message_id: int | None) -> None:
    bot = interaction.client
    if message_id is None:
        await bot.settle_answer(taken.card)
        return
    await bot.parts.jobs.answered(taken.card, message_id=message_id, channel_id=taken.card.channel_id)


def _may_post(interaction: Interaction) -> None:
    """Refuse before anything is spent where the result could not be posted. Raises Refused."""
    permissions = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    needed = {
        "View Channel": permissions.view_channel,
        "Send Messages in Threads" if is_thread else "Send Messages": (
            permissions.send_messages_in_threads if is_thread else permissions.send_messages
        ),
        "Embed Links": permissions.embed_links,
        "Attach Files": permissions.attach_files,
    }
    missing = [name for name, there in needed.items() if not there]
    if missing:
        raise Refused(
            f"I could not post the result in this channel: I lack {' and '.join(missing)} here. "
            "A moderator can grant it, or use `private`."
        )


async def checked_attachment(interaction: Interaction, attachment: discord.Attachment, kind: MediaKind) -> str:
    """Return the link of an uploaded file after a look at its first bytes. Raises a MediaError or MediaWrongKind."""
    facts = await interaction.client.parts.media.look(attachment.url, expect=frozenset({kind}))
    if facts.kind is not kind:
        raise MediaWrongKind(f"`{attachment.filename[:80]}` is no {kind.value}; please attach one.")
    return attachment.url
