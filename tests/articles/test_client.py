"""Fetching: the service's host alone, bounded in size and attempts, over real HTTP on loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tobs_tui.articles.client import MAX_BYTES, METHOD, Article, Articles
from tobs_tui.errors import GaveUp, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.retry import RetryPolicy
from tobs_tui.sandbox.articles import ArticleServer, node
from tobs_tui.settings import ArticleSettings

QUICK = RetryPolicy(limit=5, stalled=4, first=0.001, longest=0.002)
LINK = "https://telegra.ph/Page-01-02"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def fetched(service: str, metrics: Metrics, link: str = LINK) -> Article:
    articles = Articles(ArticleSettings(service=service), metrics, QUICK)
    try:
        return await articles.fetch(link)
    finally:
        await articles.close()


async def test_an_article_comes_with_its_title_author_and_text() -> None:
    page = {"title": "A title", "author_name": "Ada", "content": [node("p", "text")]}
    metrics = Metrics()
    async with ArticleServer({"Page-01-02": page}) as server:
        article = await fetched(server.url, metrics)
        assert article == Article("Page-01-02", "A title", "Ada", "01-02", "text\n", LINK)
        assert server.served == {"Page-01-02": 1}
    assert dict(metrics.snapshot().requests) == {METHOD: 1}
    assert metrics.snapshot().gauge("articles") == 0


async def test_one_session_serves_all_articles_and_closes() -> None:
    async with ArticleServer() as server:
        articles = Articles(ArticleSettings(service=server.url), Metrics(), QUICK)
        for link in ("https://telegra.ph/Sample-01-01", "https://graph.org/Nasty-02-29"):
            assert (await articles.fetch(link)).markdown
        await articles.close()
        await articles.close()


async def test_a_page_that_is_gone_is_told_in_the_services_words() -> None:
    async with ArticleServer({}) as server:
        with pytest.raises(RequestRefused, match="PAGE_NOT_FOUND"):
            await fetched(server.url, Metrics())


async def test_a_link_to_another_host_is_never_asked() -> None:
    with pytest.raises(RequestRefused, match="Not an article"):
        await fetched("http://127.0.0.1:1", Metrics(), "https://evil.example/Page")


async def test_a_redirect_within_the_service_is_followed_and_one_away_is_not() -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path.startswith("/getPage"):
            raise web.HTTPFound("/moved")
        raise web.HTTPFound(f"http://localhost:{request.url.port}/elsewhere")

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="another host"):
            await fetched(service, Metrics())
    assert asked == ["/getPage/Page-01-02", "/moved"]


async def test_redirects_end() -> None:
    async def handler(request: web.Request) -> web.Response:
        raise web.HTTPFound("/again")

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="redirects"):
            await fetched(service, Metrics())


async def test_a_page_that_is_too_large_is_cut_off() -> None:
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while sent < 20 * MAX_BYTES:
                await answer.write(b" " * (1 << 18))
                sent += 1 << 18
        except ConnectionError:
            pass
        return answer

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="larger than 5 MiB"):
            await fetched(service, Metrics())
    assert sent < 20 * MAX_BYTES


async def test_faults_that_pass_are_tried_again() -> None:
    answers = iter([500, 429, 503, 200])

    async def handler(request: web.Request) -> web.Response:
        status = next(answers)
        return web.Response(status=status) if status != 200 else web.json_response({"ok": True, "result": {"title": "T"}})

    metrics = Metrics()
    async with serving(handler) as service:
        assert (await fetched(service, metrics)).title == "T"
    assert metrics.snapshot().retried(RetryCause.SERVER) == 3


async def test_a_service_that_stays_away_is_given_up() -> None:
    metrics = Metrics()
    with pytest.raises(GaveUp, match="can't be reached"):
        await fetched("http://127.0.0.1:1", metrics)
    assert metrics.snapshot().retried(RetryCause.NETWORK) == QUICK.stalled - 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"ok": true, "result": 3}',
        b'{"ok":true,"result":{"content":[3]}}',
        b'{"ok":true,"result":{"content":' + b"[" * 9000,
        b"\xff",
    ],
)
async def test_answers_that_make_no_sense_are_refused(body: bytes) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body)

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="makes no sense"):
            await fetched(service, Metrics())


@pytest.mark.parametrize("depth", [400, 900, 3000])
async def test_a_tree_too_deep_is_refused(depth: int) -> None:
    body = b'{"ok":true,"result":{"content":[' + b'{"tag":"b","children":[' * depth + b'"x"' + b"]}" * depth + b"]}}"

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body)

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="makes no sense"):
            await fetched(service, Metrics())


async def test_other_answers_are_refused_with_their_number() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=404)

    async with serving(handler) as service:
        with pytest.raises(RequestRefused, match="404"):
            await fetched(service, Metrics())
