"""What members read about generations, recipes and sources, in one place: it can be reworded without touching logic.

Titles and labels are those of the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.harmless_text import harmless
from bot.domain.models import MediaKind
from bot.language import Text, ntr, tr

# ---------------------------------------------------------------------- sources

KIND_WORDS = {
    MediaKind.IMAGE: "a picture",
    MediaKind.VIDEO: "a video",
    MediaKind.AUDIO: "a sound",
    MediaKind.FILE: "a file",
}


UPLOAD_FORMATS = {
    MediaKind.IMAGE: ("PNG", "JPEG", "WebP", "GIF"),
    MediaKind.VIDEO: ("MP4", "MOV", "WebM"),
    MediaKind.AUDIO: ("MP3", "M4A", "WAV", "OGG", "FLAC"),
}
"""Formats that people have at hand, to name a few; what is taken besides is in bot/media/texts.py."""


def kinds(of: Sequence[MediaKind]) -> str:
    """Return kinds as a part of a sentence: `a picture or a video`."""
    *first, last = (KIND_WORDS[kind] for kind in of)
    return f"{', '.join(first)} or {last}" if first else last


def given_in_several_ways(label: str) -> str:
    """Refuse a file that was given in no way, or in several."""
    return f"Give the {label} in exactly one way: as a file, as a link, or as an earlier job."


def named_file(label: str, name: str) -> str:
    """Return what an uploaded file is called in sentences."""
    return f"{label} {name}"


MADE_IN_PRACTICE = "That was made in practice, and practice is over: upload the file to use it."


def wrong_upload(name: str, wanted: Collection[MediaKind]) -> str:
    """Refuse an uploaded file that is none of the `wanted` kinds, with formats that are."""
    known = [kind for kind in UPLOAD_FORMATS if kind in wanted]
    *first, last = dict.fromkeys(each for kind in known for each in UPLOAD_FORMATS[kind])
    article = "an" if (first or [last])[0].startswith("M") else "a"
    return f"{name} is not {kinds(known)}. Upload {article} {', '.join(first)} or {last}."


def unusable(label: str, sentence: str) -> str:
    """Say which file is not accepted, and why."""
    return f"The {label} cannot be used. {sentence}"


def no_job(typed: str) -> str:
    """Refuse a job that does not exist or is not visible to the member."""
    return f"There is no job {typed} here that you can see; pick one from the list."


def not_reviewed(job_id: str) -> str:
    """Refuse a result that members do not see."""
    return f"Job {job_id} has not passed this server's review, so it cannot be used."


def no_result_of_kind(job_id: str, expected: frozenset[MediaKind]) -> str:
    """Refuse a job that has no result of these kinds."""
    return f"Job {job_id} has no {' or '.join(sorted(expected))}; pick one that has."


def too_many_files(most: int, given: int) -> str:
    """Refuse a request with too many files."""
    return f"At most {most} files and links go into one request; this one has {given}."


def too_many_looks(wait_s: int) -> str:
    """Refuse a member who had many files checked in the last minute."""
    return f"You have had many files and links checked within a minute. Wait {wait_s} s, then try again."


def looks_timed_out(seconds: float) -> str:
    """Give up a request whose files took too long to check."""
    return f"Your files and links could not be checked within {seconds:g} seconds. Try again, or upload them."


# ---------------------------------------------------------------------- earlier jobs

ERASED = "Its record was erased, so nobody knows any more what it was made from."
NO_SUCH_JOB = "There is no such job here that you can see; pick one from the list."


def not_by_sora(job_id: str) -> str:
    """Refuse a job whose video Sora does not know."""
    return f"Job {job_id} was not made by Sora; pick one that was."


def earlier_output(kind: MediaKind) -> str:
    """Return the label of an earlier step's file, in a retry."""
    return f"{kind} of before"


# ---------------------------------------------------------------------- re-runs, variants and retries

