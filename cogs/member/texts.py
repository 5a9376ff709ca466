"""What `/help` and `/usage` say to people.

Amounts of credits come in as text.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from bot.domain.models import credits_words
from bot.language import Plural, Text, aside, both, either, name_of, ntr, sentences, tr, whole_day

# ---------------------------------------------------------------------- commands and options

HELP = "Commands, what they cost on this server, and who pays"
HELP_TOPIC_OPTION = "A group of commands, such as image"
HELP_WHY_OPTION = "Why something did not work: paste the message, its short name, or some words"

USAGE = "Where your credits went, as a chart and a file; moderators see the whole server"
REPORT_PERIOD_OPTION = "The last 7, 30, or 90 days; without it, 30 days"
SCOPE_OPTION = "Yours or the whole server's"
SCOPE_MINE, SCOPE_SERVER = "mine", "the server's"

# ---------------------------------------------------------------------- /help: its pages

WITH_CHOICES = Text("{about} ({choices})", choices=either)
OPTION_LINE = Text("{option} {about}")
HELP_TITLE = Text("Help")
HELP_START, HELP_MORE = Text("Start"), Text("Reactions and menus")
BACK, NEXT = Text("Back"), Text("Next")
PRIVACY_POLICY, TERMS = Text("Privacy policy"), Text("Terms of service")
CHOOSE_TOPIC = Text("Choose a group of commands")
INTRO = Text("Type a slash command to make something. Its card shows the progress, then the result.")
MORE = Text("Choose a group below to see its commands, options, and prices.")
SOURCES = Text(
    "**Files** · Upload a file, or use `from`: it offers earlier results and takes a link. "
    "A link may lead to a file or to a Discord message. I check files before you spend any credits."
)
COSTS = Text(
    "**Costs** · Prices are in credits, for one job on this server. They come from Cannon Studio, from this server's "
    "price list, or from earlier jobs. The card shows the final cost. If a job fails, you pay only if Cannon Studio "
    "charged for it, and a moderator can refund that: press **Request refund** on its card."
)
OWN_COSTS = Text(
    "With a Cannon Studio account of your own, you can pay for your requests yourself: `/me`, page "
    "**My Cannon account**."
)
OPTIONS = Text("**Options**")
EXAMPLES: Mapping[str, tuple[str, Mapping[str, Text | str]]] = MappingProxyType(
    {
        "image": ("/image generate", {"prompt": Text("a fox in fog")}),
        "video": ("/video generate", {"prompt": Text("waves break on a lighthouse")}),
        "audio": ("/audio narration", {"text": Text("Welcome aboard!")}),
        "prompt": ("/prompt", {"for": Text("image"), "prompt": Text("a fox")}),
        "finish": ("/finish subtitles", {"from": Text("(pick a video)")}),
        "sora": ("/sora", {"for": Text("edit")}),
        "cast": ("/image generate", {"prompt": Text("@Mira opens a bakery")}),
        "event": ("/event", {"theme": Text("Cats in space"), "ends": "2d", "purse": "500"}),
        "recipe": ("/recipe", {"recipe": "trailer"}),
        "batch": ("/batch", {"operation": Text("Generate Image"), "prompts": Text("a fox | an owl | a deer")}),
        "jobs": ("/jobs", {"state": Text("open")}),
        "quota": ("/quota set", {"credits": "200", "period": Text("week")}),
        "usage": ("/usage", {"period": Text("month")}),
        "studio": ("/studio settings", {}),
    }
)
"""How each group is used: a command, and what its options are given; a choice is given by its message."""


def example(group: str) -> str:
    """Return how a group is used, as Discord shows it in the current language."""
    command, options = EXAMPLES[group]
    typed = " ".join([name_of(command), *(f"{name_of(name)}: {given}" for name, given in options.items())])
    return tr("For example: `{command}`", command=typed)


def introduction(payer: str) -> str:
    """Return the first block of the overview; `payer` is a sentence."""
    return sentences(INTRO, payer, MORE)


PERSONAL = Text(
    "**Yours** · `/me` has what you have left, and your defaults, presets, notifications, and "
    "data. `/usage` shows where your credits went."
)


def group_line(name: str, about: str, commands: Iterable[str]) -> str:
    """Return the overview's line of a group; `commands` in backticks."""
    return f"**{name}** · {about}\n-# {' · '.join(commands)}"


def message_menus(names: Iterable[str]) -> str:
    return tr(
        "**Message menus** · Right-click a message, or press and hold it, then choose Apps: {menus}.",
        menus=both(f"**{name}**" for name in names),
    )


def member_menus(names: Iterable[str]) -> str:
    return tr(
        "**Member menus** · Right-click a member, or open their profile on a phone, then choose Apps: {menus}.",
        menus=both(f"**{name}**" for name in names),
    )


