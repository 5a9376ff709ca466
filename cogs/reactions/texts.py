"""What reactions, their settings and the gallery say to people, in one place: reworded without touching logic."""

from collections.abc import Iterable
from decimal import Decimal

from bot.domain.models import credits_words
from bot.domain.reaction_rules import Seeding, Who

# ---------------------------------------------------------------------- commands and options

REACTIONS_GROUP = "What emojis on results do here"
REACTIONS_LIST = "Show what each emoji does here"
REACTIONS_SET = "Let an emoji do something on results"
REACTIONS_REMOVE = "Remove an emoji"
REACTIONS_RESET = "Restore the standard emojis"
REACTIONS_SWITCH = "Let reactions do something or not; let me put them on results"

EMOJI_OPTION = "A usual one, or one of this server"
ACTION_OPTION = "What it does"
WHO_OPTION = "Whose reaction counts; moderators' does as the author's"
ROLE_OPTION = "Only this role's reactions count"
NEEDED_OPTION = "How many members have to react; 1, if left out"
PAYER_OPTION = "Whose credits are spent; the person who reacts pays, if left out"
SWITCH_OPTION = "Whether they do anything here"
SEEDS_OPTION = "Which emojis I put on results: on for all, few for re-run, vary and gallery"

# ---------------------------------------------------------------------- settings

OVERVIEW = "Reactions on results"
ARE_ON, ARE_SEEDED, GALLERY = "They do something", "I put them on results", "Gallery"
SEEDINGS = {Seeding.OFF: "none", Seeding.FEW: "a few", Seeding.ALL: "all that fit"}
ROLE_WITH_OTHER_WHO = "With a role, leave `who` out or say role."
ROLE_NOT_GIVEN = "Name the role too."
STARS_SET_ELSEWHERE = "How many stars the gallery takes is set with `/studio gallery`."
REMOVED_BY_ONE = "Only the author or a moderator takes a result down, each alone."


def gallery_now(state: str) -> str:
    """Say where the gallery is."""
    return f"Gallery: {state}."


def cannot_post_in(channel: str, permissions: Iterable[str]) -> str:
    """Refuse a channel in which the bot lacks `permissions`."""
    return f"I could not post in {channel}: give me {' and '.join(permissions)} there."


def done(change: str) -> str:
    """Say that a setting was changed."""
    return f"Done: {change}"


EMOJI_NOT_USABLE = "I cannot use this emoji: it is for certain roles, or not available now."
FOREIGN_EMOJI = "I cannot use this emoji: it is of another server. Take a usual one, or one of this server."


def no_emoji_named(name: str) -> str:
    """Refuse the name of an emoji; `name` has letters, digits and underscores only."""
    return f"This server has no emoji named `{name}`."


# ---------------------------------------------------------------------- the same by a button

NOT_HERE = "This is switched off on this server."
NOT_IN_GALLERY = "A private result does not go to the gallery."
SENT = "Sent: look into your direct messages."
DMS_CLOSED = "You accept no direct messages from this server. Allow them in its privacy settings, then press again."
UNSTARRED = "Your star is taken back."


def starred(count: int, needed: int) -> str:
    """Confirm a member's star; `needed` stars show a result in the gallery."""
    if count >= needed:
        number = "1 star" if count == 1 else f"{count} stars"
        return f"⭐ Saved: it is in the gallery with {number}. Press again to take yours back."
    return f"⭐ Your star counts: {count} of {needed} that the gallery takes. Press again to take it back."


# ---------------------------------------------------------------------- why a reaction did nothing

AUTHOR_GONE = "Here its author pays for this, who is no longer on the server."
NOT_POSTED = "Discord did not take the answer, so nothing was made or spent."
ONLY_AUTHOR_REMOVES = "Only who asked for a result, or a moderator, may take it down."


def not_allowed(who: Who, role_id: int | None) -> str:
    """Refuse the reaction of a member who is not one of `who`; of Who.EVERYONE, the removal of another's result."""
    return {
        Who.EVERYONE: ONLY_AUTHOR_REMOVES,
        Who.AUTHOR: "Only who asked for the result, or a moderator, may do this here.",
        Who.MODERATORS: "Only moderators may do this here.",
        Who.ROLE: f"Only members with the role <@&{role_id}> may do this here.",
    }[who]


def too_many_of_member(jobs: int) -> str:
    """Refuse more than `jobs` a minute by one member."""
    return f"That is too much at once: reactions start {jobs} jobs a minute for each member. Nothing was spent."


def too_many_of_server(jobs: int) -> str:
    """Refuse more than `jobs` a minute on a server."""
    return f"That is too much at once: reactions start {jobs} jobs a minute on a server. Nothing was spent."


def did_nothing(emoji: str, channel_id: int, reason: str) -> str:
    """Return the direct message about a reaction that did nothing; `reason` is a sentence."""
    return f"⚠️ Your {emoji} in <#{channel_id}> did nothing: {reason}"


def needs_confirmation(price: Decimal) -> str:
    """Refuse to spend an amount by reaction that is above the server's threshold."""
    return (
        f"This costs about {credits_words(price)}, for which this server wants a yes first: "
        "use the button or the command."
    )


def doubtful(caution: str) -> str:
    """Refuse to do by reaction what the member has to be warned of; `caution` is a sentence."""
    return f"{caution} A reaction cannot say yes to that: use the button or the command."


def unknown_needs_confirmation(seen: str | None) -> str:
    """Refuse to spend by reaction where the price is not known; `seen` is what other jobs cost."""
    others = "" if seen is None else f"; other jobs of this operation cost {seen} here"
    return (
        f"The price of this is not known yet{others}, and this server wants a yes first: use the button or the command."
    )


# ---------------------------------------------------------------------- the price of what it makes

UNKNOWN_COST = "its price is not known yet"


def costs(amount: str) -> str:
    """Return what the jobs of a reaction cost."""
    return f"it costs about {amount}"


def price_line(emoji: str, channel_id: int, price: str, reactor_id: int | None) -> str:
    """Tell who pays for a reaction what it costs; `reactor_id` is whose reaction it is if not their own."""
    whose = "Your" if reactor_id is None else f"You pay for <@{reactor_id}>'s"
    return f"{whose} {emoji} in <#{channel_id}> is being made: {price}."


# ---------------------------------------------------------------------- the gallery

NOTHING_TO_SHOW = "Only pictures, videos and sounds go to the gallery."
ORIGINAL, AUTHOR, STARS = "To the original", "Made by", "Stars"
CANNOT_POST_IN_GALLERY = "⚠️ I cannot post in the gallery's channel; see `/studio gallery`."


def stars(count: int) -> str:
    """Return the number of a post's stars."""
    return f"⭐ {count}"
