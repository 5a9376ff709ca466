"""Take the pictures of the demo's page for the README and the documents, in a desktop's and a phone's width.

The pictures are in SHOTS; the README's moving one is recorded frame by frame, on the real bot's page: a step that fails
ends it. Needs Chromium (on Debian: `apt install chromium`, else name one in CHROMIUM).
Run by `make screenshots`; some of them: `make screenshots ARGS="--only report hero"`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageChops
from playwright.async_api import FloatRect, Locator, Page
from playwright.async_api import TimeoutError as NotInTime

from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import GALLERY, LOG, REVIEW, STUDIO
from sandbox.demo.texts import ADA, ELI, MORGAN, OWN_KEY

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

HERO, MODERATOR, BOT = "hero", str(MORGAN), "Cannon Studio"
FOLDER = ROOT / "docs" / "images"
SIZES = {"": (1280, 940), "-phone": (390, 844)}
"""Suffix of a picture's name, and the page's width and height in pixels."""
DENSITY = 2
"""Pixels of a picture for each of the page's."""
TALL = 1500
"""The page's height where a picture shows a message: Discord's cards are higher than a phone."""
LARGEST_BYTES = 160_000
WAIT_MS, CLIP_MS = 120_000, 30_000
SPEED = 6.0
DRAWN = """
() => [...document.querySelectorAll("#channel-timeline img")].filter((each) => each.checkVisibility())
  .every((each) => each.complete && each.naturalWidth > 0)
"""
NEWEST = """
() => [...document.querySelectorAll(".channel-message")].filter(each => !/\\d of \\d+ ·/.test(each.textContent))
  .at(-1)?.dataset.messageId
"""
SHOWN = """
(message, {parts, whole}) => {
  const found = parts.flatMap(part => [...document.querySelectorAll(part)]);
  const says = node => node.nodeType === Node.TEXT_NODE && node.data.trim();
  const leaves = [...message.querySelectorAll("*")].filter(each =>
    each.matches("img, button, canvas, video, audio") || [...each.childNodes].some(says));
  const boxes = (whole ? [...leaves, ...found] : found).filter(each => each.checkVisibility({opacityProperty: true}))
    .map(each => each.getBoundingClientRect()).filter(box => box.width > 1 && box.height > 1);
  const [left, top] = [Math.min(...boxes.map(box => box.left)), Math.min(...boxes.map(box => box.top))];
  const [right, bottom] = [Math.max(...boxes.map(box => box.right)), Math.max(...boxes.map(box => box.bottom))];
  return [left, top, right, bottom];
}
"""
"""Where a picture's parts are on the page: left, top, right and bottom, in pixels."""
MARGIN = 16
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
    own: bool = False
    """Whether the viewer links an account of their own first."""
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
    parts: Sequence[str] = ()
    """Selectors of what the picture shows; without any, the newest message."""

    @property
    def whole(self) -> bool:
        """Whether it shows all of the newest message."""
        return not self.parts or bool(self.pick)


ROOM = ("#channel-layout",)

