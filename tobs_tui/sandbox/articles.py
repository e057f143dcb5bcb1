"""The sandbox's article service: JSON pages as https://telegra.ph/api gives them, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tobs_tui.sandbox.pictures import picture


def node(tag: str, *children: str | dict[str, Any], **attrs: str) -> dict[str, Any]:
    """An element of an article."""
    return {"tag": tag, **({"attrs": attrs} if attrs else {}), **({"children": list(children)} if children else {})}


PAGES: dict[str, dict[str, Any]] = {
    "Sample-01-01": {
        "title": "Sample",
        "author_name": "Ada Lovelace",
        "content": [
            node("p", "A note is ", node("b", "text"), ", and text ", node("em", "lasts"), "."),
            node("h3", "What to keep"),
            node("ul", node("li", "words"), node("li", "pictures")),
            node("h4", "In order"),
            node("ol", node("li", "write"), node("li", "read ", node("s", "again"))),
            node("blockquote", "What is written", node("br"), "remains."),
            node("pre", "for note in vault:\n    print(note)"),
            node("figure", node("img", src="/file/engine.png"), node("figcaption", "The engine")),
            node("figure", node("img", src="/file/gone.png"), node("figcaption", "What was lost")),
            node("figure", node("img", src="https://example.org/else.png")),
            node("p", node("a", "The service", href="https://telegra.ph/api"), " says more."),
        ],
    },
    "Nasty-02-29": {
        "title": "[[x]] # \x1b[2J ../../etc/passwd\u202e",
        "author_name": "<script>alert(1)</script>",
        "content": [
            "# no heading, 1. no list, - none either",
            node("p", "- [ ] no task ==no mark== %%no comment%% $no math$ ^noid [[no link]] #notag <b>no tag</b> | a | b |"),
            node("p", "1. no list", node("br"), "+ none", node("br"), "---", node("br"), "===", node("br"), "> none"),
            node("p", node("a", "click](http://evil.example)", href="javascript:alert(1)")),
            node("p", node("code", "``` `x` "), node("marquee", "unknown")),
            node("pre", "```\nnot out\n````\n"),
        ],
    },
}


class ArticleServer:
    """Serves pages at `url`; counts what it served by path. `pages` maps a path to the page's title, author and content."""

    def __init__(self, pages: Mapping[str, Mapping[str, Any]] | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self._pages = PAGES if pages is None else pages
        self._place = (host, port)
        self._runner: web.AppRunner | None = None
        self.served: dict[str, int] = {}
        self.url = ""

    async def start(self) -> str:
        """Listen; returns the address that `[articles] service` takes."""
        app = web.Application()
        app.router.add_get("/getPage/{path}", self._page)
        app.router.add_get("/file/{name}.png", self._picture)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._place)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _page(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.served[path] = self.served.get(path, 0) + 1
        page = self._pages.get(path)
        if page is None:
            return web.json_response({"ok": False, "error": "PAGE_NOT_FOUND"})
        facts = {"path": path, "url": f"https://telegra.ph/{path}", "description": "", "views": 1}
        result: dict[str, Any] = {**facts, **page}
        if request.query.get("return_content") != "true":
            result.pop("content", None)
        return web.json_response({"ok": True, "result": result})

    async def _picture(self, request: web.Request) -> web.Response:
        """Every picture is there but those called `gone`."""
        if request.match_info["name"] == "gone":
            raise web.HTTPNotFound
        return web.Response(body=picture(len(request.match_info["name"])), content_type="image/png")

    async def __aenter__(self) -> ArticleServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
