"""What `/studio`, `/quota`, approvals and reviews say to people, to be reworded without touching logic.

Amounts of credits, times and durations come in as text; what a member or Cannon Studio typed comes in escaped.
"""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import credits_words
from bot.language import Text

# ---------------------------------------------------------------------- /studio: commands and options

STUDIO_GROUP = "Cannon Studio on this server"
KEY_COMMAND = "Set, replace or remove this server's Cannon Studio API key"
SETUP_COMMAND = "Set this server up, step by step: key, test image, limits, moderator role, channels"
SETTINGS_COMMAND = "The rules of this server: access, limits, approval, results"
STATUS_COMMAND = "Key, credits, running jobs, and whether the API answers"
OPERATIONS_COMMAND = "Which operations are on here; switch one on or off"
REQUEST_COMMAND = "Run any operation, with its input as JSON"
PRICE_COMMAND = "Set what a kind of job is thought to cost here, or remove that"
PRICES_COMMAND = "Show the prices set and learned here, or take them from a file"
PAUSE_COMMAND = "Let no new job start; running ones are delivered"
BLOCK_COMMAND = "Let a member not use the bot here"
UNBLOCK_COMMAND = "Let a blocked member use the bot again"
BLOCKED_COMMAND = "Show who is blocked here, until when and why"
GALLERY_COMMAND = "Show starred results in a channel; say where, and how many stars"
REVIEW_COMMAND = "Let moderators look at results before they are posted"

KEY_ACTION_OPTION = "To set a key, in place of the present one, or to remove it; set, if left out"
SWITCHED_OPERATION_OPTION = "The operation to switch; left out, all are listed"
SWITCH_OPTION = "Whether it may be used"
EVERYWHERE_OPTION = "In all servers of this bot; for the bot's owner only"
REQUESTED_OPERATION_OPTION = "The operation, e.g. three_d.location.generate"
PRICED_OPERATION_OPTION = "The operation, e.g. video.generate; left out, a form opens"
PRICE_OPTION = "Credits; left out, the price is removed"
PRICE_UNIT_OPTION = "What they are for: the job, each output, or each second; the job, if left out"
PRICE_FILE_OPTION = "A CSV file like the one shown, which replaces the whole list"
PRICED_MODEL_OPTION = "Only with this model; left out, with any that has no price of its own"
PAUSE_OPTION = "on: no new jobs; off: as usual"
BLOCKED_MEMBER_OPTION = "Who"
BLOCK_DURATION_OPTION = "For how long: 12h, 7d, 2w; left out, for good"
BLOCK_REASON_OPTION = "Why; the member reads it"
GALLERY_CHANNEL_OPTION = "Where the gallery is"
GALLERY_STARS_OPTION = "How many members have to star a result; 3 at first"
GALLERY_SWITCH_OPTION = "off: no gallery"
REVIEW_CHANNEL_OPTION = "Where moderators look at them, publish or refuse them"
REVIEW_SCOPE_OPTION = "Only results of this channel or category; left out, of the whole server"
REVIEW_SWITCH_OPTION = "off: post results at once again"

# ---------------------------------------------------------------------- said by several commands

BOT_CHOSEN = "Bots ask for nothing here: name a member."


def done(text: str) -> str:
    """Confirm a change; `text` is a sentence that says which."""
    return f"Done: {text}"


# ---------------------------------------------------------------------- /studio key

KEY_FORM = "Cannon Studio key"
KEY_INPUT = "API key"
KEY_PAGE = "https://www.cannonstudio.app/developers/docs/authentication"
"""Says where the developer console is, and how a key is made there: the console itself has no public address."""
KEY_FOUND = (
    f"Create a key in Cannon Studio's developer console and paste it here: [how to find it]({KEY_PAGE}). Only its last "
    "four characters are shown again."
)
KEY_FOUND_HOST_PAYS = f"This server runs on the key of this bot's host and needs none of its own. {KEY_FOUND}"
KEY_PLACEHOLDER = "cs_live_…"
KEY_STORED = "Key stored"
EARLIER_KEY = "Earlier key"
HOST_PAYS_NEXT = "New jobs are paid by the key of this bot's host."
KEY_NEEDED_NEXT = "New jobs need a new key: `/studio key`."
KEY, PLAN, CREDITS_LEFT, SCOPES = "Key", "Plan", "Credits left", "Scopes"
NOT_REPORTED = "not told"
"""Where Cannon Studio does not say."""


