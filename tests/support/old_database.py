"""The present bot on the state that an earlier commit left: its database, Discord, and Cannon Studio's requests.

`tests/data/old_database` holds that state as text, with its original ids. Only Cannon Studio's address, which was a
random port, is written as `http://sandbox.invalid`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import discord
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.backend.models import Channel, Guild, Interaction, Member, Message, Reaction, Role, User
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.results import to_discord_message

from bot.domain.custom_ids import unsigned
from bot.settings import SecretStr
from tests.support.rig import Rig, simulated
from tests.support.surface import panel_text, unlinked

DATA = Path(__file__).resolve().parents[1] / "data" / "old_database"
SECRET_KEY = "a-secret-key-of-an-old-installation-0123456789"
"""Seals the API keys and tokens in the file."""
SANDBOX = "http://sandbox.invalid"
AWAY_S = 60.0
"""How long no bot ran: the interaction tokens of the last minutes still live."""
PROMPT = "coalesce(json_extract(input, '$.prompt'), json_extract(input, '$.text'))"
KEYS = {1: "cs_test_studio_first_000001", 2: "cs_test_workshop_0000000003", 3: "cs_test_studio_second_00002"}
"""The API keys by their ids in the file."""
PICTURE, TRIO, VIDEO = "old picture #fast", "old trio #fast", "old video #fast"


def stored(name: str, url: str = SANDBOX) -> str:
    """Return one of the stored texts, with Cannon Studio at `url`."""
    return (DATA / name).read_text(encoding="utf-8").replace(SANDBOX, url)


def custom_ids() -> list[dict[str, Any]]:
    """Return every button and select that was on a message, in the order of the messages."""
    controls: list[dict[str, Any]] = json.loads(stored("custom_ids.json"))
    return controls


def write_database(path: Path, url: str = SANDBOX) -> None:
    """Write the database file as it was left."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(stored("database.sql", url))


def rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read from a database file, without the bot."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(query, values).fetchall()


