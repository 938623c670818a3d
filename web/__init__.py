"""What every HTTP door of a service needs: problems as answers, and a server by progress."""
