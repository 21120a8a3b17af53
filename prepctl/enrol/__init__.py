"""Enrolling: a workspace is made, and outlets are taken into it, one by one or from a registration form's CSV."""
