"""Answers: the output of each operation, and the request object around it.

The shapes are those of https://www.cannonstudio.app/developers/docs and its operation pages. The outputs of
`sora2.character.*` and `three_d.*` are undocumented and therefore invented, like those of similar operations.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox import texts

POLL_AFTER_MS = 2000
"""As in the sample of https://www.cannonstudio.app/developers/docs/reference/create-request."""
RETENTION_DAYS = 7
PREVIEW_LIMIT_CHARS = 160

Urls = Mapping[str, Sequence[str]]
"""The links to the finished files, by file kind: `png`, `mp4`, `mp3` or `glb`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An operation's output. `files` are its output keys with their file kinds."""

    prefix: str
    asset_type: str
    files: tuple[tuple[str, str], ...]
    provider: str | None
    model: str
    shows_cost: bool = False
    """Whether the output has `exact_cost_credits`."""


_SORA = Product(prefix="video_", asset_type="video", files=(("video_url", "mp4"),), provider="sora2", model="sora2")
PRODUCTS: Mapping[str, Product] = {
    "image.generate": Product(
        prefix="img_",
        asset_type="image",
        files=(("image_url", "png"), ("image_urls", "png"), ("provider_image_urls", "png")),
        provider="kie",
        model="text-to-image",
    ),
    "image.edit": Product(
        prefix="imgedit_", asset_type="image", files=(("image_url", "png"),), provider="kie", model="image-to-image"
    ),
    "image.upscale": Product(
        prefix="imgup_", asset_type="image", files=(("image_url", "png"),), provider="replicate", model="upscale"
    ),
    "video.generate": Product(
        prefix="vid_", asset_type="video", files=(("video_url", "mp4"),), provider="kie", model="wan27video"
    ),
    "sora2.character.create": Product(
        prefix="char_", asset_type="character", files=(), provider="sora2", model="sora2"
    ),
    "sora2.character.generate": _SORA,
    "sora2.video.edit": _SORA,
    "sora2.video.extend": _SORA,
    "sora2.video.remix": _SORA,
    "three_d.location.generate": Product(
        prefix="loc_",
        asset_type="location",
        files=(("image_url", "png"), ("image_urls", "png")),
        provider="cannon",
        model="cannon_3d_location",
    ),
    "three_d.model.generate": Product(
        prefix="mdl_",
        asset_type="model",
        files=(("image_url", "png"), ("model_url", "glb")),
        provider="cannon",
        model="cannon_3d_model",
    ),
    "music.generate": Product(
        prefix="mus_", asset_type="audio", files=(("audio_url", "mp3"),), provider="kie", model="V5"
    ),
    "narration.generate": Product(
        prefix="", asset_type="audio", files=(("audio_url", "mp3"),), provider="elevenlabs", model="narration"
    ),
    "soundfx.generate": Product(
        prefix="sfx_",
        asset_type="audio",
        files=(("audio_url", "mp3"), ("sfx_video_url", "mp4")),
        provider="replicate",
        model="soundfx",
    ),
    "lipsync.generate": Product(
        prefix="lip_",
        asset_type="video",
        files=(("video_url", "mp4"),),
        provider="wavespeed",
        model="lipsync",
        shows_cost=True,
    ),
    "subtitles.generate": Product(
        prefix="sub_", asset_type="video", files=(("video_url", "mp4"),), provider=None, model="subtitles"
    ),
    "smartmotion.generate": Product(
        prefix="sm_", asset_type="video", files=(("video_url", "mp4"),), provider="kling", model="smart_motion"
    ),
    "video.upscale": Product(
        prefix="up_",
        asset_type="video",
        files=(("video_url", "mp4"),),
        provider="wavespeed",
        model="video_upscale",
        shows_cost=True,
    ),
}
"""Every operation except `prompt.enhance.*`, whose output is text."""


def partial(operation: str, given: Mapping[str, Any], task: str, status: str) -> dict[str, Any]:
    """Return the `output` of a request without a result: in progress, or failed."""
    product = PRODUCTS.get(operation)
    if product is None:
        return {"status": status, "operation": operation}
    head = {"task_id": task} if product.prefix else {}
    return {**head, "status": status, **_maker(operation, product, given)}


def output(operation: str, given: Mapping[str, Any], task: str, urls: Urls, cost: Decimal) -> dict[str, Any]:
    """Return the `output` of a succeeded request. `cost` is in credits."""
    product = PRODUCTS.get(operation)
    if product is None:
        return {"enhancedPrompt": enhanced(operation, given), "model": "gpt-5-mini", "operation": operation}
    answer: dict[str, Any] = {"task_id": task} if product.prefix else {}
    answer |= {"asset_type": product.asset_type, "status": "succeeded"}
    for key, kind in product.files:
        if links := urls.get(kind):
            answer[key] = _links(key, links)
    answer |= _extras(operation, given, task) | _maker(operation, product, given)
    if product.shows_cost:
        answer["exact_cost_credits"] = number(cost)
    return answer