RERUNS_OFF = "This server's moderators have switched re-runs off. The commands still work."
AUTHOR_PAYS_ONCE = "You have done this on this message already; its author pays for it once."
AUTHORS_ONLY = "In this server only who asked for a result may make more of it this way. The commands still work."
NO_VARIANT = "There is no variant of this: it has no prompt or spoken text, or what makes one is switched off here."
NO_LOOK = "This picture was made without a character, so there is no other look of one. Use Subtle or Strong."
NOTHING_FAILED = "This did not fail, or a moderator refused it. Use Re-run to make it again."
VARIED_IMAGE = "picture"
"""The label of the image that a variant is made of."""

SUBTLE_REWRITE = "Keep the subject and the composition. Change only small details, such as the light or the colours."
STRONG_REWRITE = "Keep the subject only. Change the composition, the setting and the mood boldly."
LOOK_REWRITE = "Keep the character's identity, face and pose. Change what they wear, its colours and materials."
SUBTLE_VIDEO_REWRITE = (
    "This describes a video. Keep the subject, what happens and the framing. Change only small details, such as the "
    "light, the colours or the pace."
)
STRONG_VIDEO_REWRITE = (
    "This describes a video. Keep the subject only. Change the setting, the camera's movement, the pace and the mood "
    "boldly."
)
SUBTLE_MUSIC_REWRITE = (
    "This describes music. Keep its genre and theme, and any lyrics word for word. Change only small details of the "
    "sound, such as the tempo, one instrument or the mood."
)
STRONG_MUSIC_REWRITE = (
    "This describes music. Keep its theme only, and any lyrics word for word. Change genre, tempo, instruments and "
    "mood boldly. Describe nothing that is seen."
)
SUBTLE_SOUND_REWRITE = (
    "This describes a sound. Keep what is heard. Change only small details, such as how near, how loud or in what kind "
    "of room it is."
)
STRONG_SOUND_REWRITE = (
    "This describes a sound. Keep only what makes it. Change its character, its surroundings and its course boldly. "
    "Describe nothing that is seen."
)
ENHANCE_MUSIC = (
    "This describes music. Make it a richer description: genre, tempo, instruments, mood, how the piece develops. Keep "
    "any lyrics word for word. Describe nothing that is seen."
)
ENHANCE_SOUND = (
    "This describes a sound. Make it a richer description: what makes it, how near it is, the room, how it begins and "
    "ends. Describe nothing that is seen."
)
"""All are read by the model that rewrites a prompt."""

# ---------------------------------------------------------------------- next steps and reactions

NO_RESULT = "There is no result of it."


def kind_needed(kind: MediaKind) -> str:
    """Refuse to go on from a card without a result of this kind."""
    return f"This needs {kinds([kind])}, and there is none."


def kinds_not_taken(title: str, of: Sequence[MediaKind]) -> str:
    """Refuse an operation that has no field for these kinds."""
    return f"{title} does not take {kinds(of)}."


# ---------------------------------------------------------------------- batches

NO_PROMPT = "There is no prompt in this."


def not_enhanced(title: str) -> str:
    """Refuse to rewrite what an operation speaks or does without."""
    return f"{title} has no prompt that could be rewritten first."


def no_batch(title: str) -> str:
    """Refuse an operation that cannot be run with a prompt alone."""
    return f"{title} needs more than words, so it cannot be run as a batch."


def too_many_prompts(limit: int, count: int) -> str:
    """Refuse more prompts than a card has jobs."""
    return f"A batch takes at most {limit} prompts; you gave {count}."


def in_prompt(number: int, sentence: str) -> str:
    """Say which prompt is wrong, counted from 1."""
    return f"Prompt {number}: {sentence}"


# ---------------------------------------------------------------------- input as JSON

STRAIGHT_QUOTES = ' Use straight quotes (") for names and text.'
JSON_TOO_DEEP = "This JSON is nested too deeply."


def not_json(line: int, column: int, reason: str, hint: str) -> str:
    """Say where the text stops being JSON, and why."""
    return f"This is not JSON: line {line}, column {column}: {reason}.{hint}"


