"""One document from the web: bounded in size, time and redirects, never from a private address, asked for politely.

Politely: one request at a time to a host, a second apart, and with what the last answer said of its version. Knows
nothing of what the document holds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from yarl import URL

from streams.ingest.frame import wire
from streams.ingest.frame.source import Lost
from streams.internet import AddressRefused, PublicResolver, check_literal

#: Most redirects that are followed, and seconds that one document may take.
REDIRECTS: Final = 5
TIME_LIMIT: Final = 60.0
#: Seconds between the end of a request to a host and the next one.
PAUSE: Final = 1.0
#: Most bytes of a document once it is decompressed.
MOST: Final = 16 * 1024 * 1024
#: Hosts whose turns are remembered; the ones that nobody waits for give way.
_HOSTS: Final = 10_000
_ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.9, "
    "text/html;q=0.5, */*;q=0.1"
)


class Mark(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    """What an answer said of its version: sent with the next request, so that the same one isn't sent again."""

    etag: str = ""
    modified: str = ""


class Document(msgspec.Struct, frozen=True, gc=False):
    """An answer. `body` None: not modified. `url` is where redirects led, `moved` where they say to ask from now on."""

    url: str
    body: bytes | None
    mark: Mark
    content_type: str = ""
    moved: str = ""


class NotFetched(Exception):
    """No document. `wait`: seconds that the host asked for; `gone`: it says that there will be none again; `away`: it
    was not reached."""

    def __init__(self, message: str, *, wait: float | None = None, gone: bool = False, away: bool = False) -> None:
        super().__init__(" ".join(message.split())[:300])
        self.wait, self.gone, self.away = wait, gone, away


class Fetcher:
    """Fetches documents. Use as a context manager."""

    def __init__(
        self,
        agent: str,
        private: Callable[[str], bool],
        *,
        pause: float = PAUSE,
        limit: float = TIME_LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`private`: whether a host may be at a private address; `agent`: who asks, in every request."""
        self._agent, self._private, self._pause, self._limit, self._clock = agent, private, pause, limit, clock
        self._turns: dict[str, asyncio.Lock] = {}
        self._free: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent, "Accept": _ACCEPT, **wire.HEADERS},
            connector=aiohttp.TCPConnector(resolver=PublicResolver(self._private), limit_per_host=1),
            timeout=aiohttp.ClientTimeout(total=self._limit, sock_connect=20.0, sock_read=30.0),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, url: str, mark: Mark = Mark(), most: int = MOST) -> Document:  # noqa: B008 - immutable
        """The document at `url`, unless it is still that of `mark`. Raises `NotFetched`."""
        try:
            async with asyncio.timeout(self._limit + self._pause * (REDIRECTS + 1)):
                return await self._follow(url, mark, most)
        except TimeoutError:
            raise NotFetched(f"no whole answer within {self._limit:g} s", away=True) from None
        except Lost as error:
            raise NotFetched(str(error), wait=error.wait) from None
        except AddressRefused as error:
            raise NotFetched(f"{error}: set `private: true` for the feed if it is meant") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotFetched("no address on the web, expected http:// or https://") from None
        except aiohttp.ClientPayloadError:
            raise NotFetched("the answer is cut off", away=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, AddressRefused):
                raise NotFetched(f"{error.__cause__}: set `private: true` for the feed if it is meant") from None
            raise NotFetched(str(error) or type(error).__name__, away=True) from None

    async def _follow(self, url: str, mark: Mark, most: int) -> Document:
        at, lasting, moved = URL(url), True, ""
        for _ in range(REDIRECTS + 1):
            if at.scheme not in ("http", "https") or not at.host:
                raise NotFetched(f"a redirect to {str(at)[:100]}, expected http:// or https://")
            if not self._private(at.host):
                check_literal(at.host)
            async with self._turn(at.host):
                found = await self._ask(at, mark, most)
            if isinstance(found, Document):
                return msgspec.structs.replace(found, moved=moved)
            status, target = found
            lasting = lasting and status in (301, 308)
            at = at.join(URL(target)).with_fragment(None)
            moved = str(at) if lasting else moved
        raise NotFetched(f"more than {REDIRECTS} redirects")

    async def _ask(self, at: URL, mark: Mark, most: int) -> Document | tuple[int, str]:
        """The document, or the status of a redirect and where it leads."""
        assert self._session is not None, "not used as a context manager"
        asked = {"If-None-Match": mark.etag, "If-Modified-Since": mark.modified}
        headers = {name: value for name, value in asked.items() if value}
        async with self._session.get(at, headers=headers, allow_redirects=False) as response:
            target = response.headers.get("Location", "")
            if response.status in (301, 302, 303, 307, 308) and target:
                return response.status, target
            if response.status == 304:
                return Document(str(at), None, mark)
            if response.status != 200:
                wait = wire.wait_asked(response.headers, self._clock())
                told = f"status {response.status} {response.reason or ''}"
                raise NotFetched(told, wait=wait, gone=response.status == 410)
            mark = Mark(response.headers.get("ETag", "")[:200], response.headers.get("Last-Modified", "")[:60])
            return Document(str(at), await wire.body(response, most), mark, response.headers.get("Content-Type", ""))

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """One request at a time to a host, `PAUSE` apart."""
        if len(self._turns) > _HOSTS:
            self._turns = {name: lock for name, lock in self._turns.items() if lock.locked()}
            self._free = {name: self._free[name] for name in self._turns if name in self._free}
        async with self._turns.setdefault(host, asyncio.Lock()):
            loop = asyncio.get_running_loop()
            wait = self._free.get(host, 0.0) - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                yield
            finally:
                self._free[host] = loop.time() + self._pause
