"""Telegram chats as Markdown notes and media in an Obsidian vault."""

__version__ = "0.1.0"
