"""What runs, what waits and since when: one screen, read from outside, with nobody's help."""
