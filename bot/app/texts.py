"""What hosts read in a terminal or log, in English."""

from __future__ import annotations

from collections.abc import Collection

# ---------------------------------------------------------------------- hosts

TOKEN_NOT_SET = "DISCORD_TOKEN is not set."  # noqa: S105 - a sentence, not a password
TOKEN_REFUSED = "Discord rejects DISCORD_TOKEN. Copy the current token from the Bot page of your application."  # noqa: S105
LASTING_CLOSES = {
    4010: "Discord rejects the number of a connection (close code 4010). Update cannon-bot.",
    4011: "Discord wants more connections for the bot's servers (close code 4011). The next start asks how many.",
    4012: "Discord no longer supports this version of its gateway (close code 4012). Update cannon-bot.",
    4013: "Discord does not know the intents that the bot names (close code 4013). Update cannon-bot.",
    4014: "Discord rejects this application's intents (close code 4014). cannon-bot needs no privileged intents.",
}
"""By the gateway's close code (docs.discord.com, Gateway Close Event Codes): none passes while the process runs."""
DATABASE_LOST = "The database has taken nothing for five minutes. Exiting, so that the bot is restarted. {hint}".format
NOTHING_MOVES = "cannon-bot: no progress for five minutes although work is due. Exiting, so that it is restarted."
DISCORD_UNREACHABLE = "Discord can't be reached ({reason}). Check the network, then start the bot again.".format
GATEWAY_UNREACHABLE = (
    "Discord's gateway can't be reached at {host} ({reason}). Commands come from there: check the firewall."
).format
CERTIFICATE_REFUSED = (
    "The certificate of what answers as Discord is not valid ({reason}). Check this machine's clock, its root "
    "certificates (package ca-certificates), and what inspects its traffic."
).format
NO_ANSWER_IN_TIME = "no answer in time"

KEY_FOR_EVERY_SERVER = "every server"
KEY_FOR_PRIVATE_APPLICATION = "every server, because the application is private"
KEY_FOR_NONE = "no server, because the application is public; set CANNON_API_KEY_GUILDS"
HOST_KEY_UNLIMITED = (
    "CANNON_API_KEY_GUILDS is * and neither CANNON_API_KEY_LIMIT nor CANNON_API_KEY_TOTAL is set: members of any "
    "server that adds the bot can spend all of your credits."
)
PRICE_LIST_WRONG = "PRICE_LIST ({path}) is not used: {reason} Correct the file, or unset PRICE_LIST.".format
PRACTICE_KEY_OF_HOST = "CANNON_API_KEY is a practice key, which only the bot can create. Set a real key, or none."
GATEWAY_CLOSED = "Discord closed the connection and rejects new ones (gateway close code {code}).".format
DISCORD_IN_TROUBLE = "Discord can't serve the bot now ({error}). Try again later.".format
COMMANDS_DO_NOT_LOAD = "The commands do not load: {error}. The installation is broken; install cannon-bot again.".format


def key_for_servers(count: int) -> str:
    return f"{_count(count, 'server')} in CANNON_API_KEY_GUILDS"


# ---------------------------------------------------------------------- what a host does while the bot is stopped

LOG_NOT_EMPTIED = (
    " Another program is using the database, so erased data may remain in its log. Run this again when that has ended."
)
ERASING = "Erasing jobs"
NO_DATABASE = (
    "There is no database at {path}. Set DATABASE, or run this in the directory where the bot is started."
).format


NOTHING_OF_GUILD = "There is nothing of a server {guild_id} in the database. Check the id.".format


def nothing_of_member(member_id: int, guild_id: int | None) -> str:
    where = "in the database" if guild_id is None else f"on server {guild_id}"
    return f"There is nothing of a member {member_id} {where}. Check the id."


def would_forget_guild(guild_id: int, jobs: int) -> str:
    return (
        f"This would erase server {guild_id} for good: {_count(jobs, 'job')}, its key, settings, recipes, and record."
        " Costs stay in the ledger. Stop the bot and add --yes to do it."
    )


def would_forget_member(member_id: int, guilds: Collection[int]) -> str:
    return (
        f"This would erase the data of member {member_id} for good on {_count(len(guilds), 'server')}"
        f" ({', '.join(map(str, guilds))}). Costs stay in the ledger. Stop the bot and add --yes to do it."
    )


def guild_forgotten(guild_id: int, jobs: int, left: int, *, is_clean: bool) -> str:
    return (
        f"Erased server {guild_id}: {_count(jobs, 'job')}, its key, settings, recipes, and record."
        f"{_left(left)}{'' if is_clean else LOG_NOT_EMPTIED}"
    )


def member_forgotten(member_id: int, guilds: int, jobs: int, drafts: int, left: int, *, is_clean: bool) -> str:
    return (
        f"Erased {_count(jobs, 'job')} and {_count(drafts, 'draft')} of member {member_id}"
        f" on {_count(guilds, 'server')}. While limits count by the ID it stays with the costs in the ledger; then the"
        f" running bot replaces it by a random number.{_left(left)}{'' if is_clean else LOG_NOT_EMPTIED}"
    )


def keys_rotated(count: int) -> str:
    return (
        f"Encrypted {_count(count, 'secret')} with the newest key. You can now remove older keys from SECRET_KEYS,"
        " and the key file if SECRET_KEYS is set."
    )


def _left(jobs: int) -> str:
    return f" {_count(jobs, 'job')} not ended: start the bot to finish them, then run this again." if jobs else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
