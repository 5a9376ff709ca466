"""What `/help`, `/usage` and `/me` say to people, in one place: it can be reworded without touching logic.

Amounts of credits come in as text.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from bot.domain.guild_rules import Spoilers
from bot.domain.member_settings import Notify
from bot.domain.models import credits_words
from bot.language import Text, both, ntr, tr

# ---------------------------------------------------------------------- commands and options

HELP = "Commands, what they cost on this server, and who pays"
HELP_TOPIC_OPTION = "A group of commands, such as image"

USAGE_GROUP = "What you spent and what you have left"
USAGE_ME = "What you have left here, when it refills, and your last jobs"
USAGE_REPORT = "Where your credits went, as a chart; moderators see the whole server"
USAGE_EXPORT = "Your ledger as files; moderators get the whole server's books"
REPORT_PERIOD_OPTION = "The last 7, 30 or 90 days; without it, 30 days"
EXPORT_PERIOD_OPTION = "The last 7, 30 or 90 days; without it, everything"
SCOPE_OPTION = "Yours or the server's; without it, the most that you may see"
SCOPE_MINE, SCOPE_SERVER = "mine", "the server's"

ME = "Your defaults, presets, notifications, spending and data here"

# ---------------------------------------------------------------------- /help: its pages

HELP_TITLE = Text("Help")
HELP_START, HELP_MORE = Text("Start"), Text("Reactions and menus")
BACK, NEXT = Text("Back"), Text("Next")
CHOOSE_TOPIC = Text("Choose a group of commands")
INTRO = Text("Type a slash command to make something. Its card shows the progress, then the result.")
MORE = Text("Choose a group below to see its commands, options and prices.")
SOURCES = Text(
    "**Files** · Upload a file, paste a link in `url`, or pick an earlier result in `job`. "
    "A link may lead to a file or to a Discord message. I check files before you spend any credits."
)
COSTS = Text(
    "**Costs** · Prices are in credits, for one job on this server. They come from Cannon Studio, from this server's "
    "price list, or from earlier jobs: nine of ten cost no more. The card shows the final cost. "
    "A failed job costs nothing."
)
OPTIONS = Text("**Options**")
EXAMPLES = {
    "image": "/image generate prompt: a fox in fog",
    "video": "/video generate prompt: waves break on a lighthouse",
    "audio": "/audio narration text: Welcome aboard!",
    "prompt": "/prompt image prompt: a fox",
    "finish": "/finish subtitles job: (pick a video)",
    "sora": "/sora edit prompt: make it snow job: (pick a video)",
    "3d": "/3d location description: a harbor at dawn",
    "recipe": "/recipe run recipe: trailer",
    "batch": "/batch operation: image.generate prompts: a fox | an owl | a deer",
    "jobs": "/jobs list state: open",
    "quota": "/quota set credits: 200 period: week",
    "usage": "/usage report period: month",
    "studio": "/studio settings",
}
"""How each group is used, as it is typed."""


def introduction(payer: str) -> str:
    """Return the first block of the overview; `payer` is a sentence."""
    return f"{INTRO} {payer} {MORE}"


def personal(me: str, usage: str) -> str:
    """Return the line about what members can set and see for themselves; both are mentions of commands."""
    return tr(
        "**Yours** · {me} has your defaults, presets, notifications and data. {usage} shows your limits and "
        "what you have left.",
        me=me,
        usage=usage,
    )


def group_line(name: str, about: str, commands: Iterable[str]) -> str:
    """Return the overview's line of a group: its commands are mentions."""
    return f"**{name}** · {about}\n-# {' · '.join(commands)}"


def example(typed: str) -> str:
    """Return an example of a command."""
    return tr("For example: `{command}`", command=typed)


def message_menus(names: Iterable[str]) -> str:
    """Return the block about the menus of a message."""
    return tr(
        "**Message menus** · Right-click a message, or press and hold it, then choose Apps: {menus}.",
        menus=both(f"**{name}**" for name in names),
    )


def reactions(legend: str) -> str:
    """Return the block about reactions."""
    return tr("**Reactions** · {legend}", legend=legend)


