"""Every button and select on the bot's messages, as one class without state in memory.

A control is only its custom id (bot/domain/custom_ids.py), mostly with a job's id as its subject. The id is not
trusted: it is looked up again for the server and the member who pressed; missing, foreign and unknown ones get one
and the same answer.

discord.py only logs errors in creating, checking or calling a control, and some not even that. So creating and
checking cannot fail, and all work is done in `callback`, whose errors go to `Responses.report`.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Self, cast

import discord

from bot.delivery.answers.responses import speak_to
from bot.delivery.channels.view import untracked
from bot.domain.custom_ids import CUSTOM_ID, VERSION, custom_id
from bot.domain.models import Job
from bot.errors import InputError, Refused
from bot.generation.sources import require_kept
from bot.generation.visible_jobs import VisibleJobs
from bot.language import Text
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import is_outside, viewer_of
from cogs.ui.texts import GONE, NOT_OUTSIDE

ControlAction = Callable[[Interaction, str, Sequence[str]], Awaitable[None]]
"""A control's handler: the interaction, the subject, the values chosen in a select."""
JobAction = Callable[[Interaction, Job, Sequence[str]], Awaitable[None]]

_ACTIONS: dict[str, ControlAction] = {}


def on(name: str) -> Callable[[ControlAction], ControlAction]:
    """Register the handler of the action `name`. Raises ValueError if another action has that name."""

    def register(action: ControlAction) -> ControlAction:
        there = _ACTIONS.get(name)
        # discord.py runs an extension's module again for each bot of a process: the same action may come back.
        if there is not None and (there.__module__, there.__qualname__) != (action.__module__, action.__qualname__):
            raise ValueError(f"two actions are named {name}")
        _ACTIONS[name] = action
        return action

    return register


