"""`review batch`: thousands of papers, taken apart into what one paper needs and what a run keeps."""
