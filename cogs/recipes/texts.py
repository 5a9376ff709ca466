"""What `/recipe` says to people, in one place: it can be reworded without touching logic.

Names and other text that members wrote come in escaped where the message shows Markdown.
"""


# ---------------------------------------------------------------------- commands and options

RECIPE_GROUP = "Recipes: several steps with one command"
RECIPE_RUN = "Run a recipe: all its steps, on one card, at one price"
RECIPE_SHOW = "What a recipe does, step by step"
RECIPE_CREATE = "Write a recipe, or take one from a file; for moderators"
RECIPE_EDIT = "Change a recipe, or make your own of one; for moderators"
RECIPE_DELETE = "Delete a recipe of this server; for moderators"
RECIPE_SHARE = "A recipe as a file, to be taken to another server"

NAME_OPTION = "The recipe"
FILE_OPTION = "A recipe that `/recipe share` has written; left out, you write it in a form"
EDITED_OPTION = "The recipe; of one that comes with the bot a copy is made, under a new name"


def no_recipe(name: str, hint: str) -> str:
    """Refuse a name that no recipe has; `hint` is a sentence."""
    return f"There is no recipe “{name}” here. {hint}"


def nearest(name: str) -> str:
    """Return the hint with the most similar name."""
    return f"The nearest is “{name}”."


def for_example(name: str) -> str:
    """Return the hint with a name that exists, where none is similar."""
    return f"There is “{name}”, for example."


def choice(name: str, about: str) -> str:
    """Return a recipe in a list of choices."""
    return f"{name}: {about}"


# ---------------------------------------------------------------------- a recipe as it is shown

OPERATION_GONE = "no longer there"
PARAMETERS_SHOWN, OWNER, COSTS = "Asks for", "Whose", "Costs"
BUILT_IN = "It comes with the bot."


def recipe_title(name: str) -> str:
    """Return the title of a recipe."""
    return f"Recipe: {name}"


def made_by(member_id: int) -> str:
    """Return who wrote a recipe."""
    return f"By <@{member_id}>."


def with_default(about: str, default: str) -> str:
    """Return what a parameter is about, with its default."""
    return f"{about} (else: {default})"


# ---------------------------------------------------------------------- deleting and sharing


def delete_question(name: str) -> str:
    """Ask whether to delete a recipe."""
    return f"Delete the recipe “{name}”? What runs of it goes on. `/recipe share` keeps it as a file."


def deleted(name: str) -> str:
    """Say that a recipe was deleted."""
    return f"Deleted: “{name}”."


def cannot_delete_built_in(name: str) -> str:
    """Refuse to delete a recipe that comes with the bot."""
    return f"“{name}” comes with the bot and stays; you can make your own of it."


def shared(name: str) -> str:
    """Say what the file of a recipe is for."""
    return f"`/recipe create` with this file makes “{name}” on another server."


# ---------------------------------------------------------------------- the form of a recipe

NEW_RECIPE, EDIT_RECIPE = "New recipe", "Edit recipe"
NAME, NAME_HELP = "Name", "Small letters, digits, spaces, such as: night trailer"
ABOUT, ABOUT_HELP = "About", "One line that says what it makes"
PARAMETERS = "Parameters"
PARAMETERS_HELP = "At most five, one a line: “name: about”, or “name = default: about”"
STEPS, STEPS_HELP = "Steps", "Each a paragraph: the operation, then “field: value”; {prompt}, {1.image_url}"
EDIT_AGAIN = "Edit again"
TEXT_GONE = "This text is no longer kept; please start again with `/recipe create`."


def saved(run: str, name: str, steps: int) -> str:
    """Say that a recipe was saved; `run` is the command that runs it."""
    return f"Saved. {run} with “{name}” runs its {steps} steps."


def not_saved(reason: str) -> str:
    """Say why a recipe was not saved; `reason` is a sentence."""
    return f"⚠️ {reason} Nothing was saved; your text is kept for a day."


# ---------------------------------------------------------------------- the form of a run


def parameter(name: str) -> str:
    """Return what a parameter without a description is about."""
    return f"What stands for {{{name}}}"


def link_or_job(about: str) -> str:
    """Return what a parameter is about that takes a medium."""
    return f"{about} (link or job id)"
