"""The words of the demo, in its page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.reaction_rules import ReactionAction

DEMO_EXTRA_MISSING = (
    "The demo needs the extra `demo`: install with `pip install 'cannon-bot[demo]'`, or use `make demo`."
)

BOT_NAME = "Cannon Studio"
GUILD_NAME = "Cannon Demo"
DEMO_STARTED = "cannon-bot demo: the real bot on a simulated Discord, with Cannon Studio simulated on this machine."
HOW_TO_STOP = "Ctrl-C stops it."
TRY_HEADING = "Try this on the page:"
TRY: tuple[tuple[str, str], ...] = (
    ("Next, on the last card of #studio", "the tour: eight steps, each with something to try"),
    ("/image generate  prompt: a lighthouse in fog", "a picture; its card has the price before and the cost after"),
    ("Re-run, Vary, Edit and run, Next step…", "the buttons below a result: what it costs stands on them"),
    ("☺ on a result, then 🔁 🎲 🎬 ✉️ ⭐ ❌", "the same by reaction; whoever reacts pays"),
    ("/image generate  count: 4", "four pictures on one card, and a confirmation of the price"),
    ("/video generate  prompt: waves on a shore", "a film that plays on the card"),
    ("/audio music  prompt: slow piano, rain", "nobody knows this price yet, so it is confirmed first"),
    ("/recipe run  recipe: trailer", "five steps on one card, each with its state and cost"),
    ("/image generate  prompt: a lamp #fail", "a failure costs nothing, and offers another try"),
    ("#slow #flood #none #gone #billed in a prompt", "other troubles on demand; docs/sandbox.md has them all"),
    ("/jobs list, /usage me", "your jobs, your credits and your limits"),
    ("/help", "every command with what it costs on this server"),
    ("Viewing as: the moderator, then /studio status", "the account; also /studio settings, /quota set, /usage report"),
)
"""What to type or press, and what there is to see."""
TRY_AS_NEWCOMER: tuple[tuple[str, str], ...] = (
    ("Set up, on the greeting in #studio", "key, test image, limits, moderator role, channels; skip what you like"),
    ("Practice, on the greeting", "everything works without a key, and every card says that it is practice"),
    ("/studio status", "what is still missing"),
    ("/studio practice  switch: off", "practice ends; what was open is cancelled"),
)
"""The same, for a server that the bot has just joined."""


def things_to_try(things: Sequence[tuple[str, str]]) -> str:
    """Return the list of things to try, in two columns."""
    width = max(len(what) for what, _ in things)
    return "\n".join([TRY_HEADING, *(f"  {what:<{width}}  {gives}" for what, gives in things)])


# ---------------------------------------------------------------------- the page

UNKNOWN_USER, UNKNOWN_ROLE, UNKNOWN_CHANNEL = "unknown-user", "unknown-role", "unknown"
NO_SUCH_CHANNEL = "There is no such channel here."
NO_SUCH_MEMBER = "There is no such member here."
PAGE_WORDS: Mapping[str, str] = {
    "<title>SimCord Preview</title>": "<title>cannon-bot demo</title>",
    '<span class="brand-mark" aria-hidden="true">S</span>': '<span class="brand-mark" aria-hidden="true">C</span>',
    "<strong>SimCord</strong><small>Preview</small>": "<strong>cannon-bot</strong><small>demo, on SimCord</small>",
    'aria-label="SimCord preview"': 'aria-label="The demo"',
}
"""What the page calls itself, in place of what simcord's does."""
REACTIONS: Mapping[ReactionAction, str] = {
    ReactionAction.RERUN: "Re-run",
    ReactionAction.VARY: "Vary",
    ReactionAction.ANIMATE: "Animate",
    ReactionAction.UPSCALE: "Upscale a video",
    ReactionAction.SUBTITLES: "Add subtitles",
    ReactionAction.SEND: "Send to my direct messages",
    ReactionAction.GALLERY: "Post in the gallery",
    ReactionAction.REMOVE: "Remove",
}
"""What the picker says of each emoji."""
