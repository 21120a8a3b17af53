"""Reports: every format from one model, their history, their signatures."""

from pathlib import Path

FORMATS = ("json", "html", "pdf", "csv", "junit", "openmetrics", "summary")
# Where the institute's key for reports is in a workspace.
PRIVATE_KEY, PUBLIC_KEY = Path("keys/report.key"), Path("keys/report.pub")
