"""What runs beside the screen: sampling, and everything that compares sentences."""
