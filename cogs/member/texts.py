"""What `/help`, `/usage` and `/privacy` say to people, in one place: it can be reworded without touching logic.

Amounts of credits come in as text.
"""

from collections.abc import Iterable
from decimal import Decimal

from bot.domain.models import credits_words

# ---------------------------------------------------------------------- commands and options

HELP = "What there is, what it costs here, and who pays"
HELP_TOPIC_OPTION = "A group of commands, e.g. image: all its options"

USAGE_GROUP = "Credits: what is left, and where they went"
USAGE_ME = "What is left for you here, when it refills, and your last jobs"
USAGE_REPORT = "Where the credits went, as a chart; for moderators"
USAGE_EXPORT = "The ledger as CSV, jobs and decisions as JSON; for moderators"
REPORT_PERIOD_OPTION = "The last 7 days, 30 days (as without it) or 90 days"
EXPORT_PERIOD_OPTION = "The last 7, 30 or 90 days; left out, everything"

PRIVACY_GROUP = "What is kept of you here: read it, delete it"
PRIVACY_EXPORT = "All that is kept of your jobs on this server, as a file for you"
PRIVACY_DELETE = "Blank your prompts, inputs and links to files on this server"

# ---------------------------------------------------------------------- /help: its pages

HELP_TITLE = "What you can ask for"
INTRO = "Ask for something with a slash command. Its card shows the state and then the result."
SOURCES = (
    "**Files** · Where a command takes a picture, a video or a sound, give it in one way: upload it, give `url` (a "
    "link to the file, or to a Discord message that has it), or pick `job`, an earlier result of this server. It is "
    "looked at before any credit is spent."
)
COSTS = (
    "**Costs** · In credits, for one job on this server: Cannon Studio's fixed prices and estimates, the server's own "
    "price list, and what nine of ten earlier jobs here stayed within. `/help` with `topic` shows them by model. What "
    "a job truly cost is on its card; one that fails costs nothing."
)
OPTIONS = "**Options**"
EXAMPLES = {
    "image": "/image generate prompt: a fox in fog",
    "video": "/video generate prompt: waves break on a lighthouse",
    "audio": "/audio narration text: Welcome aboard!",
    "prompt": "/prompt image prompt: a fox",
    "finish": "/finish subtitles job: (pick a video)",
    "sora": "/sora edit prompt: make it snow job: (pick a video)",
    "3d": "/3d location description: a harbour at dawn",
    "recipe": "/recipe run recipe: trailer",
    "batch": "/batch operation: image.generate prompts: a fox | an owl | a deer",
    "jobs": "/jobs list state: open",
    "quota": "/quota set credits: 200 period: week",
    "usage": "/usage report period: month",
    "privacy": "/privacy export",
    "studio": "/studio pause switch: on",
}
"""How each group is used, as it is typed."""


def introduction(payer: str) -> str:
    """Return the first block of the overview; `payer` is a sentence."""
    return f"{INTRO}\n{payer} More on a group: `/help` with `topic`."


def example(typed: str) -> str:
    """Return an example of a command."""
    return f"e.g. `{typed}`"


def message_menus(names: Iterable[str]) -> str:
    """Return the block about the menus of a message."""
    return f"**On a message** · Right click on it, then Apps: {', '.join(names)}"


def no_such_group(names: Iterable[str]) -> str:
    """Refuse a topic that is not one of `names`."""
    return f"There is no such group; there are {', '.join(names)}."


# ---------------------------------------------------------------------- /help: prices and who pays

HOST_PAYS = "The host of this bot pays, with their own key."
SERVER_PAYS = "This server pays, with its own key."


def switched_off(command: str) -> str:
    """Return the line of a command whose operation is switched off."""
    return f"🚫 {command} · switched off here"


def no_longer_offered(command: str) -> str:
    """Return the line of a command whose operation Cannon Studio no longer offers: it asks before it is tried."""
    return f"⚠️ {command} · no longer offered by Cannon Studio"


