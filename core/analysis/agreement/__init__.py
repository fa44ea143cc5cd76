"""How far raters agree on the categories of sentences: kappa, alpha, raw agreement, with intervals over traces."""
