"""`python -m guardrails` is the command `guardrails`."""

from guardrails.cli.main import main

if __name__ == "__main__":
    main(prog_name="guardrails")
