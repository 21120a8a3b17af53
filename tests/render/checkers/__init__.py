"""One checker for each kind of file; ``tables/kinds.yml`` says which file is which kind."""
