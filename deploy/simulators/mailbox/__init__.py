"""A real SMTP server that keeps every accepted mail, and a page to read them.

Reading order: `headers`, `store`, `smtp`, `reading`, `pages`, `app`, `__main__`.
It never removes a duplicate: how often a mail arrived is what the tests ask it for.
"""
