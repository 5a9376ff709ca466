"""What the panel of `/me` says to members."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.models import credits_words
from bot.domain.money.spend_request import Pays
from bot.domain.server.guild_rules import Spoilers
from bot.domain.server.member_settings import Notify
from bot.language import Plural, Text, ntr, tr

# ---------------------------------------------------------------------- commands and options

ME = "Your defaults, presets, notifications, spending, and data here"

# ---------------------------------------------------------------------- its pages

PAGES: Mapping[str, Text] = MappingProxyType(
    {
        "defaults": Text("Defaults"),
        "presets": Text("Presets"),
        "notifications": Text("Notifications"),
        "spending": Text("Spending"),
        "account": Text("My Cannon account"),
        "data": Text("My data"),
    }
)
ME_TITLE = Text("Your settings · {page}")


# ---------------------------------------------------------------------- defaults

DEFAULTS_ABOUT = Text(
    "I use these when you leave an option out: in commands, forms, batches, and messages to me. A "
    "re-run repeats its job exactly."
)
CHOOSE_DEFAULT, DEFAULT_FORM = Text("Change a default"), Text("Change a default")
NO_DEFAULT = Text("No default")
NO_DEFAULT_ABOUT = Text("Choose “No default” to use the server's choice.")
RATIO, STYLE = Text("Aspect ratio"), Text("Style suffix")
STYLE_ABOUT = Text("Added to your image and video prompts. Leave it empty for none.")
MAKE_PRIVATE, MAKE_PUBLIC = Text("Private: off"), Text("Private: on")
SPOILER_ON, SPOILER_OFF = Text("Spoiler: off"), Text("Spoiler: on")
SHOWN_ON, SHOWN_OFF = Text("In galleries: on"), Text("In galleries: off")
SHOWN_LINE = Text("Galleries: your public results may be shown, also in the best of the week and after events.")
UNSHOWN_LINE = Text("Galleries: your results are left out, also in the best of the week and after events.")
CLEAR_DEFAULTS = Text("Clear all")
NOT_SET = Text("not set")
MODEL_OF = Text("Model for {operation}")


def _set(value: str) -> str:
    return value or str(NOT_SET)


MODEL_LINE = Text("Model for {operation}: **{model}**", model=_set)
RATIO_LINE = Text("Aspect ratio of new images and videos: **{ratio}**", ratio=_set)
STYLE_LINE = Text("Style suffix for images and videos: **{style}**", style=_set)
VOICE_LINE = Text("Narration voice: **{voice}** (change it in `/audio voices`)", voice=_set)


def private_line(*, on: bool) -> str:
    if on:
        return tr("Results: **only you see them**, unless you set `private` to False.")
    return tr("Results: **the channel sees them**, unless you set `private` to True.")


def spoiler_line(rule: Spoilers, *, on: bool) -> str:
    if rule is Spoilers.ALWAYS:
        return tr("Spoiler: **this server blurs every result** until someone clicks it.")
    if rule is Spoilers.NEVER:
        return tr("Spoiler: **off on this server**.")
    if on:
        return tr("Spoiler: **results are blurred** until someone clicks them.")
    return tr("Spoiler: **results are shown** right away.")


# ---------------------------------------------------------------------- presets

CHOOSE_PRESET, NEW_PRESET = Text("Choose a preset"), Text("Create a preset for …")
NO_PRESETS = Text("You have no presets yet. Create one below, or save one from a result under Next step.")
RUN, EDIT, DELETE_PRESET = Text("Run"), Text("Edit"), Text("Delete")
PRESET_NAME, PRESET_NAME_ABOUT = Text("Name"), Text("For example: anime 16:9")
PRESETS_ABOUT = Plural(
    "A preset keeps options under a name. Use it with the option `preset`, or run it here. "
    "You can have {count} preset.",
    "A preset keeps options under a name. Use it with the option `preset`, or run it here. "
    "You can have up to {count} presets.",
)
PRESET_TITLE = Text("Preset for {operation}")


PRESET_KEPT = Text("Your preset **{name}** is saved. Use it with the option `preset`, or in `/me`.")
PRESET_REPLACED = Text("Your preset **{name}** was replaced. Use it with the option `preset`, or in `/me`.")
# ---------------------------------------------------------------------- notifications

NOTIFY_ABOUT = Text("Choose how you hear that a public result is ready. Private results never notify anyone.")
CHOOSE_NOTIFY = Text("Choose a notification")
NOTIFY: Mapping[Notify, Text] = MappingProxyType(
    {
        Notify.SERVER: Text("As this server does"),
        Notify.PING: Text("Ping me for every result"),
        Notify.DIRECT: Text("Send me a direct message for every result"),
        Notify.NOTHING: Text("Don't notify me"),
    }
)


def notify_now(how: Notify, *, server_pings: bool) -> str:
    if how is Notify.PING:
        return tr("Now: **I ping you** in the channel of the result.")
    if how is Notify.SERVER and server_pings:
        return tr("Now: **I ping you once** if your job took longer than a minute, but not for images.")
    if how is Notify.DIRECT:
        return tr("Now: **I send you a direct message**. If Discord doesn't allow it, I ping you instead.")
    return tr("Now: **I don't notify you**. The card itself shows the result.")


# ---------------------------------------------------------------------- the own account

ACCOUNT_ABOUT = Text(
    "With a Cannon Studio account of your own, you can pay for your requests with your own credits, on each server "
    "that allows it. Only you see this page, and only your requests use your key. I ask for a key in the form below "
    "and nowhere else."
)
NO_ACCOUNT = Text("You have not linked an account.")
LINK_ACCOUNT, REPLACE_KEY, REMOVE_ACCOUNT = Text("Link my account"), Text("Replace the key"), Text("Remove")
LET_MINE_PAY, LET_SERVER_PAY = Text("Let my account pay here"), Text("Let the server pay here")
KEY_REPLACED = Text("The new key works, so your requests continue.")
SERVER_PAYS_NOW = Text(
    "The server pays for your new requests there. Requests that already wait for your key continue once you replace it "
    "with `/me`, or are refunded after a day."
)
WHO_PAYS_HERE: Mapping[str, Text] = MappingProxyType(
    {
        "": Text("On this server: **I ask you at your next request**, if the server has an account, too."),
        Pays.SERVER: Text("On this server: **the server pays** for your requests."),
        Pays.MINE: Text("On this server: **your own account pays** for your requests."),
    }
)
ACCOUNT_REJECTED = Text("Cannon Studio rejects this key. Replace it, or let the server pay.")
ACCOUNT_HAS = Text("{amount} left, as of {at}", amount=credits_words)
ACCOUNT_DIFFERS = Text(
    "Cannon Studio has charged your account {credits} more than your requests here account for. Check whether the "
    "key is also used elsewhere."
)
ACCOUNT_FORM, ACCOUNT_KEY, KEY_PLACEHOLDER = Text("My Cannon account"), Text("API key"), "cs_live_…"
KEY_PAGE = "https://www.cannonstudio.app/developers/docs/authentication"
ACCOUNT_FORM_ABOUT = Text(
    "Create a key in Cannon Studio's developer console and paste it here: [how to find it]({page}). It is stored "
    "encrypted, and only its last four characters are shown again. A message that asks you for a key is not from me."
)


ACCOUNT_LINE: Mapping[bool, Text] = {
    False: Text("Your key: `…{key}`"),
    True: Text("Your key: `…{key}` · plan: {plan}"),
}
"""The line of a linked account, by whether its plan is known."""
ACCOUNT_SPENT = Text(
    "Spent in the last {days} days, on all servers: {spent} · held for open requests: {held}",
    spent=credits_words,
    held=credits_words,
)


def account_removed(last4: str, running: int) -> str:
    """Say what has become of a removed key, which `running` jobs still need."""
    if not running:
        return tr("Your key `…{key}` is removed and deleted.", key=last4)
    return ntr(
        "Your key `…{key}` is removed. {count} job still runs on it; when it ends, the key is deleted.",
        "Your key `…{key}` is removed. {count} jobs still run on it; when they end, the key is deleted.",
        running,
        key=last4,
    )


# ---------------------------------------------------------------------- data

DATA_ABOUT = Text(
    "**Export my data** sends you a file with your jobs, settings, and presets on this server.\n"
    "**Delete my data** removes your prompts, inputs, and results from my records, and your "
    "settings, presets, and drafts."
)
EXPORT, DELETE_DATA = Text("Export my data"), Text("Delete my data")
DELETE_QUESTION = Text(
    "This deletes the prompts, inputs, and results of your finished jobs on this server from my "
    "records. It also deletes your settings, presets, and drafts, and copies of your results in "
    "galleries, reviews, and direct messages. You can't undo it.\n"
    "What each job cost stays in the server's credit history: with your Discord ID while limits "
    "count it, usually until the month ends, and then with a random number. Cards stay in their "
    "channels: use Remove on a card before then to delete it."
)
DELETE_QUESTION_OUTSIDE = Text(
    "This deletes the prompts, inputs, and results of your finished jobs outside servers from my records. It also "
    "deletes your settings, presets, and drafts there. You can't undo it.\n"
    "What each job cost stays in your own credit history, with your Discord ID. Cards stay where they are: use Remove "
    "on a card before then to delete it."
)
OWN_JOBS = Text("Your jobs and settings on this server. Links in the file may have expired.")
DELETE_WORD = Text("DELETE")
TYPE_WORD = Text("Type {word} to confirm")
NOT_DELETED = Text("Nothing was deleted. To delete your data, type {word} in the form.", why="settings.value")
DELETED = Plural(
    "Deleted: your settings, presets, and drafts, and the contents of {count} job.",
    "Deleted: your settings, presets, and drafts, and the contents of {count} jobs.",
)
STILL_OPEN = Plural(
    "{count} job is still open and was not deleted. Delete your data again when it has finished.",
    "{count} jobs are still open and were not deleted. Delete your data again when they have finished.",
)
"""Say that `count` (at least one) could not be deleted yet."""
KEY_STAYS = Text("The key of your own Cannon account (`…{key}`) stays linked until you remove it.")
REMOVE_KEY_TOO = Text("Remove my key, too")
