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
    "Jobs are paid in credits of your own Cannon Studio account, with your own API key. You set the limits, and a job"
    " that fails is refunded."
)
PRIVACY = (
    "I read commands, not conversations. Prompts go to Cannon Studio to be made; `/privacy` shows each member what is"
    " stored and deletes it."
)
FIRST_STEPS = "A moderator can press **Set up** now, or use `/studio setup` at any time. It takes about two minutes."
PRACTICE_HINT = "**Practice** lets everyone try all of it first, without a key and without credits."
IN_YOUR_SERVER = "I may not write in its system channel, so I write to you, its owner."
ONLY_OWNER = "Only the owner of this server can use this button here."
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
    return f"I lack {_named(names)}. Give them to my role in Server Settings → Roles."


def missing_here(names: Sequence[str]) -> str:
    """Name the permissions that the bot lacks in this channel alone."""
    return f"In this channel I lack {_named(names)}. Allow them in its settings → Permissions."


def missing_in(channel_id: int, names: Sequence[str]) -> str:
    """Name the permissions that the bot lacks in a channel that is set for something."""
    return f"In <#{channel_id}> I lack {_named(names)}."


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
        "Cannon Studio's API key pays for all jobs of this server. You make one in Cannon Studio's developer console."
        " I check it, store it encrypted, and show only its last four characters. Setting it needs **Manage Server**."
    ),
    SetupStep.TEST: (
        "One image, which only you see, shows that everything works. It is a normal job: I show its price first, and"
        " nothing is spent before you agree."
    ),
    SetupStep.LIMITS: (
        "How many credits may be spent. `/quota` has more: limits for a role, a member, an operation or a channel."
    ),
    SetupStep.ROLE: (
        "Who else may use `/studio` and `/quota`, approve jobs and review results. Members with **Manage Server**"
        " always may. Choosing it needs **Manage Server**."
    ),
    SetupStep.CHANNELS: (
        "Where the bot may be used, and where moderators review results, read the log and find starred results."
        " Each is optional; `/studio settings` has more."
    ),
}
HOST_PAYS = "The key of this bot's host pays here. With one of your own, your server pays for itself."
ALL_DONE = "Everything is done or skipped. You can change each step at any time."
TAKE_A_STEP = "Take the steps in any order; each can be skipped. Another moderator can continue where you stop."
OVERVIEW, SKIP = "Overview", "Skip this step"
CONTINUE = "Continue setup"
ENTER_KEY, WHERE_TO_FIND = "Enter the key", "Where to find it"
MAKE_TEST, TEST_PROMPT = "Make the test image", "a lighthouse at dawn, watercolour"
SET_LIMITS, LIMITS_FORM = "Set limits", "Limits of this server"
PER_MEMBER, PER_SERVER = "Credits per member and day", "Credits of all together per month"
LIMIT_HINT = "Empty: no such limit"
ROLE_CONTROL = "Moderator role"
RESULTS_CONTROL = "Results: only in these channels (none: everywhere)"
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
CONTINUE_HINT = "`/studio setup` continues."
