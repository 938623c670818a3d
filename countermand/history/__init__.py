"""Seeing what happened: any service's log or any topic, listed, followed, filtered and traced."""
