"""The filter of a job gallery: author, state, words, page.

Custom ids hold all but the words; those are the label of the search button, which Discord sends back with the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

import discord

from bot.domain.models import OPEN_STATES, JobState
from bot.errors import InputError
from cogs.ui.controls import searched_in
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import require_moderator
from cogs.ui.texts import GONE

STATES: Mapping[str, frozenset[JobState]] = MappingProxyType(
    {
        "open": OPEN_STATES,
        "delivered": frozenset({JobState.DELIVERED}),
        "held": frozenset({JobState.HELD}),
        "failed": frozenset({JobState.FAILED, JobState.EXPIRED, JobState.REFUSED}),
        "cancelled": frozenset({JobState.CANCELLED}),
    }
)
"""The filters by state, by option value."""
ANY = "any"
MINE, ALL = "mine", "all"
POSTED_BY = "by-"
"""Prefix of a member's id whose posted results everybody may browse."""
ID_MAX = 2**63 - 1
"""The largest number that SQLite takes."""
PAGES_MAX = 10_000
WORDS_CHARS = 60
SEARCH_ACTION = "jobs_search"
_SEARCHING = "s"
"""Suffix of a search button's subject when its label is the search text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """A page of filtered jobs."""

    whose: str = MINE
    """`mine`, `all`, a member's id, or `by-` with one."""
    state: str = ANY
    number: int = 0
    typed: str = ""
    """The search text."""

    @property
    def subject(self) -> str:
        """The subject of a control that leads here, without the search text."""
        return f"{self.whose}.{self.state}.{self.number}"

    @property
    def search_subject(self) -> str:
        return f"{self.subject}.{_SEARCHING}" if self.typed else self.subject

    @property
    def states(self) -> frozenset[JobState] | None:
        """The states, None for all."""
        return STATES.get(self.state)

    @property
    def words(self) -> list[str]:
        return self.typed.split()

    @property
    def posted(self) -> bool:
        """Whether it shows only what was posted for everybody, in channels that the reader sees."""
        return self.whose.startswith(POSTED_BY)

    @property
    def member_id(self) -> int:
        """The member's id, 0 for `mine` and `all`."""
        return 0 if self.whose in {MINE, ALL} else int(self.whose.removeprefix(POSTED_BY))

    def author_id(self, reader_id: int) -> int | None:
        """Return the author's id, None for all."""
        return None if self.whose == ALL else reader_id if self.whose == MINE else self.member_id

    def at(self, number: int) -> Self:
        """Return another page of the same jobs."""
        return replace(self, number=number)

    @classmethod
    def parse(cls, subject: str, message: discord.Message | None) -> Self:
        """Read the target of a control of `message`. Raises InputError for an invalid subject."""
        whose, _, rest = subject.removesuffix(f".{_SEARCHING}").partition(".")
        state, _, number = rest.partition(".")
        member = whose.removeprefix(POSTED_BY)
        is_whose = whose in {MINE, ALL} or (member.isdecimal() and member.isascii() and int(member[:20]) <= ID_MAX)
        is_number = number.isdecimal() and number.isascii() and int(number[:6]) < PAGES_MAX and len(number) < 6
        if not is_whose or state not in {ANY, *STATES} or not is_number:
            raise InputError(GONE)
        typed = searched_in(message, SEARCH_ACTION, f".{_SEARCHING}")[:WORDS_CHARS]
        return cls(whose=whose, state=state, number=int(number), typed=typed)


async def require_may_browse(interaction: Interaction, browsing: Browsing) -> None:
    """Raise NotAllowed unless the jobs are posted or the member's own, or they are a moderator now."""
    if not browsing.posted and browsing.whose not in {MINE, str(interaction.user.id)}:
        await require_moderator(interaction)
