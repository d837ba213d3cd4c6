"""`python -m ops.local`"""

from ops.local.commands import app

if __name__ == "__main__":
    app()
