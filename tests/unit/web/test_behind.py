"""Who drives an event, on a terminal and as JSON: what is known is said, what is lost is said to be lost."""

from dataclasses import replace

from rich.console import Console, Group

from streams.evidence import Behind, First, Place, Shown
from streams.terminal import render_behind
from streams.trends import Contribution
from streams.trends.cells import Entry
from streams.trends.drivers import Authors, Copies, Part
from streams.web.behind import describe_behind

AT = 1_741_953_600
CONTRIBUTION = Contribution("x", "post", "en", ("press",), ("denied",), "x/ada", b"12345678" * 2, ())
POST = Shown(
    place=Place("posts", 3, 7), at=AT + 0.5, author="x/ada", platform="x", kind="post", lang="", claims=("denied",),
    groups=("press",), gone=False, id="x:1", url="https://x.com/1", text="[red]They  will live\x1b if they surrender",
)  # fmt: skip
LOST = replace(POST, at=AT, gone=True, id=None, url=None, text=None)
COPIES = Copies(
    "3132333435363738", posts=700, wordings=12, authors=650, spread=7_262, first=Entry(AT, 3, 7, b"", CONTRIBUTION)
)
BEHIND = Behind(
    voices={"1h": 3, "24h": None},
    authors={"1h": Authors(2, 0.256), "24h": Authors(12, None)},
    copies={"24h": [(COPIES, POST), (replace(COPIES, posts=2, spread=45), LOST)]},
    shares={"24h": {"claim_group:denied/press": Part(5, 0.5, 0, None), "claim:denied": Part(7, 0.7, 1, 0.1)}},
    first_seen={"claim:denied": First(AT + 0.5, POST), "group:press": First(AT, None)},
)


def shown(behind: Behind) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(Group(*render_behind(behind)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_a_terminal_shows_every_side_of_it() -> None:
    text = shown(BEHIND)
    for expected in (
        "voices (near-copies are one)    3    ?",
        "share of the top 10 authors   26%    ?",
        "different outlets               2   12",
        "claim denied        7    70%     10%",
        "denied × press      5    50%       ?",
        "claim denied  2025-03-14 12:00:00  x/ada https://x.com/1",
        "group press   2025-03-14 12:00:00  no longer kept",
        "[red]They will live",
        "text 3132333435363738, no longer in the log",
        "2h 01m",
        "45s",
    ):
        assert expected in text, f"{expected!r} is not in\n{text}"
    assert "\x1b" not in text


def test_nothing_known_is_nothing_shown() -> None:
    assert shown(Behind({}, {}, {}, {}, {})) == ""


def test_json_says_what_is_gone() -> None:
    found = describe_behind(BEHIND)
    assert found["voices"] == {"1h": 3, "24h": None}
    first, lost = (each["first"] for each in found["copies"]["24h"])
    assert (first["at"], first["lang"], first["offset"], first["gone"]) == ("2025-03-14T12:00:00.500Z", None, 7, False)
    assert (lost["text"], lost["gone"], lost["author"]) == (None, True, "x/ada")
    assert found["first_seen"]["group:press"] == {"at": "2025-03-14T12:00:00.000Z", "post": None}
    assert found["shares"]["24h"]["claim_group:denied/press"] == {
        "posts": 5, "share": 0.5, "posts_before": 0, "share_before": None,
    }  # fmt: skip