def end_passed(command: str, date: str) -> str:
    """Return the line of a command whose operation's announced end, an ISO date, has passed."""
    return f"⚠️ {command} · its provider announced its end for {date}: it may fail"


def model_end_passed(model: str, date: str) -> str:
    """Return the line of a model whose announced end, an ISO date, has passed."""
    return f"-# ⚠️ {model}: its provider announced its end for {date}; it may fail"


def key_refused(payer: str) -> str:
    """Return who pays, with the warning that Cannon Studio does not accept their key."""
    return f"{payer} Cannon Studio refuses that key now, so nothing can be made."


# ---------------------------------------------------------------------- /usage me

YOUR_CREDITS = "Your credits here"
LAST_JOB = "Last job"
NO_JOBS = "None yet."


def last_jobs(count: int) -> str:
    """Return the heading of a member's newest jobs."""
    return f"Last {count} jobs" if count > 1 else LAST_JOB


# ---------------------------------------------------------------------- /usage report and its chart

SPENT, RATE, DAYS_LEFT, TOP_SPENDERS = "Spent", "Burn rate", "Days of credit left", "Top spenders"
EXPIRING, TOP_UP = "Credits that expire", "Buy credits"
BY_OPERATION, BY_MEMBER, BY_DAY = "By operation", "By member", "By day"
NOTHING_SPENT = "nothing"
BALANCE_NOT_KNOWN = "the account's credits are not known"
CHART_TITLE = "Credits spent"
BOOKS = "The books of this server:"


def report_title(days: int) -> str:
    """Return the title of the report."""
    return f"Credits spent in the last {days} days"


def spent_for(amount: str, jobs: int) -> str:
    """Return what was spent in total."""
    return f"{amount} for {jobs} job{'' if jobs == 1 else 's'}"


def a_day(amount: Decimal) -> str:
    """Return the spending rate."""
    return f"{credits_words(amount)} a day"


def credits_left(amount: str) -> str:
    """Return what the account has left."""
    return f"{amount} left"


def days_left(days: str, amount: str) -> str:
    """Return for how many days the account lasts, and what it has left."""
    return f"about {days} at this rate ({amount} left)"


def chart_subtitle(start: str, end: str, amount: str) -> str:
    """Return the chart's dates and total."""
    return f"{start} to {end} · {amount}"


def unknown_member(member_id: int) -> str:
    """Return what a member who has left is called in the chart."""
    return f"member ...{member_id % 10_000:04}"


def chart_total(days: int, amount: str) -> str:
    """Return the first sentence of the chart's alt text."""
    return f"Credits spent in the last {days} days: {amount} in all."


def chart_list(heading: str, rows: Iterable[str]) -> str:
    """Return one part of the chart as a sentence of its alt text."""
    return f"{heading}: {', '.join(rows)}."


# ---------------------------------------------------------------------- exports

BOOKS_TOO_LARGE = "The books are larger than Discord takes, even packed: give a shorter `period`."
OWN_JOBS_TOO_LARGE = "Your jobs here are more than Discord takes in one file; ask the host of this bot for them."
OWN_JOBS = "Your jobs on this server. Links to files in it may have ended."

# ---------------------------------------------------------------------- /privacy delete

DELETE_QUESTION = (
    "This blanks the prompts, inputs, outputs and links to files of all your ended jobs on this server, and your "
    "drafts. It cannot be undone. What each job cost stays in the server's books, with your Discord id as a bare "
    "number. Copies of your results in galleries, reviews and direct messages are deleted too. The cards themselves "
    "stay in their channels: Remove on a card deletes it, before or after this."
)
KEEP = "Keep"
KEPT = "Nothing was deleted."


def deleted(jobs: int, drafts: int) -> str:
    """Say how much was deleted."""
    return f"Deleted: what {_count(jobs, 'ended job')} said, and {_count(drafts, 'draft')}."


def still_open(jobs: int) -> str:
    """Say that `jobs` (at least one) could not be deleted yet."""
    if jobs == 1:
        return "1 job is still open and was left alone: ask again when it has ended."
    return f"{jobs} jobs are still open and were left alone: ask again when they have ended."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
