"""The canonical form of a web address: two spellings of one article's address are one key in Kafka. Pure.

Keeps to what changes no page: scheme and host in lower case, the host in the letters of the domain name system, no
default port, no fragment, no parameters that only say where a reader came from. http and https stay apart.
"""

import re
from typing import Final

from yarl import URL

#: Parameters that say where a reader came from, not what is read.
_TRACKING: Final = re.compile(
    r"utm_\w+|at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|(?:fb|g|d|tw|tt|ms|y|wb|gb)r?(?:clid|aid)"
    r"|igshid|mc_[ce]id|_openstat|xtor|cmpid|ocid|ns_(?:campaign|mchannel|source|linkname|fee)|__twitter_impression"
    r"|_hs(?:enc|mi)|spm|ref_src|smid|taid",
    re.IGNORECASE,
)
#: Longest address that an article may have.
LONGEST: Final = 2_048


def canonical(address: str, base: str = "") -> str | None:
    """The canonical form of an address on the web, resolved against `base`; None for anything else."""
    try:
        url = URL(address.strip())
        if not url.scheme and base:
            url = URL(base.strip()).join(url)
        if url.scheme not in ("http", "https") or not all((url.host or "").split(".")) or "." not in (url.host or ""):
            return None
        if url.explicit_port == {"http": 80, "https": 443}[url.scheme]:
            url = url.with_port(None)
        kept = [(name, value) for name, value in url.query.items() if not _TRACKING.fullmatch(name)]
        if len(kept) != len(url.query):
            url = url.with_query(kept)
        query = f"?{url.raw_query_string}" if url.raw_query_string else ""
        text = f"{url.origin()}{url.raw_path or '/'}{query}"
    except (ValueError, TypeError):
        return None
    return text if len(text) <= LONGEST else None


def domain(address: str) -> str:
    """The host of a canonical address, without `www.`."""
    return (URL(address).host or "").removeprefix("www.").rstrip(".")
