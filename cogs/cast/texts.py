"""`/cast`."""

from __future__ import annotations

from bot.language import Plural, Text

CAST = "Characters and styles that stay the same: look at them, use them, or add one"
TITLE = Text("Cast")
ABOUT = Text("Write @Name in a prompt, or choose names in the option `cast`.")
COUNTED = Plural("{count} name", "{count} names")
NOTHING_YET = Text("Nobody is in the cast yet. Add a character from a picture, a result, or a few words.")
NOTHING_FOUND = Text("Nothing in the cast fits.")
LINE = Text("-# {kind} · {who} · by <@{maker}>")
STARTER_LINE = Text("-# {kind} · comes with the bot")
LOCKED_MARK = Text("locked")
ADD, ADD_STYLE = Text("Add a character"), Text("Add a style")
SEARCH, OPEN = Text("Search"), Text("Open a character or style")
EDIT, PICTURES, LOCK, UNLOCK, REMOVE, BACK = (
    Text("Edit"),
    Text("Replace pictures"),
    Text("Lock"),
    Text("Unlock"),
    Text("Remove"),
    Text("Whole cast"),
)
MAKE_PICTURE, MAKE_SHEET = Text("Make a picture"), Text("Make a character sheet")
WHO, WHO_ROLES = Text("Who can use it"), Text("Only some roles")
VOICE_LINE, MODEL_LINE = Text("Voice: {voice}"), Text("Model: {model}")
RATIO_LINE = Text("Aspect ratio: {ratio}")
ROLES_LINE = Text("Only {roles}")
ADDED, SAVED, REMOVED_NOW = (
    Text("{name} is in the cast now. Write @{name} in a prompt."),
    Text("Saved."),
    Text("{name} was removed from the cast. Results with {name} stay."),
)
SURE = Text("Remove {name} from the cast? Results with {name} stay.")
YES_REMOVE = Text("Yes, remove")

FORM_ADD, FORM_ADD_STYLE, FORM_EDIT, FORM_PICTURES, FORM_SEARCH = (
    Text("Add a character"),
    Text("Add a style"),
    Text("Edit the cast"),
    Text("Replace pictures"),
    Text("Search the cast"),
)
NAME, NAME_HELP = Text("Name"), Text("As you'll write it behind @, e.g. Mira")
LOOK, LOOK_HELP = Text("Look"), Text("Sent behind the prompt, e.g. a red fox with a blue scarf")
UPLOAD, UPLOAD_HELP = Text("Pictures"), Text("Up to 4: front, side, face. Without one, a sheet can be made.")
VOICE, VOICE_HELP = Text("Voice"), Text("ID from /audio voices, for narrations as this character")
MODEL, MODEL_HELP = Text("Model"), Text("Its name or ID; empty for any")
RATIO, RATIO_HELP = Text("Aspect ratio"), Text("E.g. 16:9; empty for any")
STYLE_UPLOAD_HELP = Text("One picture in this style, or none")
WORDS = Text("Part of a name")
SHEET = "Character sheet of {look}: front view, side view, and a close-up of the face, on a plain light background."
"""Sent to the API, in English."""
