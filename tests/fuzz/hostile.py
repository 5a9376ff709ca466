"""Texts, numbers and documents that nobody means well with, drawn by chance from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

WORDS = (
    "", " ", "a fox #fast", "x" * 6000, "[" * 2000, "[a](https://evil.example)" * 40, "@everyone <@1> <@&2> <#3>",
    "<t:1:R> </a:1>", "\u200b", "\u202e\u2066abc", "\ufdfa" * 300, "a\u0301" * 500, "\ud800", "\x00\x01\x1b[2J",
    "{1.image_url}", "{0.x} {prompt}", "'; DROP TABLE jobs; --", "%s %d %(x)s", "${jndi:ldap://x}", "../../etc/passwd",
    "C:\\con", "null", "NaN", "-0", "1e999", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/",
    "http://a.b", "https://x:y@z.example/a.png", "file:///etc/passwd", "data:image/png;base64,AA",
    "https://discord.com/channels/1/2/3", "0000000000", "ABCDEFGHJK", "=HYPERLINK(1)", "\r\nSet-Cookie: a=b",
    "```\n# big\n```", "||s||", "</studio key:1>", "\uff46\uff4f\uff58", "🦊" * 200, "\t\n\v\f",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 3, 10, 10**9, -(10**9), 2**31, 2**53, 0.1, -0.5, 1e15)
SCALARS: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 10**30, 1e308, "", "x", *WORDS[:12])


class Chance:
    """Draws hostile values; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def text(self, most: int = 6000, least: int = 0) -> str:
        made = "".join(self.dice.choices(WORDS, k=self.dice.choice([1, 1, 2, 3])))[:most]
        return made if len(made) >= least else made + "x" * (least - len(made))

    def number(self, lowest: float | None, highest: float | None) -> float:
        made = self.dice.choice(NUMBERS)
        return min(max(made, -1e9 if lowest is None else lowest), 1e9 if highest is None else highest)

    def document(self, depth: int = 4) -> Any:
        """Return any JSON value."""
        kind = self.dice.random()
        if depth == 0 or kind < 0.5:
            return self.dice.choice(SCALARS)
        if kind < 0.75:
            return [self.document(depth - 1) for _ in range(self.dice.randrange(4))]
        return {self.text(30): self.document(depth - 1) for _ in range(self.dice.randrange(5))}

    def changed(self, document: Any, depth: int = 0) -> Any:
        """Return a document with some of its values, keys or items changed, left out or doubled."""
        if self.dice.random() < 0.12:
            return self.document(3)
        if isinstance(document, dict):
            kept = {key: self.changed(value, depth + 1) for key, value in document.items() if self.dice.random() > 0.08}
            if self.dice.random() < 0.2:
                kept[self.dice.choice(["status", "output", "id", "billableCredits", "urls", self.text(20)])] = (
                    self.document(2)
                )
            return kept
        if isinstance(document, list):
            return [
                self.changed(value, depth + 1) for value in document for _ in range(self.dice.choice([0, 1, 1, 1, 3]))
            ]
        return document

    def bytes_of(self, document: Any) -> str:
        """Return a body: mostly JSON, at times cut, or with rubbish around it."""
        text = json.dumps(document)
        damage: Callable[[], str] = self.dice.choice(
            [lambda: text, lambda: text, lambda: text, lambda: text[: len(text) // 2], lambda: self.text(2000) + text]
        )
        return damage().encode("utf-8", "replace").decode()

    def custom_id(self, subjects: list[str], actions: list[str]) -> str:
        """Return the id of a control: mostly of a known action with a known subject, at times anything."""
        version = self.dice.choice(["1", "1", "1", "1", "0", "2", "999"])
        action = self.dice.choice([*actions, "no_such_action"])
        subject = self.dice.choice([*subjects, "0000000000", "a.b-c_d", "x" * 60, "-1", "1.2.3"])
        return f"c{version}:{action}:{subject}"
