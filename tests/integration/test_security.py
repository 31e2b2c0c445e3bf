"""Servers that demand TLS and a password, and the whole of Tocsin on them; what it says where one of both is wrong.

Kafka has a SASL_SSL and an SSL listener beside the bare one that the fixture waits on; Redis has a TLS port and the ACL
user of docs/operations.md. Their certificates are of an authority made for this run.
"""

import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from streams import embedded
from streams.embedded import HOST, free_port
from streams.settings import Settings
from tests import brokers
from tests.brokers import ROOT, Kafka, Redis, cluster_id, eventually_sync
from tests.integration.system import System

pytestmark = [pytest.mark.timeout(400), pytest.mark.integration]

KAFKA_SECRET, REDIS_SECRET, TOKEN = "kafka-hunter2-ключ", "redis/hunter2@%", "token-hunter2"
REDIS_PASSWORD = "redis%2Fhunter2%40%25"
SECRETS = (KAFKA_SECRET, REDIS_SECRET, REDIS_PASSWORD, TOKEN, "hunter2")

EVENT = "id: greeting\ntitle: Greeting\nmatch: |\n  hello\n"
POST = b'{"platform":"x","id":"%d","op":"create","version":0,"author":{"id":"7","handle":"ada"},"text":"hello"}\n'


@dataclass(frozen=True)
class Secured:
    """The servers of this module, and the files that clients need."""

    kafka: Kafka
    redis: Redis
    sasl: str
    tls: str
    redis_tls: str
    authority: Path
    another: Path
    """An authority that signed nothing."""


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Kafka and Redis that let in only who trusts their authority and knows the password."""
    folder = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    trustme.CA().cert_pem.write_to_path(folder / "another.pem")
    kafka, sasl, tls = _kafka(folder / "kafka", authority)
    redis, redis_tls = _redis(folder / "redis", authority)
    with ExitStack() as stack:
        for server in (kafka, redis):
            server.start()
            stack.callback(server.stop)
        yield Secured(kafka, redis, sasl, tls, redis_tls, folder / "authority.pem", folder / "another.pem")


def _kafka(folder: Path, authority: trustme.CA) -> tuple[Kafka, str, str]:
    try:
        kafka = brokers.apache_kafka(folder)
    except brokers.NoRealBrokerError as reason:
        pytest.skip(f"needs Apache Kafka: {reason}")
    _write_key(folder / "keystore.pem", authority, pkcs8=True)
    sasl, tls = f"{HOST}:{free_port()}", f"{HOST}:{free_port()}"
    settings = folder / "server.properties"
    found = dict(line.split("=", 1) for line in settings.read_text(encoding="utf-8").splitlines())
    more = {
        "listeners": f"{found['listeners']},SECURED://{sasl},TLS://{tls}",
        "advertised.listeners": f"{found['advertised.listeners']},SECURED://{sasl},TLS://{tls}",
        "listener.security.protocol.map": f"{found['listener.security.protocol.map']},SECURED:SASL_SSL,TLS:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "keystore.pem",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.secured.plain.sasl.jaas.config":
            f'org.apache.kafka.common.security.plain.PlainLoginModule required user_tocsin="{_escaped(KAFKA_SECRET)}";',
    }  # fmt: skip
    for mechanism in ("scram-sha-256", "scram-sha-512"):
        module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        more[f"listener.name.secured.{mechanism}.sasl.jaas.config"] = module
    lines = "".join(f"{name}={value}\n" for name, value in (found | more).items())
    settings.write_text(lines, encoding="utf-8")
    _format(kafka, settings)
    return kafka, sasl, tls


def _escaped(text: str) -> str:
    """As Java reads it from a properties file."""
    return "".join(sign if sign.isascii() else f"\\u{ord(sign):04x}" for sign in text)


def _format(kafka: Kafka, settings: Path) -> None:
    """Format it anew, with the user: a broker's first SCRAM password stands in its first metadata."""
    *machine, _, _ = kafka.server._command
    shutil.rmtree(settings.parent / "data")
    command = [
        *machine,
        "kafka.tools.StorageTool",
        "format",
        "-t",
        cluster_id(),
        "-c",
        str(settings),
    ]
    for bits in (256, 512):
        command += ["--add-scram", f"SCRAM-SHA-{bits}=[name=tocsin,password={KAFKA_SECRET}]"]
    environment = {"LC_ALL": "C.UTF-8"}  # else Java reads no letter beyond ASCII
    subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment)


