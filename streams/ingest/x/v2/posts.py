"""A v2 post with what its page or stream line includes (users, referenced posts, media, places) to a post. Pure.

Reads the pages of search and lookup, stream lines, and posts into which another tool has put what was included. What
most posts lack (media, places, references) costs them no call.
"""

from typing import Any, Final

import msgspec

from schemas import Author, Embedded, Link, Media, Place, Post, References
from streams.ingest.x.common import (
    assemble,
    client,
    distinct,
    filled,
    language,
    missing,
    own_media,
    place_or_none,
    unescape,
    written,
)
from streams.ingest.x.v2.included import Included
from streams.ingest.x.v2.payload import (
    NO_ATTACHMENTS,
    NO_ENTITIES,
    NO_MEDIUM,
    NO_METRICS,
    Geo,
    Medium,
    Tweet,
    Url,
)

#: What a media key begins with, for media that are not included: photos, videos, advertisers' videos, animated GIFs.
_MEDIA_KEYS: Final = {"3": "photo", "7": "video", "13": "video", "16": "animated_gif"}


def post(payload: dict[str, Any], included: Included) -> Post:
    """The post of a `data` object. Raises `msgspec.ValidationError` naming the field that is wrong."""
    return of_tweet(msgspec.convert(payload, Tweet), included)


def of_tweet(tweet: Tweet, included: Included) -> Post:
    """The same of a `data` object that is decoded already."""
    answered = repeated = quoted = None
    reply_to = repost_of = quote_of = None
    named = tweet.referenced_tweets
    if named:
        # Of two of one type the first one counts.
        for each in named if len(named) == 1 else {each.type: each for each in reversed(named)}.values():
            whole = _whole(each, included)
            identifier = (_first(whole) if whole else None) or each.id
            match each.type:
                case "replied_to":
                    answered, reply_to = whole, identifier
                case "retweeted":
                    repeated, repost_of = whole, identifier
                case "quoted":
                    quoted, quote_of = whole, identifier
    if repeated is not None and quoted is None and repeated.referenced_tweets:
        quoted = next((_whole(each, included) for each in repeated.referenced_tweets if each.type == "quoted"), None)
    return assemble(
        content(tweet, included),
        tweet.id,
        first=_first(tweet),
        created_at=written(tweet.created_at, "created_at"),
        refs=References(
            reply_to=reply_to,
            reply_to_handle=_answered(tweet, answered, included) if tweet.in_reply_to_user_id else None,
            repost_of=repost_of,
            quote_of=quote_of,
            conversation=_conversation(tweet),
        ),
        reposted=None if repeated is None else content(repeated, included),
        # One whose author X does not say cannot be embedded; `refs` still names it.
        quoted=content(quoted, included) if quoted is not None and (quoted.author or quoted.author_id) else None,
        place=None if tweet.geo is None else _place(tweet.geo, included),
        source=client(tweet.source),
        lang=language(tweet.lang),
    )


def content(tweet: Tweet, included: Included) -> Embedded:
    """What a post says itself, in full."""
    note = tweet.note_tweet
    text = note.text if note else tweet.text
    if text is None:
        raise missing("text")
    entities = (note.entities if note else None) or tweet.entities or NO_ENTITIES
    urls, hashtags, cashtags, mentions = entities.urls, entities.hashtags, entities.cashtags, entities.mentions
    return Embedded(
        author=_author(tweet, included),
        text=unescape(text),
        links=distinct([_link(each) for each in urls]) if urls else (),
        media=_media(tweet, included) if tweet.attachments or (tweet.entities and tweet.entities.urls) else (),
        hashtags=tuple([each.tag for each in hashtags]) if hashtags else (),
        cashtags=tuple([each.tag for each in cashtags]) if cashtags else (),
        mentions=tuple([each.username for each in mentions]) if mentions else (),
    )


def _whole(reference: Tweet, included: Included) -> Tweet | None:
    return included.tweet(reference.id) or (reference if reference.text is not None else None)


def _first(tweet: Tweet) -> str | None:
    history = tweet.edit_history_tweet_ids
    return history[0] if history else None


def _conversation(tweet: Tweet) -> str | None:
    # Each version of an edited post begins a conversation under its own identifier.
    history = tweet.edit_history_tweet_ids
    return history[0] if history and tweet.conversation_id in history else tweet.conversation_id


def _author(tweet: Tweet, included: Included) -> Author:
    user = tweet.author or included.user(tweet.author_id)
    if user is None:
        if not tweet.author_id:
            raise missing("author_id", hint="ask X for it with expansions=author_id")
        return Author(id=tweet.author_id, handle=tweet.author_id)  # asked for without its expansion
    metrics = user.public_metrics or NO_METRICS
    return Author(
        id=user.id,
        handle=user.username,
        name=filled(user.name),
        followers=metrics.followers_count,
        following=metrics.following_count,
        posts=metrics.tweet_count,
        listed=metrics.listed_count,
        verified=user.verified,
        description=filled(user.description),
        location=filled(user.location),
    )


def _answered(tweet: Tweet, answered: Tweet | None, included: Included) -> str | None:
    identifier = tweet.in_reply_to_user_id
    user = tweet.in_reply_to_user or included.user(identifier) or (answered.author if answered else None)
    if user is not None:
        return user.username
    mentions = (tweet.entities or NO_ENTITIES).mentions or ()
    return next((each.username for each in mentions if each.id == identifier), None)


def _link(url: Url) -> Link:
    expanded, unwound = url.expanded_url or None, url.unwound_url or None
    return Link(
        url=url.url,
        expanded=expanded,
        unwound=None if unwound == expanded else unwound,
        title=url.title or None,
        description=url.description or None,
    )


def _media(tweet: Tweet, included: Included) -> tuple[Media, ...]:
    """Those attached; where X was not asked for attachments, those whose links stand in the text."""
    attached, urls = tweet.attachments or NO_ATTACHMENTS, (tweet.entities or NO_ENTITIES).urls or ()
    put_in = [Media(each.type, filled(each.alt_text)) for each in attached.media or () if each.type]
    if put_in:
        return tuple(put_in)
    keys = attached.media_keys or [each.media_key for each in urls if each.media_key]
    if keys:
        return tuple([_medium(key, included.medium(key) or NO_MEDIUM) for key in dict.fromkeys(keys)])
    return tuple([Media(kind) for each in urls if (kind := own_media(each.expanded_url))]) if urls else ()


def _medium(key: str, medium: Medium) -> Media:
    return Media(medium.type or _MEDIA_KEYS.get(key.partition("_")[0], "media"), filled(medium.alt_text))


def _place(geo: Geo, included: Included) -> Place | None:
    place = included.place(geo.place_id) or geo
    lon, lat = geo.coordinates.coordinates if geo.coordinates else (None, None)
    return place_or_none(
        Place(
            id=place.id or geo.place_id or None,
            name=place.full_name or None,
            country=place.country_code or None,
            lon=lon,
            lat=lat,
            box=place.geo.bbox if place.geo else None,
        )
    )
