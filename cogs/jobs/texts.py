"""What `/jobs` says to people.

Amounts of credits and times come in as text.
"""

from bot.domain.words.text import full_stop
from bot.generation.texts import NO_RESULT
from bot.language import Text, ntr, sentences

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


# ---------------------------------------------------------------------- sharing a private result

SHARED = Text("Shared with everyone in this channel: {link}")


# ---------------------------------------------------------------------- results that could not be posted

POSTED_MEANWHILE = Text("This has already been posted.", why="job.once")


def no_result(reason: str | None) -> str:
    return sentences(NO_RESULT, full_stop(reason or ""))


POSTED = Text("Posted: {link}")
