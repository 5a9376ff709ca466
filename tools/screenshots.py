"""Take the pictures of the demo's page for the README and the documents, in a desktop's and a phone's width.

The pictures are in SHOTS. Needs Chromium (on Debian: `apt install chromium`, else name one in CHROMIUM).
Run by `make screenshots`; some of them: `make screenshots ARGS="--only report gallery"`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page
from playwright.async_api import TimeoutError as NotInTime

from bot.sandbox.demo.demo import Demo
from bot.sandbox.demo.furniture.server import GALLERY, LOG, REVIEW, STUDIO
from bot.sandbox.demo.texts import ADA, ELI, MORGAN

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from tests.support.page import (  # noqa: E402 - the tests' own module
    CHROMIUM,
    at_rest,
    list_options,
    look_as,
    newest_message,
    open_room,
    page_at,
    run_slash,
    type_slash,
)

FOLDER = ROOT / "docs" / "images"
SIZES = {"": (1280, 940), "-phone": (390, 844)}
"""Suffix of a picture's name, and the page's width and height in pixels."""
LARGEST_BYTES = 160_000
WAIT_MS, CLIP_MS = 120_000, 30_000
SPEED = 6.0
DRAWN = """
() => [...document.querySelectorAll("#channel-timeline img")].filter((each) => each.checkVisibility())
  .every((each) => each.complete && each.naturalWidth > 0)
"""
NEWEST = "() => [...document.querySelectorAll('.channel-message')].at(-1)?.dataset.messageId"
INTO_VIEW = "(each, ends) => each.scrollIntoView({block: ends || each.offsetHeight < 600 ? 'end' : 'start'})"
LOADED = """
() => ![...document.querySelectorAll("#channel-timeline .media-player")]
  .some((each) => each.innerText.includes("Loading media")
    && each.getBoundingClientRect().bottom > 0 && each.getBoundingClientRect().top < innerHeight)
"""


LIGHTHOUSE = "A lighthouse in fog, the first ferry of the day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture of the page: viewer, channel, command, and preconditions."""

    name: str
    """The file's name, without `-phone` and `.webp`."""
    alt: str
    """The alternative text."""
    viewer: str = ADA
    room: str = STUDIO
    command: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False
    """Whether to show the command's options instead of sending it."""
    opens: bool = False
    """Whether to show the form that the command opens."""
    form: str = ""
    """The text for the form that the command opens."""
    confirm: str = ""
    """The label of the button that answers the command's question."""
    until: str = ""
    """A text of the newest message when complete."""
    gone: str = ""
    """A text that the newest message has lost then."""
    ends: bool = False
    """Whether to show the end of a message that is higher than the page, not its top."""
    pick: str = ""
    """The label of a button on the newest message to press, and show its result."""


SHOTS: tuple[Shot, ...] = (
    Shot(name="tour", alt="The demo page: the first step of the tour, after a week of work", until=" of 8"),
    Shot(
        name="demo", alt="The demo page: a card with a finished image, its cost and the model that made it",
        command="image generate", options={"prompt": LIGHTHOUSE}, until="Re-run",
    ),
    Shot(
        name="options", alt="The options of /image generate: the prompt, and the nine others in a list",
        command="image generate", options={"prompt": LIGHTHOUSE}, typed=True,
    ),
    Shot(
        name="more", alt="The form that the option “more” opens: uploads, main fields, a line for each other one",
        command="image generate", options={"prompt": LIGHTHOUSE, "more": "True"}, opens=True,
    ),
    Shot(
        name="reactions", alt="The reaction picker below a result: re-run, vary, animate, send, star, remove",
        pick="Add a reaction",
    ),
    Shot(
        name="recipe", alt="A recipe's card: five steps, each with its state and cost, and the finished video",
        command="recipe", options={"recipe": "trailer"}, form="A paper boat on its way to the sea",
        until="Re-run", gone="Cancel", ends=True,
    ),
    Shot(
        name="failure", alt="A failed job: the reason, “no charge”, and a button to try again",
        command="image generate", options={"prompt": "A lamp that refuses to shine #fail"}, until="Failed",
    ),
    Shot(name="usage", alt="A member's own jobs, credits and limits", command="me", until="credits"),
    Shot(name="gallery", alt="The gallery: results with two stars, with a link to the original", room=GALLERY),
    Shot(name="review", alt="A job above the threshold waits for a moderator's approval", viewer=MORGAN, room=REVIEW),
    Shot(name="log", alt="The log channel: what the moderators decided", viewer=MORGAN, room=LOG),
    Shot(
        name="report", alt="The usage report: the week's credits by day, by member and by operation", viewer=MORGAN,
        command="usage report", until="credits",
    ),
    Shot(name="settings", alt="The panel of a server's settings", viewer=MORGAN, command="studio settings"),
    Shot(name="me", alt="A member's own panel: defaults, presets, notifications, spending, data", command="me"),
    # The last two: the limit would be in the way of the others.
    Shot(
        name="limit", alt="A moderator has set a limit for every member: 60 credits a day", viewer=MORGAN,
        command="quota set", options={"credits": "60", "period": "day"}, until="60 credits a day",
    ),
    Shot(
        name="grid", alt="Four images under that limit: one card, what they cost, and a button for each", viewer=ELI,
        command="image generate", options={"prompt": LIGHTHOUSE, "count": "4"}, confirm="Yes, make it",
        until="Re-run", gone="Cancel", ends=True,
    ),
)  # fmt: skip


