"""Articles behind telegra.ph links: found in messages, fetched by aiohttp, given back as Markdown."""

from tobs_tui.articles.client import Article, Articles, Picture
from tobs_tui.articles.links import article_links

__all__ = ["Article", "Articles", "Picture", "article_links"]
