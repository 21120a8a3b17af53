"""How many visitors a diffuser can serve, measured, beside how many are expected (clause II.5)."""
