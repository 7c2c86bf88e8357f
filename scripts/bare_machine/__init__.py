"""`make test-bare`: README's commands on machines with nothing but the four programs it asks for."""
