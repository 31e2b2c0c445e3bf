"""The operators on a record's fields, by name: what a rule may ask beside words.

Each line of the table says what kind of operator it is, what a rule's value looks like and what is read from a record.
A new operator is a new line here. `elsewhere` names those that others have and we don't.
"""

from collections.abc import Mapping
from typing import Final

from streams.matching.operators import flags, reading, values
from streams.matching.operators.areas import Area, box, circle
from streams.matching.operators.elsewhere import ALIASES, SUBSTITUTES
from streams.matching.operators.kinds import Evidence, Names, Operator, Range, Record, Sample, Values
from streams.matching.operators.values import nearest
from streams.matching.operators.words import Contains, Words

#: The outlet of an article alone, for account lists, which say who speaks: no rule can name it.
PUBLISHER: Final = "an article's outlet"

#: Rough shares of records: X's own rate of each where it is known, else what a mixed stream of posts and articles has.
_PLATFORMS: Final = {"x": 0.5}
_KINDS: Final = {"post": 0.6, "repost": 0.3, "reply": 0.2, "quote": 0.1, "article": 0.1}
_LANGUAGES: Final = {"en": 0.5, "ru": 0.2, "es": 0.1, "ja": 0.1, "uk": 0.1}
_IS: Final = {"retweet": 0.3, "reply": 0.2, "quote": 0.1, "verified": 0.05, "article": 0.1}
_HAS: Final = {"links": 0.4, "mentions": 0.5, "media": 0.3, "images": 0.25, "hashtags": 0.2, "videos": 0.1, "geo": 0.02}
_IN_ADDRESSES: Final = {"https": 0.95, "http": 0.1, "www": 0.3, "com": 0.7, "t": 0.5, "co": 0.5}

OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator
    for operator in (
        # What is named in the text
        Names("#", values.tag, values.tag_ways, reading.hashtags, 0.001),
        Names("$", values.ticker, values.tag_ways, reading.cashtags, 0.000_1),
        Names("@", values.mention, values.mention_ways, reading.mentions, 0.000_5),
        # Who speaks to whom, and who they say they are
        Values("from", values.account, reading.author, 0.000_1),
        Values("to", values.account, reading.addressee, 0.000_1),
        Values("retweets_of", values.account, reading.repeated_author, 0.000_1),
        Words("bio", reading.bio, 0.6),
        Words("bio_name", reading.bio_name, 0.8),
        Words("bio_location", reading.bio_location, 0.5),
        Range("followers_count", values.span, reading.followers, "author.followers", 500),
        Range("following_count", values.span, reading.following, "author.following", 500),
        Range("tweets_count", values.span, reading.posts, "author.posts", 5_000),
        Range("listed_count", values.span, reading.listed, "author.listed", 3),
        # Links
        Words("url", reading.addresses, 0.4, _IN_ADDRESSES, unsaid=("https://", "http://")),
        Contains("url_contains", reading.addresses, 0.4),
        Words("url_title", reading.link_titles, 0.2),
        Words("url_description", reading.link_descriptions, 0.2),
        Values("outlet", values.domain, reading.outlets, 0.001),
        Values(PUBLISHER, values.domain, reading.publisher, 0.001),
        # Other posts
        Values("in_reply_to_tweet_id", values.post_id, reading.answered_post, 0.000_01),
        Values("retweets_of_tweet_id", values.post_id, reading.repeated_post, 0.000_01),
        Values("quotes_of_tweet_id", values.post_id, reading.quoted_post, 0.000_01),
        Values("conversation_id", values.post_id, reading.conversation, 0.000_01),
        # Where
        Words("place", reading.place, 0.02),
        Values("place_country", values.country, reading.country, 0.001),
        Area("point_radius", circle),
        Area("bounding_box", box),
        # What
        Values("platform", values.slug, reading.platform, 0.1, _PLATFORMS),
        Values("kind", values.kind, reading.kind, 0.01, _KINDS),
        Values("lang", values.language, reading.languages, 0.05, _LANGUAGES),
        Values("source", values.client, reading.client, 0.05),
        Values("is", values.is_what, flags.is_what, 0.1, _IS),
        Values("has", values.has_what, flags.has_what, 0.005, _HAS),
        Words("title", reading.title, 0.1),
        Words("body", reading.body, 0.1),
        # However few
        Sample("sample", values.percent),
    )
}


def account_or_domain(entry: str) -> tuple[str, str]:
    """An entry of an account list as (operator, key): PLATFORM/HANDLE or an outlet's domain. ValueError otherwise."""
    if "/" in entry:
        return "from", values.account(entry)
    try:
        return PUBLISHER, values.domain(entry)
    except ValueError:
        raise ValueError(
            "expected PLATFORM/HANDLE, such as x/nasa, or an outlet's domain, such as kremlin.ru"
        ) from None


__all__ = [
    "ALIASES",
    "OPERATORS",
    "PUBLISHER",
    "SUBSTITUTES",
    "Evidence",
    "Operator",
    "Record",
    "account_or_domain",
    "nearest",
]
