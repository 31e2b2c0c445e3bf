"""A server process for a first look or a test: how it is started, waited for and ended. Knows no program."""

import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count, islice
from pathlib import Path

from streams.errors import UserError

HOST = "127.0.0.1"

START_LIMIT = 60.0  # seconds; noida-db answers after 0.1, redis-server after 0.1, Apache Kafka after 3 to 6
STOP_LIMIT = 10.0  # seconds; noida-db and redis-server end within 0.1, Apache Kafka within 1
POLL = 0.02  # seconds between two questions

_PORTS = range(20_000, 32_768)
# In turn, so that of two ports that are asked for before either is listened on none is the other; where several
# processes do so at once, each begins somewhere else.
_turns = count(random.randrange(len(_PORTS)))

# Ends the server when the pipe from our process closes, which the kernel does however our process ends.
# (PR_SET_PDEATHSIG would act when the *thread* that started the server ends, which under asyncio is too soon.)
_GUARD = 'read -r _; kill -9 "$0" 2>/dev/null'


class EmbeddedError(UserError):
    """The embedded broker or Redis is missing, or didn't start. The message is one line and says what to do."""


class Server:
    """One server process: its port is on loopback, all its files are in its folder, its output in `server.log` there.

    It can be stopped, killed and started again at the same address with the same folder. It runs in a session of its
    own, so that Ctrl-C reaches only us and we end it when we are done; it never outlives the process that started it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        port: int,
        answers: Callable[[int], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`answers(port)` says whether the server does its work yet; `environment` adds to a bare one."""
        self.name = name
        self.folder = folder
        self.port = port
        self.log = folder / "server.log"
        self._command = list(command)
        self._answers = answers
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        state = f"pid {self._process.pid}" if self.running and self._process else "stopped"
        return f"<Server {self.name} {self.address} ({state})>"

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the process lives. It may have ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise EmbeddedError(f"{self.name} is not running")
        return self._process.pid

    def start(self, limit: float = START_LIMIT) -> None:
        """Start the process and wait until it answers; at once where it already runs.

        Raises `EmbeddedError`, with nothing left running, when it ends or hasn't answered within `limit` seconds.
        """
        if not self.running:
            self.launch()
            self.wait(limit)

    def launch(self) -> None:
        """Start the process without waiting for it: `wait` does, and several can get ready at once."""
        self.kill()  # what a server that ended by itself has left
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._launch()
        except BaseException:
            self.kill()
            raise

    def wait(self, limit: float = START_LIMIT) -> None:
        """Wait until a launched process answers. Raises `EmbeddedError`, with nothing left running, as `start` does."""
        try:
            self._wait_for_answer(limit)
        except BaseException:
            self.kill()
            raise

    def stop(self, limit: float = STOP_LIMIT) -> None:
        """Ask the process to end, and end it by force after `limit` seconds. Nothing to do where it doesn't run."""
        self._end(signal.SIGTERM, limit)

    def kill(self) -> None:
        """End the process as a crash would."""
        self._end(signal.SIGKILL, STOP_LIMIT)

    def restart(self) -> None:
        """Stop and start, at the same address and with the same files."""
        self.stop()
        self.start()

    def _launch(self) -> None:
        bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        with self.log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    cwd=self.folder,
                    env=bare | self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise EmbeddedError(f"cannot start {self.name}: {self._command[0]}: {error.strerror}") from None
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait_for_answer(self, limit: float) -> None:
        deadline = time.monotonic() + limit
        while not self._answers(self.port):
            if not self.running:
                raise EmbeddedError(f"{self.name} ended at once{self.last_words()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.name} did not answer on {self.address} within {limit:g} s{self.last_words()}"
                )
            time.sleep(POLL)

    def last_words(self) -> str:
        """The last line of its output, as the end of a sentence about it."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f", saying: {said[-1][:300]}" if said else ", without a word"

    def _end(self, by: signal.Signals, limit: float) -> None:
        process, self._process = self._process, None
        guard, self._guard = self._guard, None
        if guard is not None:
            assert guard.stdin is not None
            guard.kill()  # first: it must not live to kill a process that has taken over the id
            guard.stdin.close()
            guard.wait()
        if process is None:
            return
        process.send_signal(by)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A loopback port that nothing listens on, and that this process was not told before, until all have been.

    From below 32768, where no system takes the ports of outgoing connections: a client that keeps knocking while its
    server is away could otherwise be given the server's own port, connect to itself, and keep the server out.
    """
    for turn in islice(_turns, len(_PORTS)):
        port = _PORTS[turn % len(_PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise EmbeddedError(f"no free port on {HOST} between {_PORTS[0]} and {_PORTS[-1]}")
