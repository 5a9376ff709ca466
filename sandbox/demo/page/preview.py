"""simcord's preview, for a page that stays: it changes its channel and viewer, and is quick to draw again.

simcord draws a page whole each time and has one channel for its life. All that reaches into its private parts is here.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import av
from PIL import Image
from simcord.actors import MemberActor
from simcord.backend.models import Message
from simcord.builders import ChannelHandle, UserHandle
from simcord.preview import Preview, _markdown, _pages, _validate_preview
from simcord.preview._assets import _snapshot_has_sticker
from simcord.preview._media import MediaInfo, MediaWorker, _process_media
from simcord.preview._pages import _Page

from sandbox.demo.simulation import DemoEnv

KEPT_FILES = 128
KEPT_TEXTS = 2048
"""Sizes of the caches of read files and parsed texts: a page that is drawn again has the same ones."""
PLAYED = {"mp4": "video/mp4", "webm": "video/webm"}
"""Containers of films that browsers play as they are, with these codecs."""
CODECS = frozenset({"h264", "vp8", "vp9", "av1", "aac", "mp3", "opus", "vorbis"})
UNSEEN = frozenset({"TYPING_START", "PRESENCE_UPDATE", "INTERACTION_CREATE"})
"""Gateway events that change nothing on the page."""
QUOTED_LINE = re.compile(r"^(> .*)\n(?=[^>\n])", re.MULTILINE)
"""A quote on Discord ends with its line; in simcord's Markdown it takes the next ones along."""
STATUS = "ui.action.textContent = actions.message({"
RESET_IF = "if (snapshot.viewerId !== state.viewerId || snapshot.botGeneration !== state.botGeneration"
IS_MOVED = "(state.snapshot && snapshot.channelId !== state.snapshot.channelId)"
"""Another channel has another draft, as another viewer has."""
RELOADS = "revokeAssets();\n    force = true;"
"""Another viewer sees the same files."""
READ = 'request("/api/state"'
IS_ANSWERED = "state.pendingAction && state.pendingAction.requestId === state.lastAction?.requestId"
"""After a press the page needs its state even if nothing has changed."""
KEEP_PLACE = (
    "if ({file}?.displayWidth) {{ {element}.style.setProperty('--ratio', {file}.displayWidth / {file}.displayHeight); "
    "{element}.style.setProperty('--width', {file}.displayWidth); }}"
)
"""Gives media.css the shape of a picture or film that is still on its way."""
PICTURE = "trigger.append(image);"
PLAYER = "wrapper.dataset.mediaReuseKey = reuseKey;"
CHOSEN = "renderCompose({ focus: Boolean(next) });"
FIRST = 'dialog.querySelector("input, textarea, button")'
FIELD = 'dialog.querySelector("input:not([type=file]), textarea")'
REPLIES = "replyContext.hidden = !state.replyToId"
REPLY = 'replyContext.dataset.author = reply?.author?.name || ""; replyContext.dataset.replyTo = state.replyToId || ""'
"""Which message is answered, for chat.js."""
SCRIPTS = {
    "/media.js": (
        (PICTURE, f"{PICTURE} {KEEP_PLACE.format(element='image', file='manifest')}"),
        (PLAYER, f"{PLAYER} {KEEP_PLACE.format(element='wrapper', file='options.assets?.[assetId]')}"),
        # The browser's own controls.
        ("element.controls = false", "element.controls = true"),
    ),
    # The page reads its state again at once: the server answers when there is news (`Front`).
    "/session.js": (("interval = 500", "interval = 60"),),
    "/app.js": (
        (RESET_IF, f"{RESET_IF} || {IS_MOVED}"),
        # Our page shows that the bot works.
        (STATUS, f'ui.action.dataset.pending = state.pendingAction?.kind ?? ""; {STATUS}'),
        (RELOADS, "force = true;"),
        (READ, f"{READ} + ({IS_ANSWERED} ? '' : `?have=${{state.publishedRevision}}`)"),
    ),
    # Relative times tick on our page.
    "/text.js": (
        ('node("time", "discord-timestamp", rendered)', 'node("time", `discord-timestamp is-${style}`, rendered)'),
    ),
    "/commands.js": (
        # A choice closes its list, so that the next Enter sends; simcord opens it again at once.
        (CHOSEN, f"{CHOSEN} if (!next) clearPopup();"),
        ('target.matches(".command-chip")) return', 'target.matches(".command-chip, .command-mention")) return'),
        ('"command-suggestion-ellipsis", "…"', '"command-suggestion-ellipsis", value.description || "…"'),
    ),
    # The cursor goes into a form's first field, not onto its ✕, which the first space would press.
    "/components.js": ((FIRST, f"{FIELD} || {FIRST}"),),
    "/composer.js": (
        # A disabled button swallows a press while the page is published; `composer.js` repeats one that came early.
        ("sendButton.disabled = Boolean(state.pendingAction) ||", "sendButton.disabled ="),
        (REPLIES, f"{REPLY}; {REPLIES}"),
    ),
}
"""What is replaced in simcord's scripts, by path."""