def no_such_group(names: Iterable[str]) -> str:
    """Refuse a topic that is not one of `names`."""
    return tr("There is no such group of commands. Choose one of {groups}.", groups=both(names))


# ---------------------------------------------------------------------- /help: prices and who pays

HOST_PAYS = Text("The host of this bot pays for what you make.")
SERVER_PAYS = Text("This server pays for what you make.")
KEY_REFUSED = Text("Cannon Studio currently refuses the API key, so nothing can be made. Tell a moderator.")


def switched_off(command: str) -> str:
    """Return the line of a command whose operation is switched off."""
    return tr("🚫 {command} · off on this server", command=command)


def no_longer_offered(command: str) -> str:
    """Return the line of a command whose operation Cannon Studio no longer offers: it asks before it is tried."""
    return tr("⚠️ {command} · no longer offered by Cannon Studio", command=command)


def end_passed(command: str, date: str) -> str:
    """Return the line of a command whose operation's announced end, an ISO date, has passed."""
    return tr("⚠️ {command} · its provider announced its end for {date}; it may fail", command=command, date=date)


def model_end_passed(model: str, date: str) -> str:
    """Return the line of a model whose announced end, an ISO date, has passed."""
    return tr("-# ⚠️ {model}: its provider announced its end for {date}; it may fail", model=model, date=date)


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
        "finish": Text("Finishing"),
        "sora": Text("Sora"),
        "3d": Text("3D"),
    }
)
OTHER_KIND = Text("Other")


def kind_of(workflow: str) -> str:
    """Return what members call the kind of an operation, by its workflow."""
    return str(KINDS.get(workflow, OTHER_KIND))


def last_jobs(count: int) -> str:
    """Return the heading of a member's newest jobs."""
    return ntr("Last {count} job", "Last {count} jobs", count) if count > 1 else str(LAST_JOB)


def share_line(name: str, amount: str, share: str) -> str:
    """Return one line of a list of what was spent."""
    return f"{name} · {amount} ({share})"


# ---------------------------------------------------------------------- /usage report and its chart

SPENT, RATE, DAYS_LEFT = Text("Spent"), Text("Average"), Text("Credits last for")
TOP_SPENDERS, EXPIRING, TOP_UP = Text("By member"), Text("Credits that expire"), Text("Buy credits")
BY_OPERATION, BY_MEMBER, BY_DAY, BY_KIND = Text("By operation"), Text("By member"), Text("By day"), Text("By kind")
NOTHING_SPENT = Text("Nothing")
BALANCE_NOT_KNOWN = Text("The account's balance isn't known.")
CHART_TITLE, OWN_CHART_TITLE = Text("Credits spent"), Text("Credits you spent")
BOOKS = Text("The books of this server:")
OWN_BOOKS = Text("Your ledger on this server:")


def report_title(days: int) -> str:
    """Return the title of the server's report."""
    return ntr("Credits spent in the last {count} day", "Credits spent in the last {count} days", days)


def own_report_title(days: int) -> str:
    """Return the title of a member's own report."""
    return ntr("Credits you spent in the last {count} day", "Credits you spent in the last {count} days", days)


def spent_for(amount: str, jobs: int) -> str:
    """Return what was spent in total."""
    return ntr("{amount} for {count} job", "{amount} for {count} jobs", jobs, amount=amount)


def a_day(amount: Decimal) -> str:
    """Return the spending rate."""
    return tr("{credits} a day", credits=credits_words(amount))


def credits_left(amount: str) -> str:
    """Return what the account has left."""
    return tr("{credits} left", credits=amount)


def days_left(days: Decimal, amount: str) -> str:
    """Return for how many whole days the account lasts, and what it has left."""
    return ntr(
        "About {count} day at this rate ({credits} left)",
        "About {count} days at this rate ({credits} left)",
        days,
        credits=amount,
    )


def others(count: int) -> str:
    """Return the name of the last line, which has all that have none of their own."""
    return ntr("{count} other", "{count} others", count)


def chart_subtitle(start: str, end: str, amount: str) -> str:
    """Return the chart's dates and total."""
    return tr("{start} to {end} · {credits}", start=start, end=end, credits=amount)


