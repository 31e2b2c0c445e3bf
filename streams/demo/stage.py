"""What the demo runs on: Kafka, Redis, a worker and `serve`, started in good order and ended whatever happens.

Where TOCSIN_KAFKA or TOCSIN_REDIS is set, that server is used, under names of this demo's own that are deleted at its
end; else one is started in a temporary folder. Knows nothing of what is replayed. Its file `env` leads other terminals
here; a demo that is started in such a terminal doesn't follow it, as that demo may have ended.
"""

import asyncio
import os
import secrets
import shlex
import shutil
import socket
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

import streams
from streams import topics
from streams.connections import REDIS_AWAY, RedisLink, admin, wait_for_kafka, wait_for_redis
from streams.embedded import Server, embedded_kafka, embedded_redis, free_port
from streams.errors import UserError
from streams.settings import Settings
from streams.trends import Catalog

#: Each partition costs a starting worker, a back-fill and a recount a little time; the sample is small.
PARTITIONS = 6
#: Seconds that worker and `serve` may take to get ready; 3 are usual.
READY_LIMIT = 60.0
#: Seconds that removing our names from a Kafka or Redis of the user's own may take.
CLEAN_LIMIT = 15.0
#: What a demo's folder is called, before a random end.
FOLDER = "tocsin-demo-"
#: What the file `env` says of its own demo, and what no other demo takes from it.
THEIRS = frozenset(
    f"TOCSIN_{name}"
    for name in (
        *("DEMO", "KAFKA", "REDIS", "TOKEN", "SERVE_PORT", "WORKER_PORT"),
        *("PARTITIONS", "TOPIC_PREFIX", "PREFIX", "GROUP"),
    )
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs. `variables` is the environment in which commands reach it."""

    settings: Settings
    folder: Path
    variables: Mapping[str, str]
    worker: Server
    serve: Server

    @property
    def url(self) -> str:
        """Where `serve` answers."""
        return f"http://{_reachable(self.settings.host)}:{self.serve.port}"

    @property
    def env_file(self) -> Path:
        """A file to source before trying commands on the demo from another terminal."""
        return self.folder / "env"

    def check(self) -> None:
        """Raise `UserError` where worker or `serve` has ended."""
        for server in (self.worker, self.serve):
            if not server.running:
                raise UserError(f"the demo's {server.name} ended{server.last_words()}", code=70)


@asynccontextmanager
async def prepared(environment: Mapping[str, str] = os.environ) -> AsyncIterator[Stage]:
    """Kafka and Redis with all topics, and a worker and `serve` that are launched; `ready` waits for these.

    Raises `UserError` where something is missing or doesn't start. When it is left nothing runs and no file remains.
    """
    if "TOCSIN_DEMO" in environment:
        environment = {n: v for n, v in environment.items() if n.removesuffix("_FILE") not in THEIRS}
    remove_stale(Path(tempfile.gettempdir()))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True)))
        (folder / "pid").write_text(f"{os.getpid()}\n")
        variables = _variables(environment)
        given = Settings.from_environment(variables)
        if not _is_set("TOCSIN_KAFKA", environment):
            variables["TOCSIN_KAFKA"] = _start(stack, embedded_kafka(folder / "kafka")).address
        if not _is_set("TOCSIN_REDIS", environment):
            variables["TOCSIN_REDIS"] = f"redis://{_start(stack, embedded_redis(folder / 'redis')).address}/0"
        variables["TOCSIN_SERVE_PORT"] = str(_port(given, environment))
        variables["TOCSIN_WORKER_PORT"] = str(free_port())
        variables["TOCSIN_TOKEN"] = given.token or secrets.token_urlsafe(18)
        settings = Settings.from_environment(variables)
        await wait_for_kafka(settings)
        await wait_for_redis(settings)
        stack.push_async_callback(_clean, settings, environment)
        async with admin(settings) as client:
            await topics.create(client, settings)
        stage = Stage(
            settings,
            folder,
            variables,
            worker=_process("worker", settings.worker_port, "/readyz", folder, variables, settings),
            serve=_process("serve", settings.serve_port, "/readyz", folder, variables, settings),
        )
        for server in (stage.worker, stage.serve):
            server.launch()
            # Where Kafka is the user's the worker leaves its group in good order; else there is nothing to save.
            stack.callback(server.stop if _is_set("TOCSIN_KAFKA", environment) else server.kill)
        told = variables | {"TOCSIN_DEMO": str(folder)}
        exports = [f"export {name}={shlex.quote(value)}\n" for name, value in told.items()]
        stage.env_file.write_text("".join([*exports, *_path()]))
        yield stage


async def ready(stage: Stage) -> None:
    """Return when worker and `serve` do their work. Raises `UserError` with the last thing that one said."""
    for server in (stage.worker, stage.serve):
        await asyncio.to_thread(server.wait, READY_LIMIT)


async def served(stage: Stage, tags: Collection[str]) -> None:
    """Return when these revisions serve. Raises `UserError` where they don't within `READY_LIMIT`.

    As long as the log is empty that takes a second or two; later, all that came meanwhile would be matched twice.
    """
    link = RedisLink(stage.settings)
    catalog, deadline = Catalog(link.client, stage.settings), time.monotonic() + READY_LIMIT
    try:
        while not {event.tag for event in (await catalog.serving()).values()}.issuperset(tags):
            stage.check()
            if time.monotonic() > deadline:
                raise UserError(f"the demo's worker did not take up its events within {READY_LIMIT:g} s", code=70)
            await asyncio.sleep(0.1)
    finally:
        await link.close()


def remove_stale(where: Path) -> None:
    """Remove the folders that demos of this user left here when they were killed: those whose process is gone."""
    for folder in where.glob(f"{FOLDER}*"):
        try:
            if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
                continue
            os.kill(int((folder / "pid").read_text()), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError, OverflowError):  # not a demo's, or its process is somebody else's
            continue


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's settings, with names of our own where Kafka or Redis is the user's."""
    ours = {"TOCSIN_PARTITIONS": str(PARTITIONS)}
    name = f"tocsin-demo-{secrets.token_hex(3)}"
    if _is_set("TOCSIN_KAFKA", environment):
        ours |= {"TOCSIN_TOPIC_PREFIX": f"{name}-", "TOCSIN_GROUP": name}
    if _is_set("TOCSIN_REDIS", environment):
        ours |= {"TOCSIN_PREFIX": name}
    users = {
        each: value
        for each, value in environment.items()
        if each.startswith("TOCSIN_") and each.removesuffix("_FILE") not in ours
    }
    return users | ours


def _is_set(name: str, environment: Mapping[str, str]) -> bool:
    return name in environment or f"{name}_FILE" in environment


def _start(stack: AsyncExitStack, server: Server) -> Server:
    stack.callback(server.kill)
    server.start()
    return server


def _port(given: Settings, environment: Mapping[str, str]) -> int:
    """The port of `serve` that is set, or its default where that is free, or any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((given.host, given.serve_port))
        except OSError as error:
            if _is_set("TOCSIN_SERVE_PORT", environment) or _is_set("TOCSIN_HOST", environment):
                raise UserError(
                    f"port {given.serve_port} of {given.host} cannot be used ({(error.strerror or '').lower()}): "
                    "set TOCSIN_SERVE_PORT or TOCSIN_HOST to others"
                ) from None
            return free_port()
    return given.serve_port


def _process(
    command: str, port: int, path: str, folder: Path, variables: Mapping[str, str], settings: Settings
) -> Server:
    url = f"http://{_reachable(settings.host)}:{port}{path}"
    environment = {**variables, **_import_path()}
    return Server(
        command, [sys.executable, "-P", "-m", "streams", command], folder / command, port, _is_ready(url), environment
    )


def _path() -> list[str]:
    """A line that lets a shell find the `tocsin` and the `python` of this environment."""
    scripts = sysconfig.get_path("scripts")
    return [f"export PATH={shlex.quote(scripts)}:$PATH\n"] if shutil.which("tocsin", path=scripts) else []


def _import_path() -> dict[str, str]:
    """What lets a child import Tocsin from a checkout that isn't installed."""
    home = str(Path(streams.__file__).resolve().parents[1])
    if home in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))}


def _is_ready(url: str) -> Callable[[int], bool]:
    def ask(port: int) -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host


async def _clean(settings: Settings, environment: Mapping[str, str]) -> None:
    """Delete what bears the demo's name in a Kafka or Redis that it didn't start. Says what it couldn't delete."""
    left = []
    if _is_set("TOCSIN_KAFKA", environment):
        try:
            async with asyncio.timeout(CLEAN_LIMIT), admin(settings) as client:
                await client.delete_topics([topic.name for topic in topics.wanted(settings)])
        except (KafkaError, OSError, TimeoutError):
            left.append(f"topics {settings.topic_prefix}* in Kafka")
    if _is_set("TOCSIN_REDIS", environment):
        link = RedisLink(settings)
        try:
            async with asyncio.timeout(CLEAN_LIMIT):
                async for key in link.client.scan_iter(match=f"{settings.prefix}:*", count=1_000):
                    await link.client.unlink(key)
        except (*REDIS_AWAY, TimeoutError):
            left.append(f"keys {settings.prefix}:* in Redis (they expire by themselves)")
        finally:
            await link.close()
    if left:
        print(f"tocsin: could not delete the {' and the '.join(left)}", file=sys.stderr)
