"""Play the next release in a copy, without a network: `python -m tests.install.release_rehearsal`.

What a release does after CI has passed, with the workflow's own commands: version, changelog and tag, notes, wheel and
sdist, their metadata, the SBOM, the digests that attestations are made of, and an installation of the wheel. What the
locks pin is fetched first, into `build/wheelhouse`; then no program reaches a network. Not played: what needs
GitHub (signing, uploads, the release page), and the image, which `tests/install/rehearse_image.py` builds.

Ends with a non-zero exit code and the step that failed. Uncommitted changes are not in the copy.
"""

from __future__ import annotations

import argparse
import email
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.metadata import InvalidMetadata, Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from trove_classifiers import classifiers

ROOT = Path(__file__).resolve().parents[2]
WHEELHOUSE = ROOT / "build" / "wheelhouse"
LOCKS = ("requirements/bot.lock", "requirements/build.lock")


@dataclass(frozen=True)
class Rehearsal:
    """A release in a copy of the project, at `copy`."""

    copy: Path
    version: str
    without_network: Sequence[str]

    @property
    def dist(self) -> Path:
        return self.copy / "dist"

    def run(self, *words: str | Path, **environment: str) -> str:
        """Run a command in the copy, without a network; return its output. Exits if it fails."""
        command = [*self.without_network, *map(str, words)]
        given = {"PYTHONPATH": str(self.copy), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELHOUSE), **environment}
        done = subprocess.run(
            command, cwd=self.copy, env={**os.environ, **given}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\nfailed with {done.returncode}: {' '.join(command)}")
        return done.stdout


def git(*words: str, cwd: Path = ROOT) -> str:
    """Return what git prints."""
    command = ["git", "-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com", *words]
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def fetch() -> None:
    """Fill the folder of wheels with what the locks pin: the one step with a network."""
    WHEELHOUSE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--require-hashes"]
    for lock in LOCKS:
        subprocess.run([*command, "-d", WHEELHOUSE, "-r", ROOT / lock], check=True)


def alone() -> list[str]:
    """Return the words before a command that take the network from it; none where that is not allowed."""
    words = ["unshare", "--net"]
    if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
        return words
    print("This user may take the network from no program: pip is only told to use none.")
    return []


def prepare(release: Rehearsal) -> str:
    """Set the version, write the changelog's section, and tag."""
    release.run(sys.executable, "tools/release.py", "set-version", release.version)
    path = release.copy / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    lacks = "Source" not in tomllib.loads(text)["project"]["urls"]
    if lacks:
        path.write_text(text.replace("[project.urls]\n", '[project.urls]\nSource = "https://example.com"\n'), "utf-8")
    git("commit", "--quiet", "--no-gpg-sign", "--all", "--message", f"Release {release.version}", cwd=release.copy)
    git("tag", f"v{release.version}", cwd=release.copy)
    missing = "; before the first release [project.urls] needs Source, for which an example stands" if lacks else ""
    return f"version {release.version}{missing}"


def notes(release: Rehearsal) -> str:
    """Make the notes of the release page."""
    text = release.run(sys.executable, "tools/release.py", "notes", f"v{release.version}")
    return f"{len(text.splitlines())} lines"


def wheel(release: Rehearsal) -> str:
    """Build and test what is shipped, as the workflow does but for uv, pipx and the demo."""
    said = release.run(sys.executable, "tools/wheel_check.py", "--host-only", "--keep", "dist")
    commit = git("rev-parse", "--short=12", "HEAD", cwd=release.copy)
    if f"cannon-bot {release.version} ({commit})" not in said:
        sys.exit(f"the wheel does not say that it is {release.version} of {commit}")
    return f"cannon-bot {release.version} ({commit})"


def metadata(release: Rehearsal) -> str:
    """Check what an index and its readers are shown, of both distributions."""
    (built,), (sdist,) = release.dist.glob("*.whl"), release.dist.glob("*.tar.gz")
    with zipfile.ZipFile(built) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        of_wheel = archive.read(name)
    with tarfile.open(sdist) as packed:
        member = packed.extractfile(f"cannon_bot-{release.version}/PKG-INFO")
        of_sdist = b"" if member is None else member.read()
    for text in (of_wheel, of_sdist):
        try:
            facts = Metadata.from_email(text, validate=True)
        except (ExceptionGroup, InvalidMetadata) as error:
            sys.exit(f"the metadata is not valid: {error!r}")
        if str(facts.version) != release.version:
            sys.exit(f"the metadata says {facts.version}")
        if unknown := set(facts.classifiers or ()) - classifiers:
            sys.exit(f"no index knows the classifiers {', '.join(sorted(unknown))}")
        if not email.message_from_bytes(text).get_payload():
            sys.exit("the metadata has no description")
    return f"{built.name}, {sdist.name}"


def sbom(release: Rehearsal) -> str:
    """List what the wheel is made of; each pin of its lock must be there."""
    release.run(sys.executable, "tools/release.py", "sbom")
    path = release.dist / "sbom.cdx.json"
    if not path.exists():
        sys.exit("tools/release.py wrote no dist/sbom.cdx.json")
    listed = json.loads(path.read_text(encoding="utf-8"))
    found = {canonicalize_name(each["name"]): each["version"] for each in listed["components"]}
    lock = (release.copy / LOCKS[0]).read_text(encoding="utf-8")
    pins = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if line[:1].isalnum()]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    if missing := [pin.name for pin in here if not pin.specifier.contains(found.get(canonicalize_name(pin.name), "0"))]:
        sys.exit(f"the SBOM lacks {', '.join(missing)}")
    if listed["metadata"]["component"]["version"] != release.version:
        sys.exit("the SBOM is of another version")
    return f"{len(found)} packages"


