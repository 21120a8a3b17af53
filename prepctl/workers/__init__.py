"""A run shared out over workers: ``ansible-runner transmit | worker | process``, the worker wherever a command leads."""
