"""Check the deployment files: YAML, compose.yaml, workflows and forms, and the systemd unit.

Run by `make check`, by the Python of the tools' environment. Each kind of file has its own checker; docker and
systemd-analyze if installed. Ends with the first failure's own output.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
UNIT = ROOT / "deploy" / "cannon-bot.service"
COMPOSE_FILES = ("compose.yaml", "deploy/compose.fleet.yaml")
EXPOSURE_MAX = 15
"""The allowed exposure of `systemd-analyze security`, in tenths of its points from 0 (none) to 10."""
SCHEMAS = (
    ("vendor.compose-spec", "compose.yaml"),
    ("vendor.compose-spec", "deploy/compose*.yaml"),
    ("vendor.github-workflows", ".github/workflows/*.yaml"),
    ("vendor.dependabot", ".github/dependabot.yml"),
    ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
)
"""Each schema that check-jsonschema brings, with its files. No network is used."""


def run(*command: str | Path) -> str:
    """Run a checker in the project's folder; return its warnings. Exits if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed with {done.returncode}: {' '.join(words)}")
    return done.stderr


def check_yaml() -> None:
    """Lint every YAML file, and compare those with a schema with it."""
    run(BIN / "yamllint", "--strict", "-c", ".github/yamllint.yaml", "compose.yaml", "deploy", ".github")
    for schema, pattern in SCHEMAS:
        files = sorted(ROOT.glob(pattern))
        if not files:
            sys.exit(f"no file matches {pattern}")
        run(BIN / "check-jsonschema", "--builtin-schema", schema, *files)


def check_compose() -> None:
    """Let Docker Compose read its files with every profile, if installed; it needs no engine for that."""
    programs = (["docker", "compose"], ["docker-compose"])
    program = next((words for words in programs if shutil.which(words[0]) is not None), None)
    if program is None:
        print(f"{', '.join(COMPOSE_FILES)}: schema only, docker is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        Path(folder, ".env.example").write_text(f"{example}\nPOSTGRES_PASSWORD=example\n", encoding="utf-8")
        Path(folder, ".env").write_text("POSTGRES_PASSWORD=example\n", encoding="utf-8")  # what is filled into the file
        for name in COMPOSE_FILES:
            copied = Path(folder) / Path(name).name
            text = (ROOT / name).read_text(encoding="utf-8")
            copied.write_text(text.replace("env_file: .env", "env_file: .env.example"), encoding="utf-8")
            run(*program, "--project-directory", folder, "--profile", "*", "--file", copied, "config", "--quiet")


def check_unit() -> None:
    """Let systemd check the unit and rate its exposure, if installed."""
    if shutil.which("systemd-analyze") is None:
        print(f"{UNIT.name}: not checked, systemd-analyze is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / UNIT.name
        # The program is not installed here, and systemd checks that it exists.
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8")))
        complaints = run("systemd-analyze", "verify", unit)
        if UNIT.name in complaints:  # systemd only warns of a value that it ignores
            sys.exit(complaints)
        run("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", unit)


def main() -> None:
    """Check everything."""
    check_yaml()
    check_compose()
    check_unit()


if __name__ == "__main__":
    main()
