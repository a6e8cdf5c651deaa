"""`python -m nnbench`."""

from nnbench.cli import main

if __name__ == "__main__":
    main()
