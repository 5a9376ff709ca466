"""What a server's rules and its moderators' acts say, in one place: it can be reworded without touching logic.

Amounts of credits and times come in as text, names as markup that mentions nobody and formats nothing. A line of the
record has no subject: who acts comes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.first_contact import SetupStep
from bot.domain.harmless_text import harmless, tame
from bot.domain.models import credits_words
from bot.domain.reaction_rules import Purse, ReactionAction
from bot.domain.text import full_stop, one_line
from bot.language import Text, ntr, tr

DECIDED = "Somebody has decided about this already, or its time is over."

# ---------------------------------------------------------------------- access


def not_blocked(member_id: int) -> str:
    """Refuse to unblock a member who is not blocked."""
    return f"<@{member_id}> is not blocked."


def paused_already(*, on: bool) -> str:
    """Refuse to pause or unpause what is so already."""
    return f"New jobs were {'paused already' if on else 'not paused'}."


def blocked(member_id: int, until: str, reason: str) -> str:
    """Return the line of a block; `until` and `reason` are '' where there is none."""
    life = f" until {until}" if until else ""
    return f"blocked <@{member_id}>{life}." + (f" Reason: {full_stop(reason)}" if reason else "")


def unblocked(member_id: int) -> str:
    """Return the line of a block that was lifted."""
    return f"unblocked <@{member_id}>."


def paused(*, on: bool) -> str:
    """Return the line of a pause."""
    return "paused new jobs." if on else "let new jobs start again."


# ---------------------------------------------------------------------- the account

NO_KEY = "This server has no Cannon Studio key yet. A moderator can set one with `/studio key`."
NOT_A_KEY = (
    "The key is one word of plain letters, digits and underscores, such as `cs_live_…`; "
    "copy it once more from the developer console."
)
KEY_NOT_ACCEPTED = (
    "Cannon Studio does not accept this key: it is mistyped or revoked. The earlier setting was not changed."
)


def too_many_keys(minutes: int) -> str:
    """Refuse another key so soon."""
    again = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Too many keys were tried in the last hour. Try again in {again}. The earlier setting was not changed."


NO_OWN_KEY = "This server has no key of its own, so there is none to remove."


def key_set(last4: str, before: str | None) -> str:
    """Return the line of a new key by the last four characters, with those of the one before."""
    return f"set the API key `…{last4}`." if before is None else f"replaced the API key `…{before}` by `…{last4}`."


def key_removed(last4: str) -> str:
    """Return the line of a removed key."""
    return f"removed the API key `…{last4}`."


def account_difference(amount: str, job_ids: Sequence[str]) -> str:
    """Say what an account was charged beyond the books, and which jobs may explain it."""
    start = f"The Cannon Studio account was charged {amount} more than is settled here"
    if job_ids:
        return f"{start}: {', '.join(f'job {job_id}' for job_id in job_ids)}."
    return f"{start}: no job of this server explains it; perhaps the key is used elsewhere, too."


def difference_found(difference: str) -> str:
    """Return the line of a difference that the hourly comparison has found."""
    return f"found a difference: {difference}"


def unavailable_now(operation: str, said: str, again: str) -> str:
    """Refuse an operation that the account may not use; `said` is the API's own sentence."""
    return (
        f"{operation} is not available on this account at the moment. "
        f"Cannon Studio says: {full_stop(said)} You can try again {again}, "
        "or as soon as a moderator has used `/studio status`."
    )


# ---------------------------------------------------------------------- changes of the API

_CHANGED_SO = {"came": "new", "gone": "gone", "changed": "changed"}


def api_changed(changes: str, *, is_first: bool) -> str:
    """Return the line of what the description of the API shows; `changes` is made by `changed_so`."""
    if is_first:
        return f"read Cannon Studio's description of its API for the first time. Other than the bot knew it: {changes}."
    return f"noticed that Cannon Studio changed: {changes}."


def changed_so(kind: str, things: Sequence[str]) -> str:
    """Return what came, is gone or changed: `kind` is one of these words."""
    return f"{_CHANGED_SO[kind]}: {', '.join(things)}"


