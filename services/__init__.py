"""Four services of one shape that never import each other."""