class OldRig(Rig):
    """A rig whose bot starts on the stored state instead of an empty one.

    Members and channels are found by their names, which no two of the three servers share. `jobs_at_start` are the
    ids of the jobs by their prompts.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, secret_keys=(SecretStr(SECRET_KEY),))
        self.path = folder / "bot.db"
        self.jobs_at_start: dict[str, list[str]] = {}
        self.members: dict[str, MemberActor] = {}
        self.channels: dict[str, ChannelHandle] = {}
        self._uploads: dict[int, dict[str, Any]] = {}

    async def start(self) -> None:
        await self.sandbox.start()
        write_database(self.path, self.sandbox.url)
        for prompt, job_id in self.rows(f"SELECT {PROMPT}, id FROM jobs ORDER BY created_at, position"):
            self.jobs_at_start.setdefault(prompt, []).append(job_id)
        self.bot = self.new_bot()
        self.env = simulated(self.bot)
        world = json.loads(stored("discord.json", self.sandbox.url))
        self._upload(world)
        await self._restore_studio()
        self._restore_discord(world)
        self.clock.elapsed = world["elapsed"] + AWAY_S
        self.env.backend.clock.advance(world["elapsed"] + AWAY_S)
        await self.env.start()
        if not self.env.backend.commands:  # the file says that Discord has them
            with self.env.time_context():
                await self.bot.tree.sync()
        self._name(world)

    # ------------------------------------------------------------------ Cannon Studio

    async def _restore_studio(self) -> None:
        """Submit every request again, at its original time and with its original id and keys."""
        studio = json.loads(stored("studio.json", self.sandbox.url))
        for account in studio["accounts"]:
            self.sandbox.add_key(account["key"], credits=account["credits"])
        async with aiohttp.ClientSession() as session:
            for each in studio["requests"]:
                self.clock.elapsed = each["at"]
                headers = {"x-api-key": each["key"], "x-idempotency-key": each["idempotency_key"]}
                with mock.patch("secrets.token_hex", return_value=each["id"].removeprefix("req_")):
                    answer = await session.post(
                        f"{self.sandbox.url}/api/v1/requests", json=each["body"], headers=headers
                    )
                    assert (answer.status, (await answer.json())["id"]) == (202, each["id"])
                await self.sandbox.request(each["id"]).made.wait()  # a later one may be made from its file
        for account in studio["accounts"]:
            if account["revoked"]:
                self.sandbox.revoke_key(account["key"])

    # ------------------------------------------------------------------ Discord

    def _upload(self, world: dict[str, Any]) -> None:
        for each in world["uploads"]:
            data = base64.b64decode(each["data"])
            self._uploads[each["id"]] = self.env.backend.cdn.store_attachment(
                each["id"], each["channel_id"], each["filename"], data, None
            )

    def _restore_discord(self, world: dict[str, Any]) -> None:
        backend = self.env.backend
        assert backend.bot_user.id == world["bot_id"]
        for row in world["users"]:
            if row["id"] != world["bot_id"]:
                backend.users[row["id"]] = User(**row)
        for row in world["guilds"]:
            guild = Guild(id=row["id"], name=row["name"], owner_id=row["owner_id"])
            guild.roles = {each["id"]: Role(**each) for each in row["roles"]}
            guild.members = {each["user_id"]: Member(**each) for each in row["members"]}
            guild.channel_ids = [each["id"] for each in row["channels"]]
            backend.guilds[guild.id] = guild
            self._restore_channels([Channel(**each) for each in row["channels"]])
        for row in world["direct"]:
            backend.dm_channels[row["user_id"]] = row["channel_id"]
            self._restore_channels([Channel(id=row["channel_id"], type=1, recipient_ids=[row["user_id"]])])
        for row in world["messages"]:
            backend.messages[row["channel_id"]][row["id"]] = Message(**self._message(row))
        for row in world["interactions"]:
            backend.interactions[row["id"]] = Interaction(**row)
            backend.interaction_tokens[row["token"]] = row["id"]

    def _restore_channels(self, channels: list[Channel]) -> None:
        for channel in channels:
            self.env.backend.channels[channel.id] = channel
            self.env.backend.messages[channel.id] = {}

    def _message(self, row: dict[str, Any]) -> dict[str, Any]:
        backend = self.env.backend
        files = [self._attachment(row["channel_id"], each) for each in row.get("attachments", ())]
        reactions = [Reaction(**each) for each in row.get("reactions", ())]
        asked = row.get("interaction_metadata")
        if asked is not None:
            user = dict(serializers.user_payload(backend.users[asked["user_id"]]))
            asked = {"id": asked["id"], "type": asked["type"], "user": user, "authorizing_integration_owners": {}}
        return {**row, "attachments": files, "reactions": reactions, "interaction_metadata": asked}

    def _attachment(self, channel_id: int, row: dict[str, Any]) -> dict[str, Any]:
        """Return a file of a message: what a member uploaded, else what Cannon Studio had made."""
        if row["id"] in self._uploads:
            return self._uploads[row["id"]]
        file = self.sandbox.studio.files.get(row["media"])
        assert file is not None, row
        made: dict[str, Any] = self.env.backend.cdn.store_attachment(
            row["id"], channel_id, row["filename"], file.data, row["description"]
        )
        return made

    def _name(self, world: dict[str, Any]) -> None:
        backend = self.env.backend
        for row in world["guilds"]:
            guild = GuildHandle(self.env, backend.guilds[row["id"]])
            self.channels |= {
                each["name"]: ChannelHandle(self.env, guild, backend.channels[each["id"]]) for each in row["channels"]
            }
            users = [backend.users[each["user_id"]] for each in row["members"]]
            self.members |= {user.name: MemberActor(self.env, guild, UserHandle(self.env, user)) for user in users}
        self.member, self.moderator, self.channel = (
            self.members["ada"],
            self.members["morgan"],
            self.channels["general"],
        )
        self.guild = self.channel.guild

    # ------------------------------------------------------------------ reading

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read from the database file, without the bot."""
        return rows(self.path, query, *values)

    def value(self, query: str, *values: Any) -> Any:
        """Read one value."""
        [[found]] = self.rows(query, *values)
        return found

    def job(self, prompt: str, number: int = 0) -> str:
        """Return the id of a job that was there at the start; `number` counts those with the same prompt."""
        return self.jobs_at_start[prompt][number]

    def state(self, job_id: str) -> str:
        """Return a job's state."""
        state: str = self.value("SELECT state FROM jobs WHERE id = ?", job_id)
        return state

    def states(self) -> dict[str, list[str]]:
        """Return the states of the jobs that were there at the start, by their prompts of then."""
        return {prompt: [self.state(each) for each in ids] for prompt, ids in self.jobs_at_start.items()}

    def message(self, channel_id: int, message_id: int) -> discord.Message:
        """Return a message, private answers too, as members see it now."""
        return to_discord_message(self.env, self.env.backend.get_message(channel_id, message_id))

    def card(self, job_id: str) -> discord.Message:
        """Return the message of a job's card."""
        [[channel_id, message_id]] = self.rows(
            "SELECT coalesce(message_channel_id, channel_id), message_id FROM cards"
            " WHERE id = (SELECT card_id FROM jobs WHERE id = ?)",
            job_id,
        )
        return self.message(channel_id, message_id)

    def attachments(self) -> Iterator[str]:
        """Give the names of all files on all messages of the bot in servers."""
        for channel in self.channels.values():
            for message in self.env.backend.messages[channel.id].values():
                yield from (each["filename"] for each in message.attachments)

    # ------------------------------------------------------------------ acting

    async def press(self, member: Any, custom_id: str, *values: Any, number: int = 0) -> Any:
        """Press a stored control that the member sees; `values` are chosen, if it is a select.

        `number` counts the messages with such a control, oldest first.
        """
        found = [
            each
            for each in custom_ids()
            if each["custom_id"] == custom_id
            and each["only_for"] in {None, member.id}
            and (each["kind"] == "button") == (not values)
        ]
        return await self.press_stored(member, found[number], *values)

    async def press_stored(self, member: Any, control: dict[str, Any], *values: Any) -> Any:
        """Press a control of `custom_ids`."""
        message = self.message(control["channel_id"], control["message_id"])
        if control["kind"] == "button":
            return await member.click(message, custom_id=as_drawn(message, control["custom_id"]))
        return await member.select(message, values, custom_id=as_drawn(message, control["custom_id"]))

    async def until_ended(self, *job_ids: str) -> None:
        """Let time pass until these jobs have ended."""
        marks = ", ".join("?" * len(job_ids))
        for _ in range(400):
            await self.step()
            ended = "('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')"
            query = f"SELECT count(*) FROM jobs WHERE id IN ({marks}) AND state NOT IN {ended}"
            if self.value(query, *job_ids) == 0:
                return
            self.advance(5)
        raise AssertionError(f"still open: {[(each, self.state(each)) for each in job_ids]}")


