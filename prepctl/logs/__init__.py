"""Logs for the technical memory (IV): collected from every diffuser, whole by their digests, listed and signed."""