def key_shown(last4: str) -> str:
    """Return all that is shown of a key."""
    return f"`…{last4}`"


def key_removed(removed: str, fate: str, next_payer: str) -> str:
    """Confirm that a key was removed, what becomes of it, and what pays from then on."""
    return done(f"{removed} {fate} {next_payer}")


def key_forgotten(last4: str) -> str:
    """Say that a key was deleted at once."""
    return f"{key_shown(last4)} was forgotten."


def key_kept(last4: str) -> str:
    """Say that open jobs still need a key."""
    return f"{key_shown(last4)} is kept until the jobs that were taken with it are done, then forgotten."


def scopes(names: Sequence[str], missing: Sequence[str]) -> str:
    """Return a key's scopes, with a warning where it lacks some of those needed."""
    lacks = f"\n⚠️ lacks {_code(missing)}: jobs will be refused" if missing else ""
    return f"{_code(names) or NOT_REPORTED}{lacks}"


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# ---------------------------------------------------------------------- /studio status

STATUS_TITLE = "Cannon Studio on this server"
HOST_KEY = "the host's own"
API, CREDITS_LAST_SEEN = "API", "Credits at the last look"
HOST_LIMIT = "The host's limit for this server"
ASKED_OFTEN = "not asked again: it was asked several times in the last hour"


def host_limit(spent: str, limit: str, renewed: str) -> str:
    """Return what is spent or held of the host's limit, in credits, and when it begins again."""
    return f"{spent} of {limit} credits are spent or reserved in this month (UTC); it is renewed on {renewed}"


JOBS_RUNNING, NO_JOBS_RUNNING, HELD = "Jobs running", "none", "Made but not posted"
ACCOUNT = "Account and books"
SPENT, RESERVED, FREE = "Spent through this bot", "Held for running jobs", "Free: left less held"
NOT_COMPARED = "not compared yet; that is done once an hour while there are jobs"
HOST_NOT_COMPARED = "not compared: the host's account serves other servers too"
EXPIRING, TOP_UP = "Credits that expire", "Buy credits"
DESCRIPTION, NOT_OFFERED = "Cannon Studio's description of its API", "No longer offered by Cannon Studio"
DESCRIPTION_NOT_READ = "not read since the bot has started"
TOOL, TOOL_OFF = "Cannon Studio's estimate tool", "off; `/studio settings` switches it on, under Results"
TOOL_NOT_ASKED = "on; not asked since the bot has started"


def compared(at: str) -> str:
    """Say when account and books were compared and agreed."""
    return f"compared {at}: they agree"


def compared_with_difference(at: str, difference: str) -> str:
    """Say when account and books were compared, and how they differ."""
    return f"⚠️ compared {at}: {difference}"


def tool_answers(since: str, last: str) -> str:
    """Say that the estimate tool answers, since when, and when it was asked last."""
    return f"answers, since {since}; asked {last}"


def tool_has_no_price(since: str, last: str) -> str:
    """Say that the estimate tool answers without a price."""
    return f"answers, but has had no price for what was asked since {since}; asked {last}"


def tool_silent(since: str, last: str) -> str:
    """Say that the estimate tool does not answer."""
    return f"⚠️ silent: no answer since {since}; asked {last}"


def tool_refuses(since: str, last: str) -> str:
    """Say that the estimate tool takes no calls."""
    return f"⚠️ refused: it has not taken this key's calls since {since}; asked {last}"


def key_set_by(last4: str, member_id: int, at: float) -> str:
    """Return a server's own key, who set it, and when (Unix seconds)."""
    return f"{key_shown(last4)}, set by <@{member_id}> <t:{int(at)}:R>"


def api_answers(took_ms: float) -> str:
    """Return how quickly the API answered, in milliseconds."""
    return f"answers ({took_ms:.0f} ms)"


def description_read(at: str) -> str:
    """Say when the description of the API was last read; `at` is a timestamp."""
    return f"read {at}"


def named_or_more(names: Sequence[str], count: int) -> str:
    """Return the names of the first of `count` things, and how many more there are."""
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return f"{', '.join(names)}{more}"


# ---------------------------------------------------------------------- /studio operations

