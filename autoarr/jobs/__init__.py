"""Work that outlives a request, a crash and a replica: a queue in the application's own database."""
