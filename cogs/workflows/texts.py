"""What the commands that make something say to people, in one place: it can be reworded without touching logic.

The description of an option that is a field of an operation is the field's help, in `bot/catalogue/operations`. Amounts
of credits come in as text.
"""

from decimal import Decimal

from bot.domain.models import credits_text, credits_words
from bot.language import Text

# ---------------------------------------------------------------------- options of several commands

PICTURES_OPTION = "How many to make, 1 to 4; left out, as many as this server has set. Each costs as one"
COUNT_OPTION = "How many to make, 1 to 4; each is a job of its own and costs as one"
PRESET_OPTION = "One of your presets from /me; fills in what you leave out"
ENHANCE_OPTION = "Rewrite the prompt first (a step of its own, 1 credit); the card shows both"
URL_OPTION = "A link to the file, or to a Discord message that has it"
JOB_OPTION = "An earlier job of this server: its result is taken"
REFERENCE_OPTION = "A picture to follow"
REFERENCE_URLS_OPTION = "Links or job ids of pictures to follow, with spaces between"

# ---------------------------------------------------------------------- /image

IMAGE_GROUP = "Make and change pictures"
IMAGE_GENERATE = "Make a picture from words"
IMAGE_REFERENCE_JOB_OPTION = "An earlier job whose picture is followed"
IMAGE_EDIT = "Change a picture by words"
IMAGE_TO_EDIT_OPTION = "The picture to change"

# ---------------------------------------------------------------------- /video

VIDEO_GROUP = "Make films"
VIDEO_GENERATE = "Make a film from words, a picture or a clip"
VIDEO_START_OPTION = "The picture it starts from, or the clip it goes on from (Wan 2.7)"
VIDEO_START_URL_OPTION = "A link to that picture or clip, or to a Discord message that has it"
VIDEO_START_JOB_OPTION = "An earlier job whose picture or clip it starts from"
VIDEO_END_OPTION = "The picture it ends on"
VIDEO_END_URL_OPTION = "A link to the picture it ends on, or to a Discord message that has it"
VIDEO_END_JOB_OPTION = "An earlier job whose picture it ends on"
VIDEO_AUDIO_OPTION = "The sound that goes with it (Wan 2.7)"
VIDEO_AUDIO_URL_OPTION = "A link to the sound that goes with it, or to a Discord message that has it"
VIDEO_AUDIO_JOB_OPTION = "An earlier job whose sound goes with it"

# ---------------------------------------------------------------------- /audio

AUDIO_GROUP = "Make music, narration and sound effects"
AUDIO_MUSIC = "Make a piece of music from words"
AUDIO_NARRATION = "Have a text read aloud"
AUDIO_VOICES = "The voices that worked here: listen to them, and choose yours"
AUDIO_SOUNDFX = "Make a sound effect from words, or for a video"
SOUNDFX_VIDEO_OPTION = "The video that the sound is made for"

# ---------------------------------------------------------------------- /audio voices

VOICES_TITLE = "Voices"
NO_VOICES = (
    "No voice has worked here yet. Voices are made in Cannon Studio's app; give the id of one to `/audio narration`, "
    "and it is listed here once it worked."
)
VOICES_ABOUT = "Choose one below to listen to it, or to make it your default."
CHOOSE_VOICE = "Choose a voice"
SAMPLE_WORDS = "Good day. This is how I sound when I read a text aloud to you."
LISTEN = "Listen"
MAKE_SAMPLE = "Make a sample"
MAKE_MINE, DROP_MINE = "Use as my default", "Stop using as my default"
MAKE_OURS, DROP_OURS = "Use as the server's default", "Stop using as the server's default"
NAME_VOICE, NAME_VOICE_FORM, NAME_VOICE_INPUT = "Label…", "Label of a voice", "Label, empty for none"
ALL_VOICES = "All voices"
YOUR_DEFAULT, SERVERS_DEFAULT = "your default", "the server's default"
NOT_USED = "not used yet"
SAMPLE_NOT_READY = "The sample of this voice is being made. Press Listen again in a moment."
SAMPLE_ELSEWHERE = "The sample of this voice is in a channel that you do not see, so it cannot be played to you."
SAMPLE_GONE = "The file of this sample is gone. Another one can be made now."
SAMPLE_LATER = "The file of this sample cannot be loaded now. Try again later."


