"""The page of `/me` about a member's own Cannon Studio account: only its member sees it."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.domain.models import GuildKey, credits_words
from bot.domain.money.spend_request import Pays
from bot.domain.words.text import harmless, stamp
from bot.server.community.own_accounts import SPENT_DAYS, OwnAccount, OwnAccounts
from cogs.member.panel import texts
from cogs.ui.controls import Control
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, is_outside


async def account_page(interaction: Interaction) -> tuple[str, Sequence[discord.ui.Item[Any]]]:
    found = await use(interaction, OwnAccounts).of(guild_of(interaction), interaction.user.id)
    lines = [str(texts.ACCOUNT_ABOUT), ""]
    if found.refusal is not None:
        lines.append(f"⚠️ {found.refusal}")
    if found.key is None:
        lines.append(str(texts.NO_ACCOUNT))
        link = Control.button("account_link", "key", label=texts.LINK_ACCOUNT, style=discord.ButtonStyle.primary)
        return "\n".join(lines), [link]
    outside = is_outside(interaction)  # then there is no one else to pay
    lines += _facts(found.key, found, outside=outside)
    return "\n".join(lines), [
        *([] if outside else _choices(found)),
        Control.button("account_link", "key", label=texts.REPLACE_KEY),
        Control.button("account_remove", "key", label=texts.REMOVE_ACCOUNT, style=discord.ButtonStyle.danger),
    ]


def key_controls(guild_id: int | None) -> list[discord.ui.Item[Any]]:
    """Return the controls under the news that the own key is rejected; `guild_id`: the server that could pay."""
    replace = Control.button("key_replace", "key", label=texts.REPLACE_KEY, style=discord.ButtonStyle.primary)
    if guild_id is None:
        return [replace]
    return [replace, Control.button("key_server", f"{guild_id}", label=texts.LET_SERVER_PAY)]


def _facts(key: GuildKey, found: OwnAccount, *, outside: bool) -> list[str]:
    lines = [texts.ACCOUNT_LINE[bool(key.plan)](key=key.last4, plan=harmless(key.plan or ""))]
    if key.refused_at is not None:
        lines.append(f"⚠️ {texts.ACCOUNT_REJECTED}")
    if key.balance is not None and key.balance_at is not None:
        lines.append(texts.ACCOUNT_HAS(amount=key.balance, at=stamp(key.balance_at)))
    lines.append(texts.ACCOUNT_SPENT(spent=found.sums.spent, held=found.sums.held, days=SPENT_DAYS))
    if found.difference is not None and found.difference.credits > 0:
        lines.append(f"⚠️ {texts.ACCOUNT_DIFFERS(credits=credits_words(found.difference.credits))}")
    if found.refusal is None and not outside:
        lines.append(str(texts.WHO_PAYS_HERE[found.pays]))
    return lines


def _choices(found: OwnAccount) -> list[Control]:
    if found.refusal is not None:
        return []
    offered = {Pays.MINE: texts.LET_MINE_PAY, Pays.SERVER: texts.LET_SERVER_PAY}
    return [
        Control.button("account_pays", each.value, label=said) for each, said in offered.items() if found.pays != each
    ]
