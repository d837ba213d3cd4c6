"""What every test shares."""

import functools

import botocore.loaders
import botocore.session

# A client of its own for each test is wanted; reading AWS's service models anew for each is not.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
