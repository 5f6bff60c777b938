"""What stands between the views and the browsers: answers, calls, limits, and the server."""
