"""How an app will perform, from the performance of the apps that are like it."""
