"""The buttons on the host's reports. Only the host may press them, and only the host sees the answers."""

from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.messages import custom_ids_of
from bot.delivery.host import texts
from bot.delivery.host.desk import HostDesk
from bot.domain.custom_ids import CUSTOM_ID
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import require_host

DOCTOR, JOBS, PAUSE, RESUME, SILENCE = "host_doctor", "host_jobs", "host_pause", "host_resume", "host_silence"
"""Parts of the custom ids of buttons on old messages: never change them."""
ALL = "all"


def host_controls(rule: str | None, *, is_paused: bool) -> list[Control]:
    """Return the buttons of a report, first that which silences `rule`, if there is one."""
    silence = [] if rule is None else [Control.button(SILENCE, rule, label=texts.SILENCE)]
    pause = (
        Control.button(RESUME, ALL, label=texts.RESUME, style=discord.ButtonStyle.success)
        if is_paused
        else Control.button(PAUSE, ALL, label=texts.PAUSE, style=discord.ButtonStyle.danger)
    )
    doctor, jobs = Control.button(DOCTOR, ALL, label=texts.DOCTOR), Control.button(JOBS, ALL, label=texts.WAITING)
    return [*silence, doctor, jobs, pause]


Answer = Callable[[HostDesk, str], Awaitable[str]]


def _answers(action: str) -> Callable[[Answer], Answer]:
    """Register what a button answers the host, in a message that only they see."""

    def register(answer: Answer) -> Answer:
        @on(action)
        async def pressed(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
            require_host(interaction)
            await defer(interaction, ephemeral=True, thinking=True)
            embed = discord.Embed(description=await answer(use(interaction, HostDesk), subject))
            await in_time(interaction.edit_original_response(embed=embed))

        pressed.__qualname__ = answer.__qualname__
        return answer

    return register


@_answers(DOCTOR)
async def doctor(desk: HostDesk, _subject: str) -> str:
    """Say what `cannon-bot doctor` says."""
    return await desk.doctor()


@_answers(JOBS)
async def waiting_jobs(desk: HostDesk, _subject: str) -> str:
    """List the open jobs of all servers."""
    return await desk.waiting_jobs()


@_answers(SILENCE)
async def silence(desk: HostDesk, subject: str) -> str:
    """Let a rule report nothing for an hour."""
    return await desk.silence(subject)


@on(PAUSE)
async def pause(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Pause new paid jobs on all servers, and offer to resume them in place of the button."""
    require_host(interaction)
    desk = use(interaction, HostDesk)
    await _switched(interaction, await desk.pause_jobs(interaction.user.id), is_paused=True)


@on(RESUME)
async def resume(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Let new paid jobs start again, and offer to pause them in place of the button."""
    require_host(interaction)
    desk = use(interaction, HostDesk)
    await _switched(interaction, await desk.resume_jobs(interaction.user.id), is_paused=False)


async def _switched(interaction: Interaction, sentence: str, *, is_paused: bool) -> None:
    """Exchange the button on the pressed report, and say what has happened."""
    rule = _rule_on(interaction.message)
    view = view_of(host_controls(rule, is_paused=is_paused))
    await in_time(interaction.response.edit_message(view=view))
    await in_time(interaction.followup.send(embed=discord.Embed(description=sentence), ephemeral=True))


def _rule_on(message: discord.Message | None) -> str | None:
    """Return the rule that a report can silence, None without one."""
    names = [] if message is None else custom_ids_of(message)
    found = (CUSTOM_ID.fullmatch(name) for name in names)
    return next((match["subject"] for match in found if match is not None and match["action"] == SILENCE), None)
