"""Names that X, PowerTrack and X's advanced search have: ours for the same thing, or what to write instead."""

from collections.abc import Mapping
from typing import Final

#: Another name of one of our operators, as X and PowerTrack have or had it.
ALIASES: Final[Mapping[str, str]] = {
    "friends_count": "following_count",
    "statuses_count": "tweets_count",
    "user_tweets_count": "tweets_count",
    "user_in_lists_count": "listed_count",
    "user_followers_count": "followers_count",
    "in_reply_to_status_id": "in_reply_to_tweet_id",
    "retweets_of_status_id": "retweets_of_tweet_id",
    "quotes_of_status_id": "quotes_of_tweet_id",
    "quoted_tweet_id": "quotes_of_tweet_id",
    "retweets_of_user": "retweets_of",
    "user_bio": "bio",
    "user_bio_name": "bio_name",
    "user_bio_location": "bio_location",
    "within_url_title": "url_title",
    "within_url_description": "url_description",
    "geo_bounding_box": "bounding_box",
    "geo_point_radius": "point_radius",
}

_UNKNOWN_COUNT: Final = "leave it out: how often a post was liked, answered or repeated is not known when it is posted"
_TIME: Final = "leave it out: an event's since: says from when it counts"
_GEO: Final = "write point_radius:[longitude latitude 10km], bounding_box:[west south east north] or place:"
_PROFILE: Final = "write bio_location: with the name of the place"
_KLOUT: Final = "leave it out, or write followers_count:"
_TOPIC: Final = "write the words that make the topic"
_CARD: Final = "write url: or url_contains: with the address, or has:media"
_IDS: Final = "leave it out: a record's identifier says nothing about when it was posted"
_ONLY_YOURS: Final = "write list: with an account list of your own"
_FILTER: Final = "write is: or has:, such as -is:retweet, is:reply, is:verified, has:links, has:images"

#: A name (or a name with its value, of `is:` and `has:`) that means nothing here -> what to do instead.
SUBSTITUTES: Final[Mapping[str, str]] = {
    # PowerTrack 1.0
    "contains": "write the words themselves, or a prefix such as surrend*",
    "bio_contains": "write bio:",
    "bio_name_contains": "write bio_name:",
    "bio_location_contains": "write bio_location:",
    "place_contains": "write place:",
    "country_code": "write place_country:",
    "twitter_lang": "write lang:",
    "bio_lang": "write lang:, the language of the post",
    "klout_score": _KLOUT,
    "klout_topic": _TOPIC,
    "klout_topic_id": _TOPIC,
    "klout_topic_contains": _TOPIC,
    "time_zone": _PROFILE,
    "has:lang": "write -lang:und",
    "has:profile_geo": _PROFILE,
    "has:profile_geo_region": _PROFILE,
    "has:profile_geo_subregion": _PROFILE,
    "has:profile_geo_locality": _PROFILE,
    # PowerTrack 2.0: where X placed the text of a profile on the map
    "profile_country": _PROFILE,
    "profile_country_code": _PROFILE,
    "profile_region": _PROFILE,
    "profile_region_contains": _PROFILE,
    "profile_subregion": _PROFILE,
    "profile_subregion_contains": _PROFILE,
    "profile_locality": _PROFILE,
    "profile_locality_contains": _PROFILE,
    "profile_point_radius": _PROFILE,
    "profile_bounding_box": _PROFILE,
    # What only X works out
    "context": _TOPIC,
    "entity": "write the name itself, or lemma: with it",
    "embedding": _TOPIC,
    "from_affiliate_of": _ONLY_YOURS,
    "to_affiliate_of": "write to: with each account",
    "community": _ONLY_YOURS,
    "is:nullcast": "leave it out: what X shows only as an advertisement never comes here",
    # X's advanced search
    "filter": _FILTER,
    "exclude": "write -is: or -has:, such as -is:retweet, -is:reply, -has:links",
    "include": "leave it out: reposts and replies come anyway; -is:retweet or -is:reply leaves them out",
    "min_faves": _UNKNOWN_COUNT,
    "min_likes": _UNKNOWN_COUNT,
    "min_retweets": _UNKNOWN_COUNT,
    "min_reposts": _UNKNOWN_COUNT,
    "min_replies": _UNKNOWN_COUNT,
    "since": _TIME,
    "until": _TIME,
    "since_time": _TIME,
    "until_time": _TIME,
    "within_time": _TIME,
    "since_id": _IDS,
    "max_id": _IDS,
    "near": _GEO,
    "within": _GEO,
    "geocode": _GEO,
    "quoted_user_id": "write quoted:(from:…) with the account",
    "card_name": _CARD,
    "card_domain": _CARD,
    "card_url": _CARD,
    # Slips
    "language": "write lang:",
    "country": "write place_country:",
    "site": "write outlet:, or url:",
    "domain": "write outlet:",
    "link": "write url:",
    "author": "write from:",
    "user": "write from:",
    "mention": "write @ and the handle, such as @nasa",
    "mentions": "write @ and the handle, such as @nasa",
    "hashtag": "write # and the tag, such as #kursk",
    "hashtags": "write # and the tag, such as #kursk",
    "cashtag": "write $ and the symbol, such as $GAZP",
    "symbol": "write $ and the symbol, such as $GAZP",
    "text": "write the words themselves",
    "intitle": "write title:",
    "allintitle": "write title:",
    "inurl": "write url_contains:",
    "is:rt": "write is:retweet",
    "is:reshare": "write is:retweet",
    "is:post": "write kind:post",
    "is:tweet": "write kind:post",
    "is:blue_verified": "write is:verified",
    "has:hashtag": "write has:hashtags",
    "has:cashtag": "write has:cashtags",
    "has:symbol": "write has:cashtags",
    "has:mention": "write has:mentions",
    "has:link": "write has:links",
    "has:url": "write has:links",
    "has:urls": "write has:links",
    "has:image": "write has:images",
    "has:photo": "write has:images",
    "has:photos": "write has:images",
    "has:twimg": "write has:images",
    "has:video": "write has:videos",
    "has:native_video": "write has:videos",
    "has:gif": "write has:media",
    "has:place": "write has:geo",
    "has:location": "write has:geo",
    "has:quote": "write is:quote",
    "has:quotes": "write is:quote",
    "has:replies": "write is:reply",
}
