"""The networks of the Compare tab, and what they show."""
