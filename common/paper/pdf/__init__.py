"""PDF to Paper: glyphs from a backend, layout read here. `reader.read_pdf` is the way in."""