def changed_thing(subject: str, operation: str, name: str) -> str:
    """Name an operation with its former id, if it has one; or a model or field of an operation."""
    if subject == "operation":
        return f"{name} is now {operation}" if name else operation
    return f"{subject} {name} of {operation}"


def counted(count: int, subject: str) -> str:
    """Return how many operations, models or fields there are; always more than one."""
    return f"{count} {subject}s"


# ---------------------------------------------------------------------- approvals

NOT_YOUR_OWN = "You may not approve your own job; another moderator can. (`/studio settings` can allow it.)"
GRANT_NOTE = "approved job"


def refused(reason: str) -> str:
    """Say on the card that a moderator has refused it; `reason` is '' where none was given."""
    return f"A moderator refused this: {full_stop(reason)}" if reason else "A moderator refused this."


def approved_line(author_id: int, amount: Decimal, *, granted: bool, practice: bool) -> str:
    """Return the line of an approval."""
    also = " and granted them as many" if granted else ""
    return f"approved {_job_of(author_id, amount, practice=practice)}{also}"


def refused_line(author_id: int, amount: Decimal, reason: str, *, practice: bool) -> str:
    """Return the line of a refusal."""
    return f"refused {_job_of(author_id, amount, practice=practice)}" + (f": {reason}" if reason else "")


def _job_of(author_id: int, amount: Decimal, *, practice: bool) -> str:
    kind = "🧪 practice job" if practice else "job"
    return f"<@{author_id}>'s {kind} of about {credits_words(amount)}"


# ---------------------------------------------------------------------- reviews

NO_SUCH_REVIEW = "There is no such review rule, so there is nothing to switch off."


def too_many_review_rules(most: int) -> str:
    """Refuse one review rule more."""
    return f"A server may have {most} review rules; switch one off first."


def not_posted(reason: str) -> str:
    """Say to the author that a result was not let through."""
    return f"A moderator refused to post it: {full_stop(reason)}" if reason else "A moderator refused to post it."


def review_on(channel_id: int | None, review_channel: int) -> str:
    """Return the line of a new review rule; None or 0 is the whole server."""
    where = f"<#{channel_id}>" if channel_id else "this server"
    return f"switched review on: results of {where} go to <#{review_channel}> first."


def review_off(channel_id: int | None) -> str:
    """Return the line of a removed review rule; None: of all."""
    return "switched review off" + ("." if channel_id is None else f" for <#{channel_id}>.")


def reviewed(verdict: str, author_id: int, job_id: str, reason: str) -> str:
    """Return the line of a decision about a result."""
    return full_stop(f"{verdict} <@{author_id}>'s result `{job_id}`" + (f": {reason}" if reason else ""))


# ---------------------------------------------------------------------- operations


def switched_operation(operation_id: str, state: str) -> str:
    """Return the line of an operation that was switched `on` or `off`."""
    return f"switched `{operation_id}` {state}."


def switched_off(operation: str, *, everywhere: bool, ends: str) -> str:
    """Refuse an operation that is switched off; `ends` is when its provider ends it, or ''."""
    who = "the host of this bot" if everywhere else "this server's moderators"
    ended = f" Its provider announced its end for {ends}." if ends else ""
    return f"{operation} is switched off by {who}.{ended}"


# ---------------------------------------------------------------------- prices


def always_costs(operation: str, amount: str) -> str:
    """Refuse a price for what has a fixed one."""
    return f"{operation} always costs {amount}: there is no price to set."


PRICE_TWICE = "there is a line for this operation and model already."
NO_AMOUNT = "Credits are a number from 0 to 999,999,999, such as 12 or 1.5."
NO_CSV = "The file is no table: save it as CSV and try again."
SAME_PRICES = "The file has the prices that are set already."


def no_length(operation: str) -> str:
    """Refuse a price by the second for what has no length in its input."""
    return f"{operation} does not say how long its result is to be, so it cannot have a price per second."


def no_unit(units: Sequence[str]) -> str:
    """Refuse what is no unit of a price."""
    return f"A price is for each {', '.join(units[:-1])} or {units[-1]}."


