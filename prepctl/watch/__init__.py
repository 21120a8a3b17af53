"""`prepctl watch`: every mirror as its readers see it, every few seconds, and what deviates as incidents."""
