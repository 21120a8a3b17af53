"""`prepctl publish` and `prepctl keys`: one cut on every mirror, whole and signed."""