OPERATIONS_TITLE = "Operations in this server"
OPERATIONS_FOOTER = "To switch one: /studio operations with operation and switch"
STILL_OFF_EVERYWHERE = " It still cannot be used: the host of this bot has switched it off for all servers."
"""Added to the sentence that an operation was switched on."""
NO_LONGER_OFFERED = " · no longer offered by Cannon Studio"
OFF_EVERYWHERE = " · switched off in all servers by the host"
OFF_HERE = " · switched off in this server"


def operation_missing(switch: str) -> str:
    """Refuse `switch`, on or off, without an operation."""
    return f"Say which operation to switch {switch}: give `operation` too."


def switch_missing(title: str) -> str:
    """Refuse an operation `everywhere` without a switch."""
    return f"Say what to do with {title}: give `switch` too, on or off."


def switched(title: str, *, is_on: bool, everywhere: bool, changed: bool) -> str:
    """Say that an operation is on or off now, or was before."""
    state, where = "on" if is_on else "off", "in all servers" if everywhere else "in this server"
    return f"{title} {'is now' if changed else 'was already'} switched {state} {where}."


def end_announced(date: str) -> str:
    """Return what is added to that sentence where the provider has announced an operation's end."""
    return f" Its provider announced its end for {date}."


def reached_by(command: str | None) -> str:
    """Return what is added to the line of an operation: the command that runs it, or that it has none of its own."""
    return " · only by /studio request" if command is None else f" · /{command}"


def listed_end(date: str) -> str:
    """Return what is added to the line of an operation whose end has been announced."""
    return f" · announced end: {date}"


def more_operations(count: int) -> str:
    """Return the last line of the list where `count` more do not fit."""
    return f"and {count} more"


# ---------------------------------------------------------------------- /studio price and prices

PRICES_TITLE = "Prices set on this server"
NO_PRICES = "No price is set, and none was learned yet: `/studio price` with an operation and credits sets one."
PRICES_FOOTER = "To change many at once: edit prices.csv and give it to /studio prices; it replaces the whole list."
PRICE_FORM = "Price of a kind of job"
PRICE_OPERATION, PRICE_OPERATION_HINT = "Operation", "Its id, e.g. video.generate"
PRICE_MODEL, PRICE_MODEL_HINT = "Model", "Left empty: every model that has no price of its own"
PRICE_UNIT, PRICE_UNIT_HINT = "The price is for", "A second of each result, or each result, or the job as it is"
PRICE_UNITS = {"job": "the whole job", "output": "each output", "second": "each second of each output"}
PRICE_AMOUNT, PRICE_AMOUNT_HINT = "Credits", "Left empty: the price is removed"


def _with_model(operation_id: str, model: str | None) -> str:
    return f"`{operation_id}`{'' if model is None else f' with {model}'}"


def price_line(operation_id: str, model: str | None, amount: str, learned: Sequence[str]) -> str:
    """Return a line of the price list, with what was learned of such jobs; `model` is None for every model."""
    lines = [f"{_with_model(operation_id, model)}: {amount}", *(f"-# paid so far: {each}" for each in learned)]
    return "\n".join(lines)


def learned_line(operation_id: str, model: str | None, learned: str) -> str:
    """Return what was learned of jobs without a price on the list."""
    return f"{_with_model(operation_id, model)}: not on the list; paid so far: {learned}"


# ---------------------------------------------------------------------- /studio block, blocked and pause

BLOCKED_TITLE = "Blocked members"
NOBODY_BLOCKED = "Nobody is blocked."
OWN_BLOCK = "You cannot block yourself."
FOR_GOOD = "for good"


def until(at: str) -> str:
    """Return until when a block lasts."""
    return f"until {at}"


def block_line(member_id: int, life: str, reason: str, by_id: int, at: str) -> str:
    """Return a line of the list of blocks; `reason` may be empty."""
    why = f" · {reason}" if reason else ""
    return f"• <@{member_id}> {life}{why} · by <@{by_id}> {at}"


def jobs_while_paused(running: int, waiting: int) -> str:
    """Say how many jobs still run and how many wait for the end of the pause."""
    return f"Jobs that run and will still be delivered: {running}. Jobs that wait until this is over: {waiting}."


def jobs_after_pause(waiting: int) -> str:
    """Say how many jobs start now."""
    return f"Jobs that waited and start in their turn: {waiting}." if waiting else ""


# ---------------------------------------------------------------------- /quota: commands and options