def no_model_name(chars: int) -> str:
    """Refuse what cannot be a model's name."""
    return f"A model's name has at most {chars} characters, all of them visible."


def no_columns(columns: Sequence[str]) -> str:
    """Refuse a file whose first line does not name its columns."""
    return f"The first line of the file has to name its columns, each once: {', '.join(columns)}."


def too_many_lines(found: int, most: int) -> str:
    """Refuse a file with too many prices."""
    return f"The file has {found:,} prices; the list takes {most}."


def wrong_line(number: int, why: str) -> str:
    """Return what is wrong with a line of a file."""
    return f"Line {number}: {full_stop(why)}"


def wrong_lines(errors: Sequence[str], more: int) -> str:
    """Refuse a file for its wrong lines, with those that are not named counted."""
    rest = [f"Wrong lines that are not named here: {more}."] if more > 0 else []
    return " ".join(["No price was changed.", *errors, *rest])


def prices_replaced(count: int, *, new: int, changed: int, removed: int) -> str:
    """Return the line of a list that was replaced by a file's."""
    return f"replaced the price list by a file: {count} prices ({new} new, {changed} changed, {removed} removed)."


def no_price(named: str) -> str:
    """Refuse to remove a price that is not set."""
    return f"No price is set for {named}, so there is none to remove."


def too_many_prices(most: int) -> str:
    """Refuse one price more."""
    return f"The list takes {most} prices; remove one first."


def with_model(operation_id: str, model: str) -> str:
    """Name an operation, with one of its models unless that is ''."""
    return f"`{operation_id}`" + (f" with {model}" if model else "")


def price_set(named: str, amount: str, before: str) -> str:
    """Return the line of a price; `before` is '' for the first."""
    return f"set the price of {named} to {amount}{_was(before)}."


def price_removed(named: str, before: str) -> str:
    """Return the line of a removed price."""
    return f"removed the price of {named}{_was(before)}."


def _was(before: str) -> str:
    return f" (it was {before})" if before else ""


def estimate_tool_failed(*, refused: bool) -> str:
    """Return the alert that Cannon Studio's estimate tool has failed."""
    what = "does not take this server's key" if refused else "does not answer"
    return (
        f"Cannon Studio's estimate tool {what}. Prices come from the price list and from earlier jobs until it does;"
        " `/studio status` shows how it is."
    )


# ---------------------------------------------------------------------- limits and grants

NO_SUCH_LIMIT = "This limit is not there (any more): pick one of those that are offered."


def limit_set(whose: str, terms: str) -> str:
    """Return the line of a limit."""
    return f"set the limit of {whose} to {terms}."


def limit_removed(whose: str, terms: str) -> str:
    """Return the line of a removed limit."""
    return f"removed the limit of {whose}: {terms}."


def granted(member_id: int, amount: str, until: str, note: str) -> str:
    """Return the line of a grant; `until` and `note` are '' where there is none."""
    life = f", good until {until}" if until else ""
    return f"granted <@{member_id}> {amount}{life}" + (f" ({note})." if note else ".")


# ---------------------------------------------------------------------- reactions

ACTIONS = {
    ReactionAction.RERUN: "make it again",
    ReactionAction.VARY: "make a variant",
    ReactionAction.ANIMATE: "animate",
    ReactionAction.UPSCALE: "upscale",
    ReactionAction.SUBTITLES: "add subtitles",
    ReactionAction.SEND: "send to my DMs",
    ReactionAction.GALLERY: "save to gallery",
    ReactionAction.REMOVE: "take down",
    ReactionAction.NONE: "nothing",
}
PURSES = {Purse.REACTOR: "the person who reacts pays", Purse.AUTHOR: "the author pays"}
GALLERY_OFF = "off"
NOTHING_TO_SWITCH = "Say what to switch: `reactions`, `seeds` or both."
NO_GALLERY_CHANNEL = "Name the gallery's channel."


def needed(members: int) -> str:
    """Say how many members have to react."""
    return f"{members} members"


