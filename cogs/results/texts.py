"""What results offer and say to people, in one place: it can be reworded without touching logic."""

from collections.abc import Sequence

# ---------------------------------------------------------------------- the buttons of a card

ASK_REFUND = "Ask a moderator for the credits back"
POST_IT = "Post it"
RERUN = "Re-run"
RERUN_ALL = "Re-run all"
VARY = "Vary"
EDIT_AND_RUN = "Edit and run"
NEXT_STEP = "Next step…"
RUN_BY_EMOJI = {"🎬": "Animate it", "⬆️": "Upscale it", "💬": "Add subtitles"}
TO_DMS, TO_GALLERY = "Send to my DMs", "Save to gallery"
FRESH_LINK = "Fresh link"
REMOVE = "Remove"
CANCEL = "Cancel"
DETAILS = "Details"
RETRY_ALL = "Try again"
RETRY_REST = "Try again from here"
PICK = "Use another of these…"

SUBTLE, STRONG, LOOK = "Subtle", "Strong", "Vary the character's look"

GENERATE_IMAGE, GENERATE_VIDEO = "Generate image", "Generate video"
REWRITE_AGAIN = "Rewrite again"
EDIT_FIRST = "Edit first"
EDIT_PROMPT = "Edit the prompt"

PRESSED_TWICE = "You have pressed this a moment ago; it is being made. Press again in a few seconds for another."


def strength_question(price: str | None) -> str:
    """Ask how different a variant shall be; `price`: what one costs, None where that is not known."""
    cost = "the price is not known yet" if price is None else f"{price} each"
    return f"How different should it be? · {cost}"


def alone(number: int) -> str:
    """Return the label of the button that shows one of a card's results alone."""
    return f"U{number}"


def vary_one(number: int) -> str:
    """Return the label of the button that varies one of a card's results."""
    return f"V{number}"


def stands_alone(link: str) -> str:
    """Say where a result stands already that is wanted in a message of its own."""
    return f"It is here: {link}"


def link_in(guild_id: int, channel_id: int, message_id: int) -> str:
    """Return the link to a message in a server."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


def picked(number: int, job_id: str) -> str:
    """Return the heading of the controls of one of a card's results."""
    return f"Result {number} (`{job_id}`):"


# ---------------------------------------------------------------------- the menus of a message

MENU_EDIT_IMAGE = "Edit image"
MENU_ANIMATE = "Animate"
MENU_UPSCALE = "Upscale"
MENU_SUBTITLES = "Add subtitles"
MENU_NEXT_STEP = "Next step…"


def no_medium(kinds: str) -> str:
    """Refuse a message without a medium of the kinds that the menu needs."""
    return f"This needs {kinds}, and this message has none."


# ---------------------------------------------------------------------- the next step

NO_LONGER_OFFERED = "No longer offered by Cannon Studio"
NEXT_STEP_TITLE = "Next step"
CHOOSE_NEXT_STEP = "Choose what to make of it."
WHAT_NEXT = "What next?"


def nothing_takes(kinds: str) -> str:
    """Refuse a medium for which no operation is available."""
    return f"Nothing here takes {kinds}."


def from_job(job_id: str) -> str:
    """Return the footer of an offer that is about a job's result."""
    return f"From job {job_id}"


# ---------------------------------------------------------------------- cancelling a card

NOT_YOURS_TO_CANCEL = "Only who asked for this, or a moderator, can cancel it."
NOTHING_TO_CANCEL = "Everything on this card has ended already, so there is nothing to cancel."


CANCELLED = "Cancelled and refunded: nothing was charged for it."
TOO_LATE = "Too late to stop: Cannon Studio has started it and it will be charged."
POSTED_UNLESS = "I post the result when it is done, unless you choose otherwise."
NOT_POSTED = "It will be charged, and I won't post the result. Changed your mind? Use `/jobs recover` when it is done."
DO_NOT_POST, DO_NOT_POST_THEM = "Don't post the result", "Don't post the results"


def cancelled(numbers: Sequence[int]) -> str:
    """Say which jobs of a card were cancelled in time."""
    return f"Cancelled and refunded: {_numbers(numbers)}."


def too_late_to_cancel(numbers: Sequence[int]) -> str:
    """Say which jobs of a card will finish and be charged."""
    return f"Too late to stop {_numbers(numbers)}: Cannon Studio has started it and it will be charged."


