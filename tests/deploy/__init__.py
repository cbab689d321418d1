"""What is shipped to other machines: the package, the image, compose, Kubernetes (`make deploy-check`)."""
