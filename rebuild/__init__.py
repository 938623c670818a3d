"""Builds read models anew beside live traffic and proves them; knows no business word."""
