"""What people read about generations, recipes and sources.

Titles and labels are those of the catalogue, in English; they are translated here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.domain.models import MediaKind
from bot.domain.words.text import harmless
from bot.language import Plural, Text, because, both, either, span, tr

# ---------------------------------------------------------------------- sources

KIND_WORDS = {
    MediaKind.IMAGE: Text("an image"),
    MediaKind.VIDEO: Text("a video"),
    MediaKind.AUDIO: Text("an audio file"),
    MediaKind.FILE: Text("a file"),
}
UPLOAD_FORMATS = {
    MediaKind.IMAGE: ("PNG", "JPEG", "WebP", "GIF"),
    MediaKind.VIDEO: ("MP4", "MOV", "WebM"),
    MediaKind.AUDIO: ("MP3", "M4A", "WAV", "OGG", "FLAC"),
}
"""Formats that people have at hand, to name a few; what is taken besides is in bot/media/texts.py."""


def kinds(of: Iterable[MediaKind]) -> str:
    """Return kinds as a part of a sentence: `an image or a video`."""
    return either(str(KIND_WORDS[kind]) for kind in of)


GIVEN_IN_SEVERAL_WAYS = Text(
    "You gave “{field}” more than once. Leave out all but one: a file, a link, or an earlier job.",
    why="source.several",
    field=tr,
)
FILE_FOR = Text("The file for “{field}”", field=tr)
MADE_IN_PRACTICE = Text(
    "That file was made in practice mode, which has ended. Upload the file to use it.", why="practice.over"
)


@because("file.kind")
def wrong_upload(name: str, wanted: Collection[MediaKind]) -> str:
    """Refuse an uploaded file that is none of the `wanted` kinds, with formats that are."""
    known = [kind for kind in UPLOAD_FORMATS if kind in wanted]
    formats = dict.fromkeys(each for kind in known for each in UPLOAD_FORMATS[kind])
    return tr(
        "{name} is not {kinds}. Upload one of these: {formats}.", name=name, kinds=kinds(known), formats=either(formats)
    )


UNUSABLE = Text("{file} can't be used. {reason}")
"""Say which file is not accepted, and why; `file` is its name or `file_for`."""
NO_JOB = Text("You can't see a job {job} here. Choose one from the list.", why="source.hidden")
NOT_REVIEWED = Text("Job {job} has not passed this server's review, so it can't be used.", why="review.rejected")


@because("file.kind")
def no_result_of_kind(job_id: str, expected: frozenset[MediaKind]) -> str:
    return tr(
        "The result of job {job} is not {kinds}. Choose a job whose result is.",
        job=job_id,
        kinds=kinds(sorted(expected)),
    )


TOO_MANY_FILES = Text("You gave {given} files and links. A request can have {most}.", why="file.too_many")
TOO_MANY_CHECKS = Text(
    "You used many files and links within a minute. Try again in {wait}.", why="file.too_many", wait=span
)
CHECKS_TIMED_OUT = Text(
    "Your files and links could not be loaded within {time}. Try again, or upload the files.",
    why="file.host",
    time=span,
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
NO_SUCH_JOB = Text("You can't see a job with this ID here. Choose one from the list.", why="source.hidden")
NOT_BY_SORA = Text("Job {job} was not made by Sora. Choose one that was.", why="input.model")


def earlier_output(kind: MediaKind) -> str:
    return {
        MediaKind.IMAGE: tr("The image of an earlier step"),
        MediaKind.VIDEO: tr("The video of an earlier step"),
        MediaKind.AUDIO: tr("The audio of an earlier step"),
        MediaKind.FILE: tr("The file of an earlier step"),
    }[kind]


# ---------------------------------------------------------------------- re-runs, variants and retries

RERUNS_OFF = Text("Moderators have turned off re-runs on this server. Use the command instead.", why="command.off")
AUTHOR_PAYS_ONCE = Text(
    "You already did this here, and the author pays only once. Use the command to make more.", why="job.once"
)
AUTHORS_ONLY = Text(
    "On this server, only the author of a result can re-run it. Use the command instead.", why="owner.only"
)
NO_VARIANT = Text(
    "I can't vary this: it has no prompt or spoken text, or variations are turned off here.", why="result.no_variation"
)
NO_LOOK = Text(
    "This image was made without a character, so there is no other look. Use Subtle or Strong.", why="input.model"
)
NOTHING_FAILED = Text("This job did not fail. Use Re-run to make it again.", why="result.no_variation")
VARIED_IMAGE = Text("Image")
"""The label of the image that a variant is made of."""


def api_needs(labels: Sequence[str]) -> str:
    return tr("Cannon Studio also needs {fields} for this.", fields=both(tr(label) for label in labels))


# ---------------------------------------------------------------------- next steps and reactions

SPOILERS_OFF = Text("Spoilers are off on this server. Leave out `spoiler`.", why="command.off")
NO_RESULT = Text("There is no result yet, or it was removed.", why="source.no_result")


@because("file.kind")
def kind_needed(kind: MediaKind) -> str:
    return tr("This needs {kinds}, and there is none here.", kinds=kinds([kind]))


KINDS_NOT_TAKEN = Text("{operation} does not take {kinds}.", why="file.kind", operation=tr, kinds=kinds)


# ---------------------------------------------------------------------- batches

NO_PROMPT = Text("Type at least one prompt.", why="input.missing")
NOT_ENHANCED = Text(
    "{operation} has no prompt to enhance. Leave `enhance` off.", why="result.no_variation", operation=tr
)
NO_BATCH = Text("{operation} needs more than a prompt, so it can't run as a batch.", why="batch.prompts", operation=tr)
TOO_MANY_PROMPTS = Text("You typed {count} prompts. A batch can have {limit}.", why="batch.prompts")
IN_PROMPT = Text("Prompt {number}: {problem}")


# ---------------------------------------------------------------------- input as JSON

STRAIGHT_QUOTES = Text('Use straight quotes (`"`) for names and text.')
NOT_JSON = Text("This is not valid JSON. Check line {line}, column {column}.", why="input.json")


# ---------------------------------------------------------------------- recipes: their text

NOT_SHARED = Text(
    "This file is not a recipe. Choose one that was downloaded from `/studio recipes`.", why="recipe.file"
)
RECIPE_NAME = Text("A recipe's name has 1 to 40 lowercase letters, digits, spaces, - or _.", why="recipe.name")
BUILT_IN_NAME = Text("“{name}” is the name of a built-in recipe. Choose another one.", why="recipe.name")
EXAMPLE_PARAMETERS = Text("prompt: what it is about")
"""The inputs of a new recipe: `prompt` is the name that its steps use, the rest is for people."""
NOT_A_PARAMETER = Text(
    "Inputs, line {line}: start with a name in lowercase letters, such as `{example}`.", why="recipe.form"
)
PARAMETER_TWICE = Text("The input `{name}` is there twice. Remove one.", why="recipe.form")
TOO_MANY_PARAMETERS = Text("A recipe can have {limit} inputs; this one has {count}.", why="recipe.form")
NOT_A_VALUE = Text("Steps, line {line}: write it as `field: value`.", why="recipe.form")
FIELD_TWICE = Text("Steps, line {line}: `{field}` is there twice in this step. Remove one.", why="recipe.form")
WRONG_NUMBER_OF_STEPS = Text("A recipe has 1 to {limit} steps; this one has {count}.", why="recipe.form")


# ---------------------------------------------------------------------- recipes: whether they can be run


@because("recipe.input")
def unused_parameter(name: str) -> str:
    return tr("No step uses the input `{name}`. Write it in a step as {braces}.", name=name, braces=f"{{{name}}}")


IN_STEP = Text("Step {number}: {problem}")
FIELD_MISSING = Text("Step {number} ({operation}) needs `{field}`.", why="recipe.step", operation=tr)
NO_FIELD = Text("Step {number} ({operation}) has no field `{field}`.", why="recipe.step", operation=tr)
NO_PARAMETER = Text("Step {number} uses the input `{name}`, but the recipe has no such input.", why="recipe.input")


@because("recipe.step")
def no_step_before(number: int, ref: str) -> str:
    if number == 1:
        return tr("Step 1 uses `{output}`, but there is no step before it.", output=ref)
    return tr(
        "Step {number} uses `{output}`. It can only use results of steps 1 to {last}.",
        number=number,
        output=ref,
        last=number - 1,
    )


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


# ---------------------------------------------------------------------- recipes: a run


@because("recipe.input")
def unknown_argument(name: str, known: Sequence[str]) -> str:
    if not known:
        return tr("The recipe has no inputs, so `{name}` can't be used.", name=name)
    return tr("The recipe has no input `{name}`. It has {inputs}.", name=name, inputs=both(known))


@because("recipe.input")
def argument_missing(name: str, about: str) -> str:
    """Refuse a run without a required parameter; `about` may be empty."""
    if not about:
        return tr("The recipe needs {input}.", input=name)
    return tr("The recipe needs {input}: {about}", input=name, about=about)


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
TOO_MANY_IN_WORDS = Text("I can make 1 to {most} at once; you wrote {count}. Use a smaller number.")
WHAT_OF_PICTURE = Text("Tell me what to change, for example “make it night, wider”, “animate: slow zoom”, or “vary”.")
WHAT_OF_VIDEO = Text("With a video, I can do “upscale”, “subtitles”, “sound of rain”, “again”, or “vary”.")
WHAT_OF_SOUND = Text("With audio, I can do “again”, “vary”, or “lip sync”.")

# ---------------------------------------------------------------------- questions to the moderators

QUESTION_EXPIRED = Text("You already asked, or this question has expired. Run the command again.", why="price.expired")
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
STILL_JOINING = Text("Your last video is still being joined. Try again when it is posted.", why="result.shots")
TOO_MANY_JOINS = Text("You joined several videos within an hour. Try again in {wait}.", why="result.shots", wait=span)
TOO_MANY_FILMS = Text("Too many videos are waiting to be opened. Try again in a few minutes.", why="result.shots")
NO_FILMS_HERE = Text("This bot can't open videos. Its host can allow that.", why="result.shots")
NEXT_SHOT = Text("video")
