"""Pressing whatever the demo's page offers, and keys, at random."""

from __future__ import annotations

import contextlib
import random
from typing import Any

from playwright.async_api import ConsoleMessage, Page
from playwright.async_api import Error as PlaywrightError

from tests.support.page import run_slash

COMMANDS: tuple[tuple[str, dict[str, str]], ...] = (
    ("image generate", {"prompt": "a blue door"}),
    ("image generate", {"prompt": "a red kite #fast"}),
    ("image generate", {"prompt": "a broken lamp #fail"}),
    ("image generate", {"prompt": "an empty room #none"}),
    ("image generate", {"prompt": "a lost key #gone"}),
    ("image generate", {"prompt": "a patient snail #slow"}),
    ("video generate", {"prompt": "waves on a shore"}),
    ("audio narration", {"text": "Welcome aboard"}),
    ("prompt", {"for": "image", "prompt": "a fox"}),
    ("jobs", {}),
    ("help", {}),
)
SETTLED_MS = 30_000
"""How long a press may keep the page busy on a machine with much else to do: one that is lost does so for ever."""

PRESS = """
([wanted, chance]) => {
  const found = [...document.querySelectorAll(wanted)].filter((each) => each.checkVisibility() && !each.disabled);
  if (!found.length) return null;
  const chosen = found[Math.floor(chance * found.length)];
  chosen.scrollIntoView({ block: "center" });
  chosen.click();
  return (chosen.getAttribute("aria-label") || chosen.textContent).trim();
}
"""
FILL = """
() => document.querySelectorAll("#modal-root input[type=text], #modal-root textarea").forEach((field) => {
  if (field.value) return;
  field.value = "a quiet garden";
  field.dispatchEvent(new Event("input", { bubbles: true }));
})
"""
IDLE = """
() => {
  const now = window.simcordPreview;
  return {
    busy: window.demoPage?.busy !== false,
    transport: now?.transport.state,
    says: document.querySelector("#action-status")?.textContent ?? "" };
}
"""
"""Whether the page is at work, and what it says of the last press."""
OFFERS_COMMANDS = "() => window.simcordPreview?.commandPicker.state !== 'unavailable'"
CONTROLS = {
    "picture": ".media-lightbox[open] .media-lightbox-actions + button",
    "button": ".message-components button:not(.select-trigger)",
    "menu": ".message-components .select-trigger",
    "option": ".select-options [role=option]",
    "chip": ".reaction-chip",
    "reaction": ".demo-react",
    "emoji": ".demo-picker button",
    "form": "#modal-root .modal-actions button",
    "channel": ".demo-channels button:not([aria-current])",
    "mention": ".channel-message span.command-mention",
    "reply": '.message-action-button[data-control-key$=":reply"]',
    "choice": ".command-popup:not([hidden]) :is(.command-entry, .command-suggestion), .demo-name",
    "send": "#send-message",
}
WEIGHTS = {
    "button": 9, "menu": 2, "reaction": 4, "chip": 2, "command": 4, "viewer": 1, "width": 1, "channel": 1,
    "mention": 2, "reply": 3, "choice": 3, "send": 1, "key": 8, "words": 5,
}  # fmt: skip
KEYS = ("Enter", "Enter", "Tab", "ArrowDown", "ArrowUp", "Escape", "Backspace", "@", "/", " ")
WORDS = (
    "a fox",
    "make it night",
    "@Cannon Studio a fox",
    "@ca",
    "@bot help",
    "/recipe",
    "/image gen",
    "trailer",
    "True",
)
"""What is typed where the cursor is."""
WIDTHS = (1280, 900, 390)
ASSETS = "/api/assets/"
REFUSED = "409 (Conflict)"
"""The browser's line about an act that was refused, such as a reply to a removed message; a note says so."""


class Presses:
    """One person's presses; the same seed presses alike, as far as the bot is as fast."""

    def __init__(self, page: Page, seed: int) -> None:
        self._page = page
        self._random = random.Random(seed)
        self.done: list[str] = []
        self.errors: list[str] = []
        """What the browser's console and scripts report."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note_console)

    def _note_console(self, line: ConsoleMessage) -> None:
        is_replaced = ASSETS in line.location["url"]  # a picture that was on its way as the page showed other ones
        if line.type == "error" and REFUSED not in line.text and not is_replaced:
            self.errors.append(f"{line.text} {line.location['url']}")

    async def press(self) -> None:
        """Press one thing; what cannot be pressed now counts as nothing."""
        kind = await self._open_kind() or self._random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        what: Any
        if kind == "command":
            what = await self._commanded()
        elif kind == "viewer":
            picker = self._page.locator("#viewer-picker")
            what = await picker.select_option(index=self._random.randrange(await picker.locator("option").count()))
        elif kind == "width":
            what = self._random.choice(WIDTHS)
            await self._page.set_viewport_size({"width": what, "height": 900})
        elif kind == "key":
            what = self._random.choice(KEYS)
            await self._page.keyboard.press(what)
        elif kind == "words":
            what = self._random.choice(WORDS)
            await self._page.keyboard.type(what)
        else:
            what = await self._pressed(CONTROLS[kind])
        if what is not None:
            self.done.append(f"{kind}: {what}")
        await self.settled()

    async def _commanded(self) -> str | None:
        """Send a command; return its name, None where there is none: in direct messages."""
        if not await self._page.evaluate(OFFERS_COMMANDS):
            return None
        name, options = self._random.choice(COMMANDS)
        await self._clear_composer()
        await run_slash(self._page, name, **options)
        return name

    async def _clear_composer(self) -> None:
        """Leave the command that is being composed, and what is typed."""
        await self._pressed(".command-context-close")
        await self._page.locator("#channel-composer-input").fill("")

    async def _pressed(self, wanted: str) -> str | None:
        """Press one of those controls; return what it says, None if there is none, or if the page changed under it."""
        try:
            found: str | None = await self._page.evaluate(PRESS, [wanted, self._random.random()])
        except PlaywrightError:
            return None
        return found

    async def settled(self) -> None:
        """Wait until the page has its answer. Fails if it is wedged: then it never has one."""
        waited_ms = 0
        while (now := await self._now())["busy"]:
            assert waited_ms < SETTLED_MS, f"the page waits for ever: {now} after {self.done[-3:]}"
            await self._page.wait_for_timeout(50)
            waited_ms += 50
        assert "uncertain" not in f"{now['transport']} {now['says']}".lower(), f"{now} after {self.done[-3:]}"

    async def _now(self) -> dict[str, Any]:
        """What the page is at. While it is loaded again, as for another channel, it is busy."""
        try:
            found: dict[str, Any] = await self._page.evaluate(IDLE)
        except PlaywrightError:
            return {"busy": True, "transport": "loading", "says": ""}
        return found

    async def _open_kind(self) -> str | None:
        """Return the topmost element: a picture, a form, a menu, the list of emojis."""
        for kind in ("picture", "form", "emoji", "option"):
            if await self._page.locator(CONTROLS[kind]).first.is_visible():
                if kind == "form":
                    with contextlib.suppress(PlaywrightError):  # the page is loaded again
                        await self._page.evaluate(FILL)
                return kind
        return None
