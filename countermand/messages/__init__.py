"""Mails to customers: what was sent, sent again, or came back."""