async def take_all(names: Collection[str]) -> dict[str, bytes]:
    """Return the pictures by file name, all without names."""
    taken: dict[str, bytes] = {}
    async with Demo(speed=SPEED) as demo, page_at(demo.url, width=1280, height=940) as page:
        for shot in SHOTS:
            if names and shot.name not in names:
                continue
            print(shot.name, flush=True)
            message = await prepared(page, shot)
            for suffix, (width, height) in SIZES.items():
                await page.set_viewport_size({"width": width, "height": height})
                taken[f"{shot.name}{suffix}.webp"] = compressed(await framed(page, message, shot))
            await page.set_viewport_size({"width": 1280, "height": 940})
            if shot.typed or shot.opens:
                await page.reload()  # what is typed would be in the way
    return taken


async def prepared(page: Page, shot: Shot) -> Locator:
    """Do the shot's preparations, and return its message."""
    await page.wait_for_function("() => window.simcordPreview")
    await at_rest(page)
    await look_as(page, shot.viewer)
    await open_room(page, shot.room)
    before = await page.evaluate(NEWEST)
    if shot.typed:
        await type_slash(page, shot.command, **shot.options)
        await list_options(page)
        return newest_message(page)
    if shot.command:
        await run_slash(page, shot.command, **shot.options)
    if shot.opens:
        await page.locator("#modal-root button").filter(has_text="Submit").wait_for(timeout=WAIT_MS)
        return newest_message(page)
    if shot.form:
        field = page.locator("#modal-root :is(textarea, input)").first
        await field.fill(shot.form, timeout=WAIT_MS)
        await page.locator("#modal-root button").filter(has_text="Submit").click()
    if shot.command:
        await page.wait_for_function(f"before => ({NEWEST})() !== before", arg=before, timeout=WAIT_MS)
    message = newest_message(page)
    if shot.confirm:
        await message.get_by_role("button", name=shot.confirm).click(timeout=WAIT_MS)
    if shot.until:
        await message.filter(has_text=shot.until).wait_for(timeout=WAIT_MS)
    if shot.gone:
        await message.filter(has_not_text=shot.gone).wait_for(timeout=WAIT_MS)
    return message


async def framed(page: Page, message: Locator, shot: Shot) -> bytes:
    """Return a PNG of the page with the message in view, and with what is opened on it."""
    await at_rest(page)
    await page.wait_for_function(DRAWN, timeout=WAIT_MS)
    await message.evaluate(INTO_VIEW, shot.ends)
    with contextlib.suppress(NotInTime):  # a loading clip shows its player anyway
        await page.wait_for_function(LOADED, timeout=CLIP_MS)
    await message.evaluate(INTO_VIEW, shot.ends)
    if shot.pick:
        await message.hover()
        await message.get_by_label(shot.pick).last.click()
    else:
        await page.mouse.move(1, 1)  # away from hover buttons
    data = await page.screenshot()
    if shot.pick:
        await page.keyboard.press("Escape")
    return data


def compressed(png: bytes) -> bytes:
    """Return the picture as WebP: a repository keeps every version."""
    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(written, "WEBP", quality=88, method=6)
    return written.getvalue()


def main() -> int:
    """Write the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description="Take the pictures of the demo's page.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder for the pictures")
    parser.add_argument("--only", nargs="*", default=[], choices=[shot.name for shot in SHOTS], help="only these")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        print("No Chromium here. On Debian: apt install chromium; else name one in CHROMIUM.", file=sys.stderr)
        return 1
    taken = asyncio.run(take_all(arguments.only))
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, data in taken.items():
        (arguments.output / name).write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
    large = [name for name, data in taken.items() if len(data) > LARGEST_BYTES]
    if large:
        print(f"Larger than {LARGEST_BYTES:,} bytes: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