def _numbers(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"number {numbers[0]}"
    return f"numbers {', '.join(str(each) for each in numbers[:-1])} and {numbers[-1]}"


# ---------------------------------------------------------------------- fresh links

OPEN_RESULT = "Open result"
LINKS = "Here is a fresh link. It, too, stops working after a while."
NO_FILES = "This has no files, or its record was erased."
NO_NEW_LINK = "Cannon Studio gives no new link to this result, though its seven days are not over. Try again later."


def open_result(number: int) -> str:
    """Return the label of one of several links."""
    return f"{OPEN_RESULT} {number}"


def too_old(days: int) -> str:
    """Say that Cannon Studio, which keeps results for `days`, no longer has this one."""
    return f"Cannon Studio keeps results for {days} days only, and this one is older: its link is gone for good."


# ---------------------------------------------------------------------- removing a result

REMOVE_QUESTION = (
    "This takes the result down everywhere: its card and every copy. Shall its record go too: the prompt, the input "
    "and the links to the files? What it cost stays in the books either way."
)
REMOVE_RESULT = "Remove the result"
REMOVE_RECORD = "Remove the record too"
NOT_YOURS_TO_REMOVE = "Only who asked for this, or a moderator, can remove it."
STILL_OPEN = "Something on this card is still being made. Wait for it, or cancel it with `/jobs cancel`."
REMOVED_WITH_RECORD = "The result and its record are removed."
REMOVED = "The result is removed; its record is kept."


def partly_removed(gone: int, left: int) -> str:
    """Say that `left` messages are still there."""
    return (
        f"{gone} messages are removed, {left} could not be: I may lack the permission there, or Discord "
        "did not answer. Try again, or remove them by hand."
    )


def one_is_here(link: str) -> str:
    """Return a link to a message that was not removed."""
    return f"One is here: {link}"


# ---------------------------------------------------------------------- late results

EXISTS = "The result exists already; I post it now, at no extra cost."
STILL_MADE = "Cannon Studio is still working on this job; I post it when it is done."
NO_ANSWER = "Cannon Studio does not answer. Try again in a minute; nothing is lost."

# ---------------------------------------------------------------------- details, and a job with its family

RECORD_ERASED = "Its record was erased."
SETTINGS = "**Settings**"
YES, NO, NOTHING = "yes", "no", "nothing"
REQUESTED, SENT, STARTED, FINISHED, POSTED_AT = "requested", "sent", "started", "finished", "posted"
PRICE_WAS_UNKNOWN = "its price was not known"
POST_AGAIN = "Post here again"
MAY_NOT_WRITE_HERE = "You may not write in this channel, so I do not post it here for you."
NOT_POSTED_NOW = "Its file, or Discord, cannot be reached just now. Try again in a minute."


def heading(title: str) -> str:
    """Return the heading of a job's details."""
    return f"### {title}"


def setting(label: str, value: str) -> str:
    """Return one field that was sent."""
    return f"{label}: **{value}**"


def file_from(host: str) -> str:
    """Return what is shown of a link that was sent."""
    return f"a file from {host}"


def costs(cost: str, held: str) -> str:
    """Return what a job cost, and what was held for it."""
    return f"**Cost** {cost} · {held}"


def held(amount: str, basis: str) -> str:
    """Return what was held for a job; `basis` is what that rested on."""
    return f"{amount} held at first ({basis})"


def and_more(first: str, more: str) -> str:
    """Return what was held for a job, and what was added when its price became known."""
    return f"{first}, {more} added when the price was known"


def at(what: str, when: str) -> str:
    """Return one of a job's times."""
    return f"{what} {when}"


def times(day: str, told: Sequence[str]) -> str:
    """Return all times of a job."""
    return f"**Times** {day}: {', '.join(told)}"


def took(span: str) -> str:
    """Return how long a job took."""
    return f"took {span}"


def requested_by(author_id: int) -> str:
    """Return whose request it was."""
    return f"**Requested by** <@{author_id}>"


def card_at(link: str, author_id: int) -> str:
    """Return whose request it was, and where its card is."""
    return f"{requested_by(author_id)} · [its card]({link})"


def made_by(name: str) -> str:
    """Return what the provider calls the model."""
    return f"**Provider's model** {name}"


def ids(job_id: str, remote_id: str | None, operation: str) -> str:
    """Return the ids of a job, ours and Cannon Studio's."""
    remote = "" if remote_id is None else f" · Cannon Studio's request {remote_id}"
    return f"**Job** `{job_id}` · `{operation}`{remote}"


def all_ids(job_ids: Sequence[str]) -> str:
    """Return the ids of all jobs of a card."""
    return f"**On this card** {' '.join(f'`{each}`' for each in job_ids)}"


def came_from(job_id: str) -> str:
    """Return the id of the job that a job was made from."""
    return f"**Made from** `{job_id}`"


def family(cost: str) -> str:
    """Return the heading of a job's family, with what it cost together."""
    return f"**Family** · {cost} in all"


def and_held(paid: str, held: str) -> str:
    """Return what a family has cost, with what is held for its open jobs."""
    return f"{paid}, and {held} held"


def posted_again(link: str) -> str:
    """Say where a result was posted again."""
    return f"Posted: {link}"
