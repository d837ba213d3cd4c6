"""`python -m similarity_service`"""

from kindred_service.startup import serve
from similarity_service.main import create_app

if __name__ == "__main__":
    serve(create_app)
