"""What `/recipe` and `/studio recipes` say to people, in one place: it can be reworded without touching logic.

Names and other text that members wrote come in escaped where the message shows Markdown.
"""

from bot.language import Text, ntr, tr

# ---------------------------------------------------------------------- commands and options

RECIPE_GROUP = "Recipes: several steps in one command"
RECIPE_RUN = "Run a recipe: see its steps and price first"
RECIPES_COMMAND = "Write, edit, delete, download or import recipes"

NAME_OPTION = "The recipe"
SHOWN_OPTION = "Open this recipe; leave empty for the list"

# ---------------------------------------------------------------------- finding one


def no_recipe(name: str, nearest: str) -> str:
    """Refuse a name that no recipe has, with the most similar one."""
    return tr("There is no recipe “{name}” here. Did you mean “{nearest}”?", name=name, nearest=nearest)


def no_such_recipe(name: str, example: str) -> str:
    """Refuse a name that no recipe has and none is similar to, with one that exists."""
    return tr("There is no recipe “{name}” here. Try “{example}”, for example.", name=name, example=example)


def choice(name: str, about: str) -> str:
    """Return a recipe in a list of choices."""
    return f"{name}: {about}"


# ---------------------------------------------------------------------- a recipe as it is shown

OPERATION_GONE = Text("no longer available")
INPUTS_SHOWN, OWNER, COSTS, STEPS_SHOWN = Text("Inputs"), Text("Made by"), Text("Costs"), Text("Steps")
BUILT_IN = Text("Built into the bot")
RUN = Text("Run")


def recipe_title(name: str) -> str:
    """Return the title of a recipe."""
    return tr("Recipe: {name}", name=name)


def step_line(number: int, title: str, note: str) -> str:
    """Return the first line of a step; `note` is its price, or that it is gone, or ''."""
    return f"**{number}. {title}**{f' · {note}' if note else ''}"


def field_line(label: str, value: str) -> str:
    """Return what a step fills in."""
    return f"-# {tr('{field}: {value}', field=label, value=value)}"


def result_of(step: int) -> str:
    """Return what stands for the result of an earlier step."""
    return tr("“result of step {number}”", number=step)


def input_shown(label: str) -> str:
    """Return what stands for what the member types."""
    return tr("“your input: {input}”", input=label)


def price(words: str) -> str:
    """Return what a run costs, under the steps."""
    return tr("**Price:** {price}", price=words)


def with_default(about: str, default: str) -> str:
    """Return what an input is about, with its default."""
    return f"{about} {tr('(default: {value})', value=default)}".strip()


# ---------------------------------------------------------------------- the moderators' panel

PANEL_TITLE = Text("Recipes")
OWN_RECIPES, BUILT_IN_RECIPES = Text("Of this server"), Text("Built into the bot")
NO_OWN_RECIPES = Text("None yet. Write one, or take one from a file.")
PICK, BACK, NEW, FROM_FILE = Text("Open a recipe…"), Text("All recipes"), Text("New recipe…"), Text("From a file…")
EDIT, COPY, DOWNLOAD, DELETE = Text("Edit…"), Text("Make a copy…"), Text("Download"), Text("Delete…")
FILE_FORM, FILE_INPUT = Text("Recipe from a file"), Text("File")
FILE_HELP = Text("A file that “Download” has written, on this or another server")


def panel_line(name: str, about: str, steps: int) -> str:
    """Return a recipe as a line of the list; `about` may be empty."""
    size = ntr("{count} step", "{count} steps", steps)
    return f"• **{name}** · {size}{f' · {about}' if about else ''}"


# ---------------------------------------------------------------------- deleting and sharing


def delete_question(name: str) -> str:
    """Ask whether to delete a recipe."""
    return tr("Delete the recipe “{name}”? Running jobs still finish. Download it first to keep a copy.", name=name)


def deleted(name: str) -> str:
    """Say that a recipe was deleted."""
    return tr("The recipe “{name}” was deleted.", name=name)


def cannot_delete_built_in(name: str) -> str:
    """Refuse to delete a recipe that comes with the bot."""
    return tr("“{name}” is built into the bot, so it cannot be deleted. You can make a copy of it.", name=name)


def downloaded(name: str) -> str:
    """Say what the file of a recipe is for."""
    return tr("This file is the recipe “{name}”. On another server, `/studio recipes` takes it in.", name=name)


# ---------------------------------------------------------------------- the form of a recipe

NEW_RECIPE, EDIT_RECIPE = Text("New recipe"), Text("Edit recipe")
NAME, NAME_HELP = Text("Name"), Text("Lowercase letters, digits and spaces, such as: night trailer")
ABOUT, ABOUT_HELP = Text("About"), Text("One line that says what it makes")
PARAMETERS = Text("Inputs")
PARAMETERS_HELP = Text("Up to five, one per line: “name: about”, or “name = default: about”")
STEPS = Text("Steps")
STEPS_HELP = Text("One paragraph each: the operation, then “field: value”; {prompt}, {1.image_url}")
EDIT_AGAIN = Text("Edit again")
TEXT_GONE = Text("This text has expired. Start again with `/studio recipes`.")


def saved(run: str, name: str, steps: int) -> str:
    """Say that a recipe was saved; `run` is the command that runs it."""
    return ntr(
        "The recipe “{name}” was saved. {run} runs its {count} step.",
        "The recipe “{name}” was saved. {run} runs its {count} steps.",
        steps,
        name=name,
        run=run,
    )


def not_saved(reason: str) -> str:
    """Say why a recipe was not saved; `reason` is a sentence."""
    return f"⚠️ {reason} {tr('The recipe was not saved. Your text is kept for a day.')}"


# ---------------------------------------------------------------------- the form of a run


def parameter(label: str) -> str:
    """Return what an input without a description is about."""
    return tr("What to use as {input}", input=label)


def link_or_job(about: str) -> str:
    """Return what an input is about that takes a medium."""
    return tr("{about} (link or job ID)", about=about)
