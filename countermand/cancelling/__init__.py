"""Commands at the command line: cancel and all that goes with it. A client of the HTTP API."""
