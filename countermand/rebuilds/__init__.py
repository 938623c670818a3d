"""Read models built anew and put right: the verb `rebuild`."""