SHOTS: tuple[Shot, ...] = (
    Shot(
        name="tour", alt="The demo page: the first step of the tour, after a week of work", parts=["body"],
    ),
    Shot(
        name="demo", alt="The demo page: a card with a finished image, its cost and the model that made it",
        command="image generate", options={"prompt": LIGHTHOUSE}, until="Re-run",
    ),
    Shot(
        name="options", alt="The options of /image generate: the prompt, and the others in a list",
        command="image generate", options={"prompt": LIGHTHOUSE}, typed=True,
        parts=[".command-popup", "#channel-composer"],
    ),
    Shot(
        name="more", alt="The form that the option “more” opens: uploads, main fields, a line for each other one",
        command="image generate", options={"prompt": LIGHTHOUSE, "more": "True"}, opens=True,
        parts=[".modal-dialog"],
    ),
    Shot(
        name="reactions", alt="The reaction picker below a result: re-run, vary, animate, star, remove",
        pick="Add a reaction", parts=[".demo-picker"],
    ),
    Shot(
        name="recipe", alt="A recipe's card: five steps, each with its state and cost, and the finished video",
        command="recipe", options={"recipe": "trailer"}, form="A paper boat on its way to the sea",
        until="Re-run", gone="Don't post", ends=True,
    ),
    Shot(
        name="failure", alt="A failed job: the reason, “no charge”, and a button to try again",
        command="image generate", options={"prompt": "A lamp that won't shine #fail"}, until="Failed",
    ),
    Shot(name="usage", alt="A member's own jobs, credits and limits", command="me", until="credits"),
    Shot(
        name="gallery", alt="The gallery: results with two stars, with a link to the original", room=GALLERY,
        parts=ROOM,
    ),
    Shot(
        name="review", alt="A job above the threshold waits for a moderator's approval", viewer=MODERATOR, room=REVIEW,
        parts=ROOM,
    ),
    Shot(name="log", alt="The log channel: what the moderators decided", viewer=MODERATOR, room=LOG, parts=ROOM),
    Shot(
        name="report", alt="The usage report: the week's credits by day, by member and by operation", viewer=MODERATOR,
        command="usage", until="credits",
    ),
    Shot(
        name="cast", alt="The cast: characters with an image and their maker, and styles that come with the bot",
        command="cast", until="Mira", ends=True,
    ),
    Shot(
        name="played", alt="A card whose image shows a character of the cast, named in the prompt: with Mira",
        command="image generate", options={"prompt": "@Mira waits for the first snow"}, until="Re-run",
    ),
    Shot(
        name="shootout", alt="A shoot-out: four images, A to D, and a button for each vote", ends=True,
        command="shootout", options={"prompt": LIGHTHOUSE, "models": "seedream5, gptimage2, Flux 2, Grok"},
        confirm="Yes, make it", until="so far", gone="Cancel",
    ),
    Shot(name="settings", alt="The panel of a server's settings", viewer=MODERATOR, command="studio settings"),
    Shot(name="me", alt="A member's own panel: defaults, presets, notifications, spending, data", command="me"),
    # The last three: the limit would be in the way of the others.
    Shot(
        name="limit", alt="A moderator has set a limit for every member: 60 credits a day", viewer=MODERATOR,
        command="quota set", options={"credits": "60", "period": "day"}, until="60 credits a day",
    ),
    Shot(
        name="grid", alt="Four images under that limit: one card, what they cost, and a button for each", viewer=ELI,
        command="image generate", options={"prompt": LIGHTHOUSE, "count": "4"}, confirm="Yes, make it",
        until="U4", gone="Don't post", ends=True,
    ),
    Shot(
        name="direct", alt="Direct messages with the bot: a finished image, paid by the member's own account",
        room=BOT, own=True, command="image generate", options={"prompt": LIGHTHOUSE}, until="Re-run", parts=ROOM,
    ),
)  # fmt: skip


# ---------------------------------------------------------------------- the moving picture

REEL = (640, 720)
"""The width and height of the recorded page, in its pixels."""
REEL_BYTES = 2_500_000
QUALITY = 62
REEL_SPEED = 4.0
WAIT_S = 90.0
WATCH_S = 0.25
PROMPT = "a lighthouse in fog"
LETTER_MS, PRESS_MS, STEP_MS, LOOK_MS, END_MS = 55, 450, 300, 1400, 2200
FILM_FRAMES, FILM_MS = 24, 110
FRAME_ONLY = """
#toolbar, #channel-empty, .demo-sidebar, .demo-members, .demo-rail, .channel-header, .demo-open-channels {
  display: none !important }
"""
LIGHT = """
:root { color-scheme: light; background: #fff; color: #313338; --demo-hover: #97979f24; --demo-raised: #f2f3f5;
  --discord-bg: #fff; --discord-surface: #f2f3f5; --discord-elevated: #e3e5e8; --discord-control: #e3e5e8;
  --discord-hover: #ebedef; --discord-text: #313338; --discord-muted: #5c5e66; --discord-subtle: #4e5058;
  --discord-border: #d9dbde; --component-surface: #f2f3f5; --component-border: #d9dbde; --modal-surface: #fff;
  --modal-separator: #e1e2e4; --control-border: #c4c9ce; --chip-surface: #f2f3f5; --list-surface: #fff;
  --option-hover: #ebedef; --subtle-surface: #e3e5e8; --subtle-surface-text: #313338; --entity-text: #4e5058;
  --entity-dim: #5c5e66; --input-surface: #ebedef; --input-placeholder: #6d6f78; --button-alt: #e3e5e8;
  --button-alt-hover: #d7d9dc; --code-surface: #f2f3f5; --code-border: #e1e2e4; --code-text: #313338;
  --embed-field-name: #060607; --link-text: #006ce7; --link-accent: #006ce7; --scrollbar-thumb: #c4c9ce }
.message-content, .command-context-detail, .command-entry-description, .command-ghost { color: #4e5058 }
.channel-composer, .channel-composer:has(.command-row), .command-app-rail { background: #ebedef }
.command-option-input, .message-context-actions, .demo-picker { background: #fff; color: #313338 }
.demo-picker button, .demo-picker h2 { color: #313338 }
.channel-message { --button-secondary-surface: #e3e5e8 !important }
:is(.button-style-2, .button-secondary):not(.button-primary) { color: #313338 }
.discord-timestamp { background: #0000000f }
"""


