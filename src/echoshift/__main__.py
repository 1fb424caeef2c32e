"""`python -m echoshift`."""

from echoshift.cli.main import app

app()
