"""The application as the command line runs it, without the wheels of functions: no test reads them.

The templates are those of a whole synthesis, since an asset's hash comes from sources and lock.
"""

import sys

import aws_cdk as cdk

import app
from kindred_constructs.released_images import ReleasedImages
from stacks.application import create_app


def unbundled_app(*, images: ReleasedImages | None) -> cdk.App:
    created = create_app(images=images)
    created.node.set_context("aws:cdk:bundling-stacks", [])
    return created


if __name__ == "__main__":
    app.create_app = unbundled_app
    sys.exit(app.main())
