"""What is measured, each benchmark runnable alone and each beside a peer in the same run."""
