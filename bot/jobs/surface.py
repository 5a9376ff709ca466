"""What the worker needs of Discord, and how a delivery says that it cannot happen now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bot.domain.models import Job, WaitsFor
from bot.language import Text

Sentence = Text | Callable[[], str]
"""Made lazily: moderators may need another language than the job's turn."""


def spoken(sentence: Sentence) -> str:
    return str(sentence) if isinstance(sentence, Text) else sentence()


class Later(Exception):
    """Raised by `deliver`: try again after `seconds`; `waits_for` names the cause, None: nothing worth showing."""

    def __init__(self, seconds: float, waits_for: WaitsFor | None = None) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds
        self.waits_for = waits_for


class NoPlace(Exception):
    """Raised by `deliver`: there is nowhere to post the result, or nothing to post. `sentence` says why.

    `unusable`: its file can never be posted anywhere. `unseen`: nobody reads the card either, so its author is told.
    """

    def __init__(self, sentence: str | Text, *, unusable: bool = False, unseen: bool = False) -> None:
        super().__init__(sentence)
        self._sentence = sentence
        self.unusable = unusable
        self.unseen = unseen

    @property
    def sentence(self) -> str:
        """The reason, in the current language."""
        return str(self._sentence)


class Parked(Exception):
    """Raised by `deliver`: it needs a decision. `Worker.decided` wakes it, else it retries after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"parked for {seconds:.0f} s")
        self.seconds = seconds


class Gathering(Exception):
    """Raised by `deliver`: wait up to `seconds` for other results of the card, to post all in one edit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:.1f} s")
        self.seconds = seconds


class Surface(Protocol):
    """Shows the states of jobs and delivers their results."""

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Gathering, Parked or NoPlace."""
        ...

    async def delivered(self, job: Job) -> None:
        """Do what follows a posted and settled result; best effort, never raises."""
        ...

    async def show(self, guild_id: int, card_id: str) -> None:
        """Update the card from the store; best effort, never raises."""
        ...

    async def post_late(self, job: Job) -> None:
        """Post the late result of a `held` job; best effort, never raises: on failure it stays held."""
        ...

    async def alert(self, guild_id: int, sentence: Sentence) -> None:
        """Alert the guild's moderators in the server's language; best effort, never raises."""
        ...

    async def tell_author(self, job: Job, sentence: Sentence, *, of_key: bool = False) -> None:
        """Write to the job's author directly, `of_key` with the controls of their own key; best effort, never raises.

        The sentence is made in the language of the job's card.
        """
        ...
