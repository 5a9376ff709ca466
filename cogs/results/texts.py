"""What results offer and say to people."""

from collections.abc import Mapping, Sequence

from bot.domain.models import credits_words
from bot.domain.texts import mention
from bot.language import Plural, Text, because, both, listed, ntr, sentences, tr, whole_day

# ---------------------------------------------------------------------- commands and options

MENU_EDIT_IMAGE = "Edit image"
MENU_ANIMATE = "Animate"
MENU_UPSCALE = "Upscale"
MENU_NEXT_STEP = "Next step…"

# ---------------------------------------------------------------------- the buttons of a card

ASK_REFUND = Text("Request refund")
POST_IT = Text("Post it")
SHARE = Text("Share in channel")
RERUN = Text("Re-run")
RERUN_ALL = Text("Re-run all")
VARY = Text("Vary")
EDIT_AND_RUN = Text("Edit and run")
NEXT_STEP = Text("Next step…")
RUN_BY_EMOJI = {"🎬": Text("Animate it"), "⬆️": Text("Upscale it"), "💬": Text("Add subtitles")}
CONTINUE, JOIN = Text("Continue"), Text("Join")
ZOOM_OUT, TO_4K = Text("Zoom out"), Text("Upscale to 4K")
JOINED = Plural("Joined {count} shot: {link}", "Joined {count} shots: {link}")
ADD_TO_CAST = Text("Add to cast")
SAVE_PRESET = Text("Save as preset")
TO_GALLERY = Text("Save to gallery")
FRESH_LINK = Text("Fresh link")
REMOVE = Text("Remove")
CANCEL = Text("Cancel")
END_NOW, MAKE_DEFAULT = Text("End now"), Text("Make it the default")
REPORT = Text("Report")
RETRY_ALL = Text("Try again")
RETRY_REST = Text("Try again from here")
PICK = Text("Use another of these…")

SUBTLE, STRONG, LOOK = Text("Subtle"), Text("Strong"), Text("Change the look")

GENERATE_IMAGE, GENERATE_VIDEO = Text("Generate image"), Text("Generate video")
REWRITE_AGAIN = Text("Rewrite again")
EDIT_FIRST = Text("Edit first")
EDIT_PROMPT = Text("Edit the prompt")
PRESSED_TWICE = Text(
    "You pressed this a moment ago, and it is already being made. For another one, press again in a few seconds.",
    why="job.once",
)


HOW_DIFFERENT = Text("How different should it be? · {price} each", price=credits_words)
HOW_DIFFERENT_UNPRICED = Text("How different should it be? · The price is not known yet.")


ALONE = "U{number}".format
VARY_ONE = "V{number}".format
ALREADY_POSTED = Text("It is already here: [open it]({link})")
LINK_IN = "https://discord.com/channels/{guild_id}/{channel_id}/{message_id}".format
PICKED = Text("Result {number} (`{job_id}`):")


# ---------------------------------------------------------------------- the next step

NO_LONGER_OFFERED = Text("No longer offered by Cannon Studio")
ENDED = Text("Retired on {date}; will probably fail", date=whole_day)
NEXT_STEP_TITLE = Text("Next step")
CHOOSE_NEXT_STEP = Text("Choose what to make from it.")
WHAT_NEXT = Text("What next?")
NOTHING_TAKES = Text("No command on this server takes {kinds}.", why="file.kind")
MADE_FROM_WORDS = Text("From: {words}")


# ---------------------------------------------------------------------- cancelling a card

POSTED_UNLESS = Text("I'll post the result when it's ready, unless you choose otherwise.")
NOT_POSTED = Text(
    "It will be charged, and I won't post the result. If you change your mind, press **Post it after all** on the card."
)
DO_NOT_POST, POST_AFTER_ALL = Text("Don't post"), Text("Post it after all")
POSTED_AFTER_ALL = Text("I'll post the result when it's ready.")
ENDED_MEANWHILE = Text("It has ended. If it was made, press **Post it** on the card or in `/jobs`.", why="job.ended")


CANCEL_ONE, DO_NOT_POST_ONE = Text("Cancel this job"), Text("Don't post this one")
POST_ONE = Text("Post this one after all")
OTHERS_REFUNDED = Plural(
    "{count} job that was waiting for it was refunded too.",
    "{count} jobs that were waiting for it were refunded too.",
    why="job.ended",
)
"""Return what is added where `count` jobs that depended on the cancelled one were refunded."""


@because("job.ended")
def cancelled(numbers: Sequence[int]) -> str:
    """Say which jobs of a card are canceled: without `numbers`, its one job."""
    return tr("Canceled and refunded: nothing was charged for {numbers}.", numbers=_numbers(numbers))


