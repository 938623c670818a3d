"""Where the system runs: the local runtime, the stand-in peers, and the migrations' runner."""
