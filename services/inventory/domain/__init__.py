"""Pure: facts, state and decisions about the stock of one order. Read `events`, `restocks`."""
