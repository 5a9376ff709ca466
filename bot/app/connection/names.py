"""Names of commands in everything that is sent to Discord.

Texts name a command in the reader's language, in backticks (bot/language): "`/audio voices`". Each request body passes
here once. Where Discord reads Markdown with mentions the name becomes one, which can be clicked and which Discord shows
in the reader's own language; elsewhere, as in titles, labels and forms, only the backticks go.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord
from discord import app_commands
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.delivery.channels.facts import (
    CONTENT_CHARS,
    EMBED_DESCRIPTION_CHARS,
    EMBED_FIELD_CHARS,
    EMBEDS_CHARS,
    TEXT_DISPLAYS_CHARS,
)
from bot.language import LANGUAGES, name_of, speaking

_NAMED = re.compile(r"(?<!`)`(/[^`\n]{1,100})`(?!`)")
_BLOCK = re.compile(r"(```.*?```)", re.DOTALL)
_FORM, _CHOICES = discord.InteractionResponseType.modal.value, discord.InteractionResponseType.autocomplete_result.value
_TEXT_DISPLAY = discord.ComponentType.text_display.value
_PLAIN = frozenset({"title", "label", "placeholder", "description", "text", "name"})
"""Keys of texts without mentions; `description` and `value` of an embed have them."""
_NESTED = ("components", "component", "accessory", "options", "footer", "author", "choices")


@functools.lru_cache(maxsize=1)
def _paths_by_name(paths: frozenset[str]) -> Mapping[str, str]:
    """Return the paths by their names in every language. A start asks twice: the ids are read again."""
    made: dict[str, str] = {}
    for language in reversed(list(LANGUAGES)):  # English last: texts of an earlier version name commands so
        with speaking(language):
            made |= {name_of(path): path[1:] for path in paths}
    return made


@dataclass
class CommandNames:
    """The registered commands, by their names in every language."""

    ids: Mapping[str, int] = field(default_factory=dict, init=False)
    _paths: Mapping[str, str] = field(default_factory=dict, init=False)
    """The path of each command and group by its name in any language: `/aufträge` is `jobs`."""
    _groups: frozenset[str] = field(default_factory=frozenset, init=False)

    def learn(self, tree: app_commands.CommandTree[Any], ids: Mapping[str, int]) -> None:
        """Take the loaded commands, and the ids that Discord has given them."""
        found = list(tree.walk_commands())
        paths = frozenset(f"/{each.qualified_name}" for each in found)
        self._groups = frozenset(each.qualified_name for each in found if isinstance(each, app_commands.Group))
        self.ids = ids
        self._paths = _paths_by_name(paths)

    def mention(self, path: str) -> str | None:
        """Return the mention of a command such as `image generate`; None without an id, and for a group."""
        command_id = self.ids.get(path.partition(" ")[0])
        return None if command_id is None or path in self._groups else f"</{path}:{command_id}>"

    def sent(self, body: Any) -> Any:
        """Return the body of a request with each command as its reader sees it."""
        if not isinstance(body, dict):
            return body
        if isinstance(data := body.get("data"), dict):
            is_plain = body.get("type") in {_FORM, _CHOICES}
            return {**body, "data": self._plainly(data, {*_PLAIN, "content"}) if is_plain else self._message(data)}
        return self._message(body)

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        made = dict(body)
        if isinstance(content := body.get("content"), str):
            made["content"] = self._clickable(content, CONTENT_CHARS)
        if isinstance(embeds := body.get("embeds"), list):
            clickable = [self._embed(each, self._clickable) for each in embeds]
            fits = sum(map(len, _texts(clickable))) <= EMBEDS_CHARS
            made["embeds"] = clickable if fits else [self._embed(each, lambda text, _limit: text) for each in embeds]
        if isinstance(components := body.get("components"), list):
            plain = self._plainly(components, _PLAIN)
            clickable = self._displays(plain)
            fits = sum(map(len, _contents(clickable))) <= TEXT_DISPLAYS_CHARS
            made["components"] = clickable if fits else plain
        return made

    def _embed(self, embed: dict[str, Any], linked: Callable[[str, int], str]) -> dict[str, Any]:
        made: dict[str, Any] = self._plainly(embed, _PLAIN - {"description"})
        if isinstance(about := embed.get("description"), str):
            made["description"] = linked(about, EMBED_DESCRIPTION_CHARS)
        if "fields" in embed:
            made["fields"] = [
                {**each, "name": self._plain(each["name"]), "value": linked(each["value"], EMBED_FIELD_CHARS)}
                for each in embed["fields"]
            ]
        return made

    def _displays(self, node: Any) -> Any:
        """Return components with clickable commands in their texts in Markdown."""
        if isinstance(node, list):
            return [self._displays(each) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("type") == _TEXT_DISPLAY:
            return {**node, "content": self._clickable(node["content"], TEXT_DISPLAYS_CHARS)}
        return {key: self._displays(value) if key in _NESTED else value for key, value in node.items()}

    def _plainly(self, node: Any, keys: frozenset[str] | set[str]) -> Any:
        """Return a part of a body with the names in these keys' texts as plain text. What people typed stays."""
        if isinstance(node, list):
            return [self._plainly(each, keys) for each in node]
        if not isinstance(node, dict):
            return node
        texts = {key: self._plain(node[key]) for key in keys if isinstance(node.get(key), str)}
        return node | texts | {key: self._plainly(node[key], keys) for key in _NESTED if key in node}

    def _plain(self, text: str) -> str:
        return _NAMED.sub(lambda found: found[1] if found[1] in self._paths else found[0], text)

    def _clickable(self, text: str, limit: int) -> str:
        """Return Markdown with mentions, as it is if that would be too long. Blocks of code stay."""
        parts = _BLOCK.split(text)
        made = "".join(part if number % 2 else _NAMED.sub(self._mentioned, part) for number, part in enumerate(parts))
        return made if len(made) <= limit else text

    def _mentioned(self, found: re.Match[str]) -> str:
        path = self._paths.get(found[1])
        return (None if path is None else self.mention(path)) or found[0]


