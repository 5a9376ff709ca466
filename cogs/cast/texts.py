"""`/cast`."""

from __future__ import annotations

from bot.language import Plural, Text

# ---------------------------------------------------------------------- commands and options

CAST = "Characters and styles that stay the same: look at them, use them, or add one"

# ---------------------------------------------------------------------- the gallery

TITLE = Text("Cast")
ABOUT = Text("Write @Name in a prompt, or choose names in the option `cast`.")
COUNTED = Plural("{count} name", "{count} names")
NOTHING_YET = Text("The cast is empty. Add a character from an image, a result, or a few words.")
NOTHING_FOUND = Text("Nothing in the cast matches.")
LINE = Text("-# {kind} · {who} · by <@{maker}>")
STARTER_LINE = Text("-# {kind} · comes with the bot")
LOCKED_MARK = Text("locked")
ADD, ADD_STYLE = Text("Add a character"), Text("Add a style")
SEARCH, OPEN = Text("Search"), Text("Open a character or style")
EDIT = Text("Edit")
LOCK, UNLOCK, REMOVE = Text("Lock"), Text("Unlock"), Text("Remove")
BACK = Text("Whole cast")
MAKE_IMAGE, MAKE_SHEET = Text("Make an image"), Text("Make a character sheet")
WHO, WHO_ROLES = Text("Who can use it"), Text("Only some roles")
ROLES_LINE = Text("Only {roles}")
ADDED = Text("{name} is in the cast now. Write @{name} in a prompt.")
SAVED = Text("Saved.")
REMOVED_NOW = Text("{name} was removed from the cast. Results with {name} stay.")
SURE = Text("Remove {name} from the cast? Results with {name} stay.")
YES_REMOVE = Text("Yes, remove")

# ---------------------------------------------------------------------- forms

FORM_ADD, FORM_ADD_STYLE, FORM_EDIT = Text("Add a character"), Text("Add a style"), Text("Edit the cast")
FORM_SEARCH = Text("Search the cast")
NAME, NAME_HELP = Text("Name"), Text("As you'll write it behind @, e.g. Mira")
LOOK, LOOK_HELP = Text("Look"), Text("Sent with the prompt, e.g. a red fox with a blue scarf")
STYLE_LOOK_HELP = Text("Sent with the prompt, e.g. loose watercolor on rough paper")
UPLOAD, REPLACE = Text("Images"), Text("Replace images")
UPLOAD_HELP = Text("Up to 4: front, side, face. Without one, a sheet can be made.")
STYLE_UPLOAD_HELP = Text("One image in this style, or none")
VOICE, VOICE_HELP = Text("Voice"), Text("Its ID from /audio voices, for narrations as this character")
MODEL, MODEL_HELP = Text("Model"), Text("Its name or ID; empty for any")
RATIO, RATIO_HELP = Text("Aspect ratio"), Text("E.g. 16:9; empty for any")
WORDS = Text("Part of a name")
