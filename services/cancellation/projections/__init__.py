"""Read models of the cancellation service, rebuilt from its log at any time."""
