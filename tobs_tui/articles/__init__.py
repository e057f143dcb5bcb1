"""Articles behind telegra.ph links: found in messages, fetched by aiohttp, given back as Markdown."""
