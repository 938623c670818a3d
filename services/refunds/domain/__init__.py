"""Pure: facts, commands, state and decisions about the refunds of one order."""