def digests(release: Rehearsal) -> str:
    """Write the digests that are attested, and check them against the files."""
    files = sorted(path for path in release.dist.iterdir() if path.name != "SHA256SUMS")
    kinds = {"".join(path.suffixes[-2:]) if path.name.endswith(".tar.gz") else path.suffix for path in files}
    if len(files) != 3 or kinds != {".whl", ".tar.gz", ".json"}:
        sys.exit(f"a wheel, an sdist and an SBOM are attested, and dist/ has {', '.join(path.name for path in files)}")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (release.dist / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release.dist, check=True)
    return f"{len(files)} files"


def install(release: Rehearsal) -> str:
    """Install the wheel as a host does, and let it say its version."""
    place = release.copy.with_name("host")
    python = place / "venv" / "bin" / "python"
    release.run(sys.executable, "-m", "venv", place / "venv")
    release.run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCKS[0])
    (built,) = release.dist.glob("*.whl")
    release.run(python, "-m", "pip", "install", "--quiet", "--no-deps", built)
    said = release.run(python.with_name("cannon-bot"), "--version", PYTHONPATH="").strip()
    if release.version not in said:
        sys.exit(f"the installed bot says {said!r}")
    return said


STEPS: tuple[Callable[[Rehearsal], str], ...] = (prepare, notes, wheel, metadata, sbom, digests, install)


def copied(source: Path, folder: Path) -> Rehearsal:
    """Return the release of a clone's commit, in a copy below `folder`."""
    copy = folder / "copy"
    git("clone", "--quiet", "--no-tags", str(source), str(copy))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    current = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return Rehearsal(copy, current.removesuffix(".dev0"), alone())


def main() -> None:
    """Play each step, and say what it made."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    fetch()
    if git("status", "--porcelain"):
        print("Uncommitted changes are not in the copy.")
    with tempfile.TemporaryDirectory() as folder:
        release = copied(ROOT, Path(folder))
        for step in STEPS:
            print(f"{step.__name__}: ", end="", flush=True)
            print(step(release), flush=True)
    print(f"{release.version} can be released.")


if __name__ == "__main__":
    main()
