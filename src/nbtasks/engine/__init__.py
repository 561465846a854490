"""Where Ploomber runs."""
