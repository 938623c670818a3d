"""The world behind `ports`: HTTP with a guard at the socket, and the tables about receivers."""