def unknown_member(member_id: int) -> str:
    """Return what a member who has left is called in the chart."""
    return tr("Member …{digits}", digits=f"{member_id % 10_000:04}")


def chart_total(days: int, amount: str) -> str:
    """Return the first sentence of the chart's alt text."""
    return ntr(
        "Credits spent in the last {count} day: {amount}.",
        "Credits spent in the last {count} days: {amount}.",
        days,
        amount=amount,
    )


def chart_list(heading: str, rows: Iterable[str]) -> str:
    """Return one part of the chart as a sentence of its alt text."""
    return f"{heading}: {', '.join(rows)}."


# ---------------------------------------------------------------------- exports

BOOKS_TOO_LARGE = Text("The files are larger than Discord allows, even zipped. Choose a shorter `period`.")
OWN_JOBS_TOO_LARGE = Text("Your data is larger than Discord allows in one file. Ask the host of this bot for it.")
OWN_JOBS = Text("Your jobs and settings on this server. Links in the file may have expired.")

# ---------------------------------------------------------------------- /me

PAGES: Mapping[str, Text] = MappingProxyType(
    {
        "defaults": Text("Defaults"),
        "presets": Text("Presets"),
        "notifications": Text("Notifications"),
        "spending": Text("Spending"),
        "data": Text("My data"),
    }
)


def me_title(page: str) -> str:
    """Return the title of a page."""
    return tr("Your settings · {page}", page=page)


# ---------------------------------------------------------------------- /me: defaults

DEFAULTS_ABOUT = Text(
    "I use these when you leave an option out: in commands, forms, batches and messages to me. "
    "A re-run repeats its job exactly."
)
CHOOSE_DEFAULT, DEFAULT_FORM = Text("Change a default"), Text("Change a default")
NO_DEFAULT = Text("No default")
NO_DEFAULT_ABOUT = Text("Choose “No default” to use the server's choice.")
RATIO, STYLE = Text("Aspect ratio"), Text("Style suffix")
STYLE_ABOUT = Text("Added to your image and video prompts. Leave it empty for none.")
MAKE_PRIVATE, MAKE_PUBLIC = Text("Private: off"), Text("Private: on")
SPOILER_ON, SPOILER_OFF = Text("Spoiler: off"), Text("Spoiler: on")
CLEAR_DEFAULTS = Text("Clear all")
NOT_SET = Text("not set")


def model_of(title: str) -> str:
    """Return the name of the default that is the model of an operation."""
    return tr("Model for {operation}", operation=title)


def model_line(title: str, model: str) -> str:
    """Return the line of a default model, '' for none."""
    return tr("Model for {operation}: **{model}**", operation=title, model=model or str(NOT_SET))


def ratio_line(ratio: str) -> str:
    """Return the line of the default aspect ratio, '' for none."""
    return tr("Aspect ratio of new images and videos: **{ratio}**", ratio=ratio or str(NOT_SET))


def style_line(style: str) -> str:
    """Return the line of what is added to prompts, '' for nothing."""
    return tr("Style suffix for images and videos: **{style}**", style=style or str(NOT_SET))


def voice_line(voice: str, command: str) -> str:
    """Return the line of the member's own voice, '' for none; `command` changes it."""
    return tr("Narration voice: **{voice}** (change it in {command})", voice=voice or str(NOT_SET), command=command)


def private_line(*, on: bool) -> str:
    """Return the line that says who sees results."""
    if on:
        return tr("Results: **only you see them**, unless you set `private` to False.")
    return tr("Results: **the channel sees them**, unless you set `private` to True.")


def spoiler_line(rule: Spoilers, *, on: bool) -> str:
    """Return the line that says whether results are hidden, by the member's choice and the server's rule."""
    if rule is Spoilers.ALWAYS:
        return tr("Spoiler: **this server blurs every result** until somebody clicks it.")
    if rule is Spoilers.NOBODY:
        return tr("Spoiler: **off on this server**.")
    if on:
        return tr("Spoiler: **results are blurred** until somebody clicks them.")
    return tr("Spoiler: **results are shown** right away.")


