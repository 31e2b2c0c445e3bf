"""The README's receiver, run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from streams.cli.alerts import command
from streams.embedded import free_port
from tests.brokers import ROOT, eventually_sync
from tests.integration.delivery.rig import NEW, OLD


def endpoints(port: int, secrets: str) -> str:
    return (
        f"me:\n  url: http://127.0.0.1:{port}/tocsin\n  secrets: [{secrets}]\n"
        "  allow_http: true\n  allow_private: true\n"
    )


def test_the_readmes_receiver_takes_what_is_signed_and_nothing_else(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(# receiver\.py.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "receiver.py").write_text(example, encoding="utf-8")
    port = free_port()
    runner = CliRunner()
    process = subprocess.Popen(
        [sys.executable, "receiver.py"], cwd=tmp_path, stdout=subprocess.PIPE,
        env={**os.environ, "WEBHOOK_SECRET": NEW, "PORT": str(port)},
    )  # fmt: skip
    try:

        def sent(secrets: str) -> str:
            done = runner.invoke(command, ["test", "me"], env={"TOCSIN_ENDPOINTS": endpoints(port, secrets)})
            return done.output + str(done.exception or "")

        eventually_sync(lambda: "no connection" not in sent(OLD), 60, "the receiver did not start")
        assert "did not take the message: answered 401" in sent(OLD)
        assert sent(NEW) == f"me (http://127.0.0.1:{port}) took the message: answered 204\n"
        assert "took the message" in sent(f"{OLD}, {NEW}"), "a secret that is being changed"
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=60)
    assert said.decode() == "0 test test resolved\n" * 2


def test_a_new_secret_is_one_that_an_endpoint_takes() -> None:
    from streams.alerts.delivery import EndpointsSource

    secret = CliRunner().invoke(command, ["secret"]).output.strip()
    assert EndpointsSource(endpoints(1, secret)).get("me").secrets == (secret,)
