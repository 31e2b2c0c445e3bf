"""The page at `/` in a real browser, on a running Tocsin with the sample's two days: what an editor sees and does."""

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.request import urlopen

import orjson
import pytest
from redis import Redis as RedisClient

from streams.embedded import HOST, free_port
from streams.ingest.times import to_text
from streams.trends.keys import Keys
from tests.brokers import ROOT, Kafka, Redis, eventually_sync
from tests.integration.system import System

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
except ImportError as missing:
    if os.environ.get("CI") == "true":
        raise
    pytest.skip(f"{missing.name} is not installed: pip install tocsin[browser]", allow_module_level=True)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CHROMIUM = shutil.which("chromium")
KURSK = "Putin's surrender offer to Ukrainian soldiers in Kursk"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202egnorw\u202c"
EVENT = f"id: hostile\ntitle: '{HOSTILE}'\nmatch: |\n  hostileword\n"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Milliseconds for what the page has to come to by itself: it asks every five seconds, on a machine that others load.
SOON = 60_000
expect.set_options(timeout=SOON)


class Served:
    """A running Tocsin, and where its page is."""

    def __init__(self, system: System, port: int, redis: Redis) -> None:
        self.system = system
        self.redis = redis
        self.url = f"http://{HOST}:{port}/"

    def is_counted(self) -> bool:
        """Whether the sample and the hostile post are in the counts."""
        try:
            trends, pulse = (orjson.loads(urlopen(self.url + path, timeout=60).read()) for path in ("trends", "pulse"))
        except OSError:  # not listening yet
            return False
        posts = {each["event"]: each["posts"].get("24h", 0) for each in trends["events"]}
        return posts.get("hostile") == 1 and posts.get("kursk-surrender-offer", 0) > 1_000 and pulse["behind"] == 0

    def post(self, numbers: range, text: str, **more: Any) -> None:
        """Let posts come in that were written a moment ago: the curve shows the minutes that have ended."""
        author = {"id": "1", "handle": "<b>who</b>"}
        post = {"platform": "x", "op": "create", "version": 0, "text": text, "author": author}
        post |= {"created_at": to_text(int(time.time() - 90) * 1_000), **more}
        lines = [orjson.dumps(post | {"id": f"9{number}"}) for number in numbers]
        self.system.tocsin("ingest", "files", "-", input=b"\n".join(lines))


@pytest.fixture(scope="module")
def served(kafka_session: Kafka, redis_session: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample's 44 hours end now; beside its events, one that means harm."""
    kafka_session.start()
    redis_session.start()
    prefix, folder, port = f"page-{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("page"), free_port()
    system = System(kafka_session, redis_session, prefix, folder)
    (folder / "hostile.yaml").write_text(EVENT, encoding="utf-8")
    system.create_topics()
    system.tocsin("events", "apply", str(ROOT / "seeds" / "events"), str(folder / "hostile.yaml"))
    sample = [str(ROOT / "seeds" / "sample" / f"{name}.ndjson.gz") for name in ("posts", "articles")]
    with system.worker(), system.process("serve", TOCSIN_SERVE_PORT=str(port)):
        system.tocsin("ingest", "files", *sample, "--span", "44h", expect=None)
        found = Served(system, port, redis_session)
        found.post(range(1), f"hostileword {HOSTILE}", url="javascript:alert(3)")
        redis = RedisClient.from_url(redis_session.url)
        # What the worker that judges says after its first minute: from when on counts are whole.
        redis.set(Keys(system.settings.prefix).log_began(), int(time.time()) - 44 * 3_600)
        redis.close()
        eventually_sync(found.is_counted, 300, "the sample was not counted")
        yield found
    kafka_session.delete_topics(prefix)


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed, and CI=true asks for it", pytrace=False)
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, served: Served) -> Iterator[Opened]:
    """Opens the page at an address; whatever it complains of on the console fails the test."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def open_page(address: str = "", width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **{"locale": "en-GB", **options})
        contexts.append(context)
        context.set_default_timeout(SOON)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto(served.url + address)
        return page

    contexts: list[Any] = []
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until what the selector names has the focus."""
    for _ in range(80):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} never reached {selector}")


