"""The status: where each outlet stands against the call's calendar."""
