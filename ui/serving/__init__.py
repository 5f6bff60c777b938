"""What every view is answered through."""
