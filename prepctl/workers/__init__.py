"""A run shared out: ``ansible-runner transmit | worker | process``, the worker wherever a command leads."""
