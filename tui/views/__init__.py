"""From what core knows to rows of text: no screen, no store that is written."""
