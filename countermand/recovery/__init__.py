"""What is done after a server was lost: the verb `recover`."""
