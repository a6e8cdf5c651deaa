"""Results to what people read: terminal tables, Markdown, CSV."""
