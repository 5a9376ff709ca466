"""What the pages of `/studio settings` say; a setting's own words are in `bot/domain`.

Amounts and times come in as text, what members or Cannon Studio typed comes in escaped.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.money.costs import PriceUnit
from bot.domain.texts import mention
from bot.language import Text, ntr, sentences, tr, whole_day

NO_DEFAULT_MODEL = Text("No default model")
PAUSED = Text("New jobs are paused. Resume them with `/studio pause`.")
EVERYONE = Text("@everyone would make every member a moderator. Choose another role, or none.", why="settings.value")
MODEL_FORM = Text("Default model")
MODEL_HINT = Text("ID or name of the model; Cannon Studio chooses if empty")
NOT_SET: Mapping[str, Text] = {
    "moderator_role": Text("None. Only members with Manage Server are moderators."),
    "allowed_channels": Text("All channels"),
    "forbidden_channels": Text("No channels"),
    "job_ceiling": Text("None. A job may cost any amount."),
    "confirm_above": Text("None. Jobs start without a confirmation."),
    "approve_above": Text("None. Jobs start without approval."),
    "approval_channel": Text("None. Questions go to the log channel."),
    "cast_channel": Text("None. The cast can't have images."),
    "gallery_channel": Text("None. There is no gallery."),
    "log_channel": Text("None. Changes are recorded but not posted."),
    "words": Text("None. Every word is allowed."),
    "default_models": Text("None. Cannon Studio chooses the model."),
    "default_voice": Text("None. Members choose a voice."),
}
"""What it means that a setting is empty, by its name."""
MODEL_INPUT = Text("Model for {operation}")
WEEK, NO_WEEK = Text("Best of the week"), Text("Choose a channel; none turns it off")
WEEK_ABOUT = Text("Every Monday at 9:00 I post the most starred results of the week there, if any has a star.")
SWITCH_ON, SWITCH_OFF = Text("Turn on"), Text("Turn off")


# ---------------------------------------------------------------------- operations

OPERATIONS = Text("Operations")
OPEN_OPERATIONS = Text("Operations…")
SWITCH_HERE = Text("Turn an operation on or off…")
SWITCH_EVERYWHERE = Text("For all servers (host only)…")
TURN_ON = Text("Off. Select to turn on.")
TURN_OFF = Text("On. Select to turn off.")
OFF_EVERYWHERE = Text("turned off by the host")
NO_LONGER_OFFERED = Text("no longer offered by Cannon Studio")
BY_REQUEST_ONLY = Text("only with `/studio request`")
STILL_OFF_EVERYWHERE = Text("Members still can't use it: the host has turned it off for all servers.")


def operations(switched_off: int) -> str:
    if not switched_off:
        return tr("All are on")
    return ntr("{count} is off", "{count} are off", switched_off)


def switched(title: str, *, is_on: bool, everywhere: bool) -> str:
    if everywhere:
        said = Text("{operation} is on for all servers.") if is_on else Text("{operation} is off for all servers.")
    else:
        said = Text("{operation} is on.") if is_on else Text("{operation} is off on this server.")
    return "✅ " + str(said).format(operation=title)


ENDED = Text("retired on {date}", date=whole_day)
ENDED_SENTENCE = Text("Retired on {date}.", date=whole_day)


# ---------------------------------------------------------------------- prices

NO_PRICES = Text("No price is set yet. Choose an operation to set one.")
PRICES_ABOUT = Text(
    "Prices you set come first. Otherwise, past jobs show what to expect. For many changes, "
    "download the list, edit it, and upload it again: it replaces the whole list."
)
CHOOSE_PRICED = Text("Set or remove a price…")
MORE_OPERATIONS = Text("More operations…")
DOWNLOAD_PRICES = Text("Download list")
UPLOAD_PRICES = Text("Upload list…")
PRICE_FILE_FORM = Text("Upload a price list")
PRICE_FILE = Text("CSV file")
PRICE_FILE_HINT = Text("Like the downloaded list. It replaces the whole list.")
PRICE_MODEL = Text("Model")
PRICE_MODEL_HINT = Text("Models with a price of their own keep it.")
ALL_MODELS = Text("All models")
PRICE_UNIT = Text("The price is for")
PRICE_UNITS = {
    PriceUnit.JOB: Text("The whole job"),
    PriceUnit.OUTPUT: Text("Each result"),
    PriceUnit.SECOND: Text("Each second of each result"),
}
PRICE_AMOUNT = Text("Credits")
PRICE_AMOUNT_HINT = Text("Leave empty to remove the price.")
PRICE_FILE_READY = Text("Here is the price list. Edit it and upload it on the Prices page.")


def priced(operation: str, model: str | None) -> str:
    """Return what a price is for, by an operation's title; `model` is None for every model."""
    return operation if model is None else tr("{operation} with {model}", operation=operation, model=model)


