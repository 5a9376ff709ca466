"""A file of every kind that a member could upload, made by ffmpeg alone, with what ffprobe says of its duration."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.models import MediaKind

IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO
SECONDS = 7.3
LONG_SECONDS = 61.7

_PICTURES = "testsrc2=size=64x48:rate=10"
_LARGE_PICTURES = "testsrc2=size=320x240:rate=10"
_TONE = "aevalsrc='0.4*(random(0)-0.5)*lt(mod(t,2),1)+0.1*sin(2764*t)':s=44100"
"""Noise and a pure tone in turns: an encoder that may vary its bitrate does."""
_FILM = ("-f", "lavfi", "-i", _PICTURES, "-f", "lavfi", "-i", _TONE)
_LARGE_FILM = ("-f", "lavfi", "-i", _LARGE_PICTURES, "-f", "lavfi", "-i", _TONE)
_MIDDLE_FILM = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10", "-f", "lavfi", "-i", _TONE)
_SILENT = ("-f", "lavfi", "-i", _PICTURES)
_SOUND = ("-f", "lavfi", "-i", _TONE)
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac")
_MP4 = (*_FILM, *_H264, "-g", "10", *_AAC)
_WEBM = (*_FILM, "-c:v", "libvpx", "-deadline", "realtime", "-g", "10", "-c:a", "libopus")
_MP3 = (*_SOUND, "-c:a", "libmp3lame")
_NO_TAGS = ("-write_xing", "0", "-id3v2_version", "0")
_STILL = (*_SILENT, "-frames:v", "1")


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to make: its extension, what kind it has to be (None: refused), ffmpeg's arguments, a change of bytes."""

    extension: str
    kind: MediaKind | None
    arguments: tuple[str, ...]
    change: Callable[[bytes], bytes] = bytes
    is_piped: bool = False
    """Written to a pipe: nothing can be filled in afterwards."""
    seconds: float = SECONDS


def _exif(jpeg: bytes) -> bytes:
    """Say that the picture has to be turned by 90 degrees: TIFF tag 0x0112 is 6."""
    tiff = b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff + jpeg[2:]


def _heic(avif: bytes) -> bytes:
    """Say HEIC: ffmpeg writes none, and the bot reads the brand."""
    return avif.replace(b"ftypavif", b"ftypheic", 1)


def _movflags(flags: str, *more: str) -> tuple[str, ...]:
    return (*_MP4, "-movflags", flags, *more)


