"""How much machine a shop needs, from measured figures, and a simulation that checks it."""
