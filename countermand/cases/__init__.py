"""What needs a person: listed, shown with what may be done, assigned, escalated, closed."""
