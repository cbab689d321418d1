"""What two services or more use, and no service's business."""
