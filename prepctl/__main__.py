"""``python -m prepctl``."""

from prepctl.cli import main

main()