def as_drawn(message: Any, custom_id: str) -> str:
    """Return the custom id that a control has now: what the bot has drawn again is signed."""
    drawn = re.findall(r"'custom_id': '([^']+)'", str([_as_dict(row) for row in message.components]))
    return next((each for each in drawn if unsigned(each) == custom_id), custom_id)


def _as_dict(row: Any) -> Any:
    return row if isinstance(row, dict) else row.to_dict()


@contextlib.asynccontextmanager
async def started(folder: Path) -> AsyncIterator[OldRig]:
    rig = OldRig(folder)
    await rig.start()
    try:
        yield rig
    finally:
        await rig.close()


def said(result: Any) -> str:
    """Return all that an answer says: its texts, its embeds, and what followed it."""
    parts = []
    for message in (result.response, *result.followups):
        if message is not None:
            parts += [message.content, panel_text(message)]
            parts += [json.dumps(each.to_dict(), ensure_ascii=False) for each in message.embeds]
    return unlinked("\n".join(parts))


def new_jobs(rig: OldRig) -> list[tuple[Any, ...]]:
    """Return the operation, author and parent of each job that was not there at the start, in order."""
    known = [each for ids in rig.jobs_at_start.values() for each in ids]
    marks = ", ".join("?" * len(known))
    query = f"SELECT operation, author_id, parent_id FROM jobs WHERE id NOT IN ({marks}) ORDER BY created_at, position"
    return rig.rows(query, *known)


async def send_form(member: Any, shown: Any, *texts: str) -> Any:
    """Send a form with texts in its first inputs; the others, and its selects, are left as they are."""
    rows = [row for row in shown.modal["components"] if "component" in row or "components" in row]  # no mere text
    items = [row.get("component") or row["components"][0] for row in rows]
    values: dict[str, Any] = {}
    left = list(texts)
    for item in items:
        if "options" in item:
            values[item["custom_id"]] = [each["value"] for each in item["options"] if each.get("default")]
        elif text := left.pop(0) if left else item.get("value"):
            values[item["custom_id"]] = text
    return await member.submit_modal(shown, values)
