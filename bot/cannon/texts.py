"""What members read of a call to Cannon Studio that failed. `said` is the API's own sentence, cleaned."""

from __future__ import annotations

UNREADABLE = "Cannon Studio sent an answer that the bot cannot read."
TOO_LARGE = "Cannon Studio's answer is too large to read."
WITHOUT_ID = "Cannon Studio accepted the job without saying under which id."
OF_ANOTHER_JOB = "Cannon Studio answered with another job than the one asked about."
IMPOSSIBLE_ID = "Cannon Studio cannot have given this job's id."
IMPOSSIBLE_KEY = "This is not an API key of Cannon Studio."
IMPOSSIBLE_INPUT = "This input cannot be sent to Cannon Studio."
NOT_FINISHED = "Cannon Studio did not finish in time."
UNREACHABLE = "Cannon Studio cannot be reached at the moment."
IS_REQUIRED = "is required"
"""Said of a missing field after its name, whatever the API's words are: `display name: is required`."""
NO_REASON = "no reason given"

# What an HTTP status means; the API's own sentence follows after a colon.
KEY_NOT_ACCEPTED = "Cannon Studio does not accept the API key"
NO_CREDITS = "The Cannon Studio account has not enough credits"
NOT_ALLOWED = "The API key is not allowed to do this"
NOT_KNOWN = "Cannon Studio does not know this"
OTHER_INPUT = "Cannon Studio has this job already, with another input"
NO_LONGER_KEPT = "Cannon Studio no longer keeps this"
NOT_TAKEN = "Cannon Studio does not take this"


def no_answer(timeout_s: float) -> str:
    """Say that the deadline of a call has passed."""
    return f"Cannon Studio did not answer within {timeout_s:g} seconds."


def slow_down(said: str) -> str:
    """Say that the rate limit is reached (429)."""
    return f"Cannon Studio asks us to slow down: {said}"


def has_a_problem(said: str) -> str:
    """Say that the API failed (5xx), or something in front of it."""
    return f"Cannon Studio has a problem: {said}"


def not_followed(said: str) -> str:
    """Say that the answer was a redirect, or another status that the bot does not expect."""
    return f"Cannon Studio answered in a way the bot does not follow: {said}"


def not_well(said: str) -> str:
    """Say that the status call reports a failure."""
    return f"Cannon Studio says that it is not well: {said}"
