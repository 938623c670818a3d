"""A sandbox shop to train on: made-up orders in every situation, and nothing real in reach."""
