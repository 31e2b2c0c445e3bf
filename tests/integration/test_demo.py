"""`tocsin demo`: its numbers hold, and it leaves nothing behind however it ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis as RedisClient

from streams.connections import admin
from streams.embedded import HOST
from streams.settings import Settings
from tests.brokers import ROOT, Kafka, Redis, eventually_sync

#: A worker matches the whole sample: ten seconds of a processor, and as many more as others use of it.
pytestmark = pytest.mark.timeout(240)

PROVED = {"recount_equal": True, "truth_equal": True, "metrics_ok": True, "dead_letters": 14}


@contextmanager
def demo(folder: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A demo whose temporary folder, and every process, is in `folder`; it has to have ended at the context's end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    paths = {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "demo", *arguments],
        cwd=folder, env=kept | paths | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def processes(folder: Path) -> list[str]:
    """Command lines of the processes that work in this folder, or did before it was deleted."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str((process / "cwd").readlink()).startswith(str(folder)):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended, or isn't ours to look at
            continue
    return [command for command in found if command]


def proved(folder: Path, *arguments: str, **variables: str) -> dict[str, object]:
    """What a demo that ends by itself prints."""
    with demo(folder, *arguments, "--json", **variables) as process:
        out, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    (line,) = out.splitlines()
    result: dict[str, object] = json.loads(line)
    assert {name: result[name] for name in PROVED} == PROVED, said
    return result


def test_ends_by_itself_with_every_check_passed(tmp_path: Path) -> None:
    """All records of the sample are fed; counts equal the log, matches the truth, /metrics the windows."""
    result = proved(tmp_path, "--for", "8")
    assert (result["posts"], result["articles"]) == (4_462, 161)
    assert processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("by", "when"), [(signal.SIGINT, "replaying"), (signal.SIGTERM, "starting")])
def test_leaves_nothing_when_it_is_stopped(tmp_path: Path, by: signal.Signals, when: str) -> None:
    """Ctrl-C and SIGTERM end it at any time: with one closing line, without a process or a folder."""
    with demo(tmp_path) as process:
        assert process.stdout
        while when not in (line := process.stdout.readline()):
            assert line, process.stderr and process.stderr.read()
        process.send_signal(by)
        out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert out.splitlines()[-1].startswith("Stopped")
    assert "Traceback" not in said
    assert processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_leaves_no_process_when_it_is_killed(tmp_path: Path) -> None:
    """SIGKILL gives it no chance to tidy up, and yet nothing goes on running."""
    with demo(tmp_path) as process:
        assert process.stdout
        while "In a browser" not in (line := process.stdout.readline()):
            assert line, process.stderr and process.stderr.read()
        process.kill()
    eventually_sync(lambda: not processes(tmp_path), 60, "processes outlived the demo")


def test_uses_and_tidies_servers_of_the_user(kafka: Kafka, redis_server: Redis, tmp_path: Path) -> None:
    """On a Kafka and a Redis that are set it works under names of its own, and deletes them."""

    async def topics() -> list[str]:
        async with admin(Settings.from_environment({"TOCSIN_KAFKA": kafka.bootstrap})) as client:
            return [name for name in await client.list_topics() if name.startswith("tocsin-demo-")]

    proved(tmp_path, "--for", "8", TOCSIN_KAFKA=kafka.bootstrap, TOCSIN_REDIS=redis_server.url)
    assert processes(tmp_path) == []
    eventually_sync(lambda: not asyncio.run(topics()), 60, "its topics were not deleted")
    with RedisClient.from_url(redis_server.url) as client:
        assert list(client.scan_iter(match="tocsin-demo-*")) == []


def test_takes_in_what_its_watcher_does_and_what_a_killed_one_left(tmp_path: Path) -> None:
    """In a terminal of a demo that was killed: its servers are gone, its folder goes; events and posts are welcome."""
    stale = tmp_path / "tocsin-demo-killed"
    stale.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (stale / "pid").write_text(str(gone.pid))
    (tmp_path / "own.yaml").write_text("id: own\ntitle: Own\nmatch: |\n  kursk\n", encoding="utf-8")
    post = {
        "platform": "x",
        "op": "create",
        "version": 0,
        "text": "Kursk surrender",
        "author": {"id": "8", "handle": "me"},
    }
    lines = [json.dumps(post | {"id": str(each)}) for each in (1, 2)]
    (tmp_path / "own.ndjson").write_text("\n".join([*lines, "{broken", ""]), encoding="utf-8")
    away = {"TOCSIN_KAFKA": f"{HOST}:9", "TOCSIN_REDIS": f"redis://{HOST}:9/0"}
    with demo(tmp_path, "--for", "25", TOCSIN_DEMO=str(stale), **away) as process:
        assert process.stdout
        while "replaying" not in (line := process.stdout.readline()):
            assert line, process.stderr and process.stderr.read()
        (folder,) = tmp_path.glob("tocsin-demo-*")
        assert folder != stale
        tocsin = f'. {folder}/env; test "$TOCSIN_TOKEN" || exit; cd {tmp_path}; tocsin'
        process.send_signal(signal.SIGSTOP)  # its servers go on, but it doesn't end before the watcher is done
        for command in ("events apply own.yaml", "ingest files own.ndjson", "trends own"):
            subprocess.run(["sh", "-c", f"{tocsin} {command}"], env={"PYTHONPATH": str(ROOT)}, check=True, timeout=90)
        process.send_signal(signal.SIGCONT)
        out, said = process.communicate(timeout=200)
    assert process.returncode == 0, out + said
    assert " and 1 event of your own recounted " in out
    assert "14 bad records" in out
    assert list(tmp_path.glob("tocsin-demo-*")) == []


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """A port that was asked for and is taken is named, with the setting that names it."""
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        with demo(tmp_path, TOCSIN_SERVE_PORT=port) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert [port in line and "TOCSIN_SERVE_PORT" in line for line in said.splitlines()] == [True]
    assert list(tmp_path.iterdir()) == []
