"""What members and moderators read of a job's life.

Amounts of credits come in as words.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.account.unavailable import Refusal
from bot.domain.texts import ACCOUNT_LEFT, HOST_BALANCE_TOO_LOW, TOP_UP_OR_OTHER_KEY
from bot.domain.words.text import full_stop
from bot.language import Text, because, sentences, tr

# ---------------------------------------------------------------------- intake

KEY_REFUSED = Text(
    "Cannon Studio rejects this server's API key. A moderator can set a new one with `/studio key`.", why="key.rejected"
)
OWN_KEY_REFUSED = Text(
    "Cannon Studio rejects the key of your own account. Replace it with `/me`, or let the server pay.",
    why="account.own",
)
OWN_ACCOUNT_TROUBLE = Text(
    "This could not be made, and nothing was charged. Its author sees why with `/me`.", why="account.own"
)
"""On a card that all may read: nothing of a member's account is for others."""
NOT_ANSWERED = Text(
    "Discord didn't accept the answer, so nothing was made and nothing was charged.", why="discord.trouble"
)
CANCELLED_BY_AUTHOR = Text("Canceled by its author.")
CANCELLED_BY_MODERATOR = Text("Canceled by a moderator.")
NOT_DECIDED = Text("No moderator decided within 24 hours, so your credits were refunded.", why="approval.expired")
IN_STEP = Text("Step {number}: {sentence}")
LEAVES_OUT = Text("I'll leave out {flags}: there are no such options here.")
RETRIED_ALREADY = Text("This was already retried: job {job}.", why="job.once")

# ---------------------------------------------------------------------- why a job has ended without a result

FAILED = Text("Cannon Studio could not make this.", why="job.failed")
NOT_FINISHED = Text(
    "Cannon Studio did not finish this within seven days, so your credits were refunded.", why="job.not_finished"
)
NOT_KNOWN = Text(
    "Cannon Studio no longer knows this job, so your credits were refunded. I'll keep checking for "
    "seven days in case the result appears.",
    why="job.unknown",
)
NOT_CONFIRMED = Text(
    "Cannon Studio did not confirm this job, so your credits were refunded. If you try again "
    "within 12 hours, you can't be charged twice.",
    why="job.not_confirmed",
)
FORBIDDEN_WORD = Text(
    "The text contains a word that this server does not allow, so I did not send it. Your credits were refunded.",
    why="word.forbidden",
)
NO_WORKING_KEY = Text("This server had no working API key for a day. Your credits were refunded.", why="key.rejected")
REFUSED: Mapping[Refusal, Text] = {
    Refusal.INPUT: Text(
        "Cannon Studio rejected this input for {operation}: {reason} Other inputs may work.",
        why="studio.input",
        reason=full_stop,
    ),
    Refusal.ACCOUNT: Text(
        "{operation} is not available on this account: {reason}", why="account.unavailable", reason=full_stop
    ),
    Refusal.REPEATED: Text(
        "{operation} is probably not available on this account. Cannon Studio rejected two different "
        "inputs in a row: {reason}",
        why="account.unavailable",
        reason=full_stop,
    ),
}
"""Say what a create was refused for; `reason` is the API's own sentence."""


def no_credits(*, host_pays: bool) -> str:
    """Say that the account has no credits left."""
    if host_pays:
        return str(HOST_BALANCE_TOO_LOW)
    return sentences(ACCOUNT_LEFT(count=0), TOP_UP_OR_OTHER_KEY)


@because("account.email")
def must_verify(*, host_pays: bool) -> str:
    """Say that the account's e-mail address must be verified first."""
    if host_pays:
        return tr(
            "The bot's host pays here, and the email address of their Cannon Studio account is not "
            "verified yet. A moderator can set a key for this server."
        )
    return tr(
        "The email address of this server's Cannon Studio account is not verified yet, and it must be before the "
        "account can use credits. Its owner can verify it on cannonstudio.app."
    )


# ---------------------------------------------------------------------- why a result was not posted

GIVEN_UP = Text("The bot kept failing, so it stopped retrying.", why="bot.fault")
GIVEN_UP_MADE = Text(
    "The result was made, but something went wrong on the bot's side when I posted it. "
    "To try again, press **Post it** in `/jobs`.",
    why="result.not_posted",
)

MADE_BUT_UNSEEN = Text(
    "Your result is made and paid, but I can't post it: the channel is gone or closed to me. To get it, open `/jobs` "
    "in another channel and press **Post it** within seven days.",
    why="result.not_posted",
)
NOT_POSTED_FOR_A_DAY = Text(
    "I could not download or post the result of job {job} for a day, so I saved it. "
    "To try again, press **Post it** in `/jobs`.",
    why="result.not_posted",
)

# ---------------------------------------------------------------------- late results

CAME_LATE = Text(
    "The result came after the job had ended, so I did not post it. To post it, press **Post it** in `/jobs`.",
    why="result.not_posted",
)

# ---------------------------------------------------------------------- alerts to moderators

KEY_REFUSED_ALERT = Text(
    "Cannon Studio rejects this server's API key, so jobs are waiting. I'll keep checking it; you "
    "can set another one with `/studio key`.",
    why="key.rejected",
)
OWN_KEY_REJECTED = Text(
    "Cannon Studio rejects the key of your own account, so your requests wait. They continue once you have replaced "
    "it, or are refunded after a day.",
    why="account.own",
)
KEY_HEALED = Text("The API key works again, so jobs continue.")
"""A line of the record."""
OUT_OF_CREDITS_ALERT = Text(
    "Cannon Studio rejected a job because this server's account does not have enough credits. It was refunded here.",
    why="account.credits",
)
NOT_FINISHED_ALERT = Text(
    "Cannon Studio did not finish job {job} within seven days, so I refunded it here. Check in "
    "Cannon Studio's console whether your account was charged.",
    why="job.not_finished",
)
NOT_CONFIRMED_ALERT = Text(
    "Cannon Studio never confirmed job {job}, so I refunded it here. Check in Cannon Studio's "
    "console whether your account was charged.",
    why="job.not_confirmed",
)
BILLED_ALERT = Text(
    "Job {job} failed, but Cannon Studio charged {amount} for it. They count as spent.", why="job.charged"
)
PRICE_ROSE_ALERT = Text("`{operation}` costs {price} now, not {before}.")
ASKED_TO_WAIT_ALERT = Text("Cannon Studio is rate-limiting this server until {time}. Jobs resume then.")
GIVEN_UP_ALERT = Text(
    "The bot failed ten times at job {job}, so I stopped trying. The bot's log has the reason.", why="bot.fault"
)