def name_twice(name: str) -> str:
    """Refuse an object with the same name twice."""
    return f"The JSON has the name {name} twice; leave one of them out."


def not_a_number(word: str) -> str:
    """Refuse NaN and the infinities, which JSON does not have."""
    return f"The JSON holds {word}, which is not a number that can be sent."


# ---------------------------------------------------------------------- recipes: their text

NOT_SHARED = "This is not a recipe that this bot has shared."
RECIPE_NAME = "A recipe's name has 1 to 40 small letters, digits, spaces, - or _."
EXAMPLE_PARAMETERS = "prompt: what it is about"
EXAMPLE_STEPS = """\
image.generate
prompt: {prompt}
aspect_ratio: 16:9

video.generate
prompt: {prompt}
image_url: {1.image_url}"""


def built_in_name(name: str) -> str:
    """Refuse the name of a recipe that comes with the bot."""
    return f"“{name}” comes with the bot and stays as it is; give yours another name."


def not_a_parameter(line: int) -> str:
    """Refuse a line that is no parameter."""
    return (
        f"Line {line} of the parameters should begin with a name in small letters, such as `prompt: what it is about`."
    )


def parameter_twice(name: str) -> str:
    """Refuse two parameters of one name."""
    return f"The parameter `{name}` is there twice."


def too_many_parameters(limit: int, count: int) -> str:
    """Refuse more parameters than a form has inputs."""
    return f"A recipe has at most {limit} parameters; this one has {count}."


def not_a_value(line: int) -> str:
    """Refuse a line that is no value of a step."""
    return f"Line {line} of the steps should be `field: value`."


def field_twice(line: int, field: str) -> str:
    """Refuse a second value of one field."""
    return f"Line {line} gives `{field}` a second time."


def wrong_number_of_steps(limit: int, count: int) -> str:
    """Refuse a recipe with no steps, or with too many."""
    return f"A recipe has 1 to {limit} steps; this one has {count}."


# ---------------------------------------------------------------------- recipes: whether they can be run


def unused_parameter(name: str) -> str:
    """Refuse a parameter that changes nothing."""
    return f"The parameter `{name}` is used in no step."


def in_step(number: int, sentence: str) -> str:
    """Say which step is wrong, counted from 1."""
    return f"Step {number}: {sentence}"


def field_missing(number: int, title: str, field: str) -> str:
    """Refuse a step without a required field."""
    return f"Step {number} ({title}) needs `{field}`."


def no_field(number: int, title: str, field: str) -> str:
    """Refuse a value for a field that the operation does not have."""
    return f"Step {number} ({title}) has no field `{field}`."


def no_parameter(number: int, name: str) -> str:
    """Refuse a step with a parameter that is not declared."""
    return f"Step {number} uses the parameter `{name}`, which the recipe does not have."


def no_step_before(number: int, ref: str) -> str:
    """Refuse an output of a step that has not run by then."""
    if number > 1:
        return f"Step {number} takes `{ref}`; only the steps before it, 1 to {number - 1}, have outputs by then."
    return f"Step 1 takes `{ref}`, but there is no step before it."


def no_output(number: int, key: str, source: str, keys: Sequence[str]) -> str:
    """Refuse an output that the operation `source` does not have, with those that it has."""
    return f"Step {number} takes `{key}`, but {source} gives {', '.join(f'`{each}`' for each in keys)}."


def output_of_wrong_kind(number: int, key: str, expected: frozenset[MediaKind]) -> str:
    """Refuse an output that the field does not take."""
    return f"Step {number}: `{key}` is no {' or '.join(sorted(expected))}."


def link_with_words(number: int, field: str) -> str:
    """Refuse words around a link."""
    return f"Step {number}: `{field}` takes a link alone, without words around it."


# ---------------------------------------------------------------------- recipes: a run


