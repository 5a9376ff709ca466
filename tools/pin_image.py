"""Pin the Dockerfile's base image to the digest that its tag has now. `make pin-image` runs it; docker is needed.

The digest is that of the list of all platforms, so that one line fits every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCKERFILE = Path(__file__).resolve().parent.parent / "Dockerfile"
IMAGE = re.compile(r"^(ARG PYTHON_IMAGE=)([\w./:-]+)(?:@sha256:[0-9a-f]{64})?$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def newest_digest(tag: str) -> str:
    """Return the digest of `tag`. Exits with a sentence if docker cannot tell it."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", tag]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    except FileNotFoundError:
        sys.exit("docker is not installed here; it is needed to read the image's digest.")
    digest = done.stdout.strip()
    if done.returncode or not DIGEST.fullmatch(digest):
        sys.exit(f"{done.stderr.strip()}\ndocker could not read the digest of {tag}.")
    return digest


def pinned(text: str, digest: str) -> str:
    """Return the Dockerfile's `text` with its base image at `digest`."""
    return IMAGE.sub(rf"\g<1>\g<2>@{digest}", text)


def main() -> None:
    """Read the digest and write it down."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    found = IMAGE.search(text)
    if found is None:
        sys.exit("the Dockerfile names no base image as ARG PYTHON_IMAGE")
    digest = newest_digest(found[2])
    DOCKERFILE.write_text(pinned(text, digest), encoding="utf-8")
    print(f"{found[2]}@{digest}")


if __name__ == "__main__":
    main()
