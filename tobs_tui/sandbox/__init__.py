"""A Telegram on loopback that speaks MTProto: the demo account, and what the tests run against."""
