"""What the commands that make something say to people.

The description of an option that is a field of an operation is the field's help, in `bot/catalogue/operations`.
Descriptions of commands and options are plain: Discord gets them in every language.
"""

from bot.domain.models import credits_words
from bot.language import Plural, Text, amount

# ---------------------------------------------------------------------- commands and options: of several commands

PICTURES_OPTION = "How many to make, 1 to 4; each is charged (default: set by the server)"
COUNT_OPTION = "How many to make, 1 to 4; each is charged as a separate job"
CAST_OPTION = "Names from `/cast`, separated by commas; or write @Name"
STYLE_OPTION = "A style from `/cast`, or your own words, e.g. film noir"
PAY_OPTION = "Who pays this time, if you have linked your own account in `/me`"
PAY_SERVER, PAY_MINE = "The server", "My own account"
PRESET_OPTION = "One of your presets from `/me`; fills in what you leave out"
ENHANCE_OPTION = Text("Improve the prompt first (1 credit); the card shows both versions")
FROM_OPTION = "Instead of an upload: an earlier job, a link, or a Discord message's link"
REFERENCES_FROM_OPTION = "Instead of uploads: earlier jobs or links, separated by spaces"
REFERENCE_OPTION = "Reference image; for several, use the option more"
REST_OPTION = "Open a form with everything else this command takes"

# ---------------------------------------------------------------------- commands and options: /image

IMAGE_GROUP = "Generate and edit images"
IMAGE_GENERATE = "Generate an image from a prompt"
IMAGE_EDIT = "Edit an image with a prompt"
IMAGE_TO_EDIT_OPTION = "Image to edit"

# ---------------------------------------------------------------------- commands and options: /video

VIDEO_GROUP = "Generate videos"
VIDEO_GENERATE = "Generate a video from a prompt, an image, or a video"
VIDEO_START_OPTION = "Image to start from, or video to continue (Wan 2.7)"
VIDEO_FROM_OPTION = "Instead of an upload: the job or link of an image to start from or a video to continue"

# ---------------------------------------------------------------------- commands and options: /audio

AUDIO_GROUP = "Generate music, narration, and sound effects"
AUDIO_MUSIC = "Generate music from a prompt"
AUDIO_NARRATION = "Turn text into speech"
AUDIO_VOICES = "Listen to the voices used on this server, and choose your default"
AUDIO_SOUNDFX = "Generate a sound effect from a prompt or for a video"
SOUNDFX_VIDEO_OPTION = "Video to make the sound effect for"

# ---------------------------------------------------------------------- /audio voices

VOICES_TITLE = Text("Voices")
NO_VOICES = Text(
    "No voice has been used here yet. You create voices in the Cannon Studio app. Use the ID of one in "
    "`/audio narration`, and it is listed here once it has worked."
)
VOICES_ABOUT = Text("Choose a voice to listen to it or to make it your default.")
CHOOSE_VOICE = Text("Choose a voice")
SAMPLE_WORDS = Text("Hello! This is how I sound when I read a text aloud to you.")
LISTEN = Text("Listen")
MAKE_SAMPLE = Text("Make a sample")
MAKE_MINE, DROP_MINE = Text("Make my default"), Text("Remove as my default")
MAKE_OURS, DROP_OURS = Text("Make server default"), Text("Remove as server default")
FOR_CHARACTER, HAS_VOICE = Text("Use for a character"), Text("Has this voice; choose again to remove it")
NAME_VOICE, NAME_VOICE_FORM, NAME_VOICE_INPUT = Text("Rename…"), Text("Name this voice"), Text("Name (empty for none)")
ALL_VOICES = Text("All voices")
YOUR_DEFAULT, SERVERS_DEFAULT = Text("your default"), Text("server default")
NOT_USED = Text("not used yet")
SAMPLE_GONE = Text("The file of this sample is gone. You can make a new sample.", why="file.gone")
VOICE_USED = Text("last used {when} with {operation}")


# ---------------------------------------------------------------------- commands and options: /prompt

PROMPT = "Improve a prompt, for 1 credit, or generate a 3D location from one"
PROMPT_FOR_OPTION = "What the prompt is for"
FOR_IMAGE, FOR_VIDEO, FOR_LOCATION = "image", "video", "location"
FOR_VARIANT, MADE_LOCATION = "character variant", "3D location (generates it)"

# ---------------------------------------------------------------------- commands and options: /finish

FINISH_GROUP = "Lip sync, subtitles, motion, and upscaling"
FINISH_LIPSYNC = "Sync the lips in a video to speech"
LIPSYNC_VIDEO_OPTION = "Video to lip-sync"
LIPSYNC_AUDIO_OPTION = "Speech to sync with"
LIPSYNC_AUDIO_FROM_OPTION = "Instead of an upload of speech: an earlier job or a link"
FINISH_SUBTITLES = "Add subtitles to a video"
SUBTITLES_VIDEO_OPTION = "Video to subtitle"
FINISH_MOTION = "Animate an image or a video"
MOTION_FILE_OPTION = "Image or video to animate"
FINISH_UPSCALE = "Upscale a video: larger and sharper"
UPSCALE_VIDEO_OPTION = "Video to upscale"

# ---------------------------------------------------------------------- commands and options: /sora