def patched(path: str, script: str) -> str:
    """Return one of simcord's scripts as the page gets it. Raises ValueError if simcord has changed it."""
    for theirs, ours in SCRIPTS.get(path, ()):
        if theirs not in script:
            raise ValueError(f"simcord's {path} has no {theirs!r}")
        script = script.replace(theirs, ours, 1)
    return script


class DemoPreview(Preview):
    """simcord's preview of several channels: each page has its own, and moves between them."""

    def __init__(self, env: DemoEnv, channels: Sequence[ChannelHandle], **options: Any) -> None:
        """Prepare it; `options` are those of `simcord.Env.preview`. Raises SetupError."""
        shown = {
            "layout": "message", "display": "responsive", "width": 960, "height": 720, "locale": "en-US",
            "timezone": "UTC", "presentation_time": None, **options,
        }  # fmt: skip
        channel, viewers, assets, _, port = _validate_preview(env, channels[0], **shown)
        drawn = {key: value for key, value in shown.items() if key not in {"viewers", "assets"}}
        super().__init__(env, channel, viewers, assets=assets, port=port, **drawn)
        self._media_worker: MediaWorker | None = PageMedia()
        self._channels = {each.id: each for each in channels}
        self._drawn: dict[str, int] = {}
        """By page, the length of the simulated Discord's record when it was last drawn."""
        self._former: dict[str, set[str]] = {}
        """By page, the files of its last publication."""
        self._sizes: dict[str, tuple[int, int] | None] = {}
        _markdown._markdown_parser = _QuickParser  # noqa: SLF001 - simcord makes one for each text
        vars(_pages)["_snapshot_has_sticker"] = _shows  # its question which posted files a message shows

    def channel_of(self, context_id: str) -> ChannelHandle:
        """Return the channel of an open page. Raises SetupError."""
        return self._channels[self._get_page(context_id).channel_id]

    def revision(self, context_id: str) -> int | None:
        """Return how often a page has been published; None if it is not open."""
        return page.revision if (page := self._pages.get(context_id)) is not None else None

    def move(self, context_id: str, viewer: MemberActor, channel: ChannelHandle) -> int:
        """Show a viewer a channel on an open page; return the page's generation from then on. Raises SetupError."""
        page = self._get_page(context_id)
        if page.viewer.id != viewer.id:
            self._redact_page_receipts(page)
        self.channel = self._channels[channel.id] = channel
        self._former.pop(page.id, None)
        page.viewer, page.channel_id = self._viewer(viewer.id), channel.id
        page.generation += 1
        page.candidate_queries.clear()
        page.navigation_query, page.navigation_cursor = "", None
        page.target_id = page.window_end_id = None
        page.modal = page.modal_handle = None
        page.status = "current"
        self._advance_presentation_time()
        self._publish(page, reason="navigation")
        return page.generation

    def _viewer(self, viewer_id: Any) -> MemberActor | UserHandle:
        """Return who acts in the current channel: a member of the server, but the account alone in direct messages."""
        member: MemberActor = super()._viewer(viewer_id)
        return member.user if self.channel.guild is None else member

    def state(self, context_id: str) -> dict[str, Any]:
        """Return what an open page shows. Raises SetupError."""
        return self._page_payload(self._get_page(context_id))

    def behind(self) -> list[_Page]:
        """Return the pages of browsers that do not show everything that has happened."""
        return [page for page in self._pages.values() if page is not self._python and self._is_behind(page)]

    def _is_behind(self, page: _Page) -> bool:
        record = self.env.backend.transcript
        for source, what, _ in record[self._drawn.get(page.id, 0) :]:
            if (source == "HTTP" and not what.startswith("GET ")) or (source == "GATEWAY" and what not in UNSEEN):
                return True
        self._drawn[page.id] = len(record)
        return bool(page.status == "stale")

    async def catch_up(self) -> None:
        """Publish the pages that are behind, after a glance at what the bot still does. Raises SetupError."""
        self.env._begin_operation("preview.catch_up")  # noqa: SLF001 - as simcord's own `refresh` does
        try:
            await self.env._settle_internal()  # noqa: SLF001 - the same
            self._advance_presentation_time()
            for page in self.behind():
                self._publish(page, reason="refresh")
            self._drawn = {key: length for key, length in self._drawn.items() if key in self._pages}
            self._former = {key: files for key, files in self._former.items() if key in self._pages}
        finally:
            self.env._end_operation()  # noqa: SLF001 - the same

    def _reconcile_assets(self, page: _Page) -> None:
        """Keep the files of the publication before, too: the browser may be about to ask for one."""
        shown = set(page.referenced_assets)
        page.referenced_assets |= self._former.get(page.id, set()) & page.assets.keys()
        self._former[page.id] = shown
        super()._reconcile_assets(page)

    async def _action(self, context_id: str | None, body: Any) -> dict[str, Any]:
        """Take a press in the channel of its page."""
        if (page := self._pages.get(context_id or "")) is not None:
            self.channel = self._channels[page.channel_id]
        return await super()._action(context_id, body)

    def _publish(self, page: _Page, **options: Any) -> None:
        """Draw a page, and measure its pictures: the place of one that is still on its way is kept free."""
        self._drawn[page.id] = len(self.env.backend.transcript)
        super()._publish(page, **options)
        for asset in page.assets.values():
            if asset.digest is None or asset.validated or not asset.contentType.startswith(("image/", "video/")):
                continue
            if asset.digest not in self._sizes:
                self._sizes[asset.digest] = _size(self._blobs[asset.digest].data)
            if (size := self._sizes[asset.digest]) is not None:
                asset.width, asset.height = size
                asset.validated = True


