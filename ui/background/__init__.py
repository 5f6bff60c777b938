"""Long work for visitors: a queue, the processes that do it, and whose it is."""
