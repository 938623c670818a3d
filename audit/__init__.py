"""An audit history of any service's log that proves itself; knows no business word."""
