"""`/studio key`: sets, replaces or removes the server's API key."""

from collections.abc import Awaitable, Callable

import discord

from bot.account.api_keys import KEY_LENGTH_MAX, KEY_LENGTH_MIN, ApiKeys, key_typed
from bot.delivery.answers.deferral import defer
from bot.delivery.card.context import ATTENTION, SUCCESS
from bot.delivery.channels.facts import in_time
from bot.domain.models import AccountStatus, GuildKey, credits_text
from bot.domain.words.text import harmless
from bot.errors import NoKey
from bot.moderation.server_key import ServerKeyChanges
from bot.store import RetiredKey
from cogs.moderate import texts
from cogs.moderate.status import texts as account_texts
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
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
        """Check the key with the status call, then store it."""
        await store_key(interaction, self.secret.value)


async def open_key_form(interaction: Interaction, form: Callable[..., KeyForm] = KeyForm) -> None:
    """Open the key form. Raises NotAllowed without the permission."""
    require_manager(interaction)
    try:
        key = await use(interaction, ApiKeys).for_guild(guild_of(interaction))
    except NoKey:
        host_pays = False
    else:
        host_pays = key.id is None
    await in_time(interaction.response.send_modal(form(interaction.client, host_pays=host_pays)))


async def store_key(interaction: Interaction, typed: str) -> None:
    """Check a key and store it for this server. Only its last four characters are shown again."""
    secret = await _allowed(interaction, typed)
    await defer(interaction, ephemeral=True, thinking=True)
    await in_time(interaction.edit_original_response(embed=await _stored(interaction, secret)))


async def store_key_of_panel(
    interaction: Interaction, typed: str, redraw: Callable[[Interaction], Awaitable[None]], view: discord.ui.View
) -> None:
    """Store a key as `store_key`, from a panel that says whether there is one: it is redrawn before the answer."""
    secret = await _allowed(interaction, typed)
    await defer(interaction)
    embed = await _stored(interaction, secret)
    await redraw(interaction)
    await in_time(interaction.followup.send(embed=embed, view=view, ephemeral=True))


async def _allowed(interaction: Interaction, typed: str) -> str:
    """Return the typed key. Raises InputError for none, NotAllowed without the permission."""
    await require_moderator(interaction)  # again: the permission may be lost since the form was opened
    require_manager(interaction)
    return key_typed(typed)


async def _stored(interaction: Interaction, secret: str) -> discord.Embed:
    """Check and store a key; return the answer."""
    service = use(interaction, ServerKeyChanges)
    done = await service.set(guild_of(interaction), secret, by_id=interaction.user.id)
    embed = key_embed(str(texts.KEY_STORED), done.key, done.status)
    if done.ended_practice:
        embed.description = str(texts.PRACTICE_ENDED_BY_KEY)
    if done.before is not None:
        embed.add_field(name=texts.EARLIER_KEY, value=_fate(done.before, is_kept=done.before_is_kept), inline=False)
    return embed


async def remove_key(interaction: Interaction) -> None:
    """Remove this server's key, and explain the effect."""
    await require_moderator(interaction)
    require_manager(interaction)
    guild_id = guild_of(interaction)
    await defer(interaction, ephemeral=True, thinking=True)
    done = await use(interaction, ServerKeyChanges).remove(guild_id, by_id=interaction.user.id)
    try:
        await use(interaction, ApiKeys).for_guild(guild_id)
        next_payer = str(texts.HOST_PAYS_NEXT)
    except NoKey:
        next_payer = str(texts.KEY_NEEDED_NEXT)
    fate = _fate(done.before, is_kept=done.is_kept)
    await in_time(interaction.edit_original_response(content=texts.key_removed(done.text, fate, next_payer)))


def _fate(before: RetiredKey, *, is_kept: bool) -> str:
    return texts.KEY_KEPT(key=before.last4) if is_kept else texts.KEY_FORGOTTEN(key=before.last4)


def key_embed(title: str, key: GuildKey, status: AccountStatus) -> discord.Embed:
    """Draw a key's account; of the key itself only the last four characters."""
    embed = discord.Embed(title=title, colour=SUCCESS)
    embed.add_field(name=account_texts.KEY, value=account_texts.KEY_SHOWN(last4=key.last4))
    embed.add_field(name=account_texts.PLAN, value=harmless(status.plan or str(account_texts.NOT_REPORTED)))
    left = str(account_texts.NOT_REPORTED) if status.credits is None else credits_text(status.credits)
    embed.add_field(name=account_texts.CREDITS_LEFT, value=left)
    missing = [scope for scope in NEEDED_SCOPES if status.scopes and scope not in status.scopes]
    if missing:
        embed.colour = discord.Colour(ATTENTION)
    if status.must_verify or (status.plan or "").casefold() in NEW_PLANS:
        embed.colour = discord.Colour(ATTENTION)
        embed.add_field(name=texts.EMAIL, value=texts.VERIFY_FIRST, inline=False)
    embed.add_field(name=account_texts.SCOPES, value=account_texts.scopes(status.scopes, missing), inline=False)
    return embed
