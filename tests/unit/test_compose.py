"""docker-compose.yml and the Dockerfile: valid, pinned, without a secret, in step with commands, settings and rules.

Read by the compose specification's own rules; no container is started, and that an image's tag exists is not looked up.
"""

import json
import re
from dataclasses import fields
from typing import Any

import click
import pytest
import yaml
from compose_spec import PyCompose

from streams import cli
from streams.settings import Settings, variable
from tests.brokers import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
ENV = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
#: As compose would read it with no .env at all.
PLAIN = re.sub(r"\$\{(\w+):-([^}]*)\}", r"\2", TEXT)
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(PLAIN)["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("tocsin:")}
#: Services that end when they are done.
ONCE = {"topics", "events", "sample"}


def test_it_is_a_compose_file() -> None:
    made = PyCompose.from_json(json.dumps(yaml.safe_load(PLAIN)))
    assert set(made.service_names()) == set(SERVICES)


def test_the_check_refuses_what_is_none() -> None:
    broken = yaml.safe_load(PLAIN) | {"services": {"worker": {"image": "tocsin", "mem_limit": "much"}}}
    with pytest.raises(ValueError, match="unknown unit"):
        PyCompose.from_json(json.dumps(broken))


def test_every_variable_has_its_line_in_the_example_and_the_same_default() -> None:
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert used == ENV
    assert "${" not in PLAIN


@pytest.mark.parametrize("name", OURS)
def test_a_service_calls_a_command_that_there_is(name: str) -> None:
    mounts = dict(volume.split(":")[:2][::-1] for volume in OURS[name].get("volumes", []))
    words = OURS[name]["command"]
    for inside, outside in mounts.items():
        words = [re.sub(rf"^{inside}(?=/)", str(ROOT / outside), word) for word in words]
    command: click.Command = cli.root
    context = click.Context(cli.root)
    while isinstance(command, click.Group):
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    parsed = command.make_context(name, list(words))
    for path in parsed.params.get("paths", ()):
        assert path.exists(), path


@pytest.mark.parametrize("name", OURS)
def test_a_service_hears_sigterm_at_any_moment_and_sees_what_is_watched(name: str) -> None:
    assert OURS[name]["init"] is True
    assert not OURS[name]["environment"]["TOCSIN_ENDPOINTS"]
    assert name == "sample" or OURS[name]["volumes"] == ["./seeds:/watched:ro"]


@pytest.mark.parametrize("name", OURS)
def test_its_settings_are_settings(name: str) -> None:
    known = {variable(each): each for each in fields(Settings)}
    for key, value in OURS[name]["environment"].items():
        assert key in known, key
        if known[key].metadata["secret"]:
            assert not value or "@" not in value, f"{key} has a secret"
    Settings.from_environment({key: str(value) for key, value in OURS[name]["environment"].items()})


def test_nothing_secret_stands_there() -> None:
    for line in (TEXT + "\n".join(f"{key}: {value}" for key, value in ENV.items())).splitlines():
        key, _, value = line.strip().partition(": ")
        if re.search(r"(?i)password|secret|token|api_?key", key) and not key.startswith("#"):
            assert value in ("", "${TOCSIN_TOKEN:-}", '"true"'), line


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_bounded_watched_and_no_root(name: str) -> None:
    each = SERVICES[name]
    assert re.search(r":v?\d+\.\d+\.\d+", each["image"]), each["image"]
    assert each["mem_limit"]
    assert each["cap_drop"] == ["ALL"]
    assert each["logging"]
    if name != "kafka":  # its image has a user of its own, and formats its disk at the first start
        assert re.fullmatch(r"[1-9]\d*:\d+", each["user"])
        assert each["read_only"] is True
    if name in ONCE:
        assert "restart" not in each
    else:
        assert each["healthcheck"]["test"][0] == "CMD"
        assert each["restart"] == "unless-stopped"


def test_kafka_is_the_one_that_the_tests_run_on() -> None:
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    assert f"<kafka.version>{SERVICES['kafka']['image'].split(':')[1]}</kafka.version>" in pom


def test_what_is_waited_for_can_happen() -> None:
    for name, each in SERVICES.items():
        for other, wait in each.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], (name, other)
            else:
                assert (wait["condition"], other in ONCE) == ("service_completed_successfully", True)


def test_workers_can_be_many_and_nothing_listens_beyond_this_machine() -> None:
    assert not {"container_name", "ports"} & SERVICES["worker"].keys()
    for each in SERVICES.values():
        for port in each.get("ports", []):
            assert port.startswith("127.0.0.1:"), port


def test_prometheus_and_grafana_look_where_the_services_are() -> None:
    folder = ROOT / "grafana"
    scraped = yaml.safe_load((folder / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = [
        target
        for each in scraped["scrape_configs"]
        for found in each.get("static_configs", [])
        for target in found["targets"]
    ]
    targets += scraped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    source = yaml.safe_load((folder / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    targets.append(source["datasources"][0]["url"].removeprefix("http://"))
    for target in targets:
        name, port = target.split(":")
        assert any(each.endswith(f":{port}") for each in SERVICES[name]["ports"]), target
    (found,) = (each["dns_sd_configs"][0] for each in scraped["scrape_configs"] if "dns_sd_configs" in each)
    assert SERVICES[found["names"][0]]["expose"] == [str(found["port"])]
    shown = yaml.safe_load((folder / "provisioning/dashboards/tocsin.yml").read_text(encoding="utf-8"))
    path = shown["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{path}:ro" in SERVICES["grafana"]["volumes"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (folder / home.replace(path, "dashboards")).exists()


def test_what_is_mounted_is_there() -> None:
    for each in SERVICES.values():
        for volume in each.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (ROOT / source).exists(), volume


def test_the_image_gets_what_it_copies() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    let_in = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    copied = [
        name.removeprefix("./")
        for line in re.findall(r"^COPY (?!--)(.*)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert sorted(copied) == sorted(let_in)
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER [1-9]", dockerfile, re.MULTILINE)
    for image in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE):
        assert re.search(r":\d+\.\d+", image), image
