"""The colours of each hour and weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.media.pen import Colour, Light, mix, rgb
from sandbox.media.words import Scene

HOURS: Mapping[str, tuple[str, ...]] = {
    "dawn": (
        "6082b8 e8b2b8 ffdcb4 f0cabc 403c62 fff6dc 100 92 90",
        "7498c4 cec8d6 ffe2c4 e2d4d0 344668 fff8e2 98 95 95",
        "8880be f0aaa8 ffe4b0 f4c4b0 48345c fff4d6 100 90 88",
    ),
    "noon": (
        "3684c8 7ebee4 e4f2f0 bcd8e2 184c52 fffcea 100 100 100",
        "308ca4 84cac6 f4f0d4 cee0d4 164a4a fffce4 100 100 96",
        "5c9ece b2d4de faf0de d4dedc 2c4e5c fffcee 100 99 97",
    ),
    "sunset": (
        "323074 ce5c70 ffba6c ec8e6c 2e1a3c ffecb8 100 80 70",
        "4a2660 e86252 ffcc78 f08e60 361434 fff0be 100 78 68",
        "164a68 de9268 ffdc96 e8a676 12283a fff2c8 100 86 74",
    ),
    "dusk": (
        "1a1c48 624886 ee9890 946a92 16122e ffd6c4 66 58 76",
        "122a4c 4c6292 f6be9e 847e98 0e182e ffdec4 64 64 78",
        "2c1848 8c4276 faa080 a65c7c 200e2a ffd8ba 70 56 70",
    ),
    "night": (
        "070b22 132450 3a5c8c 2e4876 05091a f6f2de 40 47 68",
        "0c0928 2a2260 705894 483c76 09071c faf0e2 44 42 66",
        "031224 0c3450 3e7a86 245468 030d1a f0f6e4 38 50 62",
    ),
}
"""By hour, palettes: sky at the top, in the middle and at the horizon, haze, deep, sun; ambient in percent."""


def _light(code: str, hour: str) -> Light:
    top, middle, horizon, haze, deep, sun, *ambient = code.split()
    red, green, blue = (int(part) / 100 for part in ambient)
    return Light(
        sky=(rgb(top), rgb(middle), rgb(horizon)),
        haze=rgb(haze),
        deep=rgb(deep),
        sun=rgb(sun),
        ambient=(red, green, blue),
        dark=hour in {"dusk", "night"},
        moon=hour == "night",
    )


def light_of(scene: Scene) -> Light:
    """Return the light of a scene's hour, weather and colours."""
    codes = HOURS[scene.hour]
    light = _light(codes[scene.look % len(codes)], scene.hour)
    return _washed(_weathered(light, scene), scene)


def _weathered(light: Light, scene: Scene) -> Light:
    if "fog" in scene.weather:
        grey = mix(light.haze, (214, 214, 212), 0.06 if light.dark else 0.25)
        light = _dulled(light, grey, 0.5, fog=1.0)
    if "rain" in scene.weather:
        grey = mix(light.haze, (40, 52, 78) if light.dark else (96, 108, 124), 0.62)
        light = _dulled(light, grey, 0.62, fog=0.25)
        red, green, blue = (part * (1.0 if light.dark else 0.82) for part in light.ambient)
        light = replace(light, ambient=(red, green, blue))
    if "snow" in scene.weather:
        grey = mix(light.haze, (226, 230, 238), 0.12 if light.dark else 0.34)
        light = _dulled(light, grey, 0.14, fog=0.1)
    return light


def _dulled(light: Light, haze: Colour, share: float, *, fog: float) -> Light:
    top, middle, horizon = light.sky
    sky = (mix(top, haze, share * 0.8), mix(middle, haze, share), mix(horizon, haze, share))
    return replace(light, sky=sky, haze=haze, deep=mix(light.deep, haze, 0.12 * fog), fog=max(light.fog, fog))


def _washed(light: Light, scene: Scene) -> Light:
    """Turn the sky towards the requested colour; neon turns it towards violet."""
    wash = scene.wash or ((150, 60, 170) if "neon" in scene.weather else None)
    if wash is None:
        return light
    top, middle, horizon = light.sky
    tint = mix(wash, (10, 8, 24), 0.32 if light.dark else 0.06)
    sky = (
        mix(top, mix(tint, (0, 0, 0), 0.42), 0.66),
        mix(middle, tint, 0.78),
        mix(horizon, mix(tint, (255, 240, 220), 0.42), 0.66),
    )
    deep = mix(light.deep, mix(wash, (0, 0, 0), 0.75), 0.6)
    return replace(light, sky=sky, haze=mix(light.haze, tint, 0.66), deep=deep)


def on_stage(light: Light) -> Light:
    """Return the light on a subject: brighter than its surroundings when it is dark, so that it is seen."""
    red, green, blue = (part + (1 - part) * (0.22 if light.dark else 0.0) for part in light.ambient)
    return replace(light, ambient=(red, green, blue))
