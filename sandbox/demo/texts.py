"""The words of the demo, in its page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.server.reaction_rules import ReactionAction
from bot.language import Text

DEMO_EXTRA_MISSING = "The demo needs the extra `demo`. In a clone use `make demo`, else {command}".format

BOT_NAME = "Cannon Studio"
GUILD_NAME = "Cannon Demo"
DEMO_STARTED = "cannon-bot demo: the real bot on a simulated Discord, with Cannon Studio simulated on this computer."
HOW_TO_STOP = "Press Ctrl-C to stop."
TRY_HEADING = "Try this on the page:"
TRY: tuple[tuple[str, str], ...] = (
    ("Try it, on the last card of #studio", "the tour, each step done for you or by you"),
    ("/image generate  prompt: a lighthouse in fog", "an image; its card shows the price first, then the cost"),
    ("Reply to it: make it night", "the same scene, at night; press Continue"),
    ("Vary, Re-run, Edit and run, Next step…", "the buttons below a result"),
    ("☺ on a result, then 🔁 🎲 🎬 ⭐ ❌", "the same by reaction; the person who reacts pays"),
    ("/image generate  count: 4", "four images on one card, once you confirm the price"),
    ("/video generate  prompt: waves on a shore", "a video, played on the card"),
    ("/audio music  prompt: slow piano, rain", "a piece of music, played on the card"),
    ("/cast, then @Mira in a prompt", "the same fox in every result"),
    ("/shootout  prompt: a lighthouse in fog", "the same on several models; vote, then press End now"),
    ("/recipe  recipe: trailer", "five steps on one card, each with its state and cost"),
    ("/image generate  prompt: a lamp #fail", "a failure costs nothing and offers a retry"),
    ("#slow #flood #none #gone #billed in a prompt", "more trouble on demand; docs/sandbox.md lists it all"),
    ("/jobs, /me", "your results, your settings, your credits and limits"),
    ("/help", "every command, with what it costs on this server"),
    ("Viewing as: Morgan, then /studio status", "the account; also /studio settings, /quota set, /usage"),
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
    width = max(len(what) for what, _ in things)
    return "\n".join([TRY_HEADING, *(f"  {what:<{width}}  {gives}" for what, gives in things)])


# ---------------------------------------------------------------------- the page

UNKNOWN_USER, UNKNOWN_ROLE, UNKNOWN_CHANNEL = "unknown-user", "unknown-role", "unknown"
NO_SUCH_CHANNEL = "This channel does not exist here."
NO_SUCH_MEMBER = "This member does not exist here."
NO_SUCH_LANGUAGE = "The bot does not speak this language."
REACTIONS: Mapping[ReactionAction, Text] = {
    ReactionAction.RERUN: Text("Re-run"),
    ReactionAction.VARY: Text("Vary"),
    ReactionAction.ANIMATE: Text("Animate"),
    ReactionAction.UPSCALE: Text("Upscale a video"),
    ReactionAction.SUBTITLES: Text("Add subtitles"),
    ReactionAction.GALLERY: Text("Vote for the gallery"),
    ReactionAction.REMOVE: Text("Remove"),
}
"""What the picker says of each emoji."""
ICONS: Mapping[str, Text] = {
    "\N{INFORMATION SOURCE}\ufe0f": Text("Details"),
    "🗑️": Text("Remove"),
    "🔁": Text("Re-run all"),
    "✏️": Text("Edit and run"),
}
"""What the page calls buttons that are an icon alone: on Discord a screen reader says the emoji's name."""
PAGE: Mapping[str, Text] = {
    "add": Text("Add a reaction"),
    "channels": Text("Channels"),
    "direct": Text("Direct message"),
    "heading": Text("On a result, each of these does something"),
    "language": Text("Language"),
    "loading": Text("Loading options…"),
    "members": Text("Members"),
    "no_command": Text("You can't use this command here."),
    "reply": Text("Reply"),
    "thinking": Text("Cannon Studio is thinking…"),
    "unread": Text("unread"),
}
"""What the demo's own parts of the page say."""
REPLYING = Text("Replying to {name}")
REACT_WITH = Text("React with {emoji}: {does}")
ADA, BO, CLEO, DARA, ELI = "Ada", "Bo", "Cleo", "Dara", "Eli"
MORGAN = Text("Morgan (moderator)")
MODERATORS, DIRECTORS, ARTISTS, GUESTS = Text("Moderators"), Text("Directors"), Text("Artists"), Text("Guests")

