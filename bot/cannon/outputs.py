"""A succeeded request's files and text. Pure.

Known output keys are in the catalogue. Of a new operation every link counts: its kind is guessed by name, else a file
whose content decides the delivery.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.cannon.errors import clean
from bot.catalogue import Operation
from bot.domain.models import Media, MediaKind

LINK_LIMIT_CHARS: Final = 8192
_MAKING = frozenset(
    {"task_id", "asset_type", "status", "provider", "model", "operation", "mode", "seed", "exact_cost_credits"}
)
"""Output keys about how a result was made."""
_PASSED_OVER = ("provider_", "source_", "input_", "reference_", "thumbnail", "webhook")
_KIND_WORDS = (
    (MediaKind.VIDEO, ("video", "clip", "movie")),
    (MediaKind.AUDIO, ("audio", "music", "narration", "sound", "sfx", "voice", "speech")),
    (MediaKind.IMAGE, ("image", "picture", "photo", "frame", "panorama")),
)
_EXTENSIONS = {
    MediaKind.VIDEO: (".mp4", ".mov", ".webm"),
    MediaKind.AUDIO: (".mp3", ".wav", ".m4a", ".ogg", ".flac"),
    MediaKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"),
}
_LINK_KEY = re.compile(r"_urls?\Z|[a-z0-9]Urls?\Z|\Aurls?\Z")
_OTHER_FILE = re.compile(
    r"\.(?:glb|gltf|usdz|obj|stl|ply|fbx|3mf|splat|spz|srt|vtt|ass|zip|json|csv|txt|mid|midi|pdf|hdr|exr)\Z"
)
"""Extensions of files that are neither image, video nor sound."""
_FILES_KEY = re.compile(
    r"(?:file|asset|output|result|download|mesh|model|export|caption|subtitle)(?:s|es)?\Z", re.IGNORECASE
)
"""Keys of file objects, as in `files: [{"format": "glb", "url": …}]`."""
MEDIA_MAX = 20
"""Maximum number of files per answer: each is fetched."""


def media_of(operation: Operation | None, output: Mapping[str, Any]) -> tuple[Media, ...]:
    """Return the first MEDIA_MAX result files in `output`, each link once, in the order of the outputs.

    Without temporary copies and echoes of the input. Other files next to the known outputs count too. If the
    operation is unknown, or has none of its outputs, every link counts.
    """
    return tuple(itertools.islice(_media(operation, output), MEDIA_MAX))


def has_more_media(operation: Operation | None, output: Mapping[str, Any]) -> bool:
    """Whether `output` has more result files than `media_of` returns."""
    return next(itertools.islice(_media(operation, output), MEDIA_MAX, None), None) is not None


def _media(operation: Operation | None, output: Mapping[str, Any]) -> Iterator[Media]:
    seen: set[str] = set()
    passed_over = {item.key for item in operation.outputs if item.temporary or item.echo} if operation else set()
    known = _known_media(operation, output) if operation is not None else iter(())
    first = next(known, None)
    if first is None:
        found = _guessed_media(output, passed_over)
    else:
        found = itertools.chain((first,), known, _other_files(output, passed_over))
    for item in found:
        if item.url not in seen:
            seen.add(item.url)
            yield item


def text_of(operation: Operation | None, output: Mapping[str, Any]) -> str | None:
    """Return the operation's text (`enhancedPrompt`), None if none.

    If its outputs are not public, everything counts except media and metadata, a line each: `character_id: ch_12`.
    It was paid for, and is shown nowhere else.
    """
    keys = [item.key for item in operation.outputs if item.kind is None] if operation is not None else []
    for key in (*keys, "enhancedPrompt", "enhanced_prompt"):
        value = output.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    if operation is not None and operation.outputs:
        return None
    media = {item.url for item in _media(operation, output)}
    return "\n".join(_said(output, media)) or None


def _said(output: Mapping[str, Any], media: set[str]) -> Iterator[str]:
    for key, value in output.items():
        if key in _MAKING or key.lower().startswith(_PASSED_OVER) or media.intersection(_links(value)):
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            said = next(_links(value), None) or clean(str(value))  # a shortened link would not work
            if said:
                yield f"{clean(key)}: {said}"


def _known_media(operation: Operation, output: Mapping[str, Any]) -> Iterator[Media]:
    for item in operation.outputs:
        if item.kind is None or item.temporary or item.echo:
            continue
        for url in _links(output.get(item.key)):
            yield Media(url=url, kind=item.kind, key=item.key)


def _guessed_media(output: Mapping[str, Any], passed_over: set[str]) -> Iterator[Media]:
    """Find all links of an undocumented output, those to media under a telling key first."""
    found: list[Media] = []
    for key, value in output.items():
        if key in passed_over or key.lower().startswith(_PASSED_OVER):
            continue
        kinds = [(url, _kind_of(key.lower(), url, output.get("asset_type"))) for url in _all_links(key, value)]
        if _LINK_KEY.search(key):
            yield from (Media(url=url, kind=kind, key=key) for url, kind in kinds if kind is not MediaKind.FILE)
            kinds = [(url, kind) for url, kind in kinds if kind is MediaKind.FILE]
        found += [Media(url=url, kind=MediaKind.FILE, key=key) for url, _ in kinds]
    yield from found


def _other_files(output: Mapping[str, Any], passed_over: set[str]) -> Iterator[Media]:
    """Find files next to the documented media, such as a video's captions."""
    for key, value in output.items():
        if key not in passed_over and not key.lower().startswith(_PASSED_OVER):
            for url in _all_links(key, value):
                if _OTHER_FILE.search(_path(url)):
                    yield Media(url=url, kind=MediaKind.FILE, key=key)


def _links(value: object) -> Iterator[str]:
    for link in value if isinstance(value, list | tuple) else (value,):
        if isinstance(link, str) and link.startswith(("https://", "http://")) and len(link) <= LINK_LIMIT_CHARS:
            yield link


def _all_links(key: str, value: object) -> Iterator[str]:
    """Find the links under a key; also in its objects where it names files."""
    if _LINK_KEY.search(key) or _FILES_KEY.search(key):
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, Mapping):
                yield from _links(list(each.values()))
    yield from _links(value)


def _kind_of(name: str, url: str, asset_type: object) -> MediaKind:
    """Guess a link's kind by its extension, its key's `name`, and the output's type."""
    path = _path(url)
    if _OTHER_FILE.search(path):
        return MediaKind.FILE
    for kind, words in _KIND_WORDS:
        if any(word in name for word in words):
            return kind
    for kind, extensions in _EXTENSIONS.items():
        if path.endswith(extensions):
            return kind
    return MediaKind(asset_type) if isinstance(asset_type, str) and asset_type in set(MediaKind) else MediaKind.FILE


def _path(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].lower()
