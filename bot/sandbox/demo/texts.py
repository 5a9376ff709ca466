"""The words of the demo, in its page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.reaction_rules import ReactionAction
from bot.language import Text, tr

DEMO_EXTRA_MISSING = (
    "The demo needs the extra `demo`. Install it with `pip install 'cannon-bot[demo]'`, or use `make demo`."
)

BOT_NAME = "Cannon Studio"
GUILD_NAME = "Cannon Demo"
DEMO_STARTED = "cannon-bot demo: the real bot on a simulated Discord, with Cannon Studio simulated on this computer."
HOW_TO_STOP = "Press Ctrl-C to stop."
TRY_HEADING = "Try this on the page:"
TRY: tuple[tuple[str, str], ...] = (
    ("Next, on the last card of #studio", "the tour: eight steps, each with something to try"),
    ("/image generate  prompt: a lighthouse in fog", "an image; its card shows the price first, then the cost"),
    ("Re-run, Vary, Edit and run, Next step…", "the buttons below a result, each with its price"),
    ("☺ on a result, then 🔁 🎲 🎬 ✉️ ⭐ ❌", "the same by reaction; the person who reacts pays"),
    ("/image generate  count: 4", "four images on one card, once you confirm the price"),
    ("/video generate  prompt: waves on a shore", "a video that plays on the card"),
    ("/audio music  prompt: slow piano, rain", "the price is not known yet, so you confirm it first"),
    ("/recipe run  recipe: trailer", "five steps on one card, each with its state and cost"),
    ("/image generate  prompt: a lamp #fail", "a failure costs nothing and offers a retry"),
    ("#slow #flood #none #gone #billed in a prompt", "more trouble on demand; docs/sandbox.md lists it all"),
    ("/jobs list, /me, /usage me", "your results, your settings, your credits and limits"),
    ("/help", "every command, with what it costs on this server"),
    ("Viewing as: Morgan, then /studio status", "the account; also /studio settings, /quota set, /usage report"),
    ("Language, next to Viewing as", "the bot in German, French, Spanish, Portuguese, or Japanese"),
)
"""What to type or press, and what there is to see."""
TRY_AS_NEWCOMER: tuple[tuple[str, str], ...] = (
    ("Set up, on the greeting in #studio", "key, test image, limits, moderator role, channels; skip what you like"),
    ("Practice, on the greeting", "every command works without a key, and every card says that it is practice"),
    ("/studio status", "what is still missing"),
    ("/studio practice  switch: off", "practice ends; open jobs are canceled"),
)
"""The same, for a server that the bot has just joined."""


def things_to_try(things: Sequence[tuple[str, str]]) -> str:
    """Return the list of things to try, in two columns."""
    width = max(len(what) for what, _ in things)
    return "\n".join([TRY_HEADING, *(f"  {what:<{width}}  {gives}" for what, gives in things)])


# ---------------------------------------------------------------------- the page

UNKNOWN_USER, UNKNOWN_ROLE, UNKNOWN_CHANNEL = "unknown-user", "unknown-role", "unknown"
NO_SUCH_CHANNEL = "This channel does not exist here."
NO_SUCH_MEMBER = "This member does not exist here."
NO_SUCH_LANGUAGE = "The bot does not speak this language."
PAGE_WORDS: Mapping[str, str] = {
    "<title>SimCord Preview</title>": "<title>cannon-bot demo</title>",
    '<span class="brand-mark" aria-hidden="true">S</span>': '<span class="brand-mark" aria-hidden="true">C</span>',
    "<strong>SimCord</strong><small>Preview</small>": "<strong>cannon-bot</strong><small>demo, on SimCord</small>",
    'aria-label="SimCord preview"': 'aria-label="The demo"',
}
"""What the page calls itself, in place of what simcord's does."""
REACTIONS: Mapping[ReactionAction, Text] = {
    ReactionAction.RERUN: Text("Re-run"),
    ReactionAction.VARY: Text("Vary"),
    ReactionAction.ANIMATE: Text("Animate"),
    ReactionAction.UPSCALE: Text("Upscale a video"),
    ReactionAction.SUBTITLES: Text("Add subtitles"),
    ReactionAction.SEND: Text("Send to your DMs"),
    ReactionAction.GALLERY: Text("Vote for the gallery"),
    ReactionAction.REMOVE: Text("Remove"),
}
"""What the picker says of each emoji."""
PAGE: Mapping[str, Text] = {
    "add": Text("Add a reaction"),
    "channels": Text("Channels"),
    "heading": Text("On a result, each of these does something"),
    "language": Text("Language"),
    "loading": Text("Loading options…"),
}
"""What the demo's own parts of the page say."""


def react_with(emoji: str, does: str) -> str:
    """Return what a screen reader says of an emoji of the picker."""
    return tr("React with {emoji}: {does}", emoji=emoji, does=does)
