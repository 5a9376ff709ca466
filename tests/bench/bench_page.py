"""How fast the demo's page answers, in a real Chromium: milliseconds from a press until the page shows something else.

Buttons and menus of cards, slash commands until their card, another channel, another viewer. Options: `--presses 50` of
each kind; `--seed 1` of the buttons pressed. Exit code 1 if a bar is missed, which only a quiet machine can tell.
`make bench OF=page` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

from playwright.async_api import Page  # noqa: E402 - found by the line above

from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from sandbox.demo.demo import Demo  # noqa: E402 - the same
from tests.support.page import CHROMIUM, at_rest, page_at, type_slash  # noqa: E402 - the same

BARS_MS = {"button": (200, 1000), "slash command": (700, 1500), "channel": (400, 1000), "viewer": (400, 1000)}
"""Median and 90th percentile."""
PATIENCE_MS = 10_000
COMMANDS = ({"command": "help"}, {"command": "jobs"}, {"command": "image generate", "prompt": "a red kite"})

WATCH = """
() => {
  window.benchText = () => {
    const texts = [];
    for (const part of document.querySelectorAll(".channel-message, #modal-root")) {
      texts.push(part.dataset.messageId ?? "");
      const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("time")) texts.push(walk.currentNode.data);
    }
    return texts.join("|");
  };
  window.benchUntil = async (act, done, patience) => {
    const before = window.benchText();
    const begun = performance.now();
    let empty = 0;
    act();
    while (performance.now() - begun < patience) {
      await new Promise(requestAnimationFrame);
      if (!document.querySelector(".channel-message")) empty += 1;
      if (done(before)) return { took: performance.now() - begun, empty };
    }
    return null;
  };
}
"""
"""The text that the page shows, without times, and a wait for a change of it; counts frames without a message."""
PRESS = """
([chance, patience]) => {
  const shown = [...document.querySelectorAll(".message-components button:not(.select-trigger)")];
  const found = shown.filter((each) => each.checkVisibility() && !each.disabled);
  if (!found.length) return null;
  const chosen = found[Math.floor(chance * found.length)];
  chosen.scrollIntoView({ block: "center" });
  return window.benchUntil(() => chosen.click(), (before) => window.benchText() !== before, patience);
}
"""
SEND = """
(patience) => window.benchUntil(
  () => document.querySelector("#channel-composer").requestSubmit(),
  (before) => window.benchText() !== before, patience)
"""
CHANNEL = """
([chance, patience]) => {
  const others = [...document.querySelectorAll(".demo-channels button:not([aria-current])")];
  const chosen = others[Math.floor(chance * others.length)];
  const before = window.simcordPreview.projectedMessageIds.join();
  return window.benchUntil(() => chosen.click(),
    () => window.simcordPreview.projectedMessageIds.join() !== before && document.querySelector(".channel-message"),
    patience);
}
"""
VIEWER = """
([chance, patience]) => {
  const picker = document.querySelector("#viewer-picker");
  const others = [...picker.options].filter((each) => !each.selected);
  const chosen = others[Math.floor(chance * others.length)].value;
  return window.benchUntil(
    () => { picker.value = chosen; picker.dispatchEvent(new Event("change", { bubbles: true })); },
    () => window.simcordPreview.viewerId === chosen && document.querySelector(".channel-message"), patience);
}
"""

Press = Callable[[Page, float], Awaitable[dict[str, float] | None]]


async def _button(page: Page, chance: float) -> dict[str, float] | None:
    found: dict[str, float] | None = await page.evaluate(PRESS, [chance, PATIENCE_MS])
    if await page.locator("#modal-root .modal-actions button").first.is_visible():
        await at_rest(page)
        await page.keyboard.press("Escape")
    return found


async def _slash(page: Page, chance: float) -> dict[str, float] | None:
    await type_slash(page, **COMMANDS[int(chance * len(COMMANDS))])
    found: dict[str, float] | None = await page.evaluate(SEND, PATIENCE_MS)
    return found


async def _channel(page: Page, chance: float) -> dict[str, float] | None:
    found: dict[str, float] | None = await page.evaluate(CHANNEL, [chance, PATIENCE_MS])
    return found


async def _viewer(page: Page, chance: float) -> dict[str, float] | None:
    found: dict[str, float] | None = await page.evaluate(VIEWER, [chance, PATIENCE_MS])
    return found


KINDS: dict[str, Press] = {"channel": _channel, "viewer": _viewer, "slash command": _slash, "button": _button}


async def measured(kind: str, presses: int, *, seed: int) -> AsyncIterator[dict[str, float]]:
    """Press so often on a page of its own; a press that changes nothing to be seen is not counted."""
    dice = random.Random(seed)
    async with Demo() as demo, page_at(demo.url) as page:
        await page.evaluate(WATCH)
        await at_rest(page)
        for _ in range(presses):
            took = await KINDS[kind](page, dice.random())
            if took is not None:
                yield took
            await at_rest(page)


async def _print_all(presses: int, seed: int) -> bool:
    is_met = True
    print("press             n      p50      p90     most   bars: p50, p90   frames without a message")  # noqa: T201 - the table
    for kind, (bar, bar_of_90) in BARS_MS.items():
        found = [each async for each in measured(kind, presses, seed=seed)]
        times = sorted(each["took"] for each in found)
        p50, p90 = statistics.median(times), times[min(len(times) - 1, len(times) * 9 // 10)]
        is_met &= p50 <= bar and p90 <= bar_of_90
        empty = sum(each["empty"] for each in found)
        row = (kind, len(times), *map(round, (p50, p90, times[-1], bar, bar_of_90)), round(empty))
        print("{:<16}{:>3}{:>6} ms{:>6} ms{:>6} ms{:>7} ms,{:>5} ms{:>10}".format(*row))  # noqa: T201 - the table
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how fast the demo's page answers.")
    parser.add_argument("--presses", type=int, default=50, help="of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of what is pressed")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("make bench OF=page needs Debian's package `chromium`.")
    configure_logs(level="ERROR", log_format="json")
    return int(not asyncio.run(_print_all(arguments.presses, arguments.seed)))


if __name__ == "__main__":
    sys.exit(main())
