"""PeerRead's tasks: what a paper alone tells of its acceptance and of the scores it was given."""
