"""The shared downloader, cache and buffered writer. It is handed what fetches a part; it doesn't know Telegram."""
