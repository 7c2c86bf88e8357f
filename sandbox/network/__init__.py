"""How the sandbox is reached: servers, certificates, the proxy, faults."""