REACTIONS = Text("**Reactions** · {legend}")
NO_PAGE = Text("Nothing fits these words. Paste the message, or choose from the list.", why="input.name")
NO_TOPIC = Text("There is no topic {topic}. Choose one from the list.", why="input.name")
CHOOSE_PAGE, IN_THE_DOCS = Text("Choose another cause"), Text("In the docs")


LEGEND_OFF = Text("Reactions are turned off on this server.")
LEGEND_WORDS = Text("Or reply to a result and mention me: “make it night, wider”.")


def legend_of(pairs: Iterable[tuple[str, str]]) -> str:
    return tr("React to a result: {actions}.", actions=" · ".join(f"{emoji} {does}" for emoji, does in pairs))


# ---------------------------------------------------------------------- /help: prices and who pays

ANOTHER_MODEL = Text("another model")
WITHOUT_OPTIONS = Text("with no options set")
WITH_FILE: Mapping[str, Text] = {
    "image": Text("with an image"),
    "video": Text("with a video"),
    "audio": Text("with audio"),
    "model": Text("with a 3D model"),
}
"""What makes a job with a further file another kind of job, by the file's kind."""
WITH_ANOTHER_FILE = Text("with another file")
SWITCHES: Mapping[str, Text] = {"yes": Text("yes"), "no": Text("no")}

HOST_PAYS = Text("The host of this bot pays for what you make.")
SERVER_PAYS = Text("This server pays for what you make.")
YOU_PAY = Text("Outside servers, your own Cannon Studio account pays for what you make.")
KEY_REFUSED = Text("Cannon Studio currently rejects the API key, so nothing can be made. Tell a moderator.")
SWITCHED_OFF = Text("🚫 {command} · off on this server")
NO_LONGER_OFFERED = Text("⚠️ {command} · no longer offered by Cannon Studio")
ENDED = Text("⚠️ {command} · will probably fail", date=whole_day)
MODEL_ENDED = Text("-# ⚠️ {model}: retired on {date}; will probably fail", date=whole_day)


# ---------------------------------------------------------------------- spending

YOUR_CREDITS = Text("Your credits here")
TODAY, THIS_MONTH, BY_KIND_THIS_MONTH = Text("Spent today"), Text("Spent this month"), Text("This month by kind")
LAST_JOB = Text("Last job")
NO_JOBS = Text("None yet.")
KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "image": Text("Images"),
        "video": Text("Videos"),
        "audio": Text("Audio"),
        "prompt": Text("Prompts"),
        "finish": Text("Post-production"),
        "sora": Text("Sora"),
        "3d": Text("3D"),
    }
)
OTHER_KIND = Text("Other")


def kind_of(workflow: str) -> str:
    return str(KINDS.get(workflow, OTHER_KIND))


def last_jobs(count: int) -> str:
    return ntr("Last {count} job", "Last {count} jobs", count) if count > 1 else str(LAST_JOB)


def share_line(name: str, spent: str, share: str) -> str:
    return f"{name} · {aside(spent, share)}"


# ---------------------------------------------------------------------- /usage and its chart

SPENT, RATE, DAYS_LEFT = Text("Spent"), Text("Average"), Text("Credits last for")
MOST_BY, MOST_FOR = Text("Most by"), Text("Most for")
BY_OPERATION, BY_MEMBER, BY_DAY, BY_KIND = Text("By operation"), Text("By member"), Text("By day"), Text("By kind")
NOTHING_SPENT = Text("Nothing")
BALANCE_NOT_KNOWN = Text("The account's balance isn't known.")
CHART_TITLE, OWN_CHART_TITLE = Text("Credits spent"), Text("Credits you spent")
REPORT_TITLE = Plural("Credits spent in the last {count} day", "Credits spent in the last {count} days")
OWN_REPORT_TITLE = Plural("Credits you spent in the last {count} day", "Credits you spent in the last {count} days")
SPENT_FOR = Plural("{amount} for {count} job", "{amount} for {count} jobs")
A_DAY = Text("{credits} a day", credits=credits_words)
CREDITS_LEFT = Text("Credits left")
IN_THE_IMAGE = Text("In the image")


def fact(name: Text, value: str) -> str:
    return f"**{name}** · {value}"


def days_left(days: Decimal, amount: str) -> str:
    return ntr(
        "About {count} day at this rate ({credits} left)",
        "About {count} days at this rate ({credits} left)",
        days,
        credits=amount,
    )


CHART_SUBTITLE = Text("{start} to {end} · {credits}")


def unknown_member(member_id: int) -> str:
    return tr("Member …{digits}", digits=f"{member_id % 10_000:04}")


CHART_TOTAL = Plural(
    "Credits spent in the last {count} day: {amount}.", "Credits spent in the last {count} days: {amount}."
)


CHART_LIST = Text("{heading}: {rows}.", rows=both)


# ---------------------------------------------------------------------- exports

TOO_LARGE = Text(
    "The files are larger than Discord allows, even zipped. Choose a shorter `period`, or ask the host of this bot.",
    why="data.too_large",
)