QUOTA_GROUP = "Who may spend how many credits here"
QUOTA_SET = "Limit what a member, a role or everyone may spend"
QUOTA_SERVER = "Limit what the whole server may spend"
QUOTA_LIST = "Show all limits of this server"
QUOTA_REMOVE = "Remove a limit"
QUOTA_GRANT = "Give a member credits once, on top of their limits"
QUOTA_SHOW = "Which limits hold for a member, and what is left of them"

LIMIT_OPTION = "Credits for each member in the period; 0: may not use"
PERIOD_OPTION = "For how long it counts: a calendar day, week or month in the server's time zone, or in all"
WHO_OPTION = "A member or a role; left out, every member"
LIMITED_OPERATION_OPTION = "Only for this operation, e.g. video.generate"
LIMITED_CHANNEL_OPTION = "Only in this channel and its threads, or in this category"
SERVER_LIMIT_OPTION = "Credits of all members together in the period"
REMOVED_LIMIT_OPTION = "The limit to remove, from the list"
GRANTED_MEMBER_OPTION = "Who gets them"
GRANT_OPTION = "How many; they pay for what goes past the member's limits, never past the server's"
GRANT_NOTE_OPTION = "What they are for; the member sees it"
GRANT_DURATION_OPTION = "After how long they are lost: 12h, 7d, 2w; left out, never"
SHOWN_MEMBER_OPTION = "The member; left out, yourself"

# ---------------------------------------------------------------------- /quota list and show

LIMITS_TITLE = "Limits of this server"
NO_LIMITS = "There are none: every member may spend what the account has. `/quota set` makes one."
SERVER_LIMITS = "The server as a whole"
EVERYONE_LIMITS = "Every member"
ROLE_LIMITS = "Roles (the best of a member's roles holds)"
MEMBER_LIMITS = "Members (goes before roles and everyone)"
ALLOWANCE_TITLE = "What a member may spend"


def limit_line(whose: str | None, terms: str, by_id: int, at: str) -> str:
    """Return a line of the list of limits; `whose` is None where the heading says it."""
    return f"• {'' if whose is None else f'{whose}: '}{terms} · by <@{by_id}> {at}"


# ---------------------------------------------------------------------- approvals

NO_APPROVAL_CHANNEL = "A job waits for approval, but no approval channel is set; set one with `/studio settings`."
AUTHOR, CHANNEL, ESTIMATE, EXPIRES = "Asked by", "Where", "About", "Until"
APPROVE, APPROVE_AND_GRANT, REFUSE = "Approve", "Approve and raise limit", "Refuse…"
REFUSE_JOB_FORM = "Refuse this job"


def approval_channel_closed(channel_id: int) -> str:
    """Say that the bot lacks the permission to post the question."""
    return f"A job waits for approval, but I may not post in <#{channel_id}>."


PRIVATE_REQUEST = "A private request: what it says is shown in an approval channel only."


def approval_title(operation: str) -> str:
    """Return the question's title."""
    return f"May this be made? {operation}"


def approval_estimate(amount: Decimal, basis: str) -> str:
    """Return what the jobs are expected to cost, and what that is based on."""
    return f"{credits_words(amount)} ({basis})"


def approval_footer(card_id: str) -> str:
    """Return the question's footer."""
    return f"cannon-bot · {card_id}"


def approved(by_id: int, grant: tuple[int, Decimal] | None) -> str:
    """Say who approved; `grant` is the member who was granted credits, and how many."""
    granted = "" if grant is None else f", and <@{grant[0]}> was granted {credits_words(grant[1])}"
    return f"Approved by <@{by_id}>{granted}."


# ---------------------------------------------------------------------- refusing a job or a result

REASON_INPUT = "Why? The member reads this"


def refused(by_id: int, reason: str) -> str:
    """Say who refused, and why if `reason` is not empty; without a full stop."""
    return _verdict("Refused", by_id, reason)


def published(by_id: int, reason: str) -> str:
    """Say who published a result; without a full stop."""
    return _verdict("Published", by_id, reason)


def _verdict(word: str, by_id: int, reason: str) -> str:
    return f"{word} by <@{by_id}>{f': {reason}' if reason else ''}"


# ---------------------------------------------------------------------- credits of jobs that were charged for nothing

REFUND_QUESTION = "Refund this job?"
REFUND, REFUND_COST = "Refund", "Charged"
REFUND_WAITS = "I have asked the moderators for your credits."
REFUND_OF_ANOTHER = "Only the member who paid for this can ask for its credits."
REFUND_NOBODY = (
    "I cannot reach the moderators: this server has no log channel that I can post in. Ask one of them for "
    "`/quota grant`."
)


