"""The events of the benchmark: the seeds, and keyword pairs chosen so that a wanted share of the posts matches any."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas import Post, TrackedEvent
from schemas.codec import decode_post
from streams.matching import Matcher, seal
from streams.tracking.files import read_drafts
from tests.benchmarks.corpus import read_events
from tests.benchmarks.stream.posts import Source
from tests.brokers import ROOT

#: Posts that the choice looks at, evenly drawn from all.
LOOKED_AT = 30_000


def choose(sources: Sequence[Source], count: int, share: float) -> list[TrackedEvent]:
    """`count` events of which `share` of the posts matches at least one.

    The seeds and the first pairs. While they match too much, the pair that matches most gives way to the next one that
    matches less; while they match too little, one that matches nothing gives way to the widest that is left. Where
    the pairs run out, the share is another: whoever names it has to count.
    """
    seeds = [seal(draft, datetime.now(UTC)) for draft in read_drafts([ROOT / "seeds" / "events"])]
    seeds = seeds[:count]
    pairs = read_events()
    posts = [decode_post(source.raw) for source in sources[:: max(1, len(sources) // LOOKED_AT)]]
    matches = _matches(seeds + pairs, posts)
    chosen = {event.id: event for event in [*seeds, *pairs[: count - len(seeds)]]}
    spare = pairs[count - len(seeds) :]
    # How many chosen events each post matches: it is covered by at least one.
    covering = Counter(number for event_id in chosen for number in matches.get(event_id, ()))
    kept = {event.id for event in seeds}

    def exchange(before: str, after: TrackedEvent) -> None:
        del chosen[before]
        chosen[after.id] = after
        covering.subtract(matches.get(before, ()))
        covering.update(matches.get(after.id, ()))

    def covered() -> int:
        return sum(1 for n in covering.values() if n)

    wanted = share * len(posts)
    droppable = sorted(matches.keys() & chosen.keys() - kept, key=lambda each: (len(matches[each]), each))
    narrower = iter(spare)
    while droppable and covered() > wanted:
        widest = droppable.pop()
        substitute = next((each for each in narrower if len(matches.get(each.id, ())) < len(matches[widest])), None)
        if substitute is None:
            break
        exchange(widest, substitute)
    idle = [event_id for event_id in chosen if event_id not in matches and event_id not in kept]
    wider = sorted(
        (each for each in spare if each.id in matches and each.id not in chosen), key=lambda each: len(matches[each.id])
    )
    while idle and wider and covered() + len(matches[wider[-1].id]) <= wanted:
        exchange(idle.pop(), wider.pop())
    return list(chosen.values())


def _matches(events: Sequence[TrackedEvent], posts: Sequence[object]) -> dict[str, list[int]]:
    """By event id, the numbers of the posts that match it."""
    matcher = Matcher(events)
    found: dict[str, list[int]] = {}
    for number, post in enumerate(posts):
        for hit in matcher.match(post) if isinstance(post, Post) else ():
            found.setdefault(hit.event.id, []).append(number)
    return found
