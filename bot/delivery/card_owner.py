"""Which of several processes draws a card when nobody's turn does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.models import Job


class CardOwner:
    """Says whether it is this one: the one that follows the card's jobs. `leads` says who draws what nobody follows."""

    def __init__(self, leads: Callable[[], bool], *, is_shared: bool) -> None:
        self.leads = leads
        self.is_shared = is_shared
        """Whether there may be other processes: else every card is this one's."""
        self.lease: Callable[[], str | None] = lambda: None
        """Returns the lease of this process's worker."""

    def is_here(self, jobs: Sequence[Job], *, if_nobodys: bool) -> bool:
        """Whether this process draws the card of these jobs; `if_nobodys`: where no process follows any of them."""
        if not self.is_shared:
            return True
        leases = {job.lease for job in jobs if job.lease is not None}
        return self.lease() in leases if leases else if_nobodys