def on_job(name: str, *, when_erased: bool = False, when_secret: bool = False) -> Callable[[JobAction], JobAction]:
    """Register an action on a job, the control's subject, if the member may see it.

    For an erased job, and one that members vote on, the member gets a notice instead, unless the action applies
    `when_erased` or `when_secret` too.
    """

    def register(action: JobAction) -> JobAction:
        @functools.wraps(action)
        async def look_up(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
            job = await job_of(interaction, subject)
            if not when_erased:
                require_kept(job, secret=when_secret)
            await action(interaction, job, values)

        on(name)(look_up)
        return action

    return register


async def job_of(interaction: Interaction, job_id: str) -> Job:
    """Return the place's job if the member may see it.

    Raises InputError with GONE, and Refused outside servers, where messages of servers may be, too.
    """
    job = await use(interaction, VisibleJobs).get(await viewer_of(interaction), job_id)
    if job is None:
        raise Refused(NOT_OUTSIDE) if is_outside(interaction) else InputError(GONE)
    return job


class Control(discord.ui.DynamicItem[discord.ui.Item[Any]], template=CUSTOM_ID):
    """A button or a select. Views hold nothing else but links: a mixed view that ends unregisters all controls."""

    @classmethod
    def button(
        cls,
        action: str,
        subject: str,
        *,
        label: Text | str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
        disabled: bool = False,
    ) -> Self:
        """Return a button for `action` with `subject`; `emoji` is its Unicode icon, its name where it has no label."""
        words = None if label is None else str(label)
        made = custom_id(action, subject)
        return cls(discord.ui.Button(label=words, style=style, emoji=emoji, disabled=disabled, custom_id=made))

    @classmethod
    def select(
        cls,
        action: str,
        subject: str,
        *,
        placeholder: Text | str,
        options: Sequence[discord.SelectOption],
        disabled: bool = False,
        several: bool = False,
    ) -> Self:
        """Return a select of one of `options` (1 to 25), `several`: of none to all, for `action` with `subject`."""
        made: discord.ui.Select[Any] = discord.ui.Select(
            placeholder=str(placeholder),
            options=list(options),
            disabled=disabled,
            custom_id=custom_id(action, subject),
            min_values=0 if several else 1,
            max_values=len(options) if several else 1,
        )
        return cls(made)

    @classmethod
    def roles(
        cls, action: str, subject: str, *, placeholder: Text | str, chosen: Sequence[int], at_most: int = 1
    ) -> Self:
        """Return a select of up to `at_most` (25) roles, or none. `chosen` are shown; all must exist."""
        kind = discord.SelectDefaultValueType.role
        made: discord.ui.RoleSelect[Any] = discord.ui.RoleSelect(
            placeholder=str(placeholder),
            min_values=0,
            max_values=at_most,
            default_values=[discord.SelectDefaultValue(id=each, type=kind) for each in chosen[:at_most]],
            custom_id=custom_id(action, subject),
        )
        return cls(made)

    @classmethod
    def member(cls, action: str, subject: str, *, placeholder: str) -> Self:
        made: discord.ui.UserSelect[Any] = discord.ui.UserSelect(
            placeholder=placeholder, custom_id=custom_id(action, subject)
        )
        return cls(made)

    @classmethod
    def channels(
        cls,
        action: str,
        subject: str,
        *,
        placeholder: str,
        chosen: Sequence[int],
        kinds: Sequence[discord.ChannelType],
        at_most: int = 1,
    ) -> Self:
        """Return a select of up to `at_most` (25) channels of `kinds`, or none. `chosen` are shown; all must exist."""
        kind = discord.SelectDefaultValueType.channel
        made: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
            placeholder=placeholder,
            min_values=0,
            max_values=at_most,
            channel_types=list(kinds),
            default_values=[discord.SelectDefaultValue(id=each, type=kind) for each in chosen[:at_most]],
            custom_id=custom_id(action, subject),
        )
        return cls(made)

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py gives it
        item: discord.ui.Item[Any],
        match: re.Match[str],  # noqa: ARG003 - discord.py gives it
        /,
    ) -> Self:
        """Return the pressed control; only `callback` checks it."""
        return cls(item)

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Accept every member: the action checks permissions."""
        return True

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Run the control's action in the member's language; errors are reported to the member."""
        speak_to(interaction)
        try:
            await self._act(cast("Interaction", interaction))
        except Exception as error:  # noqa: BLE001 - the boundary separates expected errors from faults
            await interaction.client.responses.report(interaction, error)

    async def _act(self, interaction: Interaction) -> None:
        match = CUSTOM_ID.fullmatch(self.custom_id)
        action = _ACTIONS.get(match["action"]) if match is not None else None
        if match is None or action is None or int(match["version"]) != VERSION:
            raise InputError(GONE)
        await action(interaction, match["subject"], _values(self.item))


def _values(item: discord.ui.Item[Any]) -> Sequence[str]:
    """Return a select's values, roles, members and channels by id; () for a button."""
    if isinstance(item, discord.ui.RoleSelect | discord.ui.UserSelect | discord.ui.ChannelSelect):
        return [str(each.id) for each in item.values]
    return item.values if isinstance(item, discord.ui.Select) else ()


def view_of(controls: Sequence[discord.ui.Item[Any]]) -> discord.ui.View:
    """Return a new view of `controls` and link buttons that never times out."""
    view = untracked(discord.ui.View(timeout=None))
    for control in controls:
        view.add_item(control)
    return view


def searched_in(message: discord.Message | None, action: str, ending: str) -> str:
    """Return the words on a message's search button, '' without a search: with one its subject has this ending."""
    for item in items_of(message):
        match = CUSTOM_ID.fullmatch(getattr(item, "custom_id", None) or "")
        if match is not None and match["action"] == action and match["subject"].endswith(ending):
            return item.label or ""
    return ""


def items_of(message: discord.Message | None) -> Iterator[Any]:
    """Yield a message's components, those inside others too."""
    return _inside(() if message is None else message.components)


def _inside(components: Any) -> Iterator[Any]:
    for component in components:
        yield component
        yield from _inside(getattr(component, "children", ()))
