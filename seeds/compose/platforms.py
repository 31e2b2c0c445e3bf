"""What each platform's ids, addresses and habits look like."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .dice import Dice

PLATFORMS = ("x", "truthsocial", "facebook", "mastodon", "bluesky", "telegram", "vk")
CAN_EDIT = frozenset(PLATFORMS) - {"bluesky"}
CAN_QUOTE = frozenset({"x", "truthsocial", "bluesky", "facebook", "vk"})
CAN_REPLY = frozenset(PLATFORMS) - {"facebook"}
TELLS_LANGUAGE = frozenset(PLATFORMS) - {"telegram", "vk"}  # the others' language is detected downstream

_TWITTER_EPOCH_MS = 1_288_834_974_657
_MOSCOW = timezone(timedelta(hours=3))
_TID = "234567abcdefghijklmnopqrstuvwxyz"


def millis(moment: datetime) -> int:
    """Give a moment in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def stamp(moment: datetime, platform: str) -> str:
    """Write a moment as the platform does."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if platform in ("vk", "telegram"):
        return moment.astimezone(_MOSCOW).isoformat(timespec="seconds")
    spec = "seconds" if platform == "facebook" else "milliseconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def author_id(platform: str, handle: str, dice: Dice) -> str:
    """Invent an account's id."""
    if platform == "bluesky":
        return "did:plc:" + dice.letters(_TID, 24)
    if platform == "truthsocial":
        return str(dice.whole(107_000_000_000_000_000, 113_900_000_000_000_000))
    if platform == "telegram":
        return "-100" + str(dice.whole(1_000_000_000, 2_300_000_000))
    if platform == "vk":
        return str(dice.whole(1_000_000, 880_000_000))
    if platform == "mastodon":
        return str(dice.whole(109_000_000_000_000_000, 113_900_000_000_000_000))
    if platform == "facebook":
        return "1000" + str(dice.whole(10_000_000_000, 99_999_999_999))
    return str(dice.whole(20_000_000, 1_890_000_000_000_000_000))


def post_id(platform: str, handle: str, author: str, moment: datetime, dice: Dice) -> str:
    """Invent a post's id, rising in time where the platform's does."""
    ms = millis(moment)
    if platform == "x":
        return str(((ms - _TWITTER_EPOCH_MS) << 22) | dice.whole(0, (1 << 22) - 1))
    if platform in ("truthsocial", "mastodon"):
        return str((ms << 16) | dice.whole(0, 65_535))
    if platform == "bluesky":
        number, letters = (ms * 1000 + dice.whole(0, 999)) << 10 | dice.whole(0, 1023), ""
        for _ in range(13):
            number, digit = divmod(number, 32)
            letters = _TID[digit] + letters
        return f"at://{author}/app.bsky.feed.post/{letters}"
    if platform == "telegram":
        return f"{handle}/{(ms - 1_735_689_600_000) // 20_000 + dice.whole(0, 3) * 400_000}"
    if platform == "vk":
        return f"{author}_{(ms - 1_735_689_600_000) // 15_000}"
    return f"{author}_{(ms // 1000) * 1000 + dice.whole(0, 999)}"


def post_url(platform: str, handle: str, post: str) -> str:
    """Give the address at which a post would stand."""
    last = post.rsplit("/", 1)[-1]
    user, _, host = handle.partition("@")
    return {
        "x": f"https://x.com/{handle}/status/{post}",
        "truthsocial": f"https://truthsocial.com/@{handle}/posts/{post}",
        "facebook": f"https://www.facebook.com/{handle}/posts/{post.split('_')[-1]}",
        "mastodon": f"https://{host}/@{user}/{post}",
        "bluesky": f"https://bsky.app/profile/{handle}/post/{last}",
        "telegram": f"https://t.me/{post}",
        "vk": f"https://vk.com/wall{post}",
    }[platform]
