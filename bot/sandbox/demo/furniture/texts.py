"""The words of the demo's server: its channels, its people, and what they wrote in the week before.

Prompts are plain strings: they are what members typed, not what the bot says.
"""

from __future__ import annotations

from bot.language import Text, tr

ADA, MORGAN, BO, CLEO, DARA, ELI = "Ada", "Morgan (moderator)", "Bo", "Cleo", "Dara", "Eli"
MODERATORS, DIRECTORS, ARTISTS, GUESTS = Text("Moderators"), Text("Directors"), Text("Artists"), Text("Guests")

STUDIO_TOPIC = Text("Images, videos, and audio by slash command. New here? Take the tour.")
GALLERY_TOPIC = Text("Results with two stars or more")
REVIEW_TOPIC = Text("What waits for a moderator")
LOG_TOPIC = Text("What moderators decide, and what the bot reports to them")
AFTER_DARK_TOPIC = Text("Age-restricted")
POSTCARD, POSTCARD_PLACE = (
    Text("An image of a place, and a spoken greeting from there"),
    Text("where the postcard is from"),
)

NEWCOMER_TITLE = Text("The bot has just joined")


def newcomer(key: str) -> str:
    """Explain the server that the bot has just joined; `key` is one that the simulated Cannon Studio knows."""
    return tr(
        "Nothing is set up yet, and the bot introduces itself below. You are Morgan, a moderator.\n\n"
        "**Set up** asks for an API key. Use `{key}`.\n**Practice** needs no key at all.",
        key=key,
    )


GRANT_NOTE = Text("For the jazz night poster")

# ---------------------------------------------------------------------- the week

DOOR = "A blue door in a white wall, bougainvillea, morning light"
LAKE = "A still mountain lake at dusk, dark firs on both shores"
FOX = "A red fox asleep in the snow, first light"
HARBOUR = "A harbor at night, lanterns on the boats, film still"
HARBOUR_FILM = "The lanterns sway, the camera glides along the quay"
MARKET = "A spice market under striped awnings, wide shot"
DESERT = "A train crossing a desert under two moons"
GARDEN = "A greenhouse in the rain, seen from outside"
POSTER = "A poster for a jazz night, bold shapes, three colors"
TOWER = "A lighthouse keeper's room, storm outside"
LAMP = "A lamp that refuses to shine #fail"
PLACE = "a fishing village at the end of the world"
WELCOME_LINE = "Welcome to the studio. Shall we begin?"
NEON = "A neon alley in the rain, people only as shadows"
SERIES = "The whole harbor in one shot, from dawn to night"

SAID_DOOR = Text("First image of the week. The light is just what I hoped for.")
SAID_LOVELY = Text("Lovely! Let me try another seed.")
SAID_FILM = Text("Cleo, your harbor is moving now.")
SAID_RATE = Text("Two stars send a result to the gallery, so star what you like.")
SAID_FAIL = Text("That one failed. Did it cost anything?")
SAID_FREE = Text("No, failed jobs are refunded. The card says so.")
SAID_POSTCARD = Text("One recipe, three steps: a postcard with a voice.")
SAID_WAITS = Text("The long one is above 60 credits, so Morgan has to approve it.")
