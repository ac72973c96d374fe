"""Reports: runs as one page for a browser, written once or kept up to date while they train."""
