"""The mail servers behind `ports.Mailer`, and the budgets behind `ports.Purse`."""