def voice_used(when: str, operation: str) -> str:
    """Say when a voice was last used, and by which operation."""
    return f"used {when} by {operation}"


# ---------------------------------------------------------------------- /prompt

PROMPT_GROUP = "Have a prompt rewritten, 1 credit each"
PROMPT_IMAGE = "Make a prompt for a picture better"
PROMPT_VIDEO = "Make a prompt for a film better"
PROMPT_LOCATION = "Make a prompt for a place better"
PROMPT_VARIANT = "Turn a character's prompt into a variant: other clothes, same person"

# ---------------------------------------------------------------------- /finish

FINISH_GROUP = "Lip sync, subtitles, motion and upscaling"

FINISH_LIPSYNC = "Move the lips in a video to a speech"
LIPSYNC_VIDEO_OPTION = "The video whose lips are to move"
LIPSYNC_VIDEO_URL_OPTION = "A link to the video, or to a Discord message that has it"
LIPSYNC_VIDEO_JOB_OPTION = "An earlier job whose video is taken"
LIPSYNC_AUDIO_OPTION = "The speech that they follow"
LIPSYNC_AUDIO_URL_OPTION = "A link to the speech, or to a Discord message that has it"
LIPSYNC_AUDIO_JOB_OPTION = "An earlier job whose sound is taken"

FINISH_SUBTITLES = "Burn subtitles into a video"
SUBTITLES_VIDEO_OPTION = "The video that gets subtitles"
SUBTITLES_FONT_OPTION = "The typeface, e.g. Arial"
SUBTITLES_FONT_SIZE_OPTION = "The size of the letters, e.g. 48"
SUBTITLES_COLOR_OPTION = "The colour of the letters, e.g. #FFFFFF"
SUBTITLES_STROKE_COLOR_OPTION = "The colour of the outline, e.g. #000000"
SUBTITLES_STROKE_WIDTH_OPTION = "How thick the outline is, e.g. 4"

FINISH_MOTION = "Bring a picture or a video into motion"
MOTION_FILE_OPTION = "The picture or video that gets motion"
MOTION_PAN_OPTION = "Camera: turn to the side, e.g. 10"
MOTION_TILT_OPTION = "Camera: turn up or down, e.g. -5"
MOTION_ROLL_OPTION = "Camera: lean, e.g. 3"
MOTION_ZOOM_OPTION = "Camera: zoom, e.g. 18"
MOTION_HORIZONTAL_OPTION = "Camera: move to the side, e.g. 10"
MOTION_VERTICAL_OPTION = "Camera: move up or down, e.g. 10"

FINISH_UPSCALE = "Make a video larger and sharper"
UPSCALE_VIDEO_OPTION = "The video to make larger"
UPSCALE_THUMBNAIL_OPTION = "A still picture that stands for the video"
UPSCALE_THUMBNAIL_JOB_OPTION = "An earlier job whose picture stands for the video"
UPSCALE_THUMBNAIL_URL_OPTION = "A link to a still picture that stands for the video"

# ---------------------------------------------------------------------- /sora

SORA_GROUP = "Sora 2: characters, edits, extensions, remixes"
SORA_CHARACTER = "Make a Sora 2 character from a short video"
SORA_VIDEO = "Make a video with a Sora 2 character"
SORA_EDIT = "Change a Sora 2 video by words"
SORA_EXTEND = "Let a Sora 2 video go on"
SORA_REMIX = "Make something else of a Sora 2 video"
CHARACTER_NAME_OPTION = "The character's name, e.g. Captain Fog"
CHARACTER_VIDEO_OPTION = "A short video that shows the character, 2 to 4 seconds at other providers"
SORA_PROMPT_OPTION = "What happens, e.g. Captain Fog waves from the bridge"
SORA_CHARACTER_OPTION = "The character's id, from the result of /sora character"
SORA_MODEL_OPTION = "Which model, e.g. sora-2-pro (1080p needs it)"
SORA_DURATION_OPTION = "How long, in seconds: 4, 8, 12, 16 or 20"
SORA_ASPECT_RATIO_OPTION = "Portrait or landscape: 9:16 or 16:9"
SORA_RESOLUTION_OPTION = "How sharp, e.g. 1080p (with sora-2-pro)"
SORA_VIDEO_ID_OPTION = "The id of a Sora video, e.g. video_68c1…; or pick a job"
SORA_SOURCE_OPTION = "The same video as a file, if Cannon Studio asks for it"
SORA_SOURCE_JOB_OPTION = "An earlier job that made the same video, if Cannon Studio asks for it"
SORA_SOURCE_URL_OPTION = "A link to the same video, if Cannon Studio asks for it"
SORA_VIDEO_NOT_GIVEN = "Give the Sora video in exactly one way: its id (`video_…`), or the job that made it."

