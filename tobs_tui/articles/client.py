"""Fetches articles behind telegra.ph links: only from the service's own host, with limits on size, time and attempts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import msgspec
from yarl import URL

from tobs_tui import __version__
from tobs_tui.articles.links import article_place
from tobs_tui.articles.markdown import NO_PICTURES, Node, pictures_in, render_nodes
from tobs_tui.errors import RequestFailed, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.retry import Attempts, RetryPolicy
from tobs_tui.settings import ArticleSettings

MAX_BYTES = 5 << 20
MAX_PICTURE = 20 << 20
SECONDS = 30.0
REDIRECTS = 5
RETRIES = RetryPolicy(limit=5, stalled=4, first=0.2, longest=5.0)
METHOD = "articles.getPage"
PICTURE_METHOD = "articles.picture"
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_DATE = re.compile(r"-(\d\d)-(\d\d)(-\d+)?$")


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its path at the service, title and author as written there (uncleaned), its content as Markdown, its address.

    `date` is the month and day that the path ends with (`01-30`); the service tells no year. `pictures` are addresses, in order.
    """

    path: str
    title: str
    author: str
    date: str
    markdown: str
    url: str
    pictures: tuple[str, ...] = ()
    content: tuple[str | Node, ...] = field(default=(), compare=False, repr=False)

    def with_pictures(self, places: Mapping[str, tuple[str, str]]) -> str:
        """The content as Markdown that embeds its pictures; each has a path from the vault's root, or else a reason for having none."""
        return render_nodes(self.content, self.url.removesuffix(self.path), places)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes, and the extension for its name."""

    data: bytes
    extension: str


class _Page(msgspec.Struct, frozen=True):
    title: str = ""
    author_name: str = ""
    content: tuple[str | Node, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    result: _Page | None = None
    error: str = ""


class Articles:
    """One HTTP session for all articles; made when the first one is fetched."""

    def __init__(self, settings: ArticleSettings, metrics: Metrics, policy: RetryPolicy = RETRIES) -> None:
        self._settings = settings
        self._metrics = metrics
        self._policy = policy
        self._service = URL(settings.service)
        self._files = _files_of(self._service)
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> Article:
        """The article behind a link. Raises RequestRefused when it isn't to be had, GaveUp when every attempt failed."""
        place = article_place(url, self._settings.hosts)
        if place is None:
            raise RequestRefused("Not an article", f"{url!r} isn't at {', '.join(self._settings.hosts)}")
        host, path = place
        answer = await self._tried(URL(f"{self._service.origin()}/getPage/{path}?return_content=true"), METHOD, MAX_BYTES)
        try:
            return _article(answer.body, host, path)
        except (msgspec.DecodeError, RecursionError) as error:
            raise RequestRefused("The article isn't to be had", "its service's answer makes no sense") from error

    async def picture(self, url: str) -> Picture:
        """A picture of an article. Raises RequestRefused for one that lies elsewhere or isn't one, GaveUp when every attempt failed."""
        try:
            address = URL(url)
        except ValueError as error:
            raise RequestRefused("The picture isn't to be had", "its address makes no sense") from error
        if address.host not in self._settings.hosts:
            raise RequestRefused("The picture isn't to be had", "it lies with another service")
        answer = await self._tried(self._files.join(address.relative()), PICTURE_METHOD, MAX_PICTURE)
        if answer.kind not in _PICTURES:
            raise RequestRefused("The picture isn't to be had", "what lies there is no picture")
        return Picture(answer.body, _PICTURES[answer.kind])

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _tried(self, url: URL, method: str, limit: int) -> _Received:
        attempts = Attempts(self._policy)
        while True:
            try:
                return await self._asked(url, method, limit)
            except RequestFailed as failed:
                pause = attempts.failed(failed)
                self._metrics.retry(failed.cause)
            await asyncio.sleep(pause)

    async def _asked(self, url: URL, method: str, limit: int) -> _Received:
        try:
            async with asyncio.timeout(SECONDS):
                return await self._read(url, method, limit)
        except TimeoutError as error:
            raise RequestFailed(RetryCause.TIMEOUT, f"the article's service didn't answer in {SECONDS:.0f} s") from error
        except aiohttp.ClientError as error:
            raise RequestFailed(RetryCause.NETWORK, f"the article's service can't be reached ({type(error).__name__})") from error

    async def _read(self, url: URL, method: str, limit: int) -> _Received:
        """Follow redirects by hand, as far as they stay with the service."""
        origin = url.origin()
        for _ in range(REDIRECTS + 1):
            self._metrics.request(method)
            with self._metrics.in_flight("articles"):
                async with self._client().get(url, allow_redirects=False) as answer:
                    if answer.status not in _REDIRECTED:
                        return _Received(await _body(answer, limit), answer.content_type)
                    url = _next(url, answer.headers.get("Location", ""), origin)
        raise RequestRefused("The article isn't to be had", f"more than {REDIRECTS} redirects")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._settings.limit, limit_per_host=self._settings.limit_per_host, ttl_dns_cache=self._settings.ttl_dns_cache
            )
            agent = {"User-Agent": f"tobs-tui/{__version__}"}
            self._session = aiohttp.ClientSession(connector=connector, headers=agent, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


@dataclass(frozen=True, slots=True)
class _Received:
    """A body and its content type."""

    body: bytes
    kind: str


def _files_of(service: URL) -> URL:
    """Where the service keeps files: `https://api.telegra.ph` has them at `https://telegra.ph`, another one beside its pages."""
    host = service.host or ""
    return service.origin().with_host(host.removeprefix("api.")) if host.startswith("api.") else service.origin()


def _next(url: URL, location: str, origin: URL) -> URL:
    """Where a redirect leads, as long as that is the same place."""
    try:
        target = url.join(URL(location))
        same = target.origin() == origin
    except ValueError:
        same = False
    if not same:
        raise RequestRefused("The article isn't to be had", "its service points to another host")
    return target


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if answer.status == 429 or answer.status >= 500:
        raise RequestFailed(RetryCause.SERVER, f"the article's service answered {answer.status}")
    if answer.status != 200:
        raise RequestRefused("The article isn't to be had", f"its service answered {answer.status}")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > limit:
            raise RequestRefused("The article isn't to be had", f"it is larger than {limit >> 20} MiB")
    return bytes(body)


def _article(body: bytes, host: str, path: str) -> Article:
    """Raises msgspec.DecodeError for what isn't a page, RecursionError for one that is nested beyond sense."""
    answer = msgspec.json.decode(body, type=_Answer)
    page = answer.result
    if page is None:
        raise RequestRefused("The article isn't to be had", answer.error or "its service gives no reason")
    date = _DATE.search(path)
    base = f"https://{host}/"
    markdown, pictures = render_nodes(page.content, base, NO_PICTURES), pictures_in(page.content, base)
    day = f"{date[1]}-{date[2]}" if date else ""
    return Article(path, page.title, page.author_name, day, markdown, base + path, pictures, page.content)
