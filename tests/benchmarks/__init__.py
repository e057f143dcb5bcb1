"""Speed, memory and requests, measured against a bare Telethon loop on the same server in the same run: `python -m tests.benchmarks`."""
