"""The technical memory (clause IV): what the logs of a week say about each diffuser and the fleet."""
