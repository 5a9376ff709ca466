"""`/studio key`: sets, replaces or removes the server's API key."""

from collections.abc import Sequence

import discord

from bot.account.api_keys import KEY_LENGTH_MAX, KEY_LENGTH_MIN, key_typed
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.domain.models import credits_text
from bot.domain.words.text import harmless
from bot.moderation.server_key import KeySet, ServerKeyChanges
from bot.store import RetiredKey
from cogs.moderate import texts
from cogs.moderate.setup.page import host_pays, setup_page
from cogs.moderate.status import texts as account_texts
from cogs.ui.controls import on
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import show_page
from cogs.ui.permissions import guild_of, require_manager, require_moderator

NEW_PLANS = frozenset({"trial", "free"})
"""Plans of accounts whose e-mail address may not be verified yet."""
NEEDED_SCOPES = ("requests:read", "requests:write")


class KeyForm(Form):
    """Takes the API key: a modal's text reaches the bot only, never the channel."""

    takes_key = True

    def __init__(self, bot: Bot, *, host_pays: bool) -> None:
        """`host_pays`: the server needs no key, because the host's serves it."""
        super().__init__(bot, title=str(texts.KEY_FORM), name="key")
        self.secret: discord.ui.TextInput[KeyForm] = discord.ui.TextInput(
            label=str(texts.KEY_INPUT),
            placeholder=texts.KEY_PLACEHOLDER,
            min_length=KEY_LENGTH_MIN,
            max_length=KEY_LENGTH_MAX,
        )
        self.add_item(self.secret)
        self.add_item(discord.ui.TextDisplay(texts.key_found(host_pays=host_pays)))

    async def answer(self, interaction: Interaction) -> None:
        """Check the key with the status call and store it. Only its last four characters are shown again."""
        await require_moderator(interaction)  # again: the permission may be lost since the form was opened
        require_manager(interaction)
        secret, is_panel = key_typed(self.secret.value), interaction.message is not None
        await defer(interaction, ephemeral=True, thinking=not is_panel)
        service = use(interaction, ServerKeyChanges)
        said = _stored(await service.set(guild_of(interaction), secret, by_id=interaction.user.id))
        if is_panel:
            await show_page(interaction, await setup_page(interaction), said)
        else:
            await in_time(interaction.edit_original_response(content=said))


async def open_key_form(interaction: Interaction) -> None:
    """Open the key form. Raises NotAllowed without the permission."""
    require_manager(interaction)
    await KeyForm(interaction.client, host_pays=await host_pays(interaction)).open(interaction)


@on("setup_key")
async def enter_key(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await open_key_form(interaction)


async def remove_key(interaction: Interaction) -> None:
    """Remove this server's key, and explain the effect."""
    await require_moderator(interaction)
    require_manager(interaction)
    await defer(interaction, ephemeral=True, thinking=True)
    done = await use(interaction, ServerKeyChanges).remove(guild_of(interaction), by_id=interaction.user.id)
    next_payer = texts.HOST_PAYS_NEXT if await host_pays(interaction) else texts.KEY_NEEDED_NEXT
    said = texts.key_removed(done.text, _fate(done.before, is_kept=done.is_kept), str(next_payer))
    await in_time(interaction.edit_original_response(content=said))


def _fate(before: RetiredKey, *, is_kept: bool) -> str:
    return texts.KEY_KEPT(key=before.last4) if is_kept else texts.KEY_FORGOTTEN(key=before.last4)


def _stored(done: KeySet) -> str:
    """Confirm a new key with its account; of the key itself only the last four characters."""
    status = done.status
    missing = [scope for scope in NEEDED_SCOPES if status.scopes and scope not in status.scopes]
    left = str(account_texts.NOT_REPORTED) if status.credits is None else credits_text(status.credits)
    facts = {
        account_texts.KEY: account_texts.KEY_SHOWN(last4=done.key.last4),
        account_texts.PLAN: harmless(status.plan or str(account_texts.NOT_REPORTED)),
        account_texts.CREDITS_LEFT: left,
        account_texts.SCOPES: account_texts.scopes(status.scopes, missing),
    }
    if status.must_verify or (status.plan or "").casefold() in NEW_PLANS:
        facts[texts.EMAIL] = f"⚠️ {texts.VERIFY_FIRST}"
    if done.before is not None:
        facts[texts.EARLIER_KEY] = _fate(done.before, is_kept=done.before_is_kept)
    lines = [f"✅ **{texts.KEY_STORED}**", *([str(texts.PRACTICE_ENDED_BY_KEY)] if done.ended_practice else [])]
    return "\n".join([*lines, *(f"**{name}** · {value}" for name, value in facts.items())])
