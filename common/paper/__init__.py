"""Reading papers: a file to a `Paper`, a `Paper` to text that fits a budget, and whether the text is good enough."""

from common.paper.fit import fit
from common.paper.quality import Quality, assess
from common.paper.reader import read_paper
from common.paper.render import render
from common.paper.sentences import sentences
from common.paper.suspicion import suspicious_passages

__all__ = ["Quality", "assess", "fit", "read_paper", "render", "sentences", "suspicious_passages"]