def gallery_at(channel_id: int, stars: int) -> str:
    """Say where the gallery is, and from how many stars on a result goes there."""
    return f"<#{channel_id}>, from {stars} ⭐ on"


def too_many_reactions(most: int) -> str:
    """Refuse to map one emoji more."""
    return f"A server may map {most} emojis of its own; remove one first."


def does_nothing(emoji: str) -> str:
    """Refuse to turn off an emoji without an action."""
    return f"{emoji} does nothing here."


def reaction_set(rule: str) -> str:
    """Return the line of a mapped emoji."""
    return f"set the reaction {rule}."


def reaction_removed(rule: str) -> str:
    """Return the line of an emoji that was turned off."""
    return f"removed the reaction {rule}."


def reactions_reset(count: int) -> str:
    """Return the line of a map that was forgotten."""
    return f"reset the reactions ({count} changed)."


def reactions_switched(reactions: str | None, seeds: str | None) -> str:
    """Return the line of what was switched `on` or `off`; None was left as it was."""
    said = [f"{name} {word}" for name, word in (("reactions", reactions), ("seeding", seeds)) if word]
    return f"switched {' and '.join(said)}."


def gallery_moved(gallery: str) -> str:
    """Return the line of a gallery that was moved."""
    return f"set the gallery: {gallery}."


# ---------------------------------------------------------------------- recipes

RECIPE_DELETED = "The recipe was deleted while you edited it; save it again to create a new one."


def recipe_exists(name: str) -> str:
    """Refuse a name that another recipe has."""
    return f"There is a recipe “{name}” here already; give this one another name, or edit that one."


def too_many_recipes(most: int) -> str:
    """Refuse one recipe more."""
    return f"This server has {most} recipes, which is the most; delete one first."


def recipe_written(name: str) -> str:
    """Return the line of a new recipe."""
    return f"wrote the recipe “{name}”."


def recipe_changed(name: str, before: str) -> str:
    """Return the line of a changed recipe; `before` is its former name, '' if it is the same."""
    was = f", which was “{before}”" if before else ""
    return f"changed the recipe “{name}”{was}."


def recipe_deleted(name: str) -> str:
    """Return the line of a deleted recipe."""
    return f"deleted the recipe “{name}”."


# ---------------------------------------------------------------------- cancelled and removed


def job_of(author_id: int, job_id: str) -> str:
    """Name a member's job."""
    return f"<@{author_id}>'s job `{job_id}`"


def job_cancelled(named: str) -> str:
    """Return the line of a job that was cancelled in time."""
    return f"cancelled {named}."


def waiting_cancelled(named: str) -> str:
    """Return the line where only the jobs that wait for this one were cancelled."""
    return f"cancelled what waits for {named}."


def result_dropped(named: str) -> str:
    """Return the line of a job that cannot be stopped any more."""
    return f"cancelled {named}: it is charged, but its result is not posted."


def result_recovered(named: str) -> str:
    """Return the line of a kept result that was posted after all."""
    return f"posted the result of {named}, which was kept."


def card_cancelled(author_id: int, job_ids: Sequence[str]) -> str:
    """Return the line of a card of which these jobs were cancelled."""
    ids = ", ".join(f"`{job_id}`" for job_id in job_ids)
    return f"cancelled <@{author_id}>'s job{'' if len(job_ids) == 1 else 's'} {ids}."


def result_removed(author_id: int, job_id: str, *, with_record: bool) -> str:
    """Return the line of a result that was taken down."""
    return f"removed <@{author_id}>'s result `{job_id}`" + (" and its record" if with_record else "")


# ---------------------------------------------------------------------- settings, refusals and alerts


def settings_changed(parts: Sequence[str]) -> str:
    """Return the line of changed settings."""
    return f"changed {'; '.join(parts)}."


def was_refused(operation_id: str, sentence: str) -> str:
    """Return the line of a member whom the server's rules refused."""
    return f"was refused `{operation_id}`: {sentence}"


def with_top_up(text: str, link: str) -> str:
    """Add to an alert where credits can be bought."""
    return f"{text} Buy credits: {link}"


