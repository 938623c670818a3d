"""Plumbing without one business word: the same small loops under every service.

Reading order: `decider`, `facts`, `event_store`, `cloudevents`, `processor`, `consumer`, `relay`,
`effects`, `projector`; the rest holds what they stand on.
"""
