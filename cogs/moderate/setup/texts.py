"""What the greeting and `/studio setup` say to people."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.domain.server.first_contact import SetupStep
from bot.language import Text, both, name_of, tr

# ---------------------------------------------------------------------- the greeting

SET_UP, PRACTICE, HELP = Text("Set up"), Text("Practice"), Text("Help")
WHAT_IT_COSTS = Text(
    "Jobs use credits from your own Cannon Studio account, through your API key. You set the limits. If a job fails, "
    "its author pays only if Cannon Studio charged for it, and you can refund that."
)
PRIVACY = Text(
    "I read commands, not conversations. Prompts go to Cannon Studio. With `/me`, members can see and delete what is "
    "stored about them."
)
WHAT_IT_IS = Text(
    "I make images, videos, audio, and more with Cannon Studio. Members type `/image generate`, "
    "and I post the result here."
)
FIRST_STEPS = Text(
    "A moderator can press **Set up** now, or use `/studio setup` at any time. It takes about two minutes."
)
PRACTICE_HINT = Text("Want to try it first? **Practice** lets everyone test everything without a key or credits.")
IN_YOUR_SERVER = Text("I can't post in your server's system channel, so I am writing to you as its owner.")
ONLY_OWNER = Text("Only the server owner can use this button.", why="role.manager")


def greeting(server: str, *, to_owner: bool, missing: Sequence[str], practice: bool) -> str:
    """Return the message that greets a server; `server` is its name, made harmless."""
    hello, cost, privacy = tr("Hello, {server}!", server=server), tr("Cost"), tr("Privacy")
    lines = [
        f"## {hello}",
        *([str(IN_YOUR_SERVER)] if to_owner else []),
        str(WHAT_IT_IS),
        f"**{cost}** · {WHAT_IT_COSTS}",
        f"**{privacy}** · {PRIVACY}",
        str(FIRST_STEPS),
        *([str(PRACTICE_HINT)] if practice else []),
        *([f"⚠️ {missing_in_server(missing)}"] if missing else []),
    ]
    return "\n".join(lines)


OPEN_THERE = Text(
    "Use `{command}` in your server: {link}", command=name_of, link="https://discord.com/channels/{}".format
)


# ---------------------------------------------------------------------- missing permissions

MISSING = Text("Missing permissions")


def missing_in_server(names: Sequence[str]) -> str:
    return tr("I need {permissions}. Allow this for my role in Server Settings → Roles.", permissions=_named(names))


def missing_here(names: Sequence[str]) -> str:
    return tr(
        "I need {permissions} in this channel. Allow this in the channel's settings → Permissions.",
        permissions=_named(names),
    )


def missing_in(channel_id: int, names: Sequence[str]) -> str:
    return tr("I need {permissions} in {channel}.", permissions=_named(names), channel=f"<#{channel_id}>")


def _named(names: Sequence[str]) -> str:
    return both(f"**{name}**" for name in names)


# ---------------------------------------------------------------------- the panel

NAMES: Mapping[SetupStep, Text] = MappingProxyType(
    {
        SetupStep.KEY: Text("API key"),
        SetupStep.TEST: Text("Test image"),
        SetupStep.LIMITS: Text("Limits"),
        SetupStep.ROLE: Text("Moderator role"),
        SetupStep.CHANNELS: Text("Channels"),
    }
)
ABOUT: Mapping[SetupStep, Text] = MappingProxyType(
    {
        SetupStep.KEY: Text(
            "A Cannon Studio API key pays for all jobs on this server. Create one in Cannon Studio's "
            "developer console. I'll check it, encrypt it, and show only its last four characters. You "
            "need **Manage Server** to set it. A new account starts with 100 credits, and can use them "
            "once its email address is verified."
        ),
        SetupStep.TEST: Text(
            "Make one image to check that everything works. Only you see it. It is a normal job: I'll show "
            "its price first, and nothing is spent until you confirm."
        ),
        SetupStep.LIMITS: Text(
            "Choose how many credits members may spend. With `/quota`, you can also limit a role, a "
            "member, a command, or a channel."
        ),
        SetupStep.ROLE: Text(
            "Choose who else may use `/studio` and `/quota`, approve jobs, and review results. Members "
            "with **Manage Server** always can, and only they can choose this role. Discord hides the "
            "commands from the role until you allow them in **Server Settings → Integrations**. Once you "
            "choose one, I'll check that."
        ),
        SetupStep.CHANNELS: Text(
            "Choose where the bot works, where moderators review results and read the log, and where starred results "
            "go. All of this is optional."
        ),
    }
)
BUTTONS: Mapping[SetupStep, Text] = MappingProxyType(
    {
        SetupStep.KEY: Text("Enter API key"),
        SetupStep.TEST: Text("Make test image"),
        SetupStep.LIMITS: Text("Set limits"),
        SetupStep.ROLE: Text("Choose role"),
        SetupStep.CHANNELS: Text("Choose channels"),
    }
)
HOST_PAYS = Text("This bot's host pays for your server. Set your own key to pay yourself.")
ALL_DONE = Text("All set. You can change any step at any time.")
TAKE_A_STEP = Text(
    "Take the steps in any order, and skip what you do not need. Another moderator can continue where you stop."
)
WHERE_TO_FIND = Text("Where to find it")
TEST_PROMPT = Text("a lighthouse at dawn, watercolor")
LIMITS_FORM = Text("Limits on this server")
PER_MEMBER, PER_SERVER = Text("Credits per member per day"), Text("Credits for the server per month")
LIMIT_HINT = Text("Leave empty for no limit")
DONE_MARK, OPEN_MARK = "✅", "▫️"
CONTINUE_HINT = Text("Continue with `/studio setup`.")