# ---------------------------------------------------------------------- /batch

BATCH = "Up to 20 prompts for one operation, on one card"
BATCH_OPERATION_OPTION = "What to make of each prompt"
BATCH_PROMPTS_OPTION = "The prompts, with | between them"
BATCH_FILE_OPTION = "Or a text file with one prompt a line"
BATCH_MODEL_OPTION = "For all of them; as in the operation's own command"
BATCH_ENHANCE_OPTION = "Rewrite each prompt first (1 credit each); then at most 10 prompts"
BATCH_ASPECT_RATIO_OPTION = "For all of them, e.g. 16:9"
PROMPTS_NOT_GIVEN = "Give the prompts in one way: as `prompts`, with | between them, or as a `file`."

# ---------------------------------------------------------------------- files, as refusals call them

VIDEO_FILE, SOURCE_VIDEO_FILE = "video", "source video"
PICTURE_FILE, REFERENCE_FILE = "picture", "reference picture"
START_FILE, END_FILE = "start picture or clip", "end picture"
AUDIO_FILE, SPEECH_FILE = "sound", "speech"
MOTION_FILE, THUMBNAIL_FILE = "file", "thumbnail"


def file_not_given(label: str) -> str:
    """Refuse a request without the file that it needs."""
    return f"Give the {label}: upload it, give a link to it, or pick an earlier job."


# ---------------------------------------------------------------------- the form of an operation

CHOOSE_OPERATION = "what to make"
CHOOSE_OPERATION_HELP = "Each costs as its command does"
UPLOAD_HELP = "A file, or a link below"
LINK_HELP = "A link to the file, or the id of an earlier job"
JSON_INPUT = "Input as JSON; null is left out"


def link_or_job(label: str) -> str:
    """Return the label of the input that takes a link or the id of a job."""
    return f"{label}: link or job"


def too_long_for_form(chars: int, limit: int) -> str:
    """Refuse to show a text in a form that takes `limit` characters of it."""
    return f"The text has {chars:,} characters; a form takes {limit:,}. Use the command."


# ---------------------------------------------------------------------- prices to confirm

YES, NO = "Yes, make it", "No"
FILL_IN = "Fill in what is missing…"
CONTINUE, CANCEL = "Continue anyway", "Cancel"
COSTS, WILL_COST = "costs", "will cost about"
NOTHING_SPENT_YET = "Nothing is spent before you say yes."
MAY_PAY_TWICE = (
    "Cannon Studio did not confirm the earlier attempt: it **may have been charged**, and this one will be, too."
)
NOT_MADE = "Not made; nothing was spent."
PRICE_EXPIRED = "This question was answered before, or too long ago; please ask again."


def end_passed(name: str, date: str) -> str:
    """Warn that the announced end of an operation or model, an ISO date, has passed."""
    return f"⚠️ The provider of {name} announced its end for {date}; it may fail. You pay only for what is delivered."


def price(verb: str, amount: Decimal) -> str:
    """Return the price of a request; `verb` is COSTS for an exact one, WILL_COST for an estimate."""
    return f"This {verb} **{credits_words(amount)}**."


def more_cautions(count: int) -> str:
    """Say how many cautions of a question are not shown."""
    return f"…and {count} more like {'this' if count == 1 else 'these'}."


def price_unknown(seen: tuple[Decimal, Decimal] | None) -> str:
    """Say that a price is not known; `seen` is the range of what other jobs of the operation cost here."""
    if seen is None:
        return "The price of this is **not known yet**."
    low, high = seen
    cost = credits_words(low) if low == high else f"{credits_text(low)} to {credits_words(high)}"
    return f"The price of this is **not known yet**; other jobs of this operation cost {cost} here."


# ---------------------------------------------------------------------- other

GRANT_OR_PRIVATE = "A moderator can grant it, or use `private`."
"""Added where the result could not be posted."""
JUST_NOW = "just now"

# ---------------------------------------------------------------------- what a limit refuses

ASK_MODERATORS = Text("Ask a moderator")
