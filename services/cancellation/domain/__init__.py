"""Pure: facts, state and decisions about one order. Read `events`, `order`, `decisions`."""
