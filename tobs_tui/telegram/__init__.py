"""All that speaks Telethon: login, chats, history pages, file parts, floods. TL objects become the model here."""
