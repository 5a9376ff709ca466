"""Settings, refusals, alerts, the setup and practice."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.first_contact import SetupStep
from bot.guild.texts import actor
from bot.language import Text, tr

# ---------------------------------------------------------------------- settings, refusals and alerts


def settings_changed(by_id: int, parts: Sequence[str]) -> str:
    """Return the line of changed settings; each part names one, with its old and new value."""
    return tr("{who} changed settings: {changes}.", who=actor(by_id), changes="; ".join(parts))


def was_refused(member_id: int, operation_id: str, sentence: str) -> str:
    """Return the line of a member whom the server's rules refused."""
    return tr(
        "{member} could not run `{operation}`: {sentence}",
        member=actor(member_id),
        operation=operation_id,
        sentence=sentence,
    )


def alert(text: str) -> str:
    """Return an alert as the log channel shows it."""
    return f"⚠️ {text}"


# ---------------------------------------------------------------------- the setup


def setup_skipped(by_id: int, step: SetupStep) -> str:
    """Return the line of a step that was skipped."""
    who = actor(by_id)
    match step:
        case SetupStep.TEST:
            return tr("{who} skipped the test image in the setup.", who=who)
        case SetupStep.ROLE:
            return tr("{who} skipped the moderator role in the setup.", who=who)
        case SetupStep.LIMITS:
            return tr("{who} skipped the limits in the setup.", who=who)
        case SetupStep.CHANNELS:
            return tr("{who} skipped the channels in the setup.", who=who)
        case _:
            return tr("{who} skipped the key in the setup.", who=who)


# ---------------------------------------------------------------------- practice

PRACTICE_NOT_ALLOWED = Text("The host of this bot has turned off practice mode.")
PRACTICE_IN_ONE_PROCESS = Text("Practice mode isn't available here, because this bot runs as several processes.")
PRACTICE_DOWN = Text("Practice mode cannot start right now. Try again in a minute.")


def practice_started(by_id: int) -> str:
    """Return the line of a practice that began."""
    return tr("{who} started practice mode. Results are simulated and free.", who=actor(by_id))


def practice_stopped(by_id: int) -> str:
    """Return the line of a practice that ended."""
    return tr("{who} ended practice mode.", who=actor(by_id))
