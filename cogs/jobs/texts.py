"""What `/jobs` says to people.

Amounts of credits and times come in as text.
"""

from bot.domain.words.text import full_stop
from bot.generation.texts import NO_RESULT
from bot.language import Plural, Text, ntr, sentences

# ---------------------------------------------------------------------- commands and options

JOBS_LIST = "Browse your jobs and results, and act on them"

SEARCH_OPTION = "Only jobs whose prompt has these words"
STATE_OPTION = "Only jobs in this state"
MEMBER_OPTION = "Another member's jobs (for moderators)"
JOB_OPTION = "Open this job: type its ID or words of its prompt"

# ---------------------------------------------------------------------- the gallery

YOUR_JOBS = Text("Your jobs")
ALL_JOBS = Text("All jobs on this server")
NOTHING_YET = Text("Nothing here yet. Make something with `/image generate`, for example.")
NOTHING_FOUND = Text("No jobs match. Try other words or another state.")
NEWER, OLDER = Text("Newer"), Text("Older")
SEARCH = Text("Search")
MINE, EVERYONES = Text("My jobs"), Text("Everyone's jobs")
OPEN_JOB = Text("Open a job…")
ANY_STATE = Text("All states")
STATES = {
    "any": ANY_STATE,
    "open": Text("In progress"),
    "delivered": Text("Done"),
    "held": Text("Made, but not posted"),
    "failed": Text("Failed"),
    "cancelled": Text("Canceled"),
}
"""What the states that a list can be narrowed to are called, by the value of the option."""
SEARCH_FORM = Text("Search jobs")
SEARCH_WORDS = Text("Words in the prompt")
SEARCH_HINT = Text("Leave it empty to see all jobs.")
HIDDEN_JOB = Text(
    "You can't see the channel of this job, or it is private, so its prompt and result are hidden.", why="source.hidden"
)
JOBS_OF = Text("Jobs of {member}", member="<@{}>".format)
POSTED_BY = Text("Results of {member} that you can see", member="<@{}>".format)
NO_RESULT_FOUND = Text("No results match. Try other words.")
NOTHING_POSTED = Text("No results of theirs are posted in channels that you can see.")
PAGE_LINE = Text("Page {number}")
"""Return the small print under the heading of page `number`, counted from 1."""


def searched_line(number: int, newest: int) -> str:
    """Return the same for a search, which looks through the `newest` jobs only."""
    searched = ntr("Searching the latest job.", "Searching the latest {count} jobs.", newest)
    return f"{PAGE_LINE(number=number)} · {searched}"


OPEN_CARD = Text("[Open card]({link})")


# ---------------------------------------------------------------------- cancelling

CANCEL_JOB = Text("Cancel this job")
DO_NOT_POST_JOB, POST_JOB_AFTER_ALL = Text("Don't post this one"), Text("Post this one after all")
RESULT_DROPPED = Text("I won't post the result. If you change your mind, open the job in `/jobs`.")
RESULT_POSTED = Text("I'll post the result when it's ready, unless you choose otherwise.")
OTHERS_REFUNDED = Plural(
    "{count} job that was waiting for it was refunded too.",
    "{count} jobs that were waiting for it were refunded too.",
    why="job.ended",
)
"""Return what is added where `count` jobs that depended on the cancelled one were refunded."""
CANCELLED = Text("Job {job_id} is canceled, and nothing was charged for it.")


# ---------------------------------------------------------------------- sharing a private result

SHARED = Text("Shared with everyone in this channel: {link}")


# ---------------------------------------------------------------------- results that could not be posted

POSTED_MEANWHILE = Text("This has already been posted.", why="job.once")


def no_result(reason: str | None) -> str:
    return sentences(NO_RESULT, full_stop(reason or ""))


POSTED = Text("Posted: {link}")