def _redis(folder: Path, authority: trustme.CA) -> tuple[Redis, str]:
    folder.mkdir()
    _write_key(folder / "keys.pem", authority)
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (user,) = re.findall(r"^user tocsin .*$", page, re.MULTILINE)
    acl = f"user default on nopass resetkeys -@all +ping\n{user.replace('>PASSWORD', f'>{REDIS_SECRET}')}\n"
    (folder / "users.acl").write_text(acl, encoding="utf-8")
    port = free_port()
    options = ["--tls-port", str(port), "--tls-auth-clients", "no", "--aclfile", str(folder / "users.acl")]
    for name in ("--tls-cert-file", "--tls-key-file", "--tls-ca-cert-file"):
        options += [name, str(folder / "keys.pem")]
    return Redis(embedded.redis_server(folder, "--appendonly", "yes", *options), "redis-server"), f"{HOST}:{port}"


def _write_key(path: Path, authority: trustme.CA, *, pkcs8: bool = False) -> None:
    """Key and certificates of 127.0.0.1 in one file; Java reads PKCS#8 alone."""
    issued = authority.issue_cert(HOST)
    key = issued.private_key_pem.bytes()
    if pkcs8:
        key = load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + b"".join(each.bytes() for each in issued.cert_chain_pems))


@pytest.fixture
def system(secured: Secured, prefix: str, tmp_path: Path) -> System:
    """A Tocsin that has all it needs to be let in, its secrets in files."""
    made = System(secured.kafka, secured.redis, prefix, tmp_path)
    (tmp_path / "password").write_text(f"{KAFKA_SECRET}\n", encoding="utf-8")
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    (tmp_path / "redis").write_text(f"rediss://tocsin:{REDIS_PASSWORD}@{secured.redis_tls}/0\n", encoding="utf-8")
    for name in ("TOCSIN_REDIS", "TOCSIN_TOKEN", "TOCSIN_PREFIX"):
        del made.variables[name]  # the ACL user may touch the keys of the usual prefix alone
    made.variables |= {
        "TOCSIN_KAFKA": secured.sasl,
        "TOCSIN_KAFKA_SECURITY": "SASL_SSL",
        "TOCSIN_KAFKA_CA_FILE": str(secured.authority),
        "TOCSIN_KAFKA_USER": "tocsin",
        "TOCSIN_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
        "TOCSIN_REDIS_FILE": str(tmp_path / "redis"),
        "TOCSIN_REDIS_CA_FILE": str(secured.authority),
        "TOCSIN_TOKEN_FILE": str(tmp_path / "token"),
        "TOCSIN_LOG_LEVEL": "DEBUG",
        "TOCSIN_SERVE_PORT": str(free_port()),
        "TOCSIN_WORKER_PORT": str(free_port()),
    }
    made.settings = Settings.from_environment(made.variables)
    return made


def run(system: System, *arguments: str, expect: int = 0) -> str:
    """All that a command says, which holds no secret and no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        cwd=ROOT, env=system.environment(), capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == expect, said
    assert_harmless(said)
    return said


def assert_harmless(said: str) -> None:
    assert "Traceback" not in said, said
    for secret in SECRETS:
        assert secret not in said, said


def get(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}", timeout=20) as answer:
        return str(answer.read().decode())


def post(address: str, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(f"http://{address}", body, {"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_everything_works_and_tells_no_secret(system: System) -> None:
    """Topics, event, file, POST, worker, counts, doctor and recount; then all that any process has said."""
    (system.folder / "greeting.yaml").write_text(EVENT, encoding="utf-8")
    (system.folder / "posts.ndjson").write_bytes(b"".join(POST % number for number in range(5)))
    serve, worker = f"{HOST}:{system.settings.serve_port}", f"{HOST}:{system.settings.worker_port}"
    said = [run(system, "topics", "create")]
    said += [run(system, "events", "apply", str(system.folder / "greeting.yaml"))]
    with system.process("worker"), system.process("serve"):
        said += [run(system, "ingest", "files", str(system.folder / "posts.ndjson"))]
        eventually_sync(lambda: _quietly(f"{serve}/healthz"), 60, "serve never answered")
        assert post(f"{serve}/ingest/posts", POST % 9)[0] == 200
        wanted = 'tocsin_event_posts{event="greeting",window="24h"} 6.0'
        eventually_sync(lambda: wanted in _quietly(f"{serve}/metrics"), 60, "six posts were never counted")
        for page in (f"{serve}/metrics", f"{serve}/events", f"{serve}/readyz", f"{worker}/metrics", f"{worker}/readyz"):
            said.append(get(page))
        found = run(system, "doctor")
        assert "FAIL" not in found
        said += [found, run(system, "doctor", "--settings"), run(system, "trends", "greeting")]
        said += [run(system, "recount", "greeting", "--wait", "60s")]
    logged = [(system.folder / f"{name}.log").read_text(encoding="utf-8") for name in ("worker", "serve")]
    assert "events in force" in logged[0]
    assert_harmless("\n".join(said + logged))


def _quietly(page: str) -> str:
    """The page, or nothing while it can't be had."""
    try:
        return get(page)
    except OSError:
        return ""


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_each_mechanism_is_let_in(system: System, mechanism: str) -> None:
    system.variables["TOCSIN_KAFKA_MECHANISM"] = mechanism
    assert f"ok    Kafka answers at {system.settings.kafka}" in run(system, "doctor", expect=1)  # topics are missing