CREATE, STAFF = Text("Create"), Text("Staff only")
DIRECT_MESSAGES, ONLINE = Text("Direct messages"), Text("Online")

STUDIO_TOPIC = Text("Images, videos, and audio by slash command. New here? Take the tour.")
GALLERY_TOPIC = Text("Results with two stars or more")
REVIEW_TOPIC = Text("What waits for a moderator")
LOG_TOPIC = Text("What moderators decide, and what the bot reports to them")
CAST_TOPIC = Text("Images of the cast. Characters lose what is deleted here.")
EVENTS_TOPIC = Text("One theme at a time, with a purse and a vote")
MIRA = Text("A red fox with a white-tipped tail, in a meadow")
OTTO = Text("A friendly round robot with one red antenna")
WREN = Text("A wanderer in a long green coat and a wide hat")
POSTCARD, POSTCARD_PLACE = (
    Text("An image of a place, and a spoken greeting from there"),
    Text("where the postcard is from"),
)

NEWCOMER_TITLE = Text("The bot has just joined")
NEWCOMER = Text(
    "Nothing is set up yet, and the bot introduces itself below. You are Morgan, a moderator.\n\n"
    "**Set up** asks for an API key. Use `{key}`.\n**Practice** needs no key at all."
)
"""Explain the server that the bot has just joined; `key` is one that the simulated Cannon Studio knows."""
GRANT_NOTE = Text("For the jazz night poster")

# ---------------------------------------------------------------------- the week

DOOR = Text("A blue door in a white wall, bougainvillea, morning light")
LAKE = Text("A still mountain lake at dusk, dark firs on both shores")
FOX = Text("A sleeping cat on a windowsill, afternoon light")
HARBOUR = Text("A harbor at night, lanterns on the boats, movie still")
HARBOUR_FILM = Text("The lanterns sway, the camera glides along the quay")
MARKET = Text("A spice market under striped awnings, wide shot")
DESERT = Text("A train crossing a desert under two moons")
POSTER = Text("A poster for a jazz night, bold shapes, three colors")
TOWER = Text("A lighthouse keeper's room, storm outside")
LAMP = Text("A lamp that won't shine #fail")
PLACE = Text("a fishing village at the end of the world")
WELCOME_LINE = Text("Welcome to the studio. Ready to begin?")
NEON = Text("A neon alley in the rain, people only as shadows")
FOUR = Text("A red fox on a snowy hill at dawn")
KITE = Text("A portrait of a kite maker in her workshop")
FLIGHTS = Text("Night flights")
OWL = Text("An owl over snowy roofs under a full moon")
BALLOON = Text("A balloon above the clouds, stars all around")
SERIES = Text("The whole harbor in one shot, from dawn to night")

SAID_DOOR = Text("First image of the week. The light is just what I hoped for.")
SAID_LOVELY = Text("Lovely! Let me try another seed.")
SAID_FILM = Text("Cleo, your harbor is moving now.")
SAID_RATE = Text("Two stars send a result to the gallery, so star what you like.")
SAID_FAIL = Text("That one failed. Did it cost anything?")
SAID_FREE = Text("No. Cannon Studio didn't charge for it, so it was refunded. The card says so.")
SAID_POSTCARD = Text("One recipe, three steps: a postcard with a voice.")
SAID_WAITS = Text("The long one is above 60 credits, so Morgan has to approve it.")

# ---------------------------------------------------------------------- the tour

