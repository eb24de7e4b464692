"""What each stage is worth, shown: one page with figures and plots, the same as Markdown and for a terminal."""
