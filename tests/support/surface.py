"""What the tests of the Discord surface ask of the rig again and again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import discord
from PIL import Image

from bot.domain.models import Job, JobState, LedgerKind
from tests.support.more import REST
from tests.support.rig import HOST_KEY, Rig

ROW, SECTION, TEXT = 1, 9, 10
"""Discord's numbers of these components."""


def png(size: int = 32) -> bytes:
    """Return a small real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), (200, 120, 40)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Call:
    """One call that reached the sandbox; `at` is seconds of the manual clock."""

    where: str
    at: float
    key: str | None
    target: str | None


def watch(rig: Rig) -> list[Call]:
    """Record from now on every call that reaches the sandbox, whatever it answers."""
    calls: list[Call] = []
    take = rig.sandbox.faults.take

    def noted(where: str, *, key: str | None = None, target: str | None = None) -> Any:
        if where != "webhook":
            calls.append(Call(where, rig.clock.elapsed, key, target))
        return take(where, key=key, target=target)

    rig.sandbox.faults.take = noted
    return calls


def of(calls: list[Call], where: str) -> list[Call]:
    return [call for call in calls if call.where == where]


# ---------------------------------------------------------------------- Discord


async def newest(rig: Rig) -> Job:
    return (await rig.jobs())[0]


def parts(message: Any) -> list[dict[str, Any]]:
    """Return the controls of a message, or of an answer that only its reader sees, in order."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [item for row in rows for item in _controls(row)]


