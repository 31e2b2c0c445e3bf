"""X as the judge: a post that X returned for a query matches that query here.

Recorded calls of three of X's searches: premium (PowerTrack's language), v1.1 and v2. Every post that does not match is
put down to what X looked at besides: a cause says how to make the rule see it, and `MISSES` lists how many there are.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlparse

import pytest
from msgspec.structs import replace

from schemas import Post
from streams.ingest import x
from streams.matching import Matcher
from tests.unit.ingest.recorded import ORACLE, documents
from tests.unit.matching.records import event

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="what X returned is not there")

#: What only v1.1's search calls so.
TRANSLATED = {"filter:retweets": "is:retweet", "filter:verified": "is:verified"}
#: Recordings whose label is not what X was asked: the posts are those of the emoji's, one by one.
MISLABELLED = {"premium_search_next.json": "🍕", "premium_search_last.json": "🍕"}
#: v2's files that are answers to a search.
SEARCHES = ("2sets", "brexit", "entities_test", "flat", "kpop", "media_policy_violation_off", "two_tweets", "withheld")


@dataclass(frozen=True, slots=True)
class Answer:
    """A query and the posts that X returned for it."""

    search: str
    query: str
    posts: tuple[Post, ...]


def answers() -> Iterator[Answer]:
    """Every recorded answer, in the language of rules."""
    with gzip.open(ORACLE, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            search = "premium" if "premium" in record["api"] else "v1.1"
            query = MISLABELLED.get(record["source"].rpartition("/")[2], record["query"])
            for theirs, ours in TRANSLATED.items():
                query = query.replace(theirs, ours)
            yield Answer(search, query, _posts(record["response"]))
    for name in SEARCHES:
        for payload in documents(f"twarc-csv/{name}.jsonl"):
            for query in parse_qs(urlparse(payload["__twarc"]["url"]).query).get("query", ()):
                yield Answer("v2", query, _posts(payload))


def _posts(payload: object) -> tuple[Post, ...]:
    return tuple(record for record in x.records(payload) if isinstance(record, Post))


# What X looked at besides. Each puts it into the post's own text; the first with which the rule matches is the cause.


def _whole(post: Post, *more: str) -> Post:
    """The post, with more in the text that it stands for."""
    if post.reposted is None:
        return replace(post, text=". ".join((post.text, *more)))
    return replace(post, reposted=replace(post.reposted, text=". ".join((post.reposted.text, *more))))


def _author(post: Post, query: str) -> Post:
    return _whole(post, post.author.handle)


def _hashtags(post: Post, query: str) -> Post:
    words = re.findall(r"[^\W_]+", query.split(" -")[0])
    for tag in (post.reposted or post).hashtags:
        if tag.casefold() == "".join(words).casefold():
            return _whole(post, " ".join(words))
    return _whole(post, *(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", tag) for tag in (post.reposted or post).hashtags))


def _digits(post: Post, query: str) -> Post:
    return _whole(post, re.sub(r"(?<=[0-9])(?=[A-Za-z])", " ", (post.reposted or post).text))


CAUSES: dict[str, Callable[[Post, str], Post]] = {
    "the author's handle": _author,
    "words run together in a hashtag": _hashtags,
    "a letter after a digit": _digits,
}
#: Whose addresses lead elsewhere. That X went there is what its v2 answers show, which say the end too.
SHORTENERS: Final = {"bit.ly", "dlvr.it", "doi.org", "htn.to", "ift.tt", "lin.ee", "ow.ly", "spoti.fi"}
#: Causes that no payload shows: what X's index had, and X did not send.
UNSEEN: dict[str, Callable[[Post], bool]] = {
    "a text that X withheld": lambda post: "has been withheld in" in (post.reposted or post).text,
    "a repeated text that X did not send": lambda post: post.kind == "repost" and post.reposted is None,
    "a short link whose end X did not send": lambda post: any(
        link.unwound is None and urlparse(link.expanded).hostname in SHORTENERS
        for link in (post.reposted or post).links
    ),
}


def cause(query: str, post: Post) -> str:
    """What X looked at to find a post that does not match."""
    for name, shown in CAUSES.items():
        if _matches(query, shown(post, query)):
            return name
    apart = re.sub(r"(?<=\w)_(?=\w)", " ", query)
    if apart != query and _matches(apart, post):
        return "a term of two words, apart"
    return next((name for name, holds in UNSEEN.items() if holds(post)), "unknown")


@cache
def _matcher(query: str) -> Matcher:
    return Matcher([event(query)])


def _matches(query: str, post: Post) -> bool:
    return bool(_matcher(query).match(post))


@cache
def outcome(search: str) -> tuple[int, dict[str, dict[str, int]]]:
    """How many posts a search returned, and by query and cause how many of them do not match."""
    total = 0
    misses: dict[str, Counter[str]] = {}
    for answer in answers():
        if answer.search == search:
            total += len(answer.posts)
            found = Counter(cause(answer.query, post) for post in answer.posts if not _matches(answer.query, post))
            if found:
                misses.setdefault(answer.query, Counter()).update(found)
    return total, {query: dict(found) for query, found in misses.items()}


#: By search and query: what X looked at besides, and how many posts it found only so.
MISSES: dict[str, dict[str, dict[str, int]]] = {
    "premium": {
        "url:github.com/sferik/twitter": {"a short link whose end X did not send": 1},
    },
    "v1.1": {
        '"data science"': {"words run together in a hashtag": 7},
        "advanced_recycling -is:retweet": {
            "a term of two words, apart": 59,
            "words run together in a hashtag": 3,
            "a short link whose end X did not send": 7,
        },
        "open science": {
            "the author's handle": 1,
            "words run together in a hashtag": 1,
            "a short link whose end X did not send": 3,
        },
        "r": {
            "the author's handle": 15,
            "a letter after a digit": 1,
            "a short link whose end X did not send": 19,
        },
        "rstats OR python": {"the author's handle": 1},
    },
    "v2": {
        "reliance": {"a text that X withheld": 11, "a repeated text that X did not send": 17},
    },
}


@pytest.mark.parametrize("search", MISSES)
def test_each_miss_has_its_cause(search: str) -> None:
    assert outcome(search)[1] == MISSES[search]


@pytest.mark.parametrize(
    "search",
    [
        "premium",
        pytest.param(
            "v1.1",
            marks=pytest.mark.xfail(
                strict=True, reason="693 of 781: that search splits and joins words as no rule does"
            ),
        ),
        "v2",
    ],
)
def test_at_least_99_of_100_posts_match_the_query_that_x_returned_them_for(search: str) -> None:
    """Of those in which what X looked at can be seen."""
    total, misses = outcome(search)
    causes: Counter[str] = Counter()
    for found in misses.values():
        causes.update(found)
    seen = total - sum(causes[name] for name in UNSEEN)
    assert sum(causes[name] for name in causes if name not in UNSEEN) <= seen * 0.01


def test_the_mislabelled_answers_are_those_of_another_query() -> None:
    """Three recordings hold the same posts, though only one says what was asked."""
    found = [answer.posts for answer in answers() if answer.query == "🍕"]
    assert len(found) == 1 + len(MISLABELLED)
    assert all(posts == found[0] for posts in found)
