"""prepctl: the wrapper around the collection iepc.prep."""