# ---------------------------------------------------------------------- /me: presets

CHOOSE_PRESET, NEW_PRESET = Text("Choose a preset"), Text("Create a preset for …")
NO_PRESETS = Text("You have no presets yet. Create one below, or save one from a result under Next step.")
RUN, EDIT, DELETE_PRESET = Text("Run"), Text("Edit"), Text("Delete")
PRESET_NAME, PRESET_NAME_ABOUT = Text("Name"), Text("For example: anime 16:9")
NOTHING_FOR_PRESET = Text("This result has no options to save. Create a preset in `/me` instead.")


def presets_about(most: int) -> str:
    """Return what presets are, and how many a member may have."""
    return ntr(
        "A preset keeps options under a name. Use it with the option `preset`, or run it here. "
        "You can have {count} preset.",
        "A preset keeps options under a name. Use it with the option `preset`, or run it here. "
        "You can have up to {count} presets.",
        most,
    )


def preset_title(operation: str) -> str:
    """Return the title of a preset's form."""
    return tr("Preset for {operation}", operation=operation)


def preset_kept(name: str, *, replaced: bool) -> str:
    """Say that a preset was saved."""
    if replaced:
        return tr("Your preset **{name}** was replaced. Use it with the option `preset`, or in `/me`.", name=name)
    return tr("Your preset **{name}** is saved. Use it with the option `preset`, or in `/me`.", name=name)


# ---------------------------------------------------------------------- /me: notifications

NOTIFY_ABOUT = Text("Choose how you hear that a public result is ready. Private results never notify anybody.")
CHOOSE_NOTIFY = Text("Choose a notification")
NOTIFY: Mapping[Notify, Text] = MappingProxyType(
    {
        Notify.SERVER: Text("As this server does"),
        Notify.PING: Text("Ping me in the channel"),
        Notify.DIRECT: Text("Send me a direct message"),
        Notify.NOTHING: Text("Don't notify me"),
    }
)


def notify_now(how: Notify, *, server_pings: bool) -> str:
    """Return what happens now."""
    if how is Notify.PING or (how is Notify.SERVER and server_pings):
        return tr("Now: **I ping you** in the channel of the result.")
    if how is Notify.DIRECT:
        return tr("Now: **I send you a direct message**. If Discord doesn't allow it, I ping you instead.")
    return tr("Now: **I don't notify you**. The card itself shows the result.")


# ---------------------------------------------------------------------- /me: data

DATA_ABOUT = Text(
    "**Export** sends you a file with your jobs, settings and presets on this server.\n"
    "**Delete** removes your prompts, inputs and results from my records, and your settings, presets and drafts."
)
EXPORT, DELETE_DATA = Text("Export my data"), Text("Delete my data")
DELETE_QUESTION = Text(
    "This deletes the prompts, inputs and results of your finished jobs on this server from my records. "
    "It also deletes your settings, presets and drafts, and copies of your results in galleries, reviews and "
    "direct messages. You can't undo it.\n"
    "What each job cost stays in the server's books, with your Discord ID. "
    "Cards stay in their channels: use Remove on a card to delete it."
)
DELETE_WORD = Text("DELETE")
KEPT = Text("Nothing was deleted.")


def type_word(word: str) -> str:
    """Ask for the word that confirms."""
    return tr("Type {word} to confirm", word=word)


def not_deleted(word: str) -> str:
    """Say that another word was typed, so that nothing was deleted."""
    return tr("Nothing was deleted. To delete your data, type {word} in the form.", word=word)


def deleted(jobs: int) -> str:
    """Say how much was deleted."""
    return ntr(
        "Deleted: your settings, presets and drafts, and the contents of {count} job.",
        "Deleted: your settings, presets and drafts, and the contents of {count} jobs.",
        jobs,
    )


def still_open(jobs: int) -> str:
    """Say that `jobs` (at least one) could not be deleted yet."""
    return ntr(
        "{count} job is still open and was not deleted. Delete your data again when it has finished.",
        "{count} jobs are still open and were not deleted. Delete your data again when they have finished.",
        jobs,
    )
