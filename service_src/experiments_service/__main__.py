"""`python -m experiments_service`"""

from experiments_service.startup import serve

if __name__ == "__main__":
    serve()