BACK, NEXT, AGAIN = Text("Back"), Text("Next"), Text("Start again")
TRY_IT, TRYING = Text("Try it"), Text("Trying it…")
NOT_TRIED = Text("That didn't work this time. Press **Try it** again, or do it by hand.")
SEEN = Text("✅ There it is.")
TITLE = Text("{number} of {count} · {heading}")
WELCOME = Text("The real bot on a simulated Discord. Nothing costs real credits.")
DONE_AS_MORGAN = Text(
    "✅ Morgan did it, and only Morgan sees the answer: choose **Morgan (moderator)** under **Viewing as**."
)
FILM_EMOJI = "🎬"
LIGHTHOUSE = Text("a lighthouse in fog")
"""What to type, in the visitor's language, like the next two."""
NIGHT_WORDS = Text("make it night")
PAPER_BOAT = Text("a paper boat on a stormy sea")
FAILING = "a lamp #fail"
IMAGE = Text("Generate an image")
IMAGE_TRY = Text("Click `/image generate`, type `{prompt}`, and press Enter. Or just press **Try it**.")
NIGHT = Text("Say what to change")
NIGHT_TRY = Text("Click **Reply** on your image, type `{words}`, press Enter, and press **Continue**.")
VARY = Text("Make a variation")
VARY_TRY = Text("Press **Vary** below your image, then **Strong**. You see the price before you choose.")
FILM = Text("React to make a video")
FILM_TRY = Text(
    "Click ☺ on your image and pick {emoji}. 🔁 re-runs it, 🎲 varies it, and two ⭐ bring it to {gallery}."
)
RECIPE = Text("Run a recipe")
RECIPE_TRY = Text(
    "Click `/recipe`, choose `{recipe}`, press Enter, type `{prompt}`, and submit the form.\n"
    "It makes an image, a video, sound, and subtitles."
)
SHOOTOUT = Text("Hold a shoot-out")
SHOOTOUT_TRY = Text(
    "Click `/shootout`, choose `prompt`, type `{prompt}`, press Enter, then **Yes, make it**.\n"
    "Vote for a letter, then press **End now**."
)
VOTING = Text("✅ There they are. Vote for the best one.")
FAULTS = Text("See it fail")
FAULTS_TRY = Text(
    "Click `/image generate`, type `{prompt}`, and press Enter.\nIt says why, costs nothing, and offers a retry."
)
MODERATE = Text("Be a moderator")
MODERATE_TRY = Text(
    "Choose **Morgan (moderator)** under **Viewing as**, open {review}, and press **Approve** below Bo's request. "
    "**Try it** does this as Morgan."
)
MODERATED = Text("✅ Approved: Bo's video is being made.")
ACCOUNT = Text("Pay with your own account")
ACCOUNT_TRY = Text(
    "In `/me`, **My Cannon account**, link `{key}`.\nThen `/image generate` with `pay`: *My own account*. "
    "The server pays nothing."
)
OWN_KEY = "cs_test_mine_42"
HARBOR = Text("a small harbor at dawn")
OUTSIDE = Text("Use it in direct messages")
OUTSIDE_TRY = Text(
    "Open **Cannon Studio** under **Direct messages**, and use `/image generate`.\nYour own account pays there, and no "
    "server sees it."
)
SET_UP = Text("Set it up for your server")
SET_UP_TRY = Text(
    "As Morgan, click `/studio setup` and press Enter: key, test image, limits, roles, and channels, one question at a "
    "time."
)
EVENT = Text("Announce an event")
EVENT_TRY = Text(
    "As Morgan, use `/event` with a theme, an end such as 2h, and a purse. Members press **Take part**; the "
    "purse pays first."
)
EVENT_THEME = Text("Lighthouses")
DONE = Text("🎉 That was the tour")
DONE_TRY = Text(
    "Keep trying: `/help` lists every command.\n"
    "To see the bot join a new server, stop this demo and run `make demo ARGS=--new` or `cannon-bot demo --new`."
)
