"""What `/studio` says: its commands and options, the key, practice, the pause. The panels have their own words.

Amounts of credits, times and durations come in as text; what a member or Cannon Studio typed comes in escaped.
"""

from __future__ import annotations

from bot.language import Text, amount, both, sentences, tr
from cogs.ui.texts import DONE

# ---------------------------------------------------------------------- commands and options

STUDIO_GROUP = "Cannon Studio on this server"
KEY_COMMAND = "Set, replace, or remove this server's Cannon Studio API key"
SETUP_COMMAND = "Set up this server step by step: key, test image, limits, roles, channels"
SETTINGS_COMMAND = "Access, channels, limits, approval, results, prices, blocks, reactions, operations"
STATUS_COMMAND = "See the key, credits, open jobs, and whether the API is online"
REQUEST_COMMAND = "Run any operation with its input as JSON (for developers)"
PAUSE_COMMAND = "Pause new jobs, or resume them; running jobs still finish"
PRACTICE_COMMAND = "Try every command for free, without a key: results are simulated"

KEY_ACTION_OPTION = "Set a new key (the default) or remove the key"
REQUESTED_OPERATION_OPTION = "The operation, e.g. three_d.location.generate"
PAUSE_OPTION = "on: no new jobs start; off: jobs start again"
PRACTICE_OPTION = "On (the default) or off"

# ---------------------------------------------------------------------- the menus of a member

MENU_USAGE = "Usage"
MENU_GRANT = "Grant credits"
MENU_BLOCK = "Block or unblock"
MENU_RESULTS = "Their results here"


# ---------------------------------------------------------------------- who sees moderators' commands

ROLE_ACCESS = Text("Moderator role in Discord")
THIS_BOT = Text("this bot")
ROLE_SEES = Text("Members with {role} see {commands}.", role="<@&{}>".format, commands=both)
ROLE_MISSES = Text(
    "Discord hides {commands} from members with {role}. In **Server Settings → Integrations → {bot}**, choose each of "
    "them, press **Add Roles or Members** and allow the role. Allowing it for the whole bot is not enough.",
    role="<@&{}>".format,
    commands=both,
)
ROLE_UNCHECKED = Text(
    "I can't check now whether members with {role} see {commands}. If they don't, go to **Server Settings → "
    "Integrations → {bot}**, choose each of them, press **Add Roles or Members** and allow the role.",
    role="<@&{}>".format,
    commands=both,
)


# ---------------------------------------------------------------------- /studio key

KEY_FORM = Text("Cannon Studio key")
KEY_INPUT = Text("API key")
KEY_PAGE = "https://www.cannonstudio.app/developers/docs/authentication"
"""Says where the developer console is, and how a key is made there: the console itself has no public address."""
KEY_PLACEHOLDER = "cs_live_…"
KEY_STORED = Text("Key saved")
EMAIL = Text("Before the first job")
VERIFY_FIRST = Text(
    "Check that this account's email address is verified in Cannon Studio. Until then, a new account can't use its "
    "credits."
)
EARLIER_KEY = Text("Previous key")
HOST_PAYS_NEXT = Text("The host's key pays for new jobs.")
KEY_NEEDED_NEXT = Text("To start new jobs, set a key with `/studio key`.")


def key_found(*, host_pays: bool) -> str:
    """Say where a key is found; `host_pays`: the server needs none."""
    found = tr(
        "Create a key in Cannon Studio's developer console and paste it here: [how to find it]({page}). Only its last "
        "four characters are shown again.",
        page=KEY_PAGE,
    )
    return sentences(tr("This server uses the host's key and needs none of its own."), found) if host_pays else found


def key_removed(removed: str, fate: str, next_payer: str) -> str:
    return DONE(change=sentences(removed, fate, next_payer))


KEY_FORGOTTEN = Text("I deleted {key}.", key="`…{}`".format)
KEY_KEPT = Text("I'll keep {key} until its open jobs are done, then delete it.", key="`…{}`".format)


# ---------------------------------------------------------------------- /studio practice

PRACTICE_ON = Text(
    "🧪 **Practice mode is on.** Every command works and nothing costs anything. Results are "
    "simulated, and every card says so. Limits and approvals apply, so you can rehearse them. "
    "Practice never counts toward real limits.\n"
    "To end it, set a key with `/studio key` or press the button.\n\n"
    "**To see what can go wrong, add one of these words to a prompt:**\n"
    "- `#fail`: the job fails and is refunded\n"
    "- `#broke`: the account has no credits left\n"
    "- `#invalid`: the input is rejected\n"
    "- `#none`: the result has no file\n"
    "- `#gone`: the file can't be downloaded\n"
    "- `#big`: the file is too large for Discord\n"
    "- `#many`: the result has several files\n"
    "- `#slow`: the job takes ten times as long\n"
    "- `#fast`: the job finishes at once"
)
PRACTICE_IS_ON = Text("Practice mode is already on.")
PRACTICE_OFF = Text(
    "Practice mode is off. Open practice jobs were canceled. To make real results, set a key with `/studio key`."
)
PRACTICE_IS_OFF = Text("Practice mode is already off.")
PRACTICE_ENDED_BY_KEY = Text("Practice mode is off. From now on, jobs are real, and this key pays for them.")
PRACTISE = Text("Start practice")
END_PRACTICE = Text("End practice")


# ---------------------------------------------------------------------- /studio pause


PAUSED = Text(
    "✅ New jobs are paused. Running: {running} (will finish). Waiting: {waiting}.", running=amount, waiting=amount
)
RESUMED = Text("✅ New jobs can start again. Waiting jobs that start now: {waiting}.", waiting=amount)
