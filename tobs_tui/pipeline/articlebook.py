"""Which articles a vault has, each once."""

from __future__ import annotations

from collections.abc import Collection

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.records import ARTICLE, ArticleRecord


class ArticleBook:
    """The articles of vaults. `vault` is the vault's id in the cache. All raise CacheError."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def waiting(self, vault: int, chat: int) -> tuple[str, ...]:
        """Addresses of articles that blocks of a chat point at and that nothing is known of."""
        query = """SELECT DISTINCT t.name FROM link_targets t WHERE t.vault = ? AND t.state = 0 AND t.name LIKE 'article:%' AND t.chat = ?
            AND NOT EXISTS (SELECT 1 FROM articles a WHERE a.vault = t.vault AND a.name = t.name) ORDER BY t.name"""
        with self._cache.errors():
            return tuple(name.removeprefix(ARTICLE) for (name,) in self._cache.db.execute(query, (vault, chat)))

    def put(self, vault: int, record: ArticleRecord) -> None:
        """An article lies in the vault now, or is known to be gone."""
        with self._cache.transaction() as db:
            values = (vault, ARTICLE + record.path, record.note, record.title, record.reason)
            db.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?)", values)

    def find(self, vault: int, paths: Collection[str]) -> dict[str, ArticleRecord]:
        """What is known of articles, by path."""
        found = {}
        with self._cache.errors():
            for path in paths:
                query = "SELECT note, title, reason FROM articles WHERE vault = ? AND name = ?"
                if row := self._cache.db.execute(query, (vault, ARTICLE + path)).fetchone():
                    found[path] = ArticleRecord(path, *row)
        return found
