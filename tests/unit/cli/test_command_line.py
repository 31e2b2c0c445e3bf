"""Mistakes on the command line: one line that says what is wrong and what to call instead, and its exit code."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from streams.cli import main, root


def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, int]:
    """What `tocsin ARGUMENTS` says on standard error, and its exit code; it prints nothing else."""
    monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert not out
    return err, int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("demoo", "no command `tocsin demoo`; did you mean 'demo'?"),
        ("zzz", "no command `tocsin zzz`; `tocsin --help` lists them"),
        ("events valdate rotterdam.yaml", "no command `tocsin events valdate`; did you mean 'validate'?"),
        ("convert facebok export.csv", "no command `tocsin convert facebok`; did you mean 'facebook'?"),
        ("alerts zzz", "no command `tocsin alerts zzz`; `tocsin alerts --help` lists them"),
        ("ingest mastdon", "no command `tocsin ingest mastdon`; did you mean 'mastodon'?"),
        (
            "ingest facebook",
            "no command `tocsin ingest facebook`; Facebook gives exports, no stream: "
            "`tocsin convert facebook export.csv | tocsin ingest files -`",
        ),
        ("match", "Missing argument 'FILES...' (`tocsin match --help` shows how)"),
        ("events apply", "Missing argument 'PATHS...' (`tocsin events apply --help` shows how)"),
        ("trends a b", "Got unexpected extra argument (b) (`tocsin trends --help` shows how)"),
        ("trends --jsn", "No such option: --jsn Did you mean --json? (`tocsin trends --help` shows how)"),
        ("ingest files --speed x a", "Invalid value for '--speed': 'x' is not a valid float"),
    ],
)
def test_a_mistaken_call_is_told_what_to_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    assert called(monkeypatch, capsys, *arguments.split()) == (f"tocsin: {said}\n", 2)


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below one, with what calls it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from leaves(below, f"{path} {name}")


def test_every_help_has_an_example() -> None:
    for path, command in leaves(root, "tocsin"):
        told = command.get_help(click.Context(command, info_name=path, terminal_width=80))
        assert re.search(rf"^ .*\b{path}\b", told.partition("\n")[2], re.MULTILINE), told


def test_an_event_that_begins_in_the_future_is_warned_about(tmp_path: Path) -> None:
    file = tmp_path / "event.yaml"
    file.write_text("id: a\ntitle: A\nsince: 2999-03-14T12:00:00Z\nmatch: |\n  kursk\n", encoding="utf-8")
    said = CliRunner().invoke(root, ["events", "validate", str(file)]).output
    assert "warning: since: 2999-03-14T12:00:00Z is still to come; nothing from before then counts" in said


def test_a_setting_without_a_default_is_listed_as_such() -> None:
    said = CliRunner().invoke(root, ["doctor", "--settings"], env={"TOCSIN_TOKEN": "hush"}).output
    assert "TOCSIN_TOKEN=***  (default none)" in said


def test_a_pipe_that_is_closed_is_no_failure() -> None:
    called = [sys.executable, "-m", "streams", "events", "validate", "--rule", "kursk"]
    with subprocess.Popen(called, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


def in_shell(call: str, **environment: str) -> tuple[int, str, str]:
    """What `python -m streams`, called by a shell as `tocsin`, ends with and says."""
    tocsin = f'tocsin() {{ {shlex.quote(sys.executable)} -m streams "$@"; }}; '
    ran = subprocess.run(["sh", "-c", tocsin + call], capture_output=True, env=os.environ | environment)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("tocsin match --rule kursk - <&-", 0, "tocsin: 0 of 0 records matched\n"),
        ("tocsin doctor --settings >&-", 0, ""),
        ("tocsin events validate --rule 'kursk AND' 2>&-", 2, ""),
    ],
)
def test_a_stream_that_the_caller_closed_is_no_failure(call: str, code: int, said: str) -> None:
    assert in_shell(call) == (code, "", said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    for call in ("tocsin events validate --rule kursk", "tocsin doctor --settings"):
        assert in_shell(f"{call} >/dev/full") == (74, "", "tocsin: cannot write: no space left on device\n")


def test_what_is_printed_is_utf_8_in_every_locale() -> None:
    code, out, err = in_shell("tocsin events validate --rule 'lemma:курск'", PYTHONIOENCODING="latin-1")
    assert (code, err) == (0, "")
    assert "курску" in out


def test_ctrl_c_ends_a_connector_that_waits_for_kafka() -> None:
    called = [sys.executable, "-m", "streams", "ingest", "bluesky"]
    kafka = {"TOCSIN_KAFKA": "127.0.0.1:1", "TOCSIN_LOG_FORMAT": "text"}
    with subprocess.Popen(called, stderr=subprocess.PIPE, env=os.environ | kafka) as process:
        assert process.stderr is not None
        assert b"does not answer; trying" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode().splitlines()
    assert (process.returncode, said[-1]) == (130, "tocsin: interrupted")
