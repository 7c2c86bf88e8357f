"""`make test-bare`: README's commands on machines with only the four programs it asks for."""
