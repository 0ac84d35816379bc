"""Reading cells: pure functions from what people type to values, each with a sentence for what cannot be read."""
