"""Pure: what goes out, to whom, and how it ended."""
