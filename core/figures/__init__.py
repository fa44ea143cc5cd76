"""The article's figures, drawn with matplotlib from frozen data; no global state is touched, and nothing is shown."""
