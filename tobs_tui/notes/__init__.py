"""A message in, Markdown out: pure functions without I/O and without a clock."""
