"""Pin the deployed images to their tags' current digests: `make pin-image`; needs docker.

The base image of the Dockerfile, and those that Compose fetches. The digest is that of the list of all platforms, so
that one line fits every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("Dockerfile", "compose.yaml", "deploy/compose.fleet.yaml")
IMAGE = re.compile(r"^(ARG PYTHON_IMAGE=| +image: )([a-z][\w./-]*:[\w.-]+)(?:@sha256:[0-9a-f]{64})?$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def newest_digest(tag: str) -> str:
    """Return the digest of `tag`. Exits with a sentence if docker fails."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", tag]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    except FileNotFoundError:
        sys.exit("docker is not installed here; it is needed to read the image's digest.")
    digest = done.stdout.strip()
    if done.returncode or not DIGEST.fullmatch(digest):
        sys.exit(f"{done.stderr.strip()}\ndocker could not read the digest of {tag}.")
    return digest


def tags(text: str) -> list[str]:
    """Return the images that a file names, without their digests."""
    return [found[2] for found in IMAGE.finditer(text)]


def pinned(text: str, digests: dict[str, str]) -> str:
    """Return a file's `text` with its images at these digests, by tag."""
    return IMAGE.sub(lambda found: f"{found[1]}{found[2]}@{digests[found[2]]}", text)


def main() -> None:
    """Read all digests, then write them down."""
    files = {ROOT / name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
    if unnamed := [path.name for path, text in files.items() if not tags(text)]:
        sys.exit(f"no image is named as expected in {', '.join(unnamed)}")
    digests = {tag: newest_digest(tag) for text in files.values() for tag in tags(text)}
    for path, text in files.items():
        path.write_text(pinned(text, digests), encoding="utf-8")
    print("\n".join(f"{tag}@{digest}" for tag, digest in digests.items()))


if __name__ == "__main__":
    main()
