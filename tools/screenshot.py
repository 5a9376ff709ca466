"""Take the README's screenshot of the demo page: one `/image generate`, from the composer to the finished card.

Needs Chromium (on Debian: `apt install chromium`, else name one in CHROMIUM). Run by `make screenshot`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from pathlib import Path

from PIL import Image

from bot.sandbox.demo import Demo

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from tests.support.page import CHROMIUM, page_at, run_slash  # noqa: E402 - the tests' own module

PICTURE = ROOT / "docs" / "images" / "demo.png"
PROMPT = "A still mountain lake at dusk, dark firs on both shores, the last light in the water"
DRAWN = "image => image.complete && image.naturalWidth > 200"
WIDTH_PX, HEIGHT_PX = 1100, 1000
"""High enough for the whole card with its image."""
COLOURS = 256
LARGEST_BYTES = 400_000
WAIT_MS = 30_000


async def shot(speed: float) -> bytes:
    """Return a PNG of the demo's page with one finished image on it."""
    async with Demo(speed=speed) as demo, page_at(demo.url, width=WIDTH_PX, height=HEIGHT_PX) as page:
        await run_slash(page, "image generate", prompt=PROMPT)
        picture = page.get_by_alt_text(PROMPT)
        await picture.wait_for(timeout=WAIT_MS)
        await page.wait_for_function(DRAWN, arg=await picture.element_handle())
        await page.get_by_text("took").wait_for(timeout=WAIT_MS)
        await page.mouse.move(1, 1)  # away from the image, over which buttons appear
        data: bytes = await page.screenshot()
        return data


def with_palette(png: bytes) -> bytes:
    """Return the same screenshot in 256 colours, in case the file would be too large."""
    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def main() -> int:
    """Write the screenshot; return the exit code."""
    parser = argparse.ArgumentParser(description="Take the README's picture of the demo page.")
    parser.add_argument("--output", type=Path, default=PICTURE, help="where to write the PNG")
    parser.add_argument("--speed", type=float, default=2.0, help="how much faster than life the job finishes")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        print("No Chromium here. On Debian: apt install chromium; else name one in CHROMIUM.", file=sys.stderr)
        return 1
    png = asyncio.run(shot(arguments.speed))
    if len(png) > LARGEST_BYTES:
        png = with_palette(png)
    if len(png) > LARGEST_BYTES:
        print(
            f"The picture has {len(png):,} bytes; at most {LARGEST_BYTES:,} belong in the repository.", file=sys.stderr
        )
        return 1
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(png)
    print(f"{arguments.output.name}: {len(png):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
