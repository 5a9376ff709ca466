"""What the pages Reactions and Gallery of `/studio settings` say."""

from __future__ import annotations

from bot.domain.server.reaction_rules import Seeding
from bot.language import Text

# ---------------------------------------------------------------------- the page

CHOOSE_ACTING = Text("Choose the emojis that do something")
IS_OFF = Text("Off: reacting does nothing")
ARE_SEEDED = Text("Emojis I add to results")
SEEDING_CHOICES = {
    Seeding.OFF: Text("I add no emojis to results"),
    Seeding.FEW: Text("I add re-run and gallery once an hour in each channel"),
    Seeding.ALL: Text("I add every emoji that fits"),
}
GALLERY = Text("Gallery")

# ---------------------------------------------------------------------- the gallery


GALLERY_NOW = Text("Gallery: {state}")
NO_GALLERY = Text("The gallery is off. To turn it on, press **Choose channel and stars…**.")
SET_GALLERY, END_GALLERY = Text("Choose channel and stars…"), Text("Turn off")
WEEK, NO_WEEK = Text("Best of the week"), Text("Choose a channel; none turns it off")
WEEK_ABOUT = Text("Every Monday at 9:00 I post the most starred results of the week there, if any has a star.")
PREVIEW_WEEK = Text("Preview the best of the week")
GALLERY_CHANNEL, GALLERY_STARS = Text("The gallery channel"), Text("Stars")
STARS_HINT = Text("How many stars a result needs to be shown there; 0 for every public result")
