"""What the project is deployed with agrees with itself, with the bot and with what is promised of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from bot.cli import STOP_TIMEOUT_S
from bot.errors import RESTART_CANNOT_HELP
from bot.settings import Settings, describe_settings

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def unit(name: str = "cannon-bot.service", section: str = "Service") -> dict[str, str]:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read(ROOT / "deploy" / name, encoding="utf-8")
    return dict(parser[section])


def services() -> dict[str, dict[str, Any]]:
    return load("compose.yaml")["services"]


def fleet() -> dict[str, dict[str, Any]]:
    return load("deploy/compose.fleet.yaml")["services"]


def test_every_service_is_shut_in_and_its_log_has_an_end() -> None:
    for name, service in [*services().items(), *fleet().items()]:
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_the_bot_is_given_longer_to_stop_than_it_takes() -> None:
    assert float(services()["bot"]["stop_grace_period"].removesuffix("s")) > STOP_TIMEOUT_S
    assert float(unit()["TimeoutStopSec"]) > STOP_TIMEOUT_S


def test_only_the_bot_starts_without_a_profile_and_nothing_is_published_to_the_network() -> None:
    plain = [name for name, service in services().items() if "profiles" not in service]
    assert plain == ["bot"]
    for file in (services(), fleet()):
        ports = [port for service in file.values() for port in service.get("ports", ())]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)


DOCKER = """#!/bin/sh
echo "$*" >>"$SAID"
case "$*" in *" $FAILS") exit 1;; esac
"""
"""Notes its arguments, and fails where the last word is `FAILS`."""


def update_fleet(folder: Path, *services: str, env: str = "", fails: str = "-") -> tuple[int, list[str]]:
    """Run deploy/update-fleet.sh in a project with this .env; return its exit code and what it asked docker for."""
    (folder / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy" / "update-fleet.sh", folder / "deploy")
    (folder / ".env").write_text(env)
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(DOCKER)
    (folder / "bin" / "docker").chmod(0o755)
    said = folder / "said"
    environ = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "SAID": str(said), "FAILS": fails}
    done = subprocess.run([script, *services], env=environ, check=False, capture_output=True)
    before = "compose --project-directory . -f deploy/compose.fleet.yaml "
    return done.returncode, [line.removeprefix(before) for line in said.read_text().splitlines()]


ONE_BY_ONE = [f"up --detach --no-deps --no-build --wait --wait-timeout 300 {name}" for name in ("bot-a", "bot-b")]


def test_a_fleet_is_updated_one_process_after_the_other(tmp_path: Path) -> None:
    code, said = update_fleet(tmp_path)
    assert (code, said) == (0, ["build bot-a", "run --rm --no-deps bot-a check", *ONE_BY_ONE])
    assert {line.split()[-1] for line in ONE_BY_ONE} == {name for name, each in fleet().items() if "build" in each}


DUMP = """#!/bin/sh
for each in "$@"; do case "$each" in --file=*) echo dump >"${each#--file=}";; esac; done
"""


def test_a_fleets_backups_are_daily_dumps_of_which_seven_are_kept(tmp_path: Path) -> None:
    """The script is run with a `pg_dump` and a `sleep` of ours; a test of tests/store restores a real dump."""
    service = fleet()["backup"]
    assert service["image"] == fleet()["postgres"]["image"], "pg_dump may not be older than the server"
    assert service["volumes"] == ["backups:/var/lib/postgresql"]
    assert set(service["environment"]) == {"PGHOST", "PGUSER", "PGDATABASE", "PGPASSWORD"}
    (tmp_path / "backups").mkdir()
    for day in range(1, 9):
        (tmp_path / "backups" / f"cannon-bot-2020-01-0{day}.dump").touch()
    for name, script in (("pg_dump", DUMP), ("sleep", "#!/bin/sh\nexit 1\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    [script] = service["command"]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([*service["entrypoint"], script.replace("$$", "$")], env=environ, check=False)
    assert done.returncode == 1, "it ended by the sleep"
    kept = sorted(each.name for each in (tmp_path / "backups").iterdir())
    assert kept[:6] == [f"cannon-bot-2020-01-0{day}.dump" for day in range(3, 9)]
    assert [(tmp_path / "backups" / name).read_text() for name in kept[6:]] == ["dump\n"]


def test_the_settings_that_deployments_set_exist() -> None:
    known = {name for name, _, _ in describe_settings()}
    assert set(services()["bot"]["environment"]) <= known
    assert unit()["Environment"].partition("=")[0] in known


def test_the_unit_repeats_no_start_that_cannot_succeed() -> None:
    service = unit()
    assert service["Restart"] == "on-failure"
    assert str(RESTART_CANNOT_HELP) in service["RestartPreventExitStatus"].split()
    assert service["NoNewPrivileges"] == service["ProtectHome"] == service["PrivateDevices"] == "yes"


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects of deploy/kubernetes, by kind and name."""
    found = {}
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml")):
        for each in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found[each["kind"], each["metadata"]["name"]] = each
    return found


def pod() -> dict[str, Any]:
    """Return the pods' spec."""
    return manifests()["Deployment", "cannon-bot"]["spec"]["template"]["spec"]


def test_a_pod_is_shut_in_as_the_container_of_compose_is() -> None:
    [container] = pod()["containers"]
    assert "args" not in container
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == "1536Mi"
    user = re.search(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert user is not None
    assert pod()["securityContext"]["runAsUser"] == int(user[1])
    assert pod()["terminationGracePeriodSeconds"] > STOP_TIMEOUT_S
    written = {volume["name"] for volume in pod()["volumes"] if "emptyDir" in volume}
    assert {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")} == written


def test_the_settings_of_kubernetes_exist_and_its_probe_asks_where_the_bot_listens() -> None:
    settings = manifests()["ConfigMap", "cannon-bot"]["data"]
    page = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    secret = set(re.findall(r"--from-literal=(\w+)=", page))
    known = {name for name, _, _ in describe_settings()}
    assert secret == {"DISCORD_TOKEN", "SECRET_KEYS", "DATABASE"}
    assert settings.keys() | secret <= known
    assert not settings.keys() & secret
    assert settings["HEALTH_HOST"] == "0.0.0.0"
    [container] = pod()["containers"]
    [port] = container["ports"]
    assert port["containerPort"] == Settings().health_port
    assert container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert [each["name"] for source in container["envFrom"] for each in source.values()] == ["cannon-bot"] * 2