def posts_drawn(page: Page) -> int:
    """The posts of the whole curve, from its table."""
    cells = page.locator("#rows tbody td:nth-child(2)").all_inner_texts()
    return sum(int(each.replace(",", "")) for each in cells)


def drawn(page: Page) -> str:
    """What the chart shows, as a picture."""
    found: str = page.locator("#plot[aria-busy=false] canvas").evaluate("canvas => canvas.toDataURL()")
    return found


def test_an_editor_picks_an_event_and_sees_its_curve_move_as_posts_come(opened: Opened, served: Served) -> None:
    page = opened()
    rows = page.locator(".events tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.first).to_contain_text(KURSK)
    page.get_by_role("link", name=KURSK).click()
    expect(page).to_have_url(re.compile("event=kursk-surrender-offer"))
    expect(page).to_have_title(f"{KURSK} · Tocsin")
    expect(page.locator("#plot canvas")).to_be_visible(timeout=SOON)
    expect(page.locator("#key")).to_contain_text("95 of 100")
    page.locator("#windows").get_by_text("1 h").click()
    expect(page).to_have_url(re.compile("window=1h"))
    expect(page.locator("#over")).to_have_text("In the last hour")
    page.get_by_text("The curve as a table").click()
    expect(page.locator("#rows tbody tr")).to_have_count(60)
    before, picture = posts_drawn(page), drawn(page)
    served.post(range(10, 30), "Ukrainian soldiers in Kursk have to surrender, says Putin")
    # What came an hour ago leaves the curve meanwhile, a few at most.
    eventually_sync(lambda: posts_drawn(page) >= before + 14, 60, "the curve's numbers did not grow")
    assert drawn(page) != picture
    expect(page.get_by_role("region", name="Busiest authors")).to_contain_text("x/<b>who</b>")


def test_numbers_lead_to_claims_groups_and_what_an_address_says(opened: Opened) -> None:
    """An address alone brings back event and window; the parts are those of the sample."""
    page = opened("#event=kursk-surrender-offer&window=24h")
    expect(page.locator("#over")).to_have_text("In the last 24 hours")
    for name in ("Authors against texts", "Claims", "Groups", "Which group makes which claim", "Platforms"):
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    claims = page.get_by_role("region", name="Claims", exact=True).get_by_role("row")
    expect(claims.filter(has_text="encirclement-denied")).to_have_text(re.compile(r"\d+"))
    page.get_by_text("The curve as a table").click()
    expect(page.locator("#rows tbody tr")).to_have_count(144)


def test_the_keyboard_is_enough(opened: Opened) -> None:
    page = opened(reduced_motion="reduce")
    expect(page.locator(".events tbody tr")).to_have_count(6)
    tab_to(page, ".events a")
    page.keyboard.press("Enter")
    expect(page.locator("#event-title")).to_be_focused()
    tab_to(page, "#windows input")
    expect(page.locator("#over")).to_have_text("In the last 24 hours")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#over")).to_have_text("In the last hour")
    expect(page.locator("#windows input:checked")).to_be_focused()
    tab_to(page, ".chart summary")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(60)
    tab_to(page, "#to-try", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#rule")).to_be_focused()
    page.keyboard.type("kursk (surrender OR lemma:encircle) -submarine")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome .big")).to_have_text(re.compile(r"^\d[\d,]* of \d,\d+ posts match"))
    expect(page.locator("#outcome mark").first).to_be_visible()
    assert "try=kursk" in page.url


def test_a_number_leads_to_the_posts_behind_it_and_back(opened: Opened) -> None:
    """By keyboard; the address names them, so a colleague can be sent there."""
    page = opened("#event=kursk-surrender-offer&window=24h")
    expect(page.locator("#over")).to_have_text("In the last 24 hours")
    tab_to(page, "[data-posts='claim:encirclement-denied']")
    page.keyboard.press("Enter")
    expect(page.locator("#posts .post .quoted").first).to_be_visible(timeout=SOON)
    expect(page).to_have_url(re.compile("posts=claim"))
    page.keyboard.press("Escape")
    expect(page.locator("[data-posts='claim:encirclement-denied']")).to_be_focused()
    expect(page).not_to_have_url(re.compile("posts="))


def test_a_mistake_in_a_rule_is_shown_under_it_at_its_column(opened: Opened, browser: Browser, served: Served) -> None:
    page = browser.new_page()  # Chromium complains of each answer that is a refusal
    page.goto(served.url + "#try=kursk and surrender")
    expect(page.locator("#fault mark")).to_have_text("a")
    expect(page.locator("#fault")).to_contain_text("Column 7: found 'and'")
    expect(page.locator("#rule")).to_be_focused()
    assert page.eval_on_selector("#rule", "rule => rule.selectionStart") == 6
    expect(page.locator("#rule")).to_have_attribute("aria-invalid", "true")
    page.close()


@pytest.mark.parametrize("address", ["#event=hostile&window=1h", "#try=hostileword"])
def test_what_others_wrote_is_text_and_nothing_else(opened: Opened, address: str) -> None:
    """Titles, handles, texts and links that carry markup, script or signs that turn the order of reading."""
    page = opened(address)
    shown = page.locator("#event-title" if "event" in address else "#outcome .quoted").first
    expect(shown).to_contain_text(HOSTILE)
    assert page.locator("main script, main img, main bdi b, [href^=javascript]").count() == 0
    isolated = "element => getComputedStyle(element.querySelector('bdi') ?? element).unicodeBidi"
    assert shown.evaluate(isolated) == "isolate"


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("", ".events a"),
        ("#event=kursk-surrender-offer&window=24h", "#over:not(:empty)"),
        ("#try=kursk surrender", "#outcome .big"),
    ],
)
def test_it_fits_a_phone_and_a_checker_of_accessibility_finds_nothing(opened: Opened, address: str, what: str) -> None:
    page = opened(address, 360, 740)
    expect(page.locator(what).first).to_be_visible(timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found] == []


