"""Comments: a channel's posts and the threads of its discussion group lead to each other, whichever of the two is exported first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from tobs_tui.engine.albums import Block
from tobs_tui.engine.job import Job
from tobs_tui.model import Chat, ChatKind, Message
from tobs_tui.notes.threads import COMMENTS, POST, settled_line, waiting_line
from tobs_tui.pipeline.records import MessageAt
from tobs_tui.pipeline.store import Store


class Threads:
    """The lines between a channel and its discussion group, seen from the job of one of them."""

    def __init__(self, job: Job, linked: Chat, store: Store) -> None:
        self._root = job.options.vault
        self._store = store
        self._is_channel = job.chat.kind is ChatKind.CHANNEL
        self._channel, self._group = (job.chat.id, linked.id) if self._is_channel else (linked.id, job.chat.id)

    async def lines(self, blocks: Iterable[Block]) -> dict[int, str]:
        """The lines that end posts with comments, or the first messages of threads, by message id."""
        messages = [message for block in blocks for message in block]
        if not self._is_channel:
            heads = {message.id: post for message in messages if (post := self._post(message))}
            posts = await self._store.replies(self._root, self._channel, set(heads.values())) if heads else {}
            return {thread: self._line(post, posts.get(post), post, POST) for thread, post in heads.items()}
        commented = [message.id for message in messages if message.comments]
        threads = await self._store.threads(self._root, self._group, commented) if commented else {}
        first = {post: threads[post] for post in commented if post in threads}
        found = await self._store.replies(self._root, self._group, set(first.values())) if first else {}
        return {post: self._line(post, found.get(first.get(post, 0)), first.get(post, 0), COMMENTS) for post in commented}

    def _line(self, post: int, at: MessageAt | None, target: int, label: str) -> str:
        return settled_line(PurePosixPath(at.note).stem, target, label) if at else waiting_line(self._channel, post, label)

    def _post(self, message: Message) -> int:
        """The post that a message of the group is the automatic copy of, 0 for none: sent by the channel, from the channel."""
        forward = message.forward
        return forward.message_id if forward and forward.chat_id == self._channel == message.sender.id else 0

    def wrote(self, blocks: Iterable[Block]) -> None:
        """These blocks were appended: remember the threads that begin in them."""
        for message in (message for block in blocks for message in block):
            if not self._is_channel and (post := self._post(message)):
                self._store.put_thread(self._root, self._group, post, message.id)

    async def settle(self) -> None:
        """Let lines that still wait lead to what has come into the vault since. Raises VaultError and CacheError."""
        threads = await self._store.links.open_threads(self._root, self._channel, self._group)
        changes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for each in threads:
            changes[each.above].append(self._change(each.post, COMMENTS, each.below, each.thread))
            changes[each.below].append(self._change(each.post, POST, each.above, each.post))
        for note, lines in changes.items():
            await self._store.replace_lines(self._root, note, tuple(lines))
        if threads:
            await self._store.links.settle_threads(self._root, self._group, [each.post for each in threads])

    def _change(self, post: int, label: str, note: str, target: int) -> tuple[str, str]:
        return waiting_line(self._channel, post, label), settled_line(PurePosixPath(note).stem, target, label)