SORA = "Retired on 2026-09-24: make or change a video with Sora 2"
SORA_FOR_OPTION = "What to do; a form asks for the rest"
SORA_CHARACTER, SORA_VIDEO = "new character", "character video"
SORA_EDIT, SORA_EXTEND, SORA_REMIX = "edit", "extend", "remix"
CHARACTER_NAME_OPTION = Text("Name of the character, e.g. Captain Fog")
CHARACTER_VIDEO_OPTION = Text("Short video of the character, about 2 to 4 seconds")
SORA_PROMPT_OPTION = Text("What happens, e.g. Captain Fog waves from the bridge")
SORA_CHARACTER_OPTION = Text("ID of the character, from the result of a new character")

# ---------------------------------------------------------------------- commands and options: of generated commands

THREE_D_GROUP = "Generate 3D locations and objects"
MORE_GROUP = "More Cannon Studio operations"
OF_FILE, OF_LINK = "Upload: {label}", "Job or link: {label}"

# ---------------------------------------------------------------------- commands and options: /batch

BATCH = "Run one operation on up to 20 prompts"
BATCH_OPERATION_OPTION = "What to make from each prompt"
BATCH_PROMPTS_OPTION = "Prompts, separated by |"
BATCH_FILE_OPTION = "Text file with one prompt per line, instead of prompts"
BATCH_MODEL_OPTION = "Model for all prompts"
BATCH_ENHANCE_OPTION = "Improve each prompt first (1 credit each, up to 10 prompts)"
BATCH_ASPECT_RATIO_OPTION = "Aspect ratio for all prompts, e.g. 16:9"

# ---------------------------------------------------------------------- refusals

PROMPTS_NOT_GIVEN = Text("Give the prompts once: in `prompts`, separated by |, or as a `file`.", why="source.several")

START_FILE, REFERENCE_FILE = Text("start image or video"), Text("reference image")
MOTION_FILE = Text("image or video")
FILE_NOT_GIVEN = Text(
    "A file is missing: {file}. Upload one, paste a link, or choose an earlier job.", why="input.missing"
)
"""Refuse a request without the file that it needs; `label` names it in the language of the moment."""


# ---------------------------------------------------------------------- the form of an operation

CHOOSE_OPERATION = Text("What do you want to make?")
CHOOSE_OPERATION_HELP = Text("Each option costs the same as its command")
UPLOAD_HELP = Text("Upload a file, or use the link below")
LINK_HELP = Text("A link to the file, or the ID of an earlier job")
LINKS_HELP = Text("Links or job IDs, separated by spaces")
JSON_INPUT = Text("Input as JSON; null values are left out")
COUNT_LABEL, ENHANCE_LABEL = Text("Count"), Text("Improve the prompt")
OTHER_FIELDS = Text("Everything else")
OTHER_FIELDS_HELP = Text("One field on each line: type its value after the colon, or leave it empty")
NOT_A_FIELD = Text(
    "“{line}” is no field of this form. Begin each line with one of these and a colon: {fields}.", why="input.name"
)
LEAVE_OPEN = Text("Don't set it")
"""The choice of a form that leaves a field out."""
YES_TO_FIELD, NO_TO_FIELD = Text("Yes"), Text("No")
UPLOADS_HELP = Plural(
    "Upload {count} file, or use the links below", "Upload up to {count} files, or use the links below"
)
LINK_OR_JOB = Text("{file}: link or job ID")
"""Return the label of the input that takes a link or the id of a job; `label` as in `file_not_given`."""
TOO_LONG_FOR_FORM = Text(
    "The text has {length} characters, but a form takes only {limit}. Use the slash command.",
    why="input.length",
    length=amount,
    limit=amount,
)
"""Refuse to show a text in a form that takes `limit` characters of it."""


# ---------------------------------------------------------------------- prices to confirm

YES, YES_ASK, NO = Text("Yes, make it"), Text("Yes, ask a moderator"), Text("No")
FILL_IN = Text("Fill in…")
CONTINUE, CANCEL = Text("Continue anyway"), Text("Cancel")
PAYS_SERVER, PAYS_MINE = Text("The server pays"), Text("I pay")
PAY_WITH_MINE = Text("Pay with mine")
MINE_PAYS = Text("Your own account pays.")
WHO_PAYS = Text("Who pays? I'll remember your answer for this server; `/me` changes it.")
NOTHING_SPENT_YET = Text("You are not charged until you confirm.")
MAY_PAY_TWICE = Text(
    "Cannon Studio never confirmed the earlier attempt. It **may have been charged**, and this one is charged too."
)
NOT_MADE = Text("Canceled. You were not charged.")


PRICE_EXACT = Text("This costs **{credits}**.", credits=credits_words)
PRICE_ABOUT = Text("This will cost about **{credits}**.", credits=credits_words)
MORE_CAUTIONS = Plural("…and {count} more warning.", "…and {count} more warnings.")


PRICE_UNKNOWN = Text(
    "The price is **not known yet**: perhaps {credits}, and it can be more. A moderator can set a price in "
    "`/studio settings`.",
    credits=credits_words,
)


# ---------------------------------------------------------------------- other

GRANT_OR_PRIVATE = Text("Ask a moderator to grant it, or use `private`.", why="place.permissions")
"""Added where the result could not be posted."""
JUST_NOW = Text("just now")

# ---------------------------------------------------------------------- what a limit refuses

MAKE_FEWER = Text("Make {count} of {all}")
ASK_MODERATORS = Text("Ask a moderator")