def output_preview(answer: Mapping[str, Any]) -> str | None:
    """Return the `outputPreview` of a finished output."""
    text = answer.get("enhancedPrompt")
    if isinstance(text, str):
        return text[:PREVIEW_LIMIT_CHARS]
    for key in ("image_url", "video_url", "audio_url"):
        if key in answer:
            return texts.ASSET_READY(url=answer[key])
    return None


def input_preview(given: Mapping[str, Any]) -> str:
    """Return the `inputPreview`: the start of the main text."""
    return main_text(given)[:PREVIEW_LIMIT_CHARS]


def main_text(given: Mapping[str, Any]) -> str:
    """Return the prompt, else the first text; '' without one."""
    texts = [given.get(name) for name in ("prompt", "text", "description", "name")] + list(given.values())
    return next((text for text in texts if isinstance(text, str)), "")


def number(amount: Decimal) -> int | float:
    """Return credits as the JSON number that is sent."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def enhanced(operation: str, given: Mapping[str, Any]) -> str:
    """Return a plausible rewrite of a prompt: deterministic."""
    prompt = " ".join(str(given.get("prompt", "")).split()).rstrip(".")
    dice = random.Random(f"{operation}:{prompt}:{given.get('rewriteRequest')}")  # noqa: S311 - wording, not a secret
    phrases = _PHRASES.get(operation.rpartition(".")[2], _PHRASES["image"])
    sentences = [f"{prompt}, {dice.choice(phrases[0])}", *(dice.choice(choice) for choice in phrases[1:])]
    if given.get("visualStyle"):
        sentences.append(f"Rendered in the style of {given['visualStyle']}")
    if given.get("duration"):
        sentences.append(f"One continuous take of {given['duration']} seconds")
    if given.get("aspectRatio"):
        sentences.append(f"Composed for a {given['aspectRatio']} frame")
    wish = str(given.get("rewriteRequest") or "").rstrip(".")
    if wish and "." not in wish:  # several sentences are instructions, which no model repeats
        sentences.append(f"Changed as asked: {wish}")
    return ". ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences) + "."


_PHRASES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "image": (
        ("in soft morning light with long shadows", "lit from behind at golden hour", "under a bright overcast sky"),
        ("a clear foreground, a calm middle ground and a hazy distance", "one strong subject off centre, much air"),
        ("fine texture, restrained colour, no text", "rich detail, a warm palette, a shallow depth of field"),
    ),
    "video": (
        ("as the camera slowly pushes in", "in a steady tracking shot at eye level", "seen from a gliding crane"),
        ("movement starts small and builds to the end", "the background drifts while the subject stays sharp"),
        ("natural motion blur, even exposure", "cinematic light, quiet ambient sound"),
    ),
}


def _links(key: str, links: Sequence[str]) -> str | list[str]:
    if key == "provider_image_urls":
        # The provider's temporary host, expired: a client that downloads from it is wrong.
        return [link.replace("/media/", "/media/provider-") for link in links]
    return list(links) if key.endswith("_urls") else links[0]


def _maker(operation: str, product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    model = product.model
    if operation in {"image.generate", "image.edit"}:
        # The provider's slug, not the requested id: https://www.cannonstudio.app/developers/docs/lifecycle has one.
        wanted = given.get("model", "seedream5")
        model = f"seedream/5-lite-{product.model}" if wanted == "seedream5" else f"sandbox/{wanted}-{product.model}"
    elif operation in {"video.generate", "music.generate"}:
        model = str(given.get("model", product.model))
    return {"provider": product.provider, "model": model} if product.provider else {"model": model}


def _extras(operation: str, given: Mapping[str, Any], task: str) -> dict[str, Any]:
    match operation:
        case "music.generate":
            return {"requested_provider": given.get("provider", "kie"), "title": given.get("title", "Untitled")}
        case "soundfx.generate":
            return {"mode": given.get("mode", "video_context" if given.get("video_url") else "one_off")}
        case "lipsync.generate":
            return {"audio_url": given.get("audio_url")}
        case "video.upscale":
            return {"requested_model": given.get("model", "wavespeed")}
        case "sora2.character.create":
            return {"character_id": f"ch_{task.removeprefix('char_')}", "name": given.get("name", "Character")}
    return {}
