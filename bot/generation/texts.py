"""What people read about generations, recipes and sources.

Titles and labels are those of the catalogue, in English; they are translated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.models import MediaKind
from bot.domain.words.text import harmless
from bot.language import Plural, Text, amount, because, both, span, tr
from bot.media.texts import kinds

# ---------------------------------------------------------------------- sources


GIVEN_IN_SEVERAL_WAYS = Text(
    "You gave “{field}” more than once. Leave out all but one: a file, a link, or an earlier job.",
    why="source.several",
    field=tr,
)
FILE_FOR = Text("The file for “{field}”", field=tr)


UNUSABLE = Text("{file} can't be used. {reason}")
"""Say which file is not accepted, and why; `file` is its name or `file_for`."""
NO_JOB = Text("You can't see a job {job} here. Choose one from the list.", why="source.hidden")
NOT_REVIEWED = Text("Job {job} has not passed this server's review, so it can't be used.", why="review.rejected")


TOO_MANY_FILES = Text("You gave {given} files and links. A request can have {most}.", why="file.too_many")
TOO_MANY_CHECKS = Text(
    "You used many files and links within a minute. Try again in {wait}.", why="file.too_many", wait=span
)


# ---------------------------------------------------------------------- earlier jobs

ERASED = Text(
    "The record of this job was erased, so its prompt and files are gone. Start a new one with the command.",
    why="source.erased",
)
IN_SHOOTOUT = Text(
    "Members are still voting on this result, so its model is secret. Try again when the vote has ended.",
    why="vote.open",
)
NOT_BY_SORA = Text("Job {job} was not made by Sora. Choose one that was.", why="input.model")


def earlier_output(kind: MediaKind) -> str:
    return {
        MediaKind.IMAGE: tr("The image of an earlier step"),
        MediaKind.VIDEO: tr("The video of an earlier step"),
        MediaKind.AUDIO: tr("The audio of an earlier step"),
        MediaKind.FILE: tr("The file of an earlier step"),
    }[kind]


# ---------------------------------------------------------------------- re-runs, variants and retries

AUTHORS_ONLY = Text(
    "On this server, only the author of a result can re-run it. Use the command instead.", why="owner.only"
)
NO_VARIANT = Text("I can't vary this: it has no prompt, or variations are turned off here.", why="result.no_variation")
NO_LOOK = Text(
    "This image was made without a character, so there is no other look. Use Subtle or Strong.", why="input.model"
)
NOTHING_FAILED = Text("This job did not fail. Use Re-run to make it again.", why="result.no_variation")
VARIED_IMAGE = Text("Image")
"""The label of the image that a variant is made of."""


def api_needs(labels: Sequence[str]) -> str:
    return tr("Cannon Studio also needs {fields} for this.", fields=both(tr(label) for label in labels))


# ---------------------------------------------------------------------- next steps and reactions

NO_RESULT = Text("There is no result yet, or it was removed.", why="source.no_result")


@because("file.kind")
def kind_needed(needed: Iterable[MediaKind]) -> str:
    return tr("This needs {kinds}, and there is none here.", kinds=kinds(needed))


KINDS_NOT_TAKEN = Text("{operation} does not take {kinds}.", why="file.kind", operation=tr, kinds=kinds)


# ---------------------------------------------------------------------- batches

NOT_ENHANCED = Text(
    "{operation} has no prompt to enhance. Leave `enhance` off.", why="result.no_variation", operation=tr
)
PROMPTS = Text(
    "`prompts` takes 1 to {most} prompts here, one a line or with | between them. Yours has {count}.",
    why="batch.prompts",
    most=amount,
    count=amount,
)
NO_BATCH = Text("{operation} needs more than a prompt, so it can't run as a batch.", why="batch.prompts", operation=tr)
IN_PROMPT = Text("Prompt {number}: {problem}")


# ---------------------------------------------------------------------- input as JSON

STRAIGHT_QUOTES = Text('Use straight quotes (`"`) for names and text.')
NOT_JSON = Text("This is not valid JSON. Check line {line}, column {column}.", why="input.json")


# ---------------------------------------------------------------------- recipes: their text

WRONG_LINE = Text("Line {line}: write it as `{example}`, with each name once.", why="recipe.form")
RECIPE_SIZE = Text("A recipe has 1 to {steps} steps, and up to {inputs} inputs.", why="recipe.form")
RECIPE_NAME = Text("A recipe's name has 1 to 40 lowercase letters, digits, spaces, - or _.", why="recipe.name")
EXAMPLE_PARAMETERS = Text("prompt: what it is about")
"""The inputs of a new recipe: `prompt` is the name that its steps use, the rest is for people."""


# ---------------------------------------------------------------------- recipes: whether they can be run


@because("recipe.input")
def unused_parameter(name: str) -> str:
    return tr("No step uses the input `{name}`. Write it in a step as {braces}.", name=name, braces=f"{{{name}}}")


IN_STEP = Text("Step {number}: {problem}")
NO_STEP_BEFORE = Text("Step {number} uses `{output}`. It can only use results of steps before it.", why="recipe.step")


@because("recipe.step")
def no_output(number: int, key: str, source: str, keys: Sequence[str]) -> str:
    """Refuse an output that the operation `source` does not have, with those that it has."""
    return tr(
        "Step {number} uses `{output}`, but {operation} returns {outputs}.",
        number=number,
        output=key,
        operation=tr(source),
        outputs=both(f"`{each}`" for each in keys),
    )


@because("recipe.step")
def output_of_wrong_kind(number: int, key: str, expected: frozenset[MediaKind]) -> str:
    return tr("Step {number}: `{output}` is not {kinds}.", number=number, output=key, kinds=kinds(sorted(expected)))


LINK_WITH_WORDS = Text("Step {number}: `{field}` takes only a link, without other words.", why="recipe.step")


# ---------------------------------------------------------------------- the recipes that come with the bot

TRAILER = Text("A short video with sound and subtitles from one idea")
TRAILER_PROMPT = Text("What is it about? For example: a lighthouse keeper in a storm")
TALKING_PORTRAIT = Text("A portrait that speaks your words")
PORTRAIT = Text("Who is it? For example: an old sailor, oil painting, facing us")
PORTRAIT_TEXT = Text("What do they say?")
POLISH = Text("A larger, sharper video with subtitles")
POLISHED_VIDEO = Text("Your video")

# ---------------------------------------------------------------------- what members say in words

WHAT_TO_SAY = Text(
    "Mention me with what you want, also in reply to a result: “a fox in the snow, 16:9”, “video of a river”, "
    "“music: slow jazz”, or “say: welcome”. `/help` explains more, and `/me` shows your credits."
)
WHAT_OF_PICTURE = Text("Tell me what to change, for example “make it night, wider” or “animate: slow zoom”.")
WHAT_OF_VIDEO = Text("With a video, I can do “upscale”, “subtitles”, or “sound of rain”.")
WHAT_OF_RESULT = Text("You can also say “again”, “vary”, or “3 more like this”.")
LIP_SYNC = Text("Lip sync needs a video and speech: use `/finish lipsync`.")

# ---------------------------------------------------------------------- questions to the moderators

ASK_AGAIN_LATER = Plural(
    "You just asked the moderators. You can ask them again in {count} minute.",
    "You just asked the moderators. You can ask them again in {count} minutes.",
    why="approval.waiting",
)


# ---------------------------------------------------------------------- a member's own defaults and presets


PRESET_OF_OTHER = Text(
    "The preset {name} is for {operation}. Choose another preset, or use that command.",
    why="preset.none",
    name=harmless,
    operation=tr,
)
"""Refuse a preset with an operation that it is not for; `operation` is the one that it is for."""
PRESET_MODEL_GONE = Text(
    "Your preset {name} uses the model {model}, which is no longer offered. Change the preset in `/me`.",
    name=harmless,
    model=harmless,
)
DEFAULT_MODEL_GONE = Text(
    "Your default model for {operation}, {model}, is no longer offered. Choose another one in `/me`.",
    operation=tr,
    model=harmless,
)
TOO_LONG_WITH_STYLE = Plural(
    "With your style suffix the prompt is longer than {count} character. Shorten it, or change the suffix in `/me`.",
    "With your style suffix the prompt is longer than {count} characters. Shorten it, or change the suffix in `/me`.",
    why="input.length",
)
"""Refuse a prompt that has more than `count` characters with the member's style suffix."""

# ---------------------------------------------------------------------- the next shot

FILM_UNREADABLE = Text("I can't read the last frame of this video. Use an image instead.", why="result.shots")
ONE_SHOT = Text("This video has one shot. Use Continue first, then Join.", why="result.shots")
NOT_JOINED = Text(
    "I can't join these shots to one file that fits here. Join fewer, or shorter ones.", why="result.shots"
)
TOO_MANY_FILMS = Text(
    "Videos of yours or of others are still being joined. Try again in a few minutes.", why="result.shots"
)
NO_FILMS_HERE = Text("This bot can't open videos. Its host can allow that.", why="result.shots")
NEXT_SHOT = Text("video")
