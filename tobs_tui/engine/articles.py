"""Articles behind the links of messages: each becomes a note of the vault once, with its pictures, fetched while its chat's job runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from weakref import WeakValueDictionary

from tobs_tui.articles.client import Article, Articles
from tobs_tui.display import display_text
from tobs_tui.engine.job import Job
from tobs_tui.engine.snapshot import Failure
from tobs_tui.errors import GaveUp, RequestRefused
from tobs_tui.notes.articles import article_head, article_note, article_path, picture_path
from tobs_tui.pipeline.records import ArticleRecord
from tobs_tui.pipeline.store import Store
from tobs_tui.pipeline.vault import Vault, disk_errors

AT_ONCE = 8


class ArticleKeeper:
    """Brings articles into vaults. `hosts` are those of the service, the first of them the one that is asked."""

    def __init__(self, articles: Articles, store: Store, hosts: tuple[str, ...]) -> None:
        self._articles = articles
        self._store = store
        self.hosts = hosts
        self._under_way: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def fetch(self, job: Job, vault: Vault) -> None:
        """Fetch what the chat's messages link to and isn't there. What can't be reached now is a failure of the job, and tried again
        with the next one; what is gone is only recorded. Raises VaultError and CacheError."""
        if not job.options.articles:
            return
        await self._store.checkpoint(job.options.vault, job.chat.id)
        waiting = await self._store.links.waiting_articles(job.options.vault, job.chat.id)
        paths = iter(waiting)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(waiting))):
                group.create_task(self._work(paths, job, vault))

    async def _work(self, paths: Iterator[str], job: Job, vault: Vault) -> None:
        """Fetch one article after the other, off what several take from."""
        for path in paths:
            await self._fetch(path, job, vault)

    async def _fetch(self, path: str, job: Job, vault: Vault) -> None:
        """One article, which another job may want too: the second one finds it there."""
        root = job.options.vault
        async with self._under_way.setdefault((root, path), asyncio.Lock()):
            if await self._store.links.articles(root, (path,)):
                return
            try:
                record = await self._keep(path, vault)
            except RequestRefused as gone:
                record = ArticleRecord(path, "", "", gone.why or gone.what)
            except GaveUp as failed:
                name = display_text(path)
                job.articles_failed += 1
                job.fail(f"article {path}", Failure(name, failed.why, "Retry the job (r), or export the chat again"))
                return
            await self._store.links.put_article(root, record)

    async def _keep(self, path: str, vault: Vault) -> ArticleRecord:
        article = await self._articles.fetch(f"https://{self.hosts[0]}/{path}")
        head = article_head(article.url, article.title, article.author, article.date)
        note = await asyncio.to_thread(_place, vault, article, head)
        places = {}
        for number, address in enumerate(article.pictures, 1):
            places[address] = await self._picture(address, note, number, vault)
        text = article_note(head, article.title, article.with_pictures(places))
        await asyncio.to_thread(_write, vault, note, text.encode("utf-8", "replace"))
        return ArticleRecord(path, note, article.title)

    async def _picture(self, address: str, note: str, number: int, vault: Vault) -> tuple[str, str]:
        """Where a picture lies now, or why it doesn't. Raises GaveUp."""
        try:
            picture = await self._articles.picture(address)
        except RequestRefused as gone:
            return "", gone.why
        path = picture_path(note, number, picture.extension)
        await asyncio.to_thread(vault.write_whole, path, picture.data)
        return path, ""


def _place(vault: Vault, article: Article, head: str) -> str:
    """The article's note: a name that no other note has. One with the same properties is the article's own, of a lost cache."""
    path = article_path(article.title, article.path)
    return path if _free(vault, path, head) else article_path(article.title, article.path, distinct=True)


def _free(vault: Vault, path: str, head: str) -> bool:
    file = vault.path(path)
    with disk_errors(f"The note {path} can't be read"):
        return not file.exists() or file.read_text("utf-8", errors="replace").startswith(head)


def _write(vault: Vault, path: str, data: bytes) -> None:
    """A note that is there already stays as its reader has it."""
    with disk_errors(f"The note {path} can't be read"):
        if vault.path(path).exists():
            return
    vault.write_whole(path, data)