def _shows(message: Message, url: str) -> bool:
    """Whether a message shows this posted file: as a forwarded sticker or, on Discord, by a link in its panel."""
    return _snapshot_has_sticker(message, url) or url in json.dumps(message.components)


class PageMedia(MediaWorker):
    """Reads files like simcord's worker, without a new interpreter for each, and shows them as they are.

    simcord guards against files that would harm a decoder, and encodes each again. The files here were made by the
    sandbox or uploaded by the visitor, whose machine it is; and drawing a dozen pictures again takes seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read: OrderedDict[tuple[str, float | None], MediaInfo] = OrderedDict()

    async def _decode(self, key: str, blob: bytes, media_time: float | None) -> MediaInfo:
        place = (key, media_time)
        if place not in self._read:
            self._read[place] = await asyncio.to_thread(_read, blob, media_time)
            while len(self._read) > KEPT_FILES:
                self._read.popitem(last=False)
        return self._read[place]


def _read(blob: bytes, media_time: float | None) -> MediaInfo:
    """Describe a file as simcord does; one that a browser shows as it is stays as it is."""
    return _picture(blob) or _film(blob) or _loud(_process_media(blob, media_time))


def _loud(info: MediaInfo) -> MediaInfo:
    """Return a description of a sound whose highest wave is full."""
    highest = max(info.waveform, default=0)
    if not highest:
        return info
    return replace(info, waveform=tuple(round(100 * each / highest) for each in info.waveform))


def _picture(blob: bytes) -> MediaInfo | None:
    """Describe a still picture from its first bytes; None for anything else."""
    try:
        with Image.open(io.BytesIO(blob)) as picture:
            if getattr(picture, "n_frames", 1) > 1 or picture.format not in {"PNG", "JPEG", "WEBP"}:
                return None
            width, height = picture.size
            kind = f"image/{picture.format.lower()}"
    except (OSError, ValueError):
        return None
    return MediaInfo(kind, width, height, 1, 0, blob, kind, capture=blob, poster=blob, transformation="preserved")


def _film(blob: bytes) -> MediaInfo | None:
    """Describe a film that browsers play, with its first frame; None for anything else."""
    try:
        with av.open(io.BytesIO(blob), "r") as file:
            video, kind = next(iter(file.streams.video), None), _played(file)
            if video is None or kind is None or file.duration is None:
                return None
            poster = io.BytesIO()
            next(file.decode(video)).to_image().save(poster, "PNG")  # type: ignore[no-untyped-call]  # PyAV's stub
            seconds = file.duration / av.time_base
            width, height = video.codec_context.width, video.codec_context.height
            codecs: dict[str, str] = {each.type: each.codec_context.name for each in file.streams}
    except (av.FFmpegError, StopIteration):
        return None
    drawn = poster.getvalue()
    return MediaInfo(
        kind, width, height, 1, 0, blob, kind, kind="video", duration=seconds, capture=drawn, poster=drawn,
        source_codecs=codecs, display_codecs=codecs, transformation="preserved",
    )  # fmt: skip


def _played(file: av.container.InputContainer) -> str | None:
    codecs = {each.codec_context.name for each in (*file.streams.video, *file.streams.audio)}
    for container, kind in PLAYED.items():
        if container in file.format.name and codecs <= CODECS:
            return kind
    return None


def _size(blob: bytes) -> tuple[int, int] | None:
    """Return the width and height in pixels of a picture or film; None for anything else."""
    shown = _picture(blob) or _film(blob)
    return (shown.width, shown.height) if shown is not None else None


class _QuickParser:
    """simcord's parser of one text, made only for a text that is new in its context."""

    _make = staticmethod(_markdown._markdown_parser)  # noqa: SLF001 - what it replaces
    _parsed: ClassVar[OrderedDict[str, Any]] = OrderedDict()

    def __init__(self, policy: Mapping[str, bool | str], context: Mapping[str, Any]) -> None:
        self._policy, self._context = policy, context

    def parse(self, text: str, env: dict[str, Any]) -> Any:
        return self._parse("parse", text, env)

    def parseInline(self, text: str, env: dict[str, Any]) -> Any:  # noqa: N802 - the library's name
        return self._parse("parseInline", text, env)

    def _parse(self, how: str, text: str, env: dict[str, Any]) -> Any:
        text = QUOTED_LINE.sub(r"\1\n\n", text)
        known = json.dumps([how, text, self._policy, self._context], sort_keys=True)
        if known not in self._parsed:
            self._parsed[known] = getattr(self._make(self._policy, self._context), how)(text, env)
            while len(self._parsed) > KEPT_TEXTS:
                self._parsed.popitem(last=False)
        return self._parsed[known]
