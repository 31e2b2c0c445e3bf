"""Endpoints as YAML describes them: what is taken, what is refused and how, and that no secret is ever said."""

import base64
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from streams.alerts.delivery.endpoints import Endpoint, Endpoints, parse
from streams.alerts.delivery.source import EndpointsSource
from streams.doctor.variables import examine_variables
from streams.errors import UserError
from streams.settings import Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "bmV3" * 8
SLACK = "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX"

WHOLE = f"""\
# who is told of alerts
newsroom:
  url: https://hooks.example.org/tocsin
  secrets:
    - {SECRET}
    - file: old.txt
  events: [kursk-surrender-offer]
  rate: 30
chat:
  type: slack
  url: {{file: slack.txt}}
on-call:
  type: alertmanager
  url: http://alertmanager:9093
  allow_http: true
  allow_private: true
  backfill: true
"""


def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.txt").write_text(f"{OTHER}\n", encoding="utf-8")
    (tmp_path / "slack.txt").write_text(SLACK, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    return tmp_path


def test_a_whole_file(tmp_path: Path) -> None:
    found = parse(WHOLE, "endpoints.yaml", folder(tmp_path))
    assert found.by_name == {
        "newsroom": Endpoint(
            "newsroom", "webhook", "https://hooks.example.org/tocsin", (SECRET, OTHER),
            frozenset({"kursk-surrender-offer"}), 30,
        ),
        "chat": Endpoint("chat", "slack", SLACK),
        "on-call": Endpoint(
            "on-call", "alertmanager", "http://alertmanager:9093", allow_http=True, allow_private=True, backfill=True
        ),
    }  # fmt: skip
    assert found.files == (tmp_path / "old.txt", tmp_path / "slack.txt")


@pytest.mark.parametrize("size", [24, 25, 26, 64])
def test_a_secret_may_lack_the_signs_that_fill_it_up(size: int) -> None:
    secret = "whsec_" + base64.b64encode(b"s" * size).decode().rstrip("=")
    assert parse(one(secrets=f"[{secret}]"), "e", Path()).by_name["newsroom"].secrets == (secret,)


def one(**more: str) -> str:
    values = {"url": "https://hooks.example.org/tocsin", "secrets": f"[{SECRET}]"} | more
    return "newsroom:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items() if value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one(secrets=""), "1:1: found no secrets for newsroom, expected a list of whsec_… or of file: PATH; "),
        (one(secrets="[]"), "3:12: found no list (what was found is not shown), expected a list of "),
        (one(secrets=SECRET), "3:12: found no list (what was found is not shown), expected a list of "),
        (one(secrets="[hunter2]"), "3:13: found a secret of another form (not shown), expected whsec_ and 24 to 64 "),
        (one(secrets="[whsec_c2hvcnQ=]"), "3:13: found a secret of another form (not shown), expected "),
        (one(secrets="[whsec_!!!!]"), "3:13: found a secret of another form (not shown), expected "),
        (one(secrets="[{file: none.txt}]"), "3:20: found a file that cannot be read (no such file or directory), "),
        (one(secrets="[{file: empty.txt}]"), "3:20: found an empty file, expected one with a secret"),
        (one(secrets="[{env: X}]"), "3:14: found the unknown key 'env', expected one of file"),
        (one(url=""), "1:1: found no url for newsroom, expected url: https://…"),
        (one(url="http://hooks.example.org/"), "2:8: found http://, in which anybody on the way reads along, "),
        (one(url="ftp://hooks.example.org/"), "2:8: found no address of HTTP (not shown), expected https://HOST/PATH"),
        (one(url="https:///path"), "2:8: found no address of HTTP"),
        (one(url="https://[::1"), "2:8: found no address of HTTP"),
        (one(url="https://host:99999/"), "2:8: found no address of HTTP"),
        (one(url="https://127.0.0.1/hook"), "2:8: found the private address 127.0.0.1, expected a public one; if it "),
        (one(url="https://[fd00::1]/hook"), "2:8: found the private address fd00::1, expected a public one; if it is "),
        (one(url="https://localhost/hook"), "2:8: found the private address localhost, expected a public one; if it "),
        (one(type="carrier-pigeon"), "4:9: found 'carrier-pigeon', expected webhook, alertmanager or slack"),
        (one(type="slack"), "3:3: found secrets, which type slack has no use for, expected none; remove them"),
        (one(rate="0"), "4:9: found '0', expected a number of requests a minute, from 1 to 6000"),
        (one(rate="fast"), "4:9: found 'fast', expected a number of requests a minute, from 1 to 6000"),
        (one(allow_http="maybe"), "4:15: found 'maybe', expected true or false"),
        (one(events="[Kursk]"), "4:12: found 'Kursk', expected an event's id"),
        (one(events="kursk"), "4:11: found 'kursk', expected a list of events"),
        (one(color="red"), "4:3: found the unknown key 'color', expected one of allow_http, allow_private, backfill, "),
        (one() + one(), "4:1: found the key 'newsroom' a second time, expected it once; rename or remove one"),
        ("Newsroom:\n  url: https://a.example/\n", "1:1: found the name 'Newsroom', expected a-z, 0-9, - and _, at "),
        ("newsroom: https://a.example/\n", "1:11: found something (not shown: it may be a secret), expected url, "),
        ("- newsroom\n", "1:1: found a list, expected endpoints by name"),
        ("newsroom:\n\turl: x\n", "2:1: found a tab, expected spaces; indent with spaces"),
        (f"newsroom:\n  secrets {SECRET}\n", "2:3: found something (not shown: it may be a secret), expected url, "),
        (f"newsroom:\n  url: x\n  {SECRET}\n", "3:3: found something (not shown: it may be a secret), expected a key"),
        (f"{{{SECRET}}}", "1:1: found '{', expected YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place_and_no_secret(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as found:
        parse(text, "endpoints.yaml", folder(tmp_path))
    message = str(found.value)
    assert message.startswith(f"endpoints.yaml:{said}")
    assert "\n" not in message
    for secret in (SECRET.removeprefix("whsec_"), OTHER.removeprefix("whsec_"), "hunter2", "c2hvcnQ"):
        assert secret not in message


@pytest.mark.parametrize("text", ["", "\n", "# nobody yet\n"])
def test_nobody(text: str) -> None:
    assert parse(text, "endpoints.yaml", Path()).by_name == {}


def test_no_secret_is_shown(tmp_path: Path) -> None:
    found = parse(WHOLE, "endpoints.yaml", folder(tmp_path)).by_name
    shown = f"{found!r} {[each.place for each in found.values()]}"
    for secret in (SECRET, OTHER, "XXXX", "/services", "/tocsin"):
        assert secret not in shown
    user = parse(one(url="https://me:hunter2@hooks.example.org/"), "e", tmp_path).by_name["newsroom"]
    assert user.place == "https://hooks.example.org"


@pytest.mark.parametrize(
    ("events", "backfill", "event", "notify", "late", "wanted"),
    [
        (None, False, "kursk", ("newsroom",), False, True),
        (None, False, "kursk", ("others",), False, False),
        (None, False, "kursk", (), False, False),
        (frozenset({"kursk"}), False, "kursk", (), False, True),
        (frozenset({"kursk"}), False, "sudzha", ("newsroom",), False, False),
        (None, False, "kursk", ("newsroom",), True, False),
        (None, True, "kursk", ("newsroom",), True, True),
    ],
)
def test_who_wants_what(
    events: frozenset[str] | None, backfill: bool, event: str, notify: tuple[str, ...], late: bool, wanted: bool
) -> None:
    endpoint = Endpoint("newsroom", "webhook", "https://a.example/", events=events, backfill=backfill)
    assert endpoint.wants(event, notify, late) is wanted


def touch(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def settled(source: EndpointsSource) -> bool:
    """The second look at a file that changed: the first one sees that it stands still."""
    assert not source.refresh()
    return source.refresh()


def test_a_file_is_read_again_when_it_or_a_file_it_names_changes(tmp_path: Path) -> None:
    path = folder(tmp_path) / "endpoints.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    source = EndpointsSource(str(path))
    assert source.refresh()
    assert not source.refresh()
    touch(tmp_path / "old.txt", SECRET)
    assert settled(source)
    assert source.by_name["newsroom"].secrets == (SECRET, SECRET)
    touch(path, one())
    assert settled(source)
    assert list(source.by_name) == ["newsroom"]


def test_a_broken_file_leaves_the_good_endpoints_and_is_said_once(tmp_path: Path) -> None:
    path = folder(tmp_path) / "endpoints.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    source = EndpointsSource(str(path))
    source.refresh()
    touch(path, "newsroom: [")
    with pytest.raises(UserError, match=r"endpoints\.yaml:1:"):
        settled(source)
    assert not source.refresh()
    assert len(source.by_name) == 3
    path.unlink()
    with pytest.raises(UserError, match="no such file or directory; TOCSIN_ENDPOINTS names"):
        settled(source)
    assert len(source.by_name) == 3
    touch(path, one())
    assert settled(source)
    assert len(source.by_name) == 1


def test_a_file_that_is_being_written_is_left_until_it_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.yaml"
    path.write_text(one(), encoding="utf-8")
    source = EndpointsSource(str(path))
    assert source.refresh()
    touch(path, "")
    assert not source.refresh()
    touch(path, one(rate="7"))
    assert settled(source)
    assert source.by_name["newsroom"].rate == 7


def test_a_file_that_is_being_written_at_the_start_is_left_until_it_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.yaml"
    source = EndpointsSource(str(path))
    touch(path, "")
    assert not source.refresh()
    assert not source.known
    touch(path, one())
    assert settled(source)
    assert list(source.by_name) == ["newsroom"]


def test_what_is_written_while_a_file_is_read_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "endpoints.yaml"
    path.write_text(one(), encoding="utf-8")
    source = EndpointsSource(str(path))

    def written_meanwhile(*arguments: Any) -> Endpoints:
        touch(path, one(rate="7"))
        return parse(*arguments)

    monkeypatch.setattr("streams.alerts.delivery.source.parse", written_meanwhile)
    assert source.refresh()
    monkeypatch.undo()
    assert settled(source)
    assert source.by_name["newsroom"].rate == 7


def test_a_file_that_was_missing_is_read_when_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.yaml"
    path.write_text(one(secrets="[{file: late.txt}]"), encoding="utf-8")
    source = EndpointsSource(str(path))
    with pytest.raises(UserError, match="cannot be read"):
        source.refresh()
    (tmp_path / "late.txt").write_text(SECRET, encoding="utf-8")
    assert source.refresh()
    assert source.by_name["newsroom"].secrets == (SECRET,)


def test_the_yaml_itself_may_stand_in_the_setting() -> None:
    assert EndpointsSource(one()).get("newsroom").secrets == (SECRET,)


def test_an_unknown_endpoint_is_named_with_those_there_are(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UserError, match="no endpoint 'chat' in TOCSIN_ENDPOINTS, which has: newsroom"):
        EndpointsSource(one()).get("chat")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("setting", "level", "said"),
    [
        (one(), "ok", "endpoints of alerts: newsroom"),
        (
            one(secrets="[hunter2]"),
            "FAIL",
            "endpoints: TOCSIN_ENDPOINTS:3:13: found a secret of another form (not shown), ",
        ),
        ("/nowhere/endpoints.yaml", "FAIL", "endpoints: /nowhere/endpoints.yaml: no such file or directory; "),
    ],
)
def test_doctor_looks_at_the_endpoints(setting: str, level: str, said: str) -> None:
    (*_, found) = examine_variables(Settings(endpoints=setting), {})
    assert found.level == level
    assert found.what.startswith(said)