def _texts(node: Any) -> Iterator[str]:
    """Yield the texts that Discord counts in embeds: all but links and what is no text."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str):
            if key in {"title", "description", "name", "value", "text"}:
                yield value
        elif isinstance(value, dict | list):
            yield from _texts(value)


def _contents(node: Any) -> Iterator[str]:
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict):
            if each.get("type") == _TEXT_DISPLAY:
                yield each["content"]
            for key in _NESTED:
                yield from _contents(each.get(key))


def pass_all(http: discord.http.HTTPClient, sent: Callable[[Any], Any]) -> None:
    """Let the body of each request of this client pass `sent`, by the bot's token or an interaction's.

    Call it where all of the client's tasks descend from: answers to interactions are sent by an adapter of the context.
    discord.py has no hook for bodies; its two `request` methods are all that sends.
    """
    adapter = async_context.get()
    if type(adapter) is AsyncWebhookAdapter:
        adapter = AsyncWebhookAdapter()  # type: ignore[no-untyped-call]  # the first one belongs to all clients of the process
        async_context.set(adapter)
    for caller, body, form in ((http, "json", "form"), (adapter, "payload", "multipart")):
        _wrap(caller, body, form, sent)


def _wrap(caller: Any, body: str, form: str, sent: Callable[[Any], Any]) -> None:
    async def request(*args: Any, **options: Any) -> Any:
        if options.get(body) is not None:
            options[body] = sent(options[body])
        if options.get(form):
            options[form] = [_part(each, sent) for each in options[form]]
        plain = type(caller).request  # as it is now: tests replace it
        return await plain(caller, *args, **options)

    caller.request = request


def _part(part: dict[str, Any], sent: Callable[[Any], Any]) -> dict[str, Any]:
    if part["name"] != "payload_json" or "`/" not in part["value"]:
        return part
    return {**part, "value": json.dumps(sent(json.loads(part["value"])))}
