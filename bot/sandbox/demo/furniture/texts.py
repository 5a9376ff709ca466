"""The words of the demo's server: its rooms, its people, and what they wrote in the week before."""

from __future__ import annotations

ADA, MORGAN, BO, CLEO, DARA, ELI = "Ada", "Morgan (moderator)", "Bo", "Cleo", "Dara", "Eli"
MODERATORS, DIRECTORS, ARTISTS, GUESTS = "Moderators", "Directors", "Artists", "Guests"

STUDIO_TOPIC = "Pictures, films and sound by slash command. New here? Take the tour."
GALLERY_TOPIC = "Results with two stars or more"
REVIEW_TOPIC = "What waits for a moderator"
LOG_TOPIC = "What moderators decide, and what the bot reports to them"
AFTER_DARK_TOPIC = "Age-restricted"
POSTCARD, POSTCARD_PLACE = "A picture of a place, and a voice that greets from there", "where the postcard is from"

NEWCOMER_TITLE = "The bot has just joined"


def newcomer(key: str) -> str:
    """Explain the server that the bot has just joined; `key` is one that the simulated Cannon Studio knows."""
    return (
        "Nothing is set up yet, and the bot introduces itself below. You are Morgan, a moderator.\n\n"
        f"**Set up** asks for an API key: use `{key}`.\n**Practice** needs no key at all."
    )


GRANT_NOTE = "For the poster of the jazz night"

# ---------------------------------------------------------------------- the week

DOOR = "A blue door in a white wall, bougainvillea, morning light"
LAKE = "A still mountain lake at dusk, dark firs on both shores"
FOX = "A red fox asleep in the snow, first light"
HARBOUR = "A harbour at night, lanterns on the boats, film still"
HARBOUR_FILM = "The lanterns sway, the camera glides along the quay"
MARKET = "A spice market under striped awnings, wide shot"
DESERT = "A train crossing a desert under two moons"
GARDEN = "A greenhouse in the rain, seen from outside"
POSTER = "A poster for a jazz night, bold shapes, three colours"
TOWER = "A lighthouse keeper's room, storm outside"
LAMP = "A lamp that refuses to shine #fail"
PLACE = "a fishing village at the end of the world"
WELCOME_LINE = "Welcome to the studio. Shall we begin?"
NEON = "A neon alley in the rain, people only as shadows"
SERIES = "The whole harbour in one shot, from dawn to night"

SAID_DOOR = "First picture of the week. The light came out just as I hoped."
SAID_LOVELY = "Lovely! I'll try it with another seed."
SAID_FILM = "Cleo, your harbour moves now."
SAID_RATE = "Two stars and a picture goes to the gallery, so star what you like."
SAID_FAIL = "That one failed. Did it cost anything?"
SAID_FREE = "No, a failed job is refunded. It says so on the card."
SAID_POSTCARD = "One recipe, three steps: a postcard with a voice."
SAID_WAITS = "The long one is above 60 credits, so Morgan has to approve it."
