"""People and keys at the command line: by the database, so that the first account can be made."""