def refunded_by(by_id: int, text: str) -> str:
    """Say who refunded what, under the question."""
    return f"<@{by_id}> {text}"


# ---------------------------------------------------------------------- /studio practice

PRACTICE_COMMAND = "Try every command for free, without a key: results are simulated"
PRACTICE_OPTION = "On (the default) or off"
PRACTISE, END_PRACTICE = "Start practice", "End practice"
PRACTICE_ON = (
    "🧪 **Practice is on.** Every command works, and nothing costs anything: the bot simulates the results, and "
    "every card says so. Limits and approvals apply, so you can rehearse them; practice never counts toward real "
    "limits.\n"
    "It ends when you set a key with `/studio key`, or press the button.\n\n"
    "**To see what can go wrong, add a word to a prompt:**\n"
    "- `#fail` the job fails and is refunded\n"
    "- `#broke` the account has no credits left\n"
    "- `#invalid` the input is refused\n"
    "- `#none` there is no file in the result\n"
    "- `#gone` the file cannot be downloaded\n"
    "- `#big` the file is too large for Discord\n"
    "- `#many` the result has several files\n"
    "- `#slow` takes ten times as long, `#fast` is done at once"
)
PRACTICE_IS_ON = "Practice is already on."
PRACTICE_OFF = (
    "Practice is over. Open jobs were cancelled and cost nothing. To make real results, set a key with `/studio key`."
)
PRACTICE_IS_OFF = "Practice is off."
PRACTICE_ENDED_BY_KEY = "Practice is over: from now on, jobs are real and are paid with this key."


def practises_since(member_id: int, at: float) -> str:
    """Say that the server practises, since when (Unix seconds) and by whom."""
    return f"🧪 Practice, since <t:{int(at)}:R> by <@{member_id}>: results are simulated and cost nothing"


def approval_practice(title: str) -> str:
    """Mark the title of a question about practice."""
    return f"🧪 Practice · {title}"


# ---------------------------------------------------------------------- /studio review and its answers

NO_REVIEW = "Results are posted without review. `/studio review` with `channel` has moderators look at them first."
REVIEW_CHANNEL_MISSING = "Name the channel where results are looked at, too."
REVIEW_IN_SAME_CHANNEL = "Results cannot be reviewed in the channel that they are kept back from."
PUBLISH = "Publish"
REFUSE_RESULT_FORM = "Refuse this result"


def no_permission_to_post(channel: str, missing: Sequence[str]) -> str:
    """Refuse a channel for reviews in which the bot lacks permissions."""
    return f"I could not post in {channel}: give me {' and '.join(missing)} there."


def review_rule(channel_id: int, review_channel: int) -> str:
    """Return a rule as one line; a `channel_id` of 0 stands for the whole server."""
    where = f"of <#{channel_id}>" if channel_id else "of this server"
    return f"Results {where} are looked at in <#{review_channel}> before they are posted."


def people_work_there(channel_id: int) -> str:
    """Refuse a channel for reviews that everybody reads and works in: nothing requested there would be reviewed."""
    return (
        f"Everybody can read <#{channel_id}>, and people work there: they would see results before a review, and what "
        "they request there would be posted without one. Name a channel that only moderators can read."
    )


def review_on(rule: str, review_channel: int, *, is_open: bool) -> str:
    """Confirm that a rule was set; with `is_open`, everybody can read the channel for reviews."""
    rest = f"What is requested in <#{review_channel}> itself is posted there without a review."
    warning = " ⚠️ Everybody can read that channel now: let only moderators read it." if is_open else ""
    return done(f"{rule} {rest}{warning}")


def review_off(removed: str) -> str:
    """Confirm that rules were removed."""
    return done(f"{removed} What waits already can still be decided about.")


# ---------------------------------------------------------------------- requests above a limit

ABOVE_A_LIMIT = Text("Over a limit")
_ABOVE = {
    "limit": Text(
        "This is over the member's limit, so they asked you. Approve lets it count toward their limit all the same; "
        "Approve and raise limit pays for it with a grant."
    ),
    "ceiling": Text("This costs more than one job may cost here, so the member asked you."),
}


def above_what(reason: str) -> str:
    """Say what a request exceeds: `limit` or `ceiling`."""
    return str(_ABOVE[reason])
