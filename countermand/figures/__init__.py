"""The figures in the terminal: the same numbers as the console shows, from the same API."""