def alert(text: str) -> str:
    """Return an alert as the log channel shows it."""
    return f"⚠️ {text}"


def model_refused(name: str, model: str, said: str, others: Sequence[str], *, worked_here: bool) -> str:
    """Say that the API has refused a model, sent as `model`, and name others: that worked here, or that are public."""
    sent = "" if model == name else f" as {tame(model)}"
    those = f"{'these worked here' if worked_here else 'these are documented'}: {', '.join(map(tame, others))}"
    return f"Cannon Studio does not take the model {tame(name)}{sent}; {those}. It says: {full_stop(said)}"


def too_many_labels(most: int) -> str:
    """Refuse another label."""
    return f"At most {most} voices have a label. Remove one first."


# ---------------------------------------------------------------------- the setup

_STEPS = {SetupStep.TEST: "test image", SetupStep.ROLE: "moderator role"}


def setup_skipped(step: SetupStep) -> str:
    """Return the line of a step that was skipped."""
    return f"skipped a step of the setup: {_STEPS.get(step, step.value)}."


# ---------------------------------------------------------------------- practice

PRACTICE_NOT_ALLOWED = "The host of this bot has switched practice off."
PRACTICE_DOWN = "Practice cannot start right now. Try again in a minute."
PRACTICE_STARTED = "started practice: results are simulated and cost nothing."
PRACTICE_STOPPED = "ended practice."


# ---------------------------------------------------------------------- credits of jobs that were charged for nothing

REFUND_ASKED = "The moderators already have your request for these credits."
NOTHING_TO_REFUND = "There is nothing to refund: it was refunded already, or it cost nothing."


def refund_note(job_id: str) -> str:
    """Return the note of a grant that refunds a job."""
    return f"Refund of job {job_id}"


def refunded_job(member_id: int, amount: str, job_id: str) -> str:
    """Return the line of a refund: a grant of what the job has cost."""
    return f"refunded job {job_id}: granted <@{member_id}> {amount}."


# ---------------------------------------------------------------------- what members set for themselves

PRESET_IS_EMPTY = Text("A preset needs at least one option. Fill in at least one field.")


def style_too_long(most: int) -> str:
    """Refuse words for prompts that are longer than `most` characters."""
    return ntr(
        "A style suffix may have up to {count} character. Shorten it.",
        "A style suffix may have up to {count} characters. Shorten it.",
        most,
    )


def no_preset(name: str) -> str:
    """Refuse the name of a preset that the member does not have."""
    return tr("You have no preset named {name}. Open `/me` to see your presets.", name=harmless(one_line(name)))


def preset_name(most: int) -> str:
    """Refuse a preset's name that is empty or longer than `most` characters."""
    return ntr("A preset's name needs 1 to {count} character.", "A preset's name needs 1 to {count} characters.", most)


def too_many_presets(most: int) -> str:
    """Refuse another preset beyond `most`."""
    return ntr(
        "You already have {count} preset. Delete one in `/me` first.",
        "You already have {count} presets. Delete one in `/me` first.",
        most,
    )


# ---------------------------------------------------------------------- results that members report

OWN_RESULT = Text("This is your own result. You can remove it yourself.")
REPORTED_BEFORE = Text("You already reported this result. The moderators have your report.")
NOBODY_READS_REPORTS = Text("This server has no log channel, so nobody would read a report. Tell a moderator directly.")


def too_many_reports(most: int) -> str:
    """Refuse one report more within a day."""
    return ntr(
        "You can report {count} result a day. Tell a moderator directly if it is urgent.",
        "You can report {count} results a day. Tell a moderator directly if it is urgent.",
        most,
    )


def result_reported(author_id: int, job_id: str, reason: str, link: str) -> str:
    """Return the line of a report; `link` is the message that shows the result, or ''."""
    return f"reported <@{author_id}>'s result `{job_id}`. Reason: {full_stop(reason)} {link}".strip()


def report_dismissed(job_id: str) -> str:
    """Return the line of a report that a moderator has ended without consequences."""
    return f"dismissed the report of result `{job_id}`."
