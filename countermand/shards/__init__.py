"""The logs of the event stores from outside: how facts are shared out, and moving them."""