SAMPLES: dict[str, Sample] = {
    "mp4": Sample("mp4", VIDEO, _MP4),
    "mp4 with its header first": Sample("mp4", VIDEO, _movflags("faststart")),
    "mp4 HEVC": Sample(
        "mp4", VIDEO, (*_FILM, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0")
    ),
    "mp4 AV1": Sample("mp4", VIDEO, (*_FILM, "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime")),
    "mp4 without sound": Sample("mp4", VIDEO, (*_SILENT, *_H264)),
    "mp4 hybrid": Sample("mp4", VIDEO, _movflags("hybrid_fragmented")),
    "mp4 with zeros behind": Sample("mp4", VIDEO, _MP4, lambda body: body + bytes(5000)),
    "mp4 of sound only": Sample("mp4", AUDIO, (*_SOUND, *_AAC)),
    "mp4 fragmented, half a header": Sample("mp4", VIDEO, _movflags("frag_keyframe")),
    "mp4 fragmented, empty header": Sample("mp4", VIDEO, _movflags("frag_keyframe+empty_moov")),
    "mp4 DASH": Sample("mp4", VIDEO, _movflags("dash+frag_keyframe")),
    "mp4 with an index": Sample("mp4", VIDEO, _movflags("frag_keyframe+empty_moov+global_sidx")),
    "mov": Sample("mov", VIDEO, _MP4),
    "mov ProRes": Sample("mov", VIDEO, (*_SILENT, "-c:v", "prores")),
    "3gp": Sample("3gp", VIDEO, _MP4),
    "m4v": Sample("m4v", VIDEO, (*_MP4, "-f", "ipod")),
    "m4a AAC": Sample("m4a", AUDIO, (*_SOUND, *_AAC)),
    "m4a ALAC": Sample("m4a", AUDIO, (*_SOUND, "-c:a", "alac")),
    "webm VP8": Sample("webm", VIDEO, _WEBM),
    "webm VP9": Sample("webm", VIDEO, (*_FILM, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus")),
    "webm to a pipe": Sample("webm", VIDEO, _WEBM, is_piped=True),
    "webm as a browser records it": Sample("webm", VIDEO, (*_WEBM, "-live", "1"), is_piped=True),
    "weba": Sample("webm", AUDIO, (*_SOUND, "-c:a", "libopus")),
    "mkv": Sample("mkv", VIDEO, _MP4),
    "mka": Sample("mka", AUDIO, (*_SOUND, *_AAC)),
    "ogg Vorbis": Sample("ogg", AUDIO, (*_SOUND, "-c:a", "libvorbis")),
    "ogg Opus": Sample("opus", AUDIO, (*_SOUND, "-c:a", "libopus")),
    "ogg Opus with long tags": Sample(
        "opus", AUDIO, (*_SOUND, "-c:a", "libopus", "-metadata", "comment=" + "a" * 3000)
    ),
    "ogg FLAC": Sample("oga", AUDIO, (*_SOUND, "-c:a", "flac")),
    "ogg Speex": Sample("spx", AUDIO, (*_SOUND, "-ar", "16000", "-ac", "1", "-c:a", "libspeex")),
    "ogg Theora": Sample("ogv", VIDEO, (*_FILM, "-c:v", "libtheora", "-c:a", "libvorbis")),
    "flac": Sample("flac", AUDIO, _SOUND),
    "flac to a pipe": Sample("flac", AUDIO, _SOUND, is_piped=True),
    "aac": Sample("aac", AUDIO, (*_SOUND, *_AAC)),
    "wav": Sample("wav", AUDIO, _SOUND),
    "wav 24 bit": Sample("wav", AUDIO, (*_SOUND, "-c:a", "pcm_s24le")),
    "wav float": Sample("wav", AUDIO, (*_SOUND, "-c:a", "pcm_f32le")),
    "wav 5.1": Sample("wav", AUDIO, (*_SOUND, "-ac", "6")),
    "wav to a pipe": Sample("wav", AUDIO, _SOUND, is_piped=True),
    "wav ADPCM": Sample("wav", AUDIO, (*_SOUND, "-c:a", "adpcm_ms")),
    "avi": Sample("avi", VIDEO, (*_FILM, "-c:v", "mpeg4", "-c:a", "libmp3lame")),
    "mp3 constant": Sample("mp3", AUDIO, (*_MP3, "-b:a", "128k")),
    "mp3 constant, bare": Sample("mp3", AUDIO, (*_MP3, "-b:a", "128k", *_NO_TAGS)),
    "mp3 with a tag behind": Sample("mp3", AUDIO, (*_MP3, *_NO_TAGS, "-write_id3v1", "1", "-metadata", "title=a")),
    "mp3 with a cover": Sample(
        "mp3",
        AUDIO,
        (*_MP3, "-b:a", "128k", "-write_xing", "0"),
        lambda body: b"ID3\4\0\0\0\x0e\0\0" + bytes(0x0E << 14) + body[_tag(body) :],
    ),
    "mp3 variable": Sample("mp3", AUDIO, (*_MP3, "-q:a", "4")),
    "mp3 variable, bare": Sample("mp3", AUDIO, (*_MP3, "-q:a", "4", *_NO_TAGS)),
    "mp3 22 kHz": Sample("mp3", AUDIO, (*_MP3, "-ar", "22050", "-ac", "1")),
    # what Discord does not play either
    "aiff": Sample("aiff", None, _SOUND),
    "rf64": Sample("wav", None, (*_SOUND, "-rf64", "always")),
    "w64": Sample("w64", None, _SOUND),
    "mp2": Sample("mp2", None, _SOUND),
    "mpg": Sample("mpg", None, (*_FILM, "-r", "25")),
    "ts": Sample("ts", None, _MP4),
    "flv": Sample("flv", None, (*_FILM, "-c:v", "flv", "-c:a", "libmp3lame")),
    "wmv": Sample("wmv", None, _FILM),
    "bmp": Sample("bmp", None, _STILL),
    "tiff": Sample("tiff", None, _STILL),
    "ico": Sample("ico", None, _STILL),
    "jp2": Sample("jp2", None, _STILL),
    # pictures
    "png": Sample("png", IMAGE, _STILL),
    "apng": Sample("apng", IMAGE, _SILENT),
    "gif": Sample("gif", IMAGE, _STILL),
    "gif animated": Sample("gif", IMAGE, _SILENT),
    "jpeg": Sample("jpg", IMAGE, _STILL),
    "jpeg turned": Sample("jpg", IMAGE, _STILL, _exif),
    "jpeg large": Sample("jpg", IMAGE, ("-f", "lavfi", "-i", "testsrc2=size=1280x960", "-frames:v", "1", "-q:v", "1")),
    "webp": Sample("webp", IMAGE, _STILL),
    "webp animated": Sample("webp", IMAGE, (*_SILENT, "-c:v", "libwebp_anim")),
    "avif": Sample("avif", IMAGE, (*_STILL, "-c:v", "libaom-av1", "-still-picture", "1")),
    "avif animated": Sample("avif", IMAGE, (*_SILENT, "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime")),
    "heic": Sample("avif", IMAGE, (*_STILL, "-c:v", "libaom-av1", "-still-picture", "1"), _heic),
}

_LARGE = (*_LARGE_FILM, *_H264, "-g", "20", "-b:v", "800k", *_AAC)
LONG_SAMPLES: dict[str, Sample] = {
    "mp4": Sample("mp4", VIDEO, _LARGE, seconds=LONG_SECONDS),
    "mp4 fragmented": Sample("mp4", VIDEO, (*_LARGE, "-movflags", "frag_keyframe"), seconds=LONG_SECONDS),
    "mp4 fragmented, empty header": Sample(
        "mp4", VIDEO, (*_LARGE, "-movflags", "frag_keyframe+empty_moov+skip_trailer"), seconds=LONG_SECONDS
    ),
    "mp4 DASH": Sample("mp4", VIDEO, (*_LARGE, "-movflags", "dash+frag_keyframe"), seconds=LONG_SECONDS),
    "webm as a browser records it": Sample(
        "webm",
        VIDEO,
        (
            *_MIDDLE_FILM,
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-g",
            "20",
            "-b:v",
            "300k",
            "-c:a",
            "libopus",
            "-live",
            "1",
        ),
        is_piped=True,
        seconds=LONG_SECONDS,
    ),
    "flac to a pipe": Sample("flac", AUDIO, _SOUND, is_piped=True, seconds=LONG_SECONDS),
    "aac": Sample("aac", AUDIO, (*_SOUND, *_AAC), seconds=LONG_SECONDS),
    "mp3 constant, bare": Sample("mp3", AUDIO, (*_MP3, "-b:a", "128k", *_NO_TAGS), seconds=LONG_SECONDS),
    "mp3 variable, bare": Sample("mp3", AUDIO, (*_MP3, "-q:a", "4", *_NO_TAGS), seconds=LONG_SECONDS),
    "ogg Vorbis": Sample("ogg", AUDIO, (*_SOUND, "-c:a", "libvorbis"), seconds=LONG_SECONDS),
}
"""Files whose end is far from the bytes that are read first."""


def _tag(body: bytes) -> int:
    """Return the length of the ID3 tag that ffmpeg wrote in front."""
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(body[6:10], (21, 14, 7, 0), strict=True))


def make(sample: Sample, folder: Path, stem: str) -> Path:
    """Make the file. Raises RuntimeError where ffmpeg is missing or refuses: a corpus with gaps proves nothing."""
    path = folder / f"{stem}.{sample.extension}"
    target = ["-f", sample.extension, "pipe:1"] if sample.is_piped else ["-y", str(path)]
    body = _run("ffmpeg", "-v", "error", *_limited(sample), *target)
    if sample.is_piped:
        path.write_bytes(body)
    if sample.change is not bytes:
        path.write_bytes(sample.change(path.read_bytes()))
    return path


def _limited(sample: Sample) -> list[str]:
    """End every input after the sample's seconds."""
    found: list[str] = []
    for argument in sample.arguments:
        found += ["-t", f"{sample.seconds}", argument] if argument == "-i" else [argument]
    return found


def probed_seconds(path: Path) -> float:
    """Return the time from the first packet to the end of the last, as ffprobe reads them all."""
    lines = _run(
        "ffprobe", "-v", "error", "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0", str(path)
    )
    starts, ends = [], []
    for line in lines.decode().splitlines():
        since, lasts, *_ = [*line.split(","), "", ""]
        if since not in {"", "N/A"}:
            starts.append(float(since))
            ends.append(float(since) + (float(lasts) if lasts not in {"", "N/A"} else 0.0))
    return max(ends) - max(min(starts), 0.0)


def _run(program: str, *arguments: str) -> bytes:
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"{program} is needed for the corpus of media files: install Debian's package `ffmpeg`")
    done = subprocess.run([found, *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout
