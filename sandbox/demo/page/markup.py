"""Discord's markup in the preview: mentions, commands, times and small text, as Discord draws them.

simcord sends texts as trees of tokens, and leaves mentions, commands and `-#` in embeds raw. This rewrites the tokens,
except where Discord leaves them raw too: titles, footers and field names. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from bot.language import name_of
from sandbox.demo import texts
from sandbox.demo.simulation import simcord

Token = dict[str, Any]
Payload = Mapping[str, Any]
"""A command as it was registered."""
MARKED = frozenset({"content_tokens", "description_tokens", "excerpt_tokens", "markdown_tokens", "value_tokens"})
"""The texts in which Discord resolves mentions."""
PLAIN = frozenset({"excerpt"})
"""Strings without tokens, such as in the list of messages."""
HEADER = "interaction_header"
"""The line above an answer that names the command."""
SMALL = "-# "
_MENTIONED = re.compile(
    r"<@!?(?P<user>\d{1,20})>|<@&(?P<role>\d{1,20})>|<#(?P<channel>\d{1,20})>|</(?P<command>[^:<>\n]{1,100}):\d{1,20}>"
)
_BREAK: Token = {"type": "inline", "children": [{"type": "break"}]}


class MentionedNames(Protocol):
    """Names of mentions by id; None: unknown, or hidden from the viewer."""

    def user(self, user_id: int) -> str | None: ...

    def role(self, role_id: int) -> str | None: ...

    def channel(self, channel_id: int) -> str | None: ...


def resolve(value: Any, names: MentionedNames) -> None:
    """Rewrite a whole answer of the preview in place: token lists and plain texts."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key in MARKED and isinstance(held, list):
                value[key] = blocks(held, names)
            elif key in PLAIN and isinstance(held, str):
                value[key] = plain(held, names)
            elif key == HEADER and isinstance(held, dict) and held.get("command_type") == "chat_input":
                value[key] = held | {"name": name_of(f"/{held['name']}")[1:]}
            else:
                resolve(held, names)
    elif isinstance(value, list):
        for held in value:
            resolve(held, names)


def mentioning(text: str, names: Mapping[str, int]) -> str:
    """Return a typed text with the names after an `@` as mentions; `names` gives each one's account."""
    longest_first = sorted(names, key=len, reverse=True)
    named = re.compile(rf"(?<!\S)@({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    of = {name.casefold(): user_id for name, user_id in names.items()}
    return named.sub(lambda match: f"<@{of[match[1].casefold()]}>", text)


def plain(text: str, names: MentionedNames) -> str:
    return _MENTIONED.sub(lambda match: str(_mention(match, names)["label"]), text)


def blocks(tokens: list[Token], names: MentionedNames) -> list[Token]:
    """Return resolved tokens; a line that begins with `-#` becomes small text."""
    resolved = [_block(token, names) for token in tokens]
    return [token for at, token in enumerate(resolved) if not _needless(token, resolved[max(0, at - 1) : at + 2])]


def _block(token: Token, names: MentionedNames) -> Token:
    children = token.get("children")
    if not isinstance(children, list):
        return token
    if token.get("type") not in {"inline", "subtext"}:
        return {**token, "children": blocks(children, names)}
    kind, children = token["type"], list(children)
    if kind == "inline" and children and str(children[0].get("content", "")).startswith(SMALL):
        kind, children[0] = "subtext", {**children[0], "content": children[0]["content"][len(SMALL) :]}
    return {**token, "type": kind, "children": [each for child in children for each in _inline(child, names)]}


def _inline(token: Token, names: MentionedNames) -> Iterator[Token]:
    if token.get("type") == "command":  # simcord knows it in panels
        yield {**token, "label": name_of(str(token["label"]))}
        return
    if token.get("type") != "text":
        yield token
        return
    text, begin = str(token.get("content", "")), 0
    for match in _MENTIONED.finditer(text):
        if match.start() > begin:
            yield {"type": "text", "content": text[begin : match.start()]}
        yield _mention(match, names)
        begin = match.end()
    if begin < len(text) or not text:
        yield {"type": "text", "content": text[begin:]}


def _mention(match: re.Match[str], names: MentionedNames) -> Token:
    found: Mapping[str, str | None] = match.groupdict()
    if (path := found["command"]) is not None:
        return {"type": "command", "id": "", "label": name_of(f"/{path.strip()}")}
    if (user := found["user"]) is not None:
        return _named("user", user, f"@{names.user(int(user)) or texts.UNKNOWN_USER}")
    if (role := found["role"]) is not None:
        return _named("role", role, f"@{names.role(int(role)) or texts.UNKNOWN_ROLE}")
    channel = str(found["channel"])
    return _named("channel", channel, f"#{names.channel(int(channel)) or texts.UNKNOWN_CHANNEL}")


def _named(kind: str, mentioned: str, label: str) -> Token:
    return {"type": "mention", "kind": kind, "id": mentioned, "label": label}


def _needless(token: Token, around: list[Token]) -> bool:
    """Whether it is a line break next to small text, which is a block anyway."""
    return token == _BREAK and any(each.get("type") == "subtext" for each in around)


def localize(answer: Any, registered: Mapping[str, Payload], locale: str) -> None:
    """Show an answer's commands in place as Discord does: with what they were registered with for a locale.

    `registered` has the payloads by id; a command that is being replaced stays as it is. simcord finds an option by its
    `name`, so what is shown is its `label`.
    """
    if isinstance(answer, list):
        for each in answer:
            localize(each, registered, locale)
    elif isinstance(answer, dict):
        if "invocation" in answer and "options" in answer:
            _localize_command(answer, registered.get(answer["commandId"], {}), locale)
        for each in answer.values():
            localize(each, registered, locale)


def _localize_command(entry: dict[str, Any], payload: Payload, locale: str) -> None:
    names = [_shown(payload, "name", locale) or entry["path"][0]]
    for part in entry["path"][1:]:
        payload = _part_of(payload, "options", part)
        names.append(_shown(payload, "name", locale) or part)
    entry["invocation"] = " ".join(names)
    entry["description"] = _shown(payload, "description", locale) or entry["description"]
    for option in entry["options"]:
        made = _part_of(payload, "options", option["name"])
        option["label"] = _shown(made, "name", locale) or option["name"]
        option["description"] = _shown(made, "description", locale) or option["description"]
        for choice in option["choices"]:
            choice["name"] = _shown(_part_of(made, "choices", choice["name"]), "name", locale) or choice["name"]


def _part_of(payload: Payload, inner: str, name: str) -> Payload:
    return next((each for each in payload.get(inner) or () if each["name"] == name), {})


def _shown(payload: Payload, key: str, locale: str) -> str:
    shown: str = (payload.get(f"{key}_localizations") or {}).get(locale) or payload.get(key, "")
    return shown


class ServerNames:
    """Implements `MentionedNames` from the simulated Discord."""

    def __init__(self, env: simcord.Env, guild_id: int) -> None:
        self._backend = env.backend
        self._guild_id = guild_id

    def user(self, user_id: int) -> str | None:
        """Return a member's nickname, else the account's name."""
        user = self._backend.users.get(user_id)
        if user is None:
            return None
        member = self._backend.guilds[self._guild_id].members.get(user_id)
        nick = member.nick if member is not None else None
        return nick or user.global_name or user.name

    def role(self, role_id: int) -> str | None:
        role = self._backend.guilds[self._guild_id].roles.get(role_id)
        return role.name if role is not None else None

    def channel(self, channel_id: int) -> str | None:
        channel = self._backend.channels.get(channel_id)
        return channel.name if channel is not None else None
