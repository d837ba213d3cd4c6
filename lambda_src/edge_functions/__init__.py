"""What runs at CloudFront's edge: no environment, no dependency, under a megabyte."""
