"""`review`: the command line. Commands are loaded when they are called, so that --help needs none of them.

This is the only place that catches: a ReviewError becomes a sentence and an exit code, Ctrl-C becomes 130. Anything
else is a defect and stays a traceback.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from common.errors import ReviewError

COMMANDS = {
    "chain": "Question a paper, then review it by answering the questions.",
    "ask": "Stage A alone: write the questions for a paper into a file.",
    "write": "Stage B alone: review a paper through the questions in a file.",
    "read": "Show what is understood of a paper before any model sees it.",
    "batch": "Review thousands of papers; a killed run continues where it stopped.",
    "serve": "Serve the chain to many users: a page, an API, and both stages' models.",
    "sizing": "Papers an hour and memory, by model and GPUs, and how 1, 8 and 64 replicas bear a deadline.",
    "data": "Build, check, split and export corpora of human reviews; write training rows.",
    "distill": "Distil human reviews into the questions that they answer.",
    "merge": "Merge the human reviews of each paper into one, every point tagged with who made it.",
    "select": "Select the N rows or question sets most worth learning from.",
    "train": "Fine-tune a stage on its rows; the adapter and its run.json end in OUT/adapter.",
    "export": "Merge an adapter into its base: one folder for any engine.",
    "evaluate": "Score reviews against human ones, beside baselines, with intervals.",
    "compare": "Review the same papers in several ways and say what the differences are worth.",
    "duel": "Ask a judge which of two reviews of a paper serves better.",
    "inject": "Review papers with and without a hidden line that asks for a good review.",
    "predict": "Predict acceptance or reviewers' scores from the paper alone.",
    "models": "List the model presets; fetch or verify one.",
    "doctor": "Check this machine and say what to do about what is wrong.",
}
"""Command -> its one-line help; a test holds the lines equal to the commands' own."""

_MODULES = {"evaluate": "evaluate_reviews", "inject": "injection", "select": "select_rows"}
"""Commands whose module has another name: one called so would hide a library of that name from a script here."""


class LazyGroup(click.Group):
    """Imports scripts.PREFIXname when a command is called. table: command -> its one-line help."""

    def __init__(self, *arguments: Any, table: dict[str, str], prefix: str = "", **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.table, self.prefix = table, prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = f"scripts.{self.prefix}{_MODULES.get(name, name)}"
        return import_module(module).command if name in self.table else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="question-then-review", prog_name="review")
def cli() -> None:
    """Machine feedback on a research paper: it is asked its own questions, then reviewed by answering them.

    \b
    review chain paper.pdf                    questions and a review, on the terminal
    review chain paper.pdf --out review.html  the same as one page
    review read paper.pdf                     what was understood of the paper
    """


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line. Returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        return cli.main(arguments, prog_name="review", standalone_mode=False) or 0
    except ReviewError as error:
        click.secho(f"Error: {error.message}", fg="red", err=True)
        if error.hint:
            click.echo(error.hint, err=True)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was finished is saved.", err=True)
        return 130
    except BrokenPipeError:
        # The reader of a pipe has left (`review chain ... | head`): not an error, and nothing more can be printed.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    main()
