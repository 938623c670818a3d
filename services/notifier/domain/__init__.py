"""Pure: facts, commands, state and decisions about the messages of one order."""
