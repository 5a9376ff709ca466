"""What reactions, their settings and the gallery say to people."""

from collections.abc import Mapping

from bot.domain.models import credits_words
from bot.language import Text, amount, ntr

# ---------------------------------------------------------------------- the same by a button

NOT_HERE = Text("This is turned off on this server.", why="command.off")
UNSTARRED = Text("You removed your star.")


def starred(count: int, needed: int) -> str:
    """Confirm a member's star; `needed` stars show a result in the gallery."""
    if count >= needed:
        return ntr(
            "⭐ This result is in the gallery with {count} star. Press again to remove yours.",
            "⭐ This result is in the gallery with {count} stars. Press again to remove yours.",
            count,
        )
    return ntr(
        "⭐ Your star counts. The gallery needs {needed}, and this result has {count}. Press again to remove yours.",
        "⭐ Your star counts. The gallery needs {needed}, and this result has {count}. Press again to remove yours.",
        count,
        needed=amount(needed),
    )


# ---------------------------------------------------------------------- why a reaction did nothing

TOO_MANY = Text(
    "Too many reactions: they can start {limit} jobs a minute on this server, {own} of them yours. Nothing was "
    "charged; try again in a minute.",
    why="reaction.fast",
)
DID_NOTHING = Text("⚠️ Your {emoji} in {channel} did nothing: {reason}", channel="<#{}>".format)
"""Return the direct message about a reaction that did nothing; `reason` is a sentence."""
NEEDS_CONFIRMATION = Text(
    "This costs about {price}, so you have to confirm it first. Use the button or the command instead.",
    why="price.confirm",
)
"""Refuse to spend by reaction what is above the server's threshold; `price` has its unit."""
DOUBTFUL = Text(
    "{caution} You can't confirm that with a reaction. Use the button or the command instead.", why="price.confirm"
)
"""Refuse to do by reaction what the member has to be warned of; `caution` is a sentence."""


UNKNOWN_NEEDS_CONFIRMATION = Text(
    "The price isn't known yet, so you have to confirm it first. Use the button or the command instead.",
    why="price.unknown",
)


# ---------------------------------------------------------------------- the price of what it makes


PRICE_LINES: Mapping[bool, Text] = {
    False: Text("On it: {emoji} in {channel}. Its price isn't known yet.", channel="<#{}>".format),
    True: Text("On it: {emoji} in {channel}. It costs about {price}.", channel="<#{}>".format, price=credits_words),
}
"""By whether the price is known."""


# ---------------------------------------------------------------------- the gallery

NOTHING_TO_SHOW = Text("Only images, videos, and audio can be added to the gallery.", why="file.kind")
AUTHOR, STARS = Text("Made by"), Text("Stars")
CANNOT_POST_IN_GALLERY = Text("⚠️ I can't post in the gallery channel. Check it with `/studio settings`.")
