"""Who drives an event is what plain counting over the posts that stand says, whatever was edited and deleted before."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial

import pytest
from redis.asyncio import Redis

from streams.matching import fingerprint
from streams.settings import Settings
from streams.trends import WINDOWS, Contribution, NotKept, Standing, Store, digest
from streams.trends.cells import Cells, Filter
from streams.trends.drivers import TOP, Drivers
from streams.trends.voices import group
from tests.integration.trends import model
from tests.integration.trends.steadily import steadily
from tests.unit.matching.records import post

TAG = "event@111111111111"
HOUR = 3_600

#: Three texts, each in wordings that differ in one word of ten or more.
WORDINGS = [
    ["they will all live if they lay down their arms today " + word for word in ("quickly", "now", "here", "at")],
    ["nobody is surrounded there and the whole story is a plain " + word for word in ("lie", "fake", "trap")],
    ["the river has risen over night and the lower bridge is closed " + word for word in ("again", "until")],
]
TEXTS = [fingerprint(post(text)) for texts in WORDINGS for text in texts]


def hit(rnd: random.Random) -> Contribution:
    return Contribution(
        platform=rnd.choice(["x", "telegram"]), kind="post", lang="en",
        groups=rnd.choice([("other",), ("press", "officials"), ("officials",)]),
        claims=rnd.choice([(), ("denied",), ("denied", "asserted")]),
        author=f"x/{rnd.randrange(25)}", fingerprint=rnd.choice(TEXTS), domains=(),
    )  # fmt: skip


def log(now: int, seed: int = 1) -> list[Standing]:
    """Posts of two days, many of the last hours; a third is edited, deleted or brought back later."""
    rnd = random.Random(seed)
    records = []
    for number in range(400):
        at = now - int(rnd.random() ** 3 * 47 * HOUR)
        records.append((number, 0, at, {TAG: hit(rnd)}))
        for version in range(1, rnd.choice([1, 1, 2, 3])):
            matched = rnd.choice([{}, {TAG: hit(rnd)}])
            records.append((number, version, at if matched else now, matched))
    return [
        Standing(digest(f"x:{number}"), version, offset, 3, at, now, version > 0, dict(matched))
        for offset, (number, version, at, matched) in enumerate(records)
    ]


@pytest.fixture
def now() -> int:
    return int(time.time())


@pytest.fixture
async def standing(redis: Redis, settings: Settings, now: int) -> list[tuple[Standing, Contribution]]:
    """What stands, in Redis after a schedule in disorder, and here by the plain model."""
    records = log(now)
    shuffled = random.Random(2).sample(records, len(records))
    store = Store(redis, settings)
    for start in range(0, len(shuffled), 100):
        await store.apply(shuffled[start : start + 100], {TAG})
    return model.expected(records, TAG, settings.keep, now).standing


def within(standing: Iterable[tuple[Standing, Contribution]], window: str, at: int) -> list[tuple[int, Contribution]]:
    """Those in a window by whole ten minutes."""
    first, last = (at - WINDOWS[window]) // 600 + 1, at // 600
    return [(each.at, c) for each, c in standing if first <= each.at // 600 <= last]


async def test_voices_are_the_groups_of_the_texts_that_stand(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    drivers = Drivers(redis, settings)
    for at in (now, now - HOUR, now - 30_000):
        texts = {c.fingerprint for _, c in within(standing, "1h", at)}
        assert await drivers.voices(TAG, ["1h"], at) == {"1h": len(set((await group(texts)).values()))}
    assert await drivers.voices(TAG, ["1h", "24h"]) == {"1h": 3, "24h": 3}
    with pytest.raises(NotKept):
        await drivers.voices(TAG, ["24h"], now - 20 * HOUR)


async def test_the_busiest_authors_share(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    for window in ("1h", "24h"):
        posts = Counter(c.author for _, c in within(standing, window, now))
        share = sum(sorted(posts.values())[-TOP:]) / posts.total()
        found = await Drivers(redis, settings).authors(TAG, window, now)
        assert found.top_share == pytest.approx(share)
        assert found.outlets == len([author for author in posts if author.startswith("web/")])
    assert (await Drivers(redis, settings).authors("none@111111111111", "1h")).top_share is None


async def test_copies_are_counted_by_text_with_who_came_first(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    by_text = defaultdict(list)
    of = {text: number for number, texts in enumerate(WORDINGS) for text in [fingerprint(post(t)) for t in texts]}
    for each, c in standing:
        if (now - 86_400) // 600 + 1 <= each.at // 600 <= now // 600:
            by_text[of[c.fingerprint]].append((each.at // 10 * 10, each.offset, c))
    found = await Drivers(redis, settings).copies(TAG, "24h", now)
    assert [each.posts for each in found] == sorted((len(posts) for posts in by_text.values()), reverse=True)
    for copies in found:
        posts = sorted(by_text[of[copies.first.contribution.fingerprint]], key=lambda post: post[:2])
        assert (copies.first.at, copies.first.offset) == posts[0][:2]
        assert copies.spread == posts[-1][0] - posts[0][0]
        assert copies.authors == len({c.author for _, _, c in posts})
        assert copies.wordings == len({c.fingerprint for _, _, c in posts})


async def test_copies_are_of_one_instant_though_ten_minutes_end_meanwhile(
    redis: Redis, settings: Settings, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = (now // 600 + 1) * 600
    one = hit(random.Random(1))
    posts = [Standing(digest(f"x:{at}"), 0, at, 3, at, at, False, {TAG: one}) for at in (ends - 86_400, ends - 600)]
    await Store(redis, settings).apply(posts, {TAG})
    instants = iter([ends - 1])
    monkeypatch.setattr("streams.trends.drivers.time.time", lambda: next(instants, ends + 1))
    assert [each.posts for each in await Drivers(redis, settings).copies(TAG, "24h")] == [2]


async def test_shares_are_those_of_this_window_and_the_one_before(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    shares, kept_at = await steadily(partial(Drivers(redis, settings).shares, TAG, ["1h", "24h"], now))
    for window, found in shares.items():
        width = WINDOWS[window]
        new, old = (model.window(standing, width, at, kept_at) for at in (now, now - width))
        assert {"claim:denied", "group:press", "claim_group:denied/officials"} <= set(found)
        for name, part in found.items():
            assert (part.posts, part.posts_before) == (new.get(name, 0), old.get(name, 0))
            assert part.share == pytest.approx(new.get(name, 0) / new["all"])
            assert part.share_before == pytest.approx(old.get(name, 0) / old["all"])
    assert shares.keys() == {"1h", "24h"}
    assert await Drivers(redis, settings).shares(TAG, ["1m"], now - 30 * HOUR) == {"1m": {}}


async def test_first_seen_is_the_earliest_that_stands(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    drivers = Drivers(redis, settings)
    for at in (now, now - 40 * HOUR):
        found = await drivers.first_seen(TAG, ["claim:denied", "claim:asserted", "group:press", "claim:never"], at)
        for name in ("claim:denied", "claim:asserted", "group:press"):
            kind, _, of = name.partition(":")
            earliest = min(
                (each.at // 10 * 10, each.offset)
                for each, c in standing
                if of in (c.claims if kind == "claim" else c.groups) and each.at <= at
            )
            assert (found[name].hour, found[name].entries[0].at) == (earliest[0] // HOUR, earliest[0])
            assert found[name].entries[0].offset == earliest[1]
        assert "claim:never" not in found
    assert await drivers.first_seen(TAG, ["claim:denied"], now - 60 * HOUR) == {}


async def test_a_first_post_that_is_deleted_gives_way_to_the_next(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int
) -> None:
    drivers = Drivers(redis, settings)
    ((before,),) = [found.entries[:1] for found in (await drivers.first_seen(TAG, ["group:press"])).values()]
    gone = Standing(before.post, 99, 9_999, 3, now, now, True, {})
    await Store(redis, settings).apply([gone], {TAG})
    rest = [each for each, c in standing if "press" in c.groups and each.post != before.post]
    ((after,),) = [found.entries[:1] for found in (await drivers.first_seen(TAG, ["group:press"])).values()]
    earliest = min(rest, key=lambda each: (each.at // 10, each.offset))
    assert (after.post, after.at) == (earliest.post, earliest.at // 10 * 10)


@pytest.mark.parametrize(
    "wanted",
    [Filter(), Filter(claim="denied"), Filter(group="press"), Filter("denied", "officials", "x"), Filter(platform="y")],
)
async def test_the_posts_behind_a_number_are_as_many_as_it_says(
    redis: Redis, settings: Settings, standing: list[tuple[Standing, Contribution]], now: int, wanted: Filter
) -> None:
    cells = Cells(redis, settings)
    for window in WINDOWS:
        for at in (now, now - 2 * HOUR - 7):
            found, kept_at = await steadily(partial(cells.behind, TAG, window, wanted, 20, at))
            counted = [each for each in standing if model.window([each], WINDOWS[window], at, kept_at)]
            meant = [(each.at // 10 * 10, each.offset) for each, c in counted if wanted.fits(c)]
            assert found.total == len(meant)
            assert [(each.at, each.offset) for each in found.latest] == sorted(meant, reverse=True)[:20]


async def test_posts_whose_ledger_is_gone_cannot_be_told(redis: Redis, settings: Settings, now: int) -> None:
    cells = Cells(redis, settings)
    with pytest.raises(NotKept, match="no longer kept"):
        await cells.behind(TAG, "24h", Filter(), 20, now - 10 * 24 * HOUR)
    with pytest.raises(NotKept, match="only buckets longer"):
        await cells.behind(TAG, "1m", Filter(), 20, now // HOUR * HOUR - 48 * HOUR + 1_800)
