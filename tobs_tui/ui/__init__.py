"""What is on the screen: the app, its bridge to the engine, commands, screens and widgets. Never Telethon, never a file of the vault."""
