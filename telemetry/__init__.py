"""What is told about the system while it runs, and what never is: persons and secrets."""
