"""What the pages Reactions and Gallery of `/studio settings` say."""

from __future__ import annotations

from bot.domain.server.reaction_rules import Purse, ReactionAction, Seeding, Who
from bot.language import Text

# ---------------------------------------------------------------------- the page

ADD_EMOJI = Text("Add an emoji that should…")
CHANGE_EMOJI = Text("Change or remove an emoji…")
NO_EMOJIS = Text("No emoji does anything. Add one below.")
ARE_ON = Text("Reactions")
IS_ON = Text("On")
IS_OFF = Text("Off: reacting does nothing")
TURN_ON = Text("Turn on")
TURN_OFF = Text("Turn off")
ARE_SEEDED = Text("Emojis I add to results")
SEEDINGS = {Seeding.OFF: Text("No emojis"), Seeding.FEW: Text("A few"), Seeding.ALL: Text("All that fit")}
SEEDING_CHOICES = {
    Seeding.OFF: Text("I add no emojis to results"),
    Seeding.FEW: Text("I add re-run and gallery once an hour in each channel"),
    Seeding.ALL: Text("I add every emoji that fits"),
}
GALLERY = Text("Gallery")
RESET = Text("Restore standard emojis")
RESET_QUESTION = Text("Restore the standard emojis? All your changes to emojis on this server are removed.")
RESET_SURE = Text("Restore")
KEEP = Text("Keep")

# ---------------------------------------------------------------------- the form

EMOJI_FORM = Text("Emoji on results")
EMOJI = Text("Emoji")
EMOJI_HINT = Text("A standard emoji or one of this server, such as :name:")
ACTION = Text("What it does")
ACTIONS = {
    ReactionAction.RERUN: Text("Re-run it"),
    ReactionAction.VARY: Text("Make a variation"),
    ReactionAction.ANIMATE: Text("Animate"),
    ReactionAction.UPSCALE: Text("Upscale"),
    ReactionAction.SUBTITLES: Text("Add subtitles"),
    ReactionAction.SEND: Text("Send to my DMs"),
    ReactionAction.GALLERY: Text("Save to gallery"),
    ReactionAction.REMOVE: Text("Remove the result"),
}
REMOVE_EMOJI = Text("Nothing (remove this emoji)")
WHO = Text("Whose reactions count?")
MAY_REACT = {
    Who.EVERYONE: Text("Everyone's"),
    Who.AUTHOR: Text("Only the author's and moderators'"),
    Who.MODERATORS: Text("Only moderators'"),
}
"""Who.ROLE is chosen by its role."""
ROLE = Text("Only one role")
ROLE_HINT = Text("If set, only this role's reactions count.")
NEEDED = Text("How many members must react?")
PAYER = Text("Who pays?")
PAYERS = {
    Purse.REACTOR: Text("The person who reacts"),
    Purse.AUTHOR: Text("The author of the result"),
}
NOT_A_NUMBER_OF_MEMBERS = Text("Enter how many members must react: a number from 1 to {most}.", why="settings.value")
"""Refuse what is no number of members from 1 to `most`."""


# ---------------------------------------------------------------------- the gallery


GALLERY_NOW = Text("Gallery: {state}")
NO_GALLERY = Text("The gallery is off. To turn it on, press **Choose channel and stars…**.")
SET_GALLERY, END_GALLERY = Text("Choose channel and stars…"), Text("Turn off")
WEEK, NO_WEEK = Text("Best of the week"), Text("Choose a channel; none turns it off")
WEEK_ABOUT = Text("Every Monday at 9:00 I post the most starred results of the week there, if any has a star.")
PREVIEW_WEEK = Text("Preview the best of the week")
GALLERY_CHANNEL, GALLERY_STARS = Text("The gallery channel"), Text("Stars")
STARS_HINT = Text("How many stars a result needs to be shown there; 0 for every public result")
