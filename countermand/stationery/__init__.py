"""Stationery: what a merchant may set about mails, drafted, looked at and published."""