def test_what_the_page_asks_for_is_there_for_programs_too(opened: Opened, served: Served) -> None:
    """GET /trends: all events, the foremost first; GET /pulse: that everything is counted, and until when."""
    request = opened().request
    trends = request.get(f"{served.url}trends").json()
    assert trends["tracked"] == len(trends["events"]) == 6
    assert trends["events"][0]["event"] == "kursk-surrender-offer"
    assert trends["events"][0]["posts"]["24h"] > 1_000
    assert (trends["coming"], trends["connectors"]) == ([], [])

    def is_counted() -> bool:  # also what another test has just posted; an answer stands for some seconds
        pulse = request.get(f"{served.url}pulse").json()
        return (pulse["kafka"], pulse["behind"]) == (None, 0) and pulse["counted_until"] is not None

    eventually_sync(is_counted, 60, "the pulse never said that everything is counted")


def test_numbers_and_dates_are_the_readers(opened: Opened) -> None:
    page = opened("#event=kursk-surrender-offer&window=24h", locale="de-DE", timezone_id="Europe/Berlin")
    expect(page.locator("#parts .n").first).to_have_text(re.compile(r"^\d\.\d{3}$"))
    expect(page.locator("#reading")).to_have_text(re.compile(r"^\d{1,2}\. "))


def test_it_says_when_redis_is_away_and_that_it_is_back(opened: Opened, browser: Browser, served: Served) -> None:
    page = browser.new_page()
    page.goto(served.url)
    expect(page.locator("#state")).to_have_text(re.compile("^Updated"))
    served.redis.stop()
    try:
        expect(page.locator("#notices")).to_contain_text("TOCSIN_REDIS")
        expect(page.locator("#state")).to_have_text(re.compile("^As of"))
    finally:
        served.redis.start()
    expect(page.locator("#state")).to_have_text(re.compile("^Updated"))
    expect(page.locator("#notices")).to_be_hidden()
    page.close()