STYLES = {"hero.webp": "", "hero-light.webp": LIGHT}
"""On Discord's dark and light background, by file name."""
STYLED = "text => { const own = new CSSStyleSheet(); own.replaceSync(text); document.adoptedStyleSheets = [own]; }"


@dataclass(slots=True)
class Reel:
    """The frames recorded so far, each with how long it is shown, in milliseconds."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)
    shown_ms: list[int] = field(default_factory=list)

    async def show(self, ms: int) -> None:
        """Record the page as it is; a frame like the one before lengthens that."""
        data = await self.page.screenshot()
        frame = Image.open(io.BytesIO(data)).convert("RGB")
        if self.frames and ImageChops.difference(frame, self.frames[-1]).getbbox() is None:
            self.shown_ms[-1] += ms
            return
        self.frames.append(frame)
        self.shown_ms.append(ms)

    async def watch(self, finished: Locator) -> None:
        """Record what changes until an element is there; a wait takes as long as one change."""
        async with asyncio.timeout(WAIT_S):
            while not (await finished.is_visible() and await finished.is_enabled()):
                before = len(self.frames)
                await self.show(0)
                if len(self.frames) > before:
                    self.shown_ms[-1] = STEP_MS
                await asyncio.sleep(WATCH_S)

    async def type(self, text: str) -> None:
        for letter in text:
            await self.page.keyboard.type(letter)
            await self.show(LETTER_MS)

    async def film(self, video: Locator) -> None:
        """Record a film frame by frame: in real time, a slow machine would lose most of them."""
        await self.page.wait_for_function(
            "film => film.readyState >= 2", arg=await video.element_handle(), timeout=CLIP_MS
        )
        for number in range(FILM_FRAMES):
            await video.evaluate("(film, share) => { film.currentTime = share * film.duration; }", number / FILM_FRAMES)
            await self.page.wait_for_function(
                "film => !film.seeking", arg=await video.element_handle(), timeout=CLIP_MS
            )
            await self.show(FILM_MS)

    def webp(self) -> bytes:
        first, *others = self.frames
        written = io.BytesIO()
        played = {"save_all": True, "append_images": others, "duration": self.shown_ms, "loop": 0}
        first.save(written, "WEBP", quality=QUALITY, method=4, **played)
        return written.getvalue()


async def record() -> dict[str, bytes]:
    """Return the moving pictures by file name."""
    return {name: await _recorded(style) for name, style in STYLES.items()}


async def _recorded(style: str) -> bytes:
    async with (
        Demo(speed=REEL_SPEED, lived_in=False) as demo,
        page_at(demo.url, width=REEL[0], height=REEL[1], density=DENSITY) as page,
    ):
        await page.wait_for_function("() => window.simcordPreview")
        await page.evaluate(STYLED, FRAME_ONLY + style)
        await at_rest(page)
        reel = Reel(page)
        await _act(page, reel)
        return reel.webp()


async def _act(page: Page, reel: Reel) -> None:
    await page.locator("#channel-composer-input").click()
    await page.keyboard.insert_text("/image")
    await reel.type(" generate")
    await page.keyboard.press("Enter")
    await page.locator(".command-option-input[data-option=prompt]").wait_for()
    await reel.type(PROMPT)
    await list_options(page)
    await page.locator(".command-suggestion[data-value=count]").click()
    await page.locator(".command-option-input[data-option=count]").wait_for()
    await reel.type("4")
    await reel.show(PRESS_MS)
    await page.keyboard.press("Enter")
    yes = page.get_by_role("button", name="Yes, make it")
    await reel.watch(yes)
    await reel.show(LOOK_MS)
    await yes.click()
    newest = newest_message(page)
    await reel.watch(newest.get_by_role("button", name="U4"))
    await reel.show(LOOK_MS)
    await newest.get_by_role("button", name="V2").click()
    strong = newest.get_by_role("button", name="Strong")
    await reel.watch(strong)
    await reel.show(PRESS_MS)
    await strong.click()
    await reel.watch(newest.get_by_role("button", name="Next step"))
    await reel.show(LOOK_MS)
    await newest.hover()
    await newest.get_by_label("Add a reaction").last.click()
    animate = page.get_by_label("React with 🎬")
    await reel.watch(animate)
    await reel.show(PRESS_MS)
    await animate.click()
    video = newest.locator("video")
    await reel.watch(video)
    await reel.film(video)
    await reel.show(END_MS)


# ---------------------------------------------------------------------- the others


async def take_all(names: Collection[str]) -> dict[str, bytes]:
    """Return the pictures by file name, all without names."""
    taken: dict[str, bytes] = {}
    async with Demo(speed=SPEED) as demo, page_at(demo.url, width=1280, height=940, density=DENSITY) as page:
        for shot in SHOTS:
            if names and shot.name not in names:
                continue
            print(shot.name, flush=True)
            if shot.own:
                ada = demo.preview.viewers[0]
                await demo.bot.parts.own_accounts.link(ada.id, OWN_KEY)
            message = await prepared(page, shot)
            for suffix, (width, height) in SIZES.items():
                high = TALL if shot.whole else height
                await page.set_viewport_size({"width": width, "height": high})
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
        return newest(page)
    if shot.command:
        await run_slash(page, shot.command, **shot.options)
    if shot.opens:
        await page.locator("#modal-root button").filter(has_text="Submit").wait_for(timeout=WAIT_MS)
        return newest(page)
    if shot.form:
        field = page.locator("#modal-root :is(textarea, input)").first
        await field.fill(shot.form, timeout=WAIT_MS)
        await page.locator("#modal-root button").filter(has_text="Submit").click()
    if shot.command:
        await page.wait_for_function(f"before => ({NEWEST})() !== before", arg=before, timeout=WAIT_MS)
    message = newest(page)
    if shot.confirm:
        await message.get_by_role("button", name=shot.confirm).click(timeout=WAIT_MS)
    if shot.until:
        await message.filter(has_text=shot.until).wait_for(timeout=WAIT_MS)
    if shot.gone:
        await message.filter(has_not_text=shot.gone).wait_for(timeout=WAIT_MS)
    return message


def newest(page: Page) -> Locator:
    """Return the newest message but the tour's, which moves below each result."""
    return page.locator(".channel-message").filter(has_not_text=re.compile(r"\d of \d+ ·")).last


