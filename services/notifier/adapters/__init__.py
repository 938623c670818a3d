"""The mail servers behind `ports.Mailer`."""
