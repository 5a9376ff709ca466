"""A member's own Cannon Studio account: linked, used instead of the server's, removed."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from bot.account import texts as account_texts
from bot.account.api_keys import ApiKeys, slot_of
from bot.account.key_health import StatusPace
from bot.cannon.client import CannonClient
from bot.domain.jobs.card_spec import Origin
from bot.domain.models import AccountStatus, GuildKey
from bot.domain.money.account import DAY_S
from bot.domain.money.spend_request import Consent, Pays
from bot.errors import InputError, KeyRefused, NoKey, Refused
from bot.language import Text
from bot.runtime.clock import Clock
from bot.server import texts
from bot.server.practice import ShownCards
from bot.store import LedgerSums, RemovedAccount, Store
from bot.store.acts import JobSignals
from bot.store.guild.account import AccountDifference

SPENT_DAYS = 30


@dataclass(frozen=True)
class Payers:
    """Says whose credits pay for a request. `is_allowed`: whether the host lets members use accounts of their own."""

    store: Store
    keys: ApiKeys
    is_allowed: bool

    async def refusal(self, guild_id: int) -> Text | None:
        """Return why members can't use their own accounts on a server; None if they can."""
        if not self.is_allowed:
            return texts.OWN_OFF_BY_HOST
        if not (await self.store.settings.get(guild_id)).own_accounts:
            return texts.OWN_OFF_HERE
        return texts.OWN_NOT_IN_PRACTICE if await self.store.practice.is_on(guild_id) else None

    async def pays_own(self, origin: Origin, consent: Consent) -> bool | None:
        """Whether the author's own account pays; None: they have both, and have to choose first.

        Raises InputError without an account, Refused where it may not be used, if the request says that it pays.
        """
        is_outside_servers = origin.guild_id == origin.author_id  # then there is no other
        return is_outside_servers or await self._pays_on_server(origin, consent)

    async def _pays_on_server(self, origin: Origin, consent: Consent) -> bool | None:
        guild_id, author_id, is_wanted = origin.guild_id, origin.author_id, consent.pay == Pays.MINE
        if origin.run is not None:
            return False  # a schedule spends nothing of their own
        if await self.keys.own(author_id) is None:
            if is_wanted:
                raise InputError(account_texts.NO_ACCOUNT_OF_YOURS, "pay")
            return False
        if (refusal := await self.refusal(guild_id)) is not None:
            if is_wanted:
                raise Refused(refusal)
            return False
        chosen = consent.pay or (await self.store.member_settings.get(guild_id, author_id)).pays
        if chosen:
            return chosen == Pays.MINE
        if not await self._server_has_key(guild_id):
            return True
        return False if origin.reaction is not None else None  # a reaction can't be asked

    async def _server_has_key(self, guild_id: int) -> bool:
        try:
            await self.keys.for_guild(guild_id)
        except NoKey:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """A member's own account as its panel shows it; `key` is None without one."""

    key: GuildKey | None
    sums: LedgerSums
    """Of the last SPENT_DAYS."""
    pays: str
    """Who pays on this server (`Pays`), '' until chosen."""
    refusal: Text | None
    """Why it can't be used on this server."""
    difference: AccountDifference | None


@dataclass(frozen=True)
class OwnAccounts:
    """Links and removes members' keys. Only the last four characters are returned, and nothing is recorded."""

    store: Store
    _: KW_ONLY
    payers: Payers
    client: CannonClient
    clock: Clock
    pace: StatusPace
    worker: JobSignals
    cards: ShownCards

    async def of(self, guild_id: int, member_id: int) -> OwnAccount:
        key = await self.store.keys.current(member_id)
        return OwnAccount(
            key=key if key is not None and key.own else None,
            sums=await self.store.own_accounts.sums(member_id, self.clock.wall() - SPENT_DAYS * DAY_S),
            pays=(await self.store.member_settings.get(guild_id, member_id)).pays,
            refusal=await self.payers.refusal(guild_id),
            difference=await self.store.account_checks.last(member_id),
        )

    async def may_pay(self, guild_id: int, member_id: int) -> bool:
        return await self.payers.keys.own(member_id) is not None and await self.payers.refusal(guild_id) is None

    async def link(self, member_id: int, secret: str) -> AccountStatus:
        """Check a key by the API's status call, and make it the member's in place of an earlier one.

        Raises InputError if it is rejected, Refused if the host forbids it or after too many tries,
        CannonError if the call fails; then nothing has changed.
        """
        if not self.payers.is_allowed:
            raise Refused(texts.OWN_OFF_BY_HOST)
        self.pace.require(member_id)
        try:
            status = await self.client.status(secret)
        except KeyRefused:
            raise InputError(account_texts.KEY_NOT_ACCEPTED) from None
        done = await self.store.keys.set(member_id, secret, set_by=member_id, status=status, own=True)
        for guild_id in await self.store.own_accounts.guilds(member_id):
            self.worker.resume(guild_id, slot_of(member_id, done.key.id))
        return status

    async def remove(self, member_id: int) -> RemovedAccount:
        """Remove the member's key, and cancel what has not been sent. Raises InputError without one."""
        removed = await self.store.own_accounts.remove(member_id)
        if removed is None:
            raise InputError(account_texts.NO_ACCOUNT_OF_YOURS)
        for card in removed.cards:
            await self.cards.show(*card)
        return removed

    async def choose(self, guild_id: int, member_id: int, pays: Pays) -> None:
        """Remember who pays for the member's requests on a server."""
        await self.store.member_settings.change(guild_id, member_id, lambda own: replace(own, pays=pays.value))