SETTLED = """
() => document.getAnimations()
  .every(each => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)
"""
"""Whether nothing slides any more: a drawer does when the page gets narrow."""


async def framed(page: Page, message: Locator, shot: Shot) -> bytes:
    """Return a PNG of the page with the message in view, and with what is opened on it."""
    await at_rest(page)
    await page.wait_for_function(DRAWN, timeout=WAIT_MS)
    await page.wait_for_function(SETTLED, timeout=WAIT_MS)
    if shot.whole:
        await message.evaluate(INTO_VIEW, shot.ends)
    with contextlib.suppress(NotInTime):  # a loading clip shows its player anyway
        await page.wait_for_function(LOADED, timeout=CLIP_MS)
    if shot.whole:
        await message.evaluate(INTO_VIEW, shot.ends)
    if shot.pick:
        await message.hover()
        await message.get_by_label(shot.pick).last.click()
    else:
        await page.mouse.move(1, 1)  # away from hover buttons
    data = await page.screenshot(clip=await clipped(page, message, shot))
    if shot.pick:
        await page.keyboard.press("Escape")
    return data


async def clipped(page: Page, message: Locator, shot: Shot) -> FloatRect:
    """Return where the page shows what the picture is of, with a margin."""
    left, top, right, bottom = await message.evaluate(SHOWN, {"parts": list(shot.parts), "whole": shot.whole})
    size = page.viewport_size
    assert size is not None
    left, top = max(0, left - MARGIN), max(0, top - MARGIN)
    right, bottom = min(size["width"], right + MARGIN), min(size["height"], bottom + MARGIN)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def compressed(png: bytes) -> bytes:
    """Return the picture as WebP: a repository keeps every version."""
    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(written, "WEBP", quality=88, method=6)
    return written.getvalue()


def main() -> int:
    """Write the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description="Take the pictures of the demo's page.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder for the pictures")
    parser.add_argument(
        "--only", nargs="*", default=[], choices=[HERO, *(shot.name for shot in SHOTS)], help="only these"
    )
    arguments = parser.parse_args()
    if CHROMIUM is None:
        print("No Chromium here. On Debian: apt install chromium; else name one in CHROMIUM.", file=sys.stderr)
        return 1
    shots = [each for each in arguments.only if each != HERO]
    taken = {} if arguments.only and not shots else asyncio.run(take_all(shots))
    recorded = asyncio.run(record()) if HERO in arguments.only or not arguments.only else {}
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, data in (taken | recorded).items():
        (arguments.output / name).write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
    large = [name for name, data in taken.items() if len(data) > LARGEST_BYTES]
    large += [name for name, data in recorded.items() if len(data) > REEL_BYTES]
    if large:
        print(f"Larger than {LARGEST_BYTES:,} bytes, or {REEL_BYTES:,}: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
