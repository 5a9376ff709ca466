"""What the greeting and `/studio setup` say to people, in one place: it can be reworded without touching logic."""

from collections.abc import Sequence

from bot.domain.first_contact import SetupStep

# ---------------------------------------------------------------------- the greeting

SET_UP, PRACTICE, HELP = "Set up", "Practice", "Help"
WHAT_IT_IS = (
    "I make images, videos, audio and more with Cannon Studio: your members type `/image generate`, and I post the"
    " result here."
)
WHAT_IT_COSTS = (
    "Jobs use credits of your own Cannon Studio account, through your API key. You set the limits, and a failed job is"
    " refunded."
)
PRIVACY = (
    "I read commands, not conversations. Prompts are sent to Cannon Studio; with `/me`, members see what is stored"
    " about them and can delete it."
)
FIRST_STEPS = "A moderator can press **Set up** now, or use `/studio setup` at any time. It takes about two minutes."
PRACTICE_HINT = "Just looking? **Practice** lets everyone try everything without a key or credits."
IN_YOUR_SERVER = "I cannot post in the server's system channel, so I am writing to you as its owner."
ONLY_OWNER = "Only the server's owner can use this button."
BOT_IS_GONE = "I am no longer in that server."


def greeting(server: str, *, to_owner: bool, missing: Sequence[str], practice: bool) -> str:
    """Return the message that greets a server; `server` is its name, made harmless."""
    lines = [
        f"## Hello, {server}!",
        *([IN_YOUR_SERVER] if to_owner else []),
        WHAT_IT_IS,
        f"**What it costs** · {WHAT_IT_COSTS}",
        f"**Privacy** · {PRIVACY}",
        FIRST_STEPS,
        *([PRACTICE_HINT] if practice else []),
        *([f"⚠️ {missing_in_server(missing)}"] if missing else []),
    ]
    return "\n".join(lines)


def open_there(command: str, guild_id: int) -> str:
    """Say where a command has to be used, in answer to a button of a direct message."""
    return f"Use `{command}` in your server: https://discord.com/channels/{guild_id}"


# ---------------------------------------------------------------------- missing permissions

MISSING = "Missing permissions"


def missing_in_server(names: Sequence[str]) -> str:
    """Name the permissions that the bot's role lacks, and say what to do."""
    return f"I need {_named(names)}. Allow this for my role in Server Settings → Roles."


def missing_here(names: Sequence[str]) -> str:
    """Name the permissions that the bot lacks in this channel alone."""
    return f"In this channel I need {_named(names)}. Allow this in the channel's settings → Permissions."


def missing_in(channel_id: int, names: Sequence[str]) -> str:
    """Name the permissions that the bot lacks in a channel that is set for something."""
    return f"In <#{channel_id}> I need {_named(names)}."


def _named(names: Sequence[str]) -> str:
    bold = [f"**{name}**" for name in names]
    return bold[0] if len(bold) == 1 else f"{', '.join(bold[:-1])} and {bold[-1]}"


# ---------------------------------------------------------------------- the panel

TITLE = "Set up cannon-bot"
CHECKLIST = "Setup"
NAMES = {
    SetupStep.KEY: "Key",
    SetupStep.TEST: "Test image",
    SetupStep.LIMITS: "Limits",
    SetupStep.ROLE: "Moderator role",
    SetupStep.CHANNELS: "Channels",
}
ABOUT = {
    SetupStep.KEY: (
        "A Cannon Studio API key pays for all jobs on this server. Create one in Cannon Studio's developer console."
        " I check it, store it encrypted, and show only its last four characters. You need **Manage Server** to set it."
    ),
    SetupStep.TEST: (
        "Make one image, which only you see, to check that everything works. It is a normal job: I show the price"
        " first, and nothing is spent until you confirm."
    ),
    SetupStep.LIMITS: (
        "How many credits members may spend. With `/quota` you can also limit a role, a member, an operation or a"
        " channel."
    ),
    SetupStep.ROLE: (
        "Who else may use `/studio` and `/quota`, approve jobs and review results. Members with **Manage Server**"
        " always can, and only they can choose this role."
    ),
    SetupStep.CHANNELS: (
        "Where the bot may be used, where moderators review results and read the log, and where starred results are"
        " posted. All are optional; there is more in `/studio settings`."
    ),
}
HOST_PAYS = "This bot's host pays for your server. Set a key of your own to pay yourself."
ALL_DONE = "All set. You can change any step at any time."
TAKE_A_STEP = "Do the steps in any order, and skip what you do not need. Another moderator can continue where you stop."
OVERVIEW, SKIP = "Overview", "Skip this step"
CONTINUE = "Continue setup"
ENTER_KEY, WHERE_TO_FIND = "Enter the key", "Where to find it"
MAKE_TEST, TEST_PROMPT = "Make the test image", "a lighthouse at dawn, watercolour"
SET_LIMITS, LIMITS_FORM = "Set limits", "Limits on this server"
PER_MEMBER, PER_SERVER = "Credits per member per day", "Credits for the whole server per month"
LIMIT_HINT = "Leave empty for no limit"
ROLE_CONTROL = "Moderator role"
RESULTS_CONTROL = "Where the bot works (empty: everywhere)"
REVIEW_CONTROL = "Review: results wait here for a moderator"
LOG_CONTROL = "Log: decisions and alerts"
GALLERY_CONTROL = "Gallery: starred results"
DONE_MARK, SKIPPED_MARK, OPEN_MARK = "✅", "⏭️", "▫️"


def step_title(step: SetupStep, number: int, count: int) -> str:
    """Return the title of a step's page."""
    return f"{TITLE} · {number} of {count}: {NAMES[step]}"


def next_step(step: SetupStep) -> str:
    """Return the label of the button that leads to a step."""
    return f"Next: {NAMES[step]}"


def step_line(step: SetupStep, mark: str, state: str) -> str:
    """Return a step as a line of the list."""
    return f"{mark} **{NAMES[step]}** · {state}"


def state_of(word: str, by_id: int | None, when: str | None) -> str:
    """Say how far a step is, who has done it, and when, as far as that is known."""
    by = "" if not by_id else f" by <@{by_id}>"
    return f"{word}{by}{'' if when is None else f' {when}'}"


OPEN, DONE, SKIPPED = "open", "done", "skipped"
CONTINUE_HINT = "Continue with `/studio setup`."
