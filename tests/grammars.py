"""Does a grammar admit a text? By xgrammar, which is what holds vLLM's completions to it."""

from __future__ import annotations


def admits(grammar: str, text: str) -> bool:
    """Whether the whole text is one of the grammar's."""
    import xgrammar

    vocabulary = [bytes([byte]) for byte in range(256)] + [b"</s>"]
    tokens = xgrammar.TokenizerInfo(vocabulary, stop_token_ids=[256])
    compiled = xgrammar.GrammarCompiler(tokens).compile_grammar(xgrammar.Grammar.from_ebnf(grammar))
    matcher = xgrammar.GrammarMatcher(compiled)
    return all(matcher.accept_token(byte) for byte in text.encode()) and matcher.accept_token(256)
