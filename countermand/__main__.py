"""Starts the command line as `python -m countermand`, as the image does."""

from countermand.cli import main

if __name__ == "__main__":
    main()