@because("job.too_late")
def too_late_to_cancel(numbers: Sequence[int]) -> str:
    return tr(
        "Too late to stop {numbers}: Cannon Studio has already started, so it will be charged.",
        numbers=_numbers(numbers),
    )


def _numbers(numbers: Sequence[int]) -> str:
    return both(f"#{each}" for each in numbers) if numbers else str(THIS_ONE)


# ---------------------------------------------------------------------- fresh links

OPEN_RESULT = Text("Open result")
LINKS = Text("Here is a fresh link. It, too, will expire.")


OPEN_NUMBERED = Text("Open result {number}")
TOO_OLD = Plural(
    "Cannon Studio keeps results for {count} day, and this one is older. Its link has expired for good.",
    "Cannon Studio keeps results for {count} days, and this one is older. Its link has expired for good.",
    why="result.link_expired",
)
"""Say that Cannon Studio, which keeps results for `count`, no longer has this one."""


# ---------------------------------------------------------------------- removing a result

REMOVE_QUESTION = Text(
    "This deletes the result everywhere: its card and every copy. Delete its record too (prompt, "
    "settings, and links)? Its cost stays in the credit history either way."
)
REMOVE_RESULT = Text("Remove the result")
REMOVE_RECORD = Text("Remove the record too")
STILL_OPEN = Text("Something on this card is still being made. It can be removed when it is done.", why="job.slow")
REMOVED_WITH_RECORD = Text("The result and its record are removed.")
REMOVED = Text("The result is removed. Its record is kept.", why="result.removed")


@because("result.removed")
def partly_removed(gone: int, left: int) -> str:
    """Say that `left` messages are still there."""
    kept = ntr(
        "I couldn't remove {count} message. Check my permissions there and try again, or delete it yourself.",
        "I couldn't remove {count} messages. Check my permissions there and try again, or delete them yourself.",
        left,
    )
    return sentences(ntr("Removed {count} message.", "Removed {count} messages.", gone), kept) if gone else kept


ONE_IS_HERE = Text("One of them: {link}")


# ---------------------------------------------------------------------- late results

EXISTS = Text("The result already exists. I'm posting it now, at no extra cost.")

# ---------------------------------------------------------------------- details, and a job with its family

RECORD_ERASED = Text("Its record was erased.")
SETTINGS = Text("**Settings**")
YES, NO, NOTHING = Text("yes"), Text("no"), Text("no value")
POST_AGAIN, TO_DMS = Text("Post here again"), Text("Send to my DMs")
MAY_NOT_WRITE_HERE = Text(
    "You can't send messages in this channel, so I can't post it here for you.", why="place.permissions"
)


def heading(title: str) -> str:
    return f"### {title}"


SETTING = Text("{label}: **{value}**")
FILE_FROM = Text("a file from {host}")
COSTS = Text("**Cost** {cost} · {held}")
HELD = Text("{amount} held at first ({basis})")
HELD_AND_MORE = Text("{amount} held at first ({basis}), {more} added when the price was known")
REQUESTED_AT = Text("requested {when}")
SENT_AT = Text("sent {when}")
STARTED_AT = Text("started {when}")
FINISHED_AT = Text("finished {when}")
POSTED_AT = Text("posted {when}")
TIMES = Text("**Times** {day}: {times}", times=listed)
TOOK = Text("took {span}")
REQUESTED_BY = Text("**Requested by** {member}", member=mention)
CARD_AT = Text("**Requested by** {member} · [Open card]({link})", member=mention)
MADE_BY = Text("**Provider's model** {name}")


IDS: Mapping[bool, Text] = {
    False: Text("**Job** `{job_id}` · `{operation}`"),
    True: Text("**Job** `{job_id}` · `{operation}` · Cannon Studio's request {remote_id}"),
}
"""The ids of a job, by whether Cannon Studio has one for it."""
ALL_IDS = Text("**On this card** {ids}", ids=" ".join)


FAMILY = Text("**Family** · {cost} in all")
HIDDEN_SOURCE = Text("🔒 Made from a result that is private or in a channel you can't see")
ERASED_SOURCE = Text("🕳️ Erased")
THIS_ONE = Text("**this one**")
BACK_TO_THIS = Text("[Back to this one]({link})")
BACK_TO_ONE = Text("Back to one of these…")
AND_HELD = Text("{paid} and {held} held")
SENT = Text("Sent. Check your direct messages.")
DMS_CLOSED = Text(
    "You don't accept direct messages from this server. Allow them in its privacy settings, then press again.",
    why="member.dms_closed",
)
POSTED_AGAIN = Text("I posted it here: [open it]({link})")
