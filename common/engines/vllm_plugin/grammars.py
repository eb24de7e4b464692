"""Grammars compiled when a request arrives, not in a thread beside the steps.

vLLM compiles them in threads, and a request joins the batch at the step at which its own is ready. Which step that is
depends on what else the machine does, and with the batch's shape the last bit of a sum, and now and then a token. A
grammar is compiled once and then found again, so what the others wait for happens once a form.
"""

from __future__ import annotations


def install() -> None:
    """In this process, for engines made from now on; harmless to call again."""
    from vllm.v1.structured_output import StructuredOutputManager

    # The manager sets this once, in its constructor, and asks it for every request.
    never = property(lambda manager: False, lambda manager, value: None)
    StructuredOutputManager._use_async_grammar_compilation = never
