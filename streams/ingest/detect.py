"""Which source recorded what a file holds, by its beginning. Pure. Says nothing rather than guess."""

import re
from typing import Final

from streams.ingest.feeds import gdelt, transcripts

#: Source -> what its payloads hold and nobody else's do.
_MARKS: Final = {
    "x": re.compile(
        rb'"(?:id_str|edit_history_tweet_ids|author_id|in_reply_to_screen_name|matching_rules)"\s*:'
        rb'|"verb"\s*:\s*"(?:post|share|delete)"|"objectType"\s*:\s*"activity"'
    ),
    "telegram": re.compile(
        rb'"update_id"\s*:|"text_entities"\s*:|"date_unixtime"\s*:'
        rb'|"type"\s*:\s*"(?:personal_chat|bot_chat|saved_messages|(?:private|public)_(?:super)?(?:group|channel))"'
    ),
    "bluesky": re.compile(rb'"did"\s*:\s*"did:|"uri"\s*:\s*"at://|"\$type"\s*:\s*"app\.bsky\.'),
    "mastodon": re.compile(rb'"(?:acct|spoiler_text|replies_count|reblogs_count)"\s*:'),
    "feeds": re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org\\?/version'),
}
_FACEBOOK: Final = re.compile(rb"post created|mcl[ _]url|post[ _.]?owner", re.IGNORECASE)
#: Bytes that are looked at.
_HEAD: Final = 65_536


def sources(beginning: bytes) -> tuple[str, ...]:
    """The sources that this may be of: one where it is clear, several or none where it isn't."""
    head = beginning[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if transcripts.is_transcript(head):
        return ("transcript",)
    if head.startswith(b"<") or gdelt.is_gdelt(head):
        return ("feeds",)
    if head.startswith((b"{", b"[")):
        found = tuple(name for name, mark in _MARKS.items() if mark.search(head))
        # It speaks Mastodon's language.
        return ("truthsocial",) if found == ("mastodon",) and b"//truthsocial.com/" in head else found
    return ("facebook",) if _FACEBOOK.search(head.partition(b"\n")[0]) else ()
