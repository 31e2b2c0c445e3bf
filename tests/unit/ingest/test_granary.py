"""The same posts as another project's normaliser sees them: id, author, text, links and time agree."""

import json
import lzma
import tarfile
from contextlib import suppress
from functools import lru_cache
from typing import Any

import pytest

from schemas import Post
from schemas.codec import Unusable
from streams.ingest import bluesky
from streams.ingest.bluesky.lexicon import instant
from tests.unit.ingest.recorded import DATA

ARCHIVE = DATA / "granary" / "granary-testdata.tar.xz"

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the recorded payloads are not there")


@lru_cache(maxsize=1)
def files() -> dict[str, Any]:
    """Every JSON file, by its name."""
    found = {}
    with lzma.open(ARCHIVE) as unpacked, tarfile.open(fileobj=unpacked) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".json") else None
            if content is None:
                continue
            # Some are templates rather than JSON.
            with suppress(ValueError):
                found[member.name.rpartition("/")[2]] = json.loads(content.read(), strict=False)
    return found


def activity_of(name: str) -> dict[str, Any] | None:
    """What Activity Streams say of the post in a Bluesky file: of the post itself where it is a share of one."""
    base = name.partition(".bsky")[0]
    found = files().get(f"{base}.as-from-bsky.json") or files().get(f"{base}.as.json")
    return found.get("object", found) if isinstance(found, dict) and found.get("verb") == "share" else found


def test_bluesky_and_activity_streams_agree() -> None:
    compared = dict.fromkeys(("id", "author", "text", "links", "time", "quoted"), 0)
    mapped = refused = 0
    for name, payload in files().items():
        if ".bsky" not in name:
            continue
        (found,) = bluesky.records(payload)
        if not isinstance(found, Post):
            refused += 1
            assert not isinstance(found, Unusable) or found.detail
            continue
        mapped += 1
        activity = activity_of(name)
        if activity is None or ".bsky-from-as" in name:
            continue
        if activity.get("id", "").startswith("at://"):
            compared["id"] += 1
            assert found.id == activity["id"], name
        author = activity.get("author")
        if isinstance(author, dict) and author.get("id", "").startswith("did:"):
            compared["author"] += 1
            given = (author["id"], author.get("username"), author.get("displayName"))
            assert (found.author.id, found.author.handle, found.author.name) == given, name
        compared["text"] += 1
        assert found.text == activity["content"], name
        links = {tag["url"] for tag in activity.get("tags", []) if tag.get("objectType") == "article"}
        if links:
            compared["links"] += 1
            assert {link.expanded or link.url for link in found.links} == links, name
        if activity.get("published") and found.created_at:
            compared["time"] += 1
            assert found.created_at == instant(activity["published"]), name
        quoted = [each for each in activity.get("attachments", []) if each.get("objectType") == "note"]
        if quoted and found.quoted:
            compared["quoted"] += 1
            assert found.quoted.text == quoted[0]["content"], name
    print(f"\ngranary: {mapped} mapped, {refused} skipped or refused, compared: {compared}")
    assert mapped == 6
    assert min(compared.values()) >= 1
