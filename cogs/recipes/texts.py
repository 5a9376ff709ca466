"""What `/recipe` and `/studio recipes` say to people.

Names and other text that members wrote come in escaped where the message shows Markdown.
"""

from collections.abc import Iterable, Mapping

from bot.domain.models import credits_text, credits_words
from bot.language import Explained, Plural, Text, ntr, sentences, tr, why_of

# ---------------------------------------------------------------------- commands and options

RECIPE_RUN = "Run a recipe: see its steps and price first"
RECIPES_COMMAND = "Write, edit, delete, or schedule recipes"

NAME_OPTION = "The recipe"
SHOWN_OPTION = "Open this recipe; leave empty for the list"

# ---------------------------------------------------------------------- finding one


NO_RECIPE = Text("There is no recipe “{name}” here. Try “{nearest}”.", why="recipe.none")


def choice(name: str, about: str) -> str:
    return tr("{option}: {value}", option=name, value=about)


# ---------------------------------------------------------------------- a recipe as it is shown

OPERATION_GONE = Text("no longer available")
INPUTS_SHOWN, OWNER, COSTS, STEPS_SHOWN = Text("Inputs"), Text("Made by"), Text("Costs"), Text("Steps")
BUILT_IN = Text("Built into the bot")
RUN = Text("Run")
RECIPE_TITLE = Text("Recipe: {name}")


def step_line(number: int, title: str, note: str) -> str:
    """Return the first line of a step; `note` is its price, or that it is gone, or ''."""
    return f"**{number}. {title}**{f' · {note}' if note else ''}"


def field_line(label: str, value: str) -> str:
    return "-# " + tr("{field}: {value}", field=label, value=value)


RESULT_OF = Text("“result of step {number}”")
INPUT_SHOWN = Text("“your input: {input}”")
PRICE = Text("**Price:** {price}")
STEP_NAMES: Mapping[str, Text] = {
    "prompt.enhance.image": Text("prompt"),
    "prompt.enhance.video": Text("prompt"),
    "prompt.enhance.variant": Text("prompt"),
    "prompt.enhance.location": Text("prompt"),
    "image.generate": Text("image"),
    "image.edit": Text("edited image"),
    "video.generate": Text("video"),
    "video.upscale": Text("larger video"),
    "music.generate": Text("music"),
    "narration.generate": Text("narration"),
    "soundfx.generate": Text("sound"),
    "lipsync.generate": Text("lip sync"),
    "subtitles.generate": Text("subtitles"),
    "smartmotion.generate": Text("motion"),
}
"""What a step adds, in a word, by its operation; of others the operation's title says it."""


def run_line(steps: Iterable[str], price: str) -> str:
    return f"{' → '.join(steps)} · {price}"


def with_default(about: str, default: str) -> str:
    note = tr("(default: {value})", value=default)
    return sentences(about, note)


# ---------------------------------------------------------------------- the moderators' panel

PANEL_TITLE = Text("Recipes")
OWN_RECIPES, BUILT_IN_RECIPES = Text("Server recipes"), Text("Built into the bot")
NO_OWN_RECIPES = Text("None yet.")
PICK, BACK, NEW = Text("Open a recipe…"), Text("All recipes"), Text("New recipe…")
EDIT, COPY, DELETE = Text("Edit…"), Text("Make a copy…"), Text("Delete…")


def panel_line(name: str, about: str, steps: int) -> str:
    """Return a recipe as a line of the list; `about` may be empty."""
    size = ntr("{count} step", "{count} steps", steps)
    return f"• **{name}** · {size}{f' · {about}' if about else ''}"


# ---------------------------------------------------------------------- deleting and sharing


DELETE_QUESTION = Text("Delete the recipe “{name}”? Running jobs still finish.")
DELETED = Text("The recipe “{name}” was deleted.")


# ---------------------------------------------------------------------- the form of a recipe

NEW_RECIPE, EDIT_RECIPE = Text("New recipe"), Text("Edit recipe")
NAME, NAME_HELP = Text("Name"), Text("Lowercase letters, digits, and spaces, such as: night trailer")
ABOUT, ABOUT_HELP = Text("About"), Text("One line that says what it makes")
PARAMETERS = Text("Inputs")
PARAMETERS_HELP = Text("Up to five, one per line: “name: about”, or “name = default: about”")
STEPS = Text("Steps")
STEPS_HELP = Text("One paragraph each: the operation, then “field: value”; {prompt}, {1.image_url}")
EDIT_AGAIN = Text("Edit again")
SAVED = Plural(
    "The recipe “{name}” was saved. `/recipe` runs its {count} step.",
    "The recipe “{name}” was saved. `/recipe` runs its {count} steps.",
)


def not_saved(reason: str) -> str:
    """Say why a recipe or a schedule was not saved; `reason` is a sentence."""
    kept = tr("Nothing was saved. Your text is kept for a day.")
    return Explained(f"⚠️ {sentences(reason, kept)}", why_of(reason))


# ---------------------------------------------------------------------- the form of a run


PARAMETER = Text("What to use as {input}")
LINK_OR_JOB = Text("{about} (link or job ID)")


# ---------------------------------------------------------------------- schedules

SCHEDULES, SCHEDULE, ALL_SCHEDULES = Text("Schedules…"), Text("Schedule…"), Text("All schedules")
NO_SCHEDULES = Text("No schedules yet. Schedule a prompt here, or open a recipe.")
ZONE_NOTE = Text("-# Times are in this server's time zone, {zone}. Change it in `/studio settings`.")
OPEN_SCHEDULE, SCHEDULE_PROMPT = Text("Open a schedule…"), Text("Schedule a prompt…")
KINDS: Mapping[str, Text] = {
    "image.generate": Text("Image"),
    "video.generate": Text("Video"),
    "music.generate": Text("Music"),
}
SCHEDULE_LINE = Text("**{title}** · {when} · <#{channel}> · {state}", title=str)
NEXT_RUN, IS_OFF = Text("next run {time}"), Text("off")
SCHEDULED_RUN = Text("⏰ Scheduled: {when} · {state}")
CHANNEL, LIMIT = Text("Channel"), Text("Monthly limit")
SPENT_OF = Text("Used this month: {spent} of {limit}", spent=credits_text, limit=credits_words)
A_RUN = Text("A run costs: {price}")
TURN_ON, TURN_OFF, RUN_NOW = Text("Turn on"), Text("Turn off"), Text("Run now")
DELETE_SCHEDULE = Text("Delete the schedule “{title}”? Running jobs still finish.")
PAID_BY_YOU = Text("It runs once you turn it on, paid from your limits and never above the monthly limit.")
NEW_SCHEDULE = Text("New schedule")
CHANNEL_HIDDEN = Text("You can't post in <#{channel}>, so a schedule of yours can't either.", why="place.permissions")
REPEAT, TIME, TIME_HELP = Text("Repeat"), Text("Time"), Text("09:00, or 2027-12-24 18:00 to run once ({zone})")
RUNS_DAILY, RUNS_ONCE, RUNS_WEEKLY = Text("Every day"), Text("Once"), Text("Weekly: {weekday}")
LIMIT_HELP = Text("Credits that its runs can cost in a calendar month")
PROMPT, INPUTS_LABEL = Text("Prompt"), Text("Inputs")
VARIABLES_HELP = Text("You can use {variables}")