def _controls(component: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if component["type"] == ROW:
        yield from component["components"]
        return
    for child in component.get("components", ()):
        yield from _controls(child)
    if component["type"] == SECTION and "custom_id" in component["accessory"]:
        yield component["accessory"]


def walked(message: Any) -> Iterator[dict[str, Any]]:
    """Yield the components of a message, those inside others too."""

    def inside(each: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield each
        for child in [*each.get("components", ()), *filter(None, [each.get("accessory")])]:
            yield from inside(child)

    for row in message.components:
        yield from inside(row if isinstance(row, dict) else row.to_dict())


def panel_text(message: Any) -> str:
    """Return what the texts of a message of Components V2 say, from top to bottom."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return "\n".join(text for row in rows for text in _texts(row))


def notice(message: Any) -> str:
    """Return what a message says; of a panel the notice above it, '' without one."""
    [first, *_] = [row if isinstance(row, dict) else row.to_dict() for row in message.components] or [{"type": 0}]
    return str(first["content"] if first["type"] == TEXT else message.content)


def report_facts(message: Any) -> dict[str, str]:
    """Return the lines of a report by their names; a list is below its name."""
    found = re.findall(r"^\*\*(.+?)\*\*(?: · |\n)(.+)$", panel_text(message), re.MULTILINE)
    return dict(found)


def _texts(component: dict[str, Any]) -> Iterator[str]:
    if component["type"] == TEXT:
        yield component["content"]
    for child in component.get("components", ()):
        yield from _texts(child)


DETAILS, REMOVE, RERUN_ALL, EDIT = "\N{INFORMATION SOURCE}\ufe0f", "🗑️", "🔁", "✏️"
"""Controls that are an icon alone."""


def labels(message: Any) -> list[str]:
    """Return what a message's controls are called, without the prices; of an icon alone, the icon."""
    return [_name(item) for item in parts(message)]


def rows(message: Any) -> list[list[str]]:
    """Return what is in each row of a message's controls; in brackets what is disabled."""
    given = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [
        [f"({_name(item)})" if item.get("disabled") else _name(item) for item in row["components"]]
        for row in given
        if row["type"] == ROW
    ]


def _name(item: dict[str, Any]) -> str:
    words = item.get("label") or item.get("placeholder") or item["emoji"]["name"]
    return str(words.partition(" · ")[0])


def icon(message: Any, emoji: str) -> str:
    """Return the custom id of the control that is this icon alone."""
    [found] = [item["custom_id"] for item in parts(message) if _name(item) == emoji]
    return str(found)


def whole(message: Any, label: str) -> str:
    """Return the label of the control that is called so, with its price if it has one."""
    found = [item["label"] for item in parts(message) if item.get("label", "").partition(" · ")[0] == label]
    return found[0] if found else label


def links(message: Any) -> list[str]:
    return [item["url"] for item in parts(message) if "url" in item]


def unlinked(text: str) -> str:
    """Return a text with the commands that members can click as the code writes them: "`/jobs`"."""
    return re.sub(r"</([^:>]+):\d+>", r"`/\1`", text)


def private_sentence(result: Any) -> str:
    """Return the one sentence that only the author reads; fail if anything else was said, or anything is public.

    Commands are as the code writes them.
    """
    said = [message for message in (result.response, *result.followups) if message is not None]
    assert len(said) == 1, said
    [message] = said
    assert message.ephemeral
    assert not message.embeds
    assert message.content.startswith("⚠️ ")
    sentence = without_page(message.content)
    assert "\n" not in sentence
    assert sentence[-1] in ".!?)`>"
    assert "Traceback" not in sentence
    return unlinked(sentence.removeprefix("⚠️ "))


def without_page(content: str) -> str:
    """Return a refusal without the name of its page."""
    return content.partition("\n-# ")[0]


def inputs(shown: Any) -> dict[str, dict[str, Any]]:
    """Return the inputs of a form that was shown, by their labels."""
    return {row["label"]: row["component"] for row in shown.modal["components"] if "label" in row}


def fill(shown: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values`, given by label, as a form is sent; of the others only the lines of many fields stay filled."""
    found = inputs(shown)
    kept = {each["custom_id"]: each["value"] for each in found.values() if each["custom_id"] == REST}
    return kept | {found[label]["custom_id"]: value for label, value in values.items()}


def state_text(message: Any) -> str:
    """Return what a card says below its prompt: the states of its jobs, then its facts."""
    return "\n".join(below_prompt(message.embeds[0]))


def below_prompt(embed: discord.Embed) -> list[str]:
    """Return the lines of a card's embed below its prompt, the small print as plain text."""
    text = "\n".join([embed.description or "", *(field.value or "" for field in embed.fields)])
    lines = re.sub(r"(?:\*\*[^\n]*\*\*\n)?```.*?```", "", text, flags=re.DOTALL).splitlines()
    return [line.removeprefix("-# ") for line in lines if line and not line.startswith("> ")]


def private_messages(rig: Rig, member: Any) -> list[discord.Message]:
    return [m for m in member.user.dm_channel.history() if m.author.id == rig.bot.user.id]


def close_private(rig: Rig, member: Any) -> None:
    """Let the member refuse direct messages, as Discord says it."""
    channel = member.user.dm_channel
    rig.env.inject_error(
        "POST", f"/channels/{channel.id}/messages", status=403, code=50007, message="no DM", times=None
    )


def delete(rig: Rig, message: discord.Message) -> None:
    """Let a moderator delete a message."""
    rig.env.backend.delete_message(message.channel.id, message.id)


def deny(rig: Rig, **permissions: bool) -> None:
    """Take permissions in the channel from everyone, the bot included."""
    rig.env.backend.set_overwrite(rig.channel.id, _overwrite(rig, **permissions))


async def post_log(rig: Rig) -> None:
    """Let the log channels have what waits for them."""
    with rig.env.time_context():
        await rig.bot.parts.alerts.run_once()
    await rig.env.settle()


def _overwrite(rig: Rig, **permissions: bool) -> Any:
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    allow, refuse = discord.PermissionOverwrite(**permissions).pair()
    return Overwrite(rig.guild.default_role.id, OverwriteType.ROLE, allow.value, refuse.value)


def links_on(message: discord.Message) -> list[str]:
    return [
        item.url
        for row in message.components
        for item in getattr(row, "children", ())
        if isinstance(item, discord.Button) and item.url is not None
    ]


def sends(rig: Rig) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every body that made or changed a message, with its call."""
    for call in rig.env.http_requests:
        if call.method not in {"POST", "PATCH"} or not isinstance(call.json, dict):
            continue
        body = call.json
        if call.path.endswith("/callback"):
            if body.get("type") != 4:
                continue
            body = body["data"]
        elif "/messages" not in call.path and not call.path.startswith("/webhooks/"):
            continue
        yield f"{call.method} {call.path}", body


# ---------------------------------------------------------------------- jobs and money


def is_started(rig: Rig, job_id: str) -> bool:
    """Whether a poll has seen Cannon Studio work on the job: in its first half minute the row does not say so."""
    followed = rig.bot.parts.worker.agenda.jobs.get(job_id)
    return followed is not None and followed.row is not None and followed.row.started_at is not None


async def until(rig: Rig, *states: JobState, limit_s: float = 600.0) -> Job:
    """Let time pass until the newest job is in one of `states`, or seen as one that is being made."""
    passed = 0.0
    while True:
        job = (await rig.jobs())[0]
        if job.state in states or (JobState.PROCESSING in states and is_started(rig, job.id)):
            return job
        assert passed < limit_s, f"it is {job.state} after {passed} s"
        await rig.step()
        if (await rig.jobs())[0].state in states:
            continue
        rig.advance(0.5)
        passed += 0.5


async def nothing_happened(rig: Rig, key: str = HOST_KEY) -> None:
    """Fail if anything was stored, held, sent or spent."""
    assert await rig.jobs() == []
    assert await rig.bot.parts.store.ledger.rows(rig.guild.id) == []
    assert rig.sandbox.posts == 0
    assert rig.sandbox.spent(key) == 0


async def settled_exactly(rig: Rig, key: str = HOST_KEY) -> None:
    """Fail unless every job has a hold and one closing row, and what is settled is what Cannon Studio took."""
    rows = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    for job in await rig.jobs():
        kinds = sorted(row.kind for row in rows if row.job_id == job.id)
        paid = job.state in {JobState.DELIVERED, JobState.HELD}
        assert kinds == sorted([LedgerKind.HOLD, LedgerKind.SETTLE if paid else LedgerKind.RELEASE]), (job.id, kinds)
    spent = sum((row.credits for row in rows if row.kind is LedgerKind.SETTLE), Decimal(0))
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert balance.held == 0
    assert balance.spent == spent == rig.sandbox.spent(key)


async def agreed(member: Any, answer: Any) -> Any:
    """Let the member confirm a price or a doubt in the answer; return the outcome, else the answer."""
    for message in (answer.response, *answer.followups):
        for yes in ("Yes, make it", "Continue anyway"):
            if message is not None and yes in labels(message):
                return await member.click(message, label=yes)
    return answer
