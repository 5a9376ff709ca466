"""What is between the viewer and a scene: fog, rain, snow, and light that moves."""

from __future__ import annotations

import functools
import math
import random

from PIL import Image, ImageDraw, ImageFilter

from sandbox.media.pen import Light, glow, mix
from sandbox.media.words import Scene


def fall(picture: Image.Image, scene: Scene, light: Light, seconds: float) -> None:
    """Let rain or snow fall in front of a picture."""
    unit = min(picture.width, picture.height * 1.2)
    if "rain" in scene.weather:
        _rain(picture, scene, light, seconds, unit)
    if "snow" in scene.weather:
        _snow(picture, scene, seconds, unit)


def _rain(picture: Image.Image, scene: Scene, light: Light, seconds: float, unit: float) -> None:
    dice = random.Random(f"rain:{scene.layout}")  # noqa: S311 - images, not secrets
    wide, high = picture.size
    draw, tone = ImageDraw.Draw(picture, "RGBA"), mix(light.haze, (255, 255, 255), 0.5)
    for _ in range(190):
        x, long, pace = dice.random(), dice.uniform(0.02, 0.05), dice.uniform(0.9, 1.5)
        y = (dice.random() + seconds * pace) % 1.1 - 0.05
        ax, ay = x * wide * 1.1, y * high
        end = (ax - long * high * 0.2, ay + long * high)
        draw.line((ax, ay, *end), fill=(*tone, dice.randrange(50, 130)), width=max(1, round(unit / 800)))


def _snow(picture: Image.Image, scene: Scene, seconds: float, unit: float) -> None:
    dice = random.Random(f"snow:{scene.layout}")  # noqa: S311 - images, not secrets
    wide, high = picture.size
    for _ in range(170):
        near = dice.random() ** 2.4
        x = (dice.random() + seconds * (0.01 + 0.03 * near) + 0.01 * math.sin(seconds + near * 9)) % 1.05
        y = (dice.random() + seconds * (0.04 + 0.12 * near)) % 1.05
        size = max(1, round(unit * (0.0018 + 0.005 * near)))
        picture.paste((252, 253, 255), (round(x * wide) - size, round(y * high) - size), _flake(size))


@functools.lru_cache(maxsize=64)
def _flake(radius: int) -> Image.Image:
    spot = Image.new("L", (radius * 8, radius * 8))
    ImageDraw.Draw(spot).ellipse((radius, radius, radius * 7, radius * 7), fill=205)
    return (spot.filter(ImageFilter.GaussianBlur(radius * 0.7)) if radius > 1 else spot).reduce(4)


def fog_bank(picture: Image.Image, scene: Scene, light: Light, at: float, strength: float, seconds: float) -> None:
    """Let banks of fog drift by at a height, a share of the picture's."""
    wide, high = max(8, picture.width // 8), max(8, picture.height // 8)
    veil = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(veil)
    dice = random.Random(f"fog:{scene.layout}:{at}")  # noqa: S311 - images, not secrets
    for _ in range(16):
        x = (dice.uniform(-0.3, 1.3) + seconds * dice.uniform(0.004, 0.02)) * wide
        y, half = (at + dice.uniform(-0.13, 0.13)) * high, dice.uniform(0.18, 0.4) * wide
        level = round(dice.uniform(110, 215) * strength)
        draw.ellipse((x - half, y - half * 0.12, x + half, y + half * 0.12), fill=level)
    veil = veil.filter(ImageFilter.GaussianBlur(max(1.0, wide / 34)))
    top, bottom = max(0, round((at - 0.26) * picture.height)), min(picture.height, round((at + 0.26) * picture.height))
    box = (0, top * high / picture.height, wide, bottom * high / picture.height)
    part = veil.resize((picture.width, bottom - top), Image.Resampling.BILINEAR, box=box)
    picture.paste(mix(light.haze, light.sky[2], 0.4), (0, top), part)


def beams(picture: Image.Image, light: Light, at: tuple[float, float], side: int, seconds: float) -> None:
    """Draw the two beams of a lighthouse whose lamp is `at` (pixels); they turn with the seconds."""
    wide, high = max(8, picture.width // 6), max(8, picture.height // 6)
    unit = min(picture.width, picture.height * 1.2)
    veil = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(veil)
    scale, turn = wide / picture.width, 0.45 + seconds * 0.9
    strength = 1.0 if light.fog > 0.5 else 0.85 if light.moon else 0.62
    x, y = at[0] * scale, at[1] * scale
    for half in (0.0, math.pi):
        across, towards = side * math.cos(turn + half), math.sin(turn + half)
        reach = unit * 1.5 * scale
        spread, drop = reach * (0.085 + 0.09 * max(0.0, towards)), -0.03 * reach * math.cos(turn + half)
        for step in range(16):
            grow = (1 - step / 17) ** 1.6
            ends = [(x + across * reach * grow, y + (drop + edge * spread) * grow) for edge in (-0.8, 1.0)]
            draw.polygon([(x, y), *ends], fill=round((14 + step * 8) * strength))
    veil = veil.filter(ImageFilter.GaussianBlur(max(0.7, wide / 120)))
    if box := veil.getbbox():
        left, top, right, bottom = (round(edge / scale) for edge in box)
        part = veil.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=box)
        picture.paste((255, 242, 204), (left, top), part)
    glow(picture, at[0], at[1], unit * 0.12, (255, 244, 210), 0.9)


def shimmer(picture: Image.Image, light: Light, water: float, x: float, seconds: float) -> None:
    """Let the light on the water move; `water` is a share of the height, `x` is the sun's, in pixels."""
    draw, unit = ImageDraw.Draw(picture, "RGBA"), min(picture.width, picture.height * 1.2)
    depth = (1 - water) * picture.height
    for number in range(18):
        share = ((number + 0.5) / 18) ** 1.4
        middle = x + math.sin(number * 2.4 + seconds * 1.3) * unit * (0.02 + 0.1 * share)
        reach = unit * (0.01 + 0.05 * share) * (0.6 + 0.4 * math.sin(number + seconds * 3))
        y = water * picture.height + depth * share
        alpha = 120 * (0.5 + 0.5 * math.sin(seconds * 2.6 + number * 1.7)) * (1 - share * 0.5) * min(1.0, seconds)
        line = (middle - reach, y, middle + reach, y)
        draw.line(line, fill=(*light.sun, round(alpha)), width=max(1, picture.height // 300))
