"""What the image is made of and with; read `Containerfile` first."""
