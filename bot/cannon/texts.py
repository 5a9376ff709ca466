"""What members read of a call to Cannon Studio that failed. `said` is the API's own sentence, cleaned."""

from __future__ import annotations

from bot.language import Text

UNREADABLE = Text("Cannon Studio sent an answer that I can't read.", why="studio.unreadable")
IMPOSSIBLE_KEY = Text("This is not an API key of Cannon Studio.", why="key.invalid")
IMPOSSIBLE_INPUT = Text("This input can't be sent to Cannon Studio.", why="studio.input")
UNREACHABLE = Text("I can't reach Cannon Studio right now. Try again in a minute.", why="studio.unreachable")
NO_PRACTICE = Text("Practice is not available on this bot.", why="practice.unavailable")
IS_REQUIRED = Text("is required")
"""Said of a missing field after its name, whatever the API's words are: `display name: is required`."""
NO_REASON = Text("no reason given")


# ---------------------------------------------------------------------- what an HTTP status means


KEY_NOT_ACCEPTED = Text("Cannon Studio rejects the API key: {reason}")
EMAIL_NOT_VERIFIED = Text(
    "The email address of the Cannon Studio account is not verified yet, so nothing can be made "
    "until its owner verifies it. Cannon Studio says: {reason}"
)
NO_CREDITS = Text("The Cannon Studio account does not have enough credits: {reason}")
NOT_ALLOWED = Text("The API key is not allowed to do this: {reason}")
NOT_KNOWN = Text("Cannon Studio does not know this: {reason}")
OTHER_INPUT = Text("Cannon Studio already has this job, with another input: {reason}")
NO_LONGER_KEPT = Text("Cannon Studio no longer keeps this: {reason}")
NOT_TAKEN = Text("Cannon Studio does not accept this: {reason}")
SLOW_DOWN = Text("Cannon Studio is receiving too many requests: {reason}")
HAS_A_PROBLEM = Text("Cannon Studio has a problem: {reason}")
NOT_FOLLOWED = Text("Cannon Studio answered in an unexpected way: {reason}")
NOT_WELL = Text("Cannon Studio reports a problem: {reason}")