def unknown_argument(name: str, known: Sequence[str]) -> str:
    """Refuse an argument for which the recipe has no parameter."""
    return f"The recipe has no parameter `{name}`; it has {', '.join(known) or 'none'}."


def argument_missing(name: str, about: str) -> str:
    """Refuse a run without a required parameter; `about` may be empty."""
    return f"The recipe needs `{name}`{f': {about}' if about else ''}."


# ---------------------------------------------------------------------- the recipes that come with the bot

TRAILER = "A short film with sound and subtitles from one idea"
TRAILER_PROMPT = "What it is about, e.g. a lighthouse keeper in a storm"
TALKING_PORTRAIT = "A portrait that speaks your words"
PORTRAIT = "Who it is, e.g. an old sailor, oil painting, looking at us"
PORTRAIT_TEXT = "What is said"
POLISH = "A larger, sharper video with subtitles"
POLISHED_VIDEO = "A link to the video"


def api_needs(labels: Sequence[str]) -> str:
    """Say which fields Cannon Studio itself has asked for."""
    return f"Cannon Studio needs {' and '.join(f'the {label}' for label in labels)} for this."


def varied(instruction: str, prompt: str) -> str:
    """Return the prompt that edits a picture into a variant; `prompt`: what the picture was made from, '' for none."""
    return f"{instruction} The picture shows: {prompt}" if prompt else instruction


# ---------------------------------------------------------------------- what members say in words

WHAT_TO_SAY = (
    "Mention me with what you want, for example “a fox in the snow, 16:9”, “video of a river”, “music: slow jazz” or "
    "“say: welcome”. Or reply to a result and mention me."
)
WHAT_OF_PICTURE = "Tell me what to change, for example “make it night, wider”, “animate: slow zoom”, “again” or “vary”."
WHAT_OF_VIDEO = "Of a video I can make “upscale”, “subtitles”, “sound of rain”, “again” or “vary”."
WHAT_OF_SOUND = "Of a sound I can make “again”, “vary” or “lip sync”."
FOR_VIDEOS_ONLY = "That works on videos. Of a picture I can make a change, “animate”, “again” or “vary”."


def reshape(ratio: str) -> str:
    """Return the prompt of an edit that changes nothing but the format; `ratio` as in 16:9."""
    return f"Keep the picture as it is and continue the scene to fill {ratio}."


# ---------------------------------------------------------------------- questions to the moderators

QUESTION_EXPIRED = Text("You already asked, or this question has expired. Run the command again.")


def ask_again_later(minutes: int) -> str:
    """Refuse a second question to the moderators within so many minutes."""
    return ntr(
        "You just asked the moderators. You can ask them again in {count} minute.",
        "You just asked the moderators. You can ask them again in {count} minutes.",
        minutes,
    )


# ---------------------------------------------------------------------- a member's own defaults and presets


def preset_of_other(name: str, title: str) -> str:
    """Refuse a preset with an operation that it is not for; `title` is the one that it is for."""
    return tr(
        "The preset {name} is for {operation}. Choose another preset, or use that command.",
        name=harmless(name),
        operation=tr(title),
    )


def preset_model_gone(name: str, model: str) -> str:
    """Refuse a preset whose model is no longer offered."""
    return tr(
        "Your preset {name} uses the model {model}, which is no longer offered. Change the preset in `/me`.",
        name=harmless(name),
        model=harmless(model),
    )


def default_model_gone(model: str, title: str) -> str:
    """Refuse a member's default model that is no longer offered for an operation."""
    return tr(
        "Your default model for {operation}, {model}, is no longer offered. Choose another one in `/me`.",
        operation=tr(title),
        model=harmless(model),
    )


def too_long_with_style(most: int) -> str:
    """Refuse a prompt that has more than `most` characters with the member's style suffix."""
    return ntr(
        "With your style suffix the prompt is longer than {count} character."
        " Shorten it, or change the suffix in `/me`.",
        "With your style suffix the prompt is longer than {count} characters."
        " Shorten it, or change the suffix in `/me`.",
        most,
    )
