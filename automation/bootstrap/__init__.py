"""How a base is made from package sources where no registry answers: Dockerfiles, pins and a thin driver."""
