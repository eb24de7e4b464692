"""docs/COMMANDS.md from the commands' own help: `python -m scripts.help_page > docs/COMMANDS.md`."""

from __future__ import annotations

import click
from click.testing import CliRunner

from scripts.review import COMMANDS, cli


def page() -> str:
    """The page as Markdown; a test holds the file equal to it."""
    runner = CliRunner()
    parts = ["# Commands\n", "Written by `python -m scripts.help_page > docs/COMMANDS.md`.\n"]
    for name in ("", *COMMANDS):
        text = runner.invoke(cli, [*filter(None, [name]), "--help"], prog_name="review", terminal_width=100).output
        parts.append(f"## review {name}".rstrip() + f"\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    click.echo(page(), nl=False)
