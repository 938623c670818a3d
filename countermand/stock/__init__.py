"""The verbs `stock …`: look at levels and movements, count, set up locations."""