def price_line(subject: str, amount: str) -> str:
    return f"**{subject}**: {amount}"


def hosted_line(subject: str, amount: str) -> str:
    return f"{subject}\n" + tr("-# The host's price list: {price}", price=amount)


# ---------------------------------------------------------------------- blocked members

NO_BLOCKED_MEMBERS = Text("No one is blocked.")
BLOCK_MEMBER = Text("Block a member…")
UNBLOCK_MEMBER = Text("Unblock a member…")
MEMBER_BLOCKED, UNBLOCK = Text("This member is blocked"), Text("Unblock")
BLOCK_FORM = Text("Block a member")
BLOCK_LIFE = Text("For how long?")
BLOCK_LIVES = {
    "1d": Text("1 day"),
    "1w": Text("1 week"),
    "4w": Text("4 weeks"),
    "": Text("Until a moderator unblocks them"),
}
"""Each duration, as `seconds_of` reads it, with its words; '' for none."""
BLOCK_OTHER_LIFE = Text("Another duration")
BLOCK_OTHER_LIFE_HINT = Text("12h, 3d, or 2w. It replaces the choice above.")
BLOCK_REASON = Text("Reason")
BLOCK_REASON_HINT = Text("The member sees it.")


def block_line(member_id: int, until: str | None, reason: str, by_id: int, at: str) -> str:
    """Return a line of the list of blocks; `until` is None for good, `reason` may be empty."""
    life = tr("until unblocked") if until is None else tr("until {date}", date=until)
    by = tr("blocked by {moderator} on {date}", moderator=mention(by_id), date=at)
    return " · ".join([f"• <@{member_id}>", life, *([reason] if reason else []), by])


# ---------------------------------------------------------------------- review

NO_REVIEW = Text("Results are posted without review.")
ADD_REVIEW, END_REVIEW = Text("Review results…"), Text("Stop reviewing…")
WHOLE_SERVER = Text("The whole server")
REVIEW_FORM = Text("Review results")
REVIEW_CHANNEL = Text("Review channel")
REVIEW_CHANNEL_HINT = Text("Where moderators publish or reject results")
REVIEW_SCOPE = Text("Only results from")
REVIEW_SCOPE_HINT = Text("A channel or category; the whole server if empty")
REVIEW_IN_SAME_CHANNEL = Text("Choose a review channel that isn't under review itself.", why="review.channel")


def review_rule(channel_id: int, review_channel: int) -> str:
    """Return a rule as one line; a `channel_id` of 0 is the whole server."""
    if not channel_id:
        return tr("All results are reviewed in {review} before they are posted.", review=f"<#{review_channel}>")
    return tr(
        "Results from {channel} are reviewed in {review} before they are posted.",
        channel=f"<#{channel_id}>",
        review=f"<#{review_channel}>",
    )


def review_on(rule: str, review_channel: int, *, is_open: bool) -> str:
    """Confirm that a rule was set; with `is_open`, everybody can read the channel for reviews."""
    said = f"✅ {rule} " + tr("Jobs requested in {review} itself skip the review.", review=f"<#{review_channel}>")
    if not is_open:
        return said
    return sentences(said, tr("⚠️ Everyone can read that channel. Make it visible to moderators only."))


def review_off(removed: str) -> str:
    """Confirm that rules were removed; `removed` is a sentence that says which."""
    return f"✅ {removed} " + tr("You can still decide on results that are already waiting.")