def test_tls_without_a_password(system: System, secured: Secured) -> None:
    for name in ("TOCSIN_KAFKA_USER", "TOCSIN_KAFKA_PASSWORD_FILE"):
        del system.variables[name]
    system.variables |= {"TOCSIN_KAFKA": secured.tls, "TOCSIN_KAFKA_SECURITY": "SSL"}
    assert "Created" in run(system, "topics", "create")


KAFKA_COMMANDS = (("topics", "create"), ("events", "list"), ("worker",))
REDIS_COMMANDS = (("serve",), ("worker",))
USER = ("TOCSIN_KAFKA_USER", "TOCSIN_KAFKA_PASSWORD")

#: What is wrong -> the variables that make it so ({} stands for the module's), and what is said of it.
FAULTS = {
    "kafka's password": ({"TOCSIN_KAFKA_PASSWORD": "hunter2"}, "refuses the password: set TOCSIN_KAFKA_USER"),
    "kafka's authority": ({"TOCSIN_KAFKA_CA_FILE": "{another}"}, "signed it in TOCSIN_KAFKA_CA_FILE"),
    "kafka in the clear": (
        {"TOCSIN_KAFKA_SECURITY": "PLAINTEXT", "TOCSIN_KAFKA_CA": ""} | dict.fromkeys(USER, ""),
        "set the address (and TOCSIN_KAFKA_SECURITY, PLAINTEXT, as its listener has it)",
    ),
    "kafka's bare port": ({"TOCSIN_KAFKA": "{bare}"}, "(and TOCSIN_KAFKA_SECURITY, SASL_SSL, as its listener has it)"),
    "redis' password": ({"TOCSIN_REDIS": "rediss://tocsin:hunter2@{redis}/0"}, "refuses user and password: set them"),
    "redis' authority": ({"TOCSIN_REDIS_CA_FILE": "{another}"}, "signed it in TOCSIN_REDIS_CA_FILE"),
    "redis' bare port": ({"TOCSIN_REDIS": "rediss://tocsin:hunter2@{bare_redis}/0"}, "(rediss:// where it speaks TLS,"),
    "redis in the clear": (
        {"TOCSIN_REDIS": "redis://tocsin:hunter2@{redis}/0", "TOCSIN_REDIS_CA": ""},
        "(rediss:// where it speaks TLS,",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_in_one_line(system: System, secured: Secured, fault: str) -> None:
    """By every kind of process, with what to do; at once where waiting would not help."""
    variables, told = FAULTS[fault]
    places = {
        "another": secured.another, "bare": secured.kafka.bootstrap,
        "redis": secured.redis_tls, "bare_redis": secured.redis.server.address,
    }  # fmt: skip
    system.variables |= {"TOCSIN_START_LIMIT": "2s", "TOCSIN_LOG_LEVEL": "ERROR"}
    for name, value in variables.items():
        system.variables[name] = value.format_map(places)
        system.variables.pop(f"{name}_FILE", None)
    server = "TOCSIN_KAFKA" if "kafka" in fault else "TOCSIN_REDIS"
    if server == "TOCSIN_REDIS":
        run(system, "topics", "create")
    commands = KAFKA_COMMANDS if server == "TOCSIN_KAFKA" else REDIS_COMMANDS
    for command in commands if "refuses" in told or "signed" in told else commands[:1]:  # the others wait first
        said = run(system, *command, expect=69)
        assert len(said.splitlines()) == 1
        assert f"({server}) " in said
        assert told in said
    assert [line for line in run(system, "doctor", expect=1).splitlines() if "FAIL" in line and server in line]


def test_a_post_that_kafka_refuses_is_answered_with_the_reason(system: System) -> None:
    del system.variables["TOCSIN_KAFKA_PASSWORD_FILE"]
    system.variables["TOCSIN_KAFKA_PASSWORD"] = "hunter2"
    serve = f"{HOST}:{system.settings.serve_port}"
    with system.process("serve"):
        eventually_sync(lambda: _quietly(f"{serve}/healthz"), 60, "serve never answered")
        status, answer = post(f"{serve}/ingest/posts", POST % 1)
        assert (status, "refuses the password" in answer) == (503, True)
        assert_harmless(answer + (system.folder / "serve.log").read_text(encoding="utf-8"))
