"""The throw-away certificate authority: the SDKs refuse tokens over plain HTTP, so the emulator speaks TLS."""

import ssl
from dataclasses import dataclass, field
from typing import Final

import trustme

HOST_NAMES: Final = ("localhost", "127.0.0.1", "::1", "emulator.localhost", "*.emulator.localhost")


@dataclass(frozen=True, slots=True)
class Certificates:
    """A certificate authority of this process and the server's certificate. `ca_pem` is what a client must trust."""

    ca_pem: bytes
    server: trustme.LeafCert = field(repr=False)

    @classmethod
    def generate(cls, host_names: tuple[str, ...] = HOST_NAMES) -> "Certificates":
        """Make both: CPU and a temporary file, so not on an event loop."""
        authority = trustme.CA(organization_name="azure-guardrails emulator", organization_unit_name="throw-away")
        return cls(authority.cert_pem.bytes(), authority.issue_cert(*host_names))

    def server_context(self) -> ssl.SSLContext:
        """Return the context a server listens with (reads a temporary file: not on an event loop)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.server.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts this authority and nothing else."""
        context = ssl.create_default_context(cadata=self.ca_pem.decode())
        context.verify_mode = ssl.CERT_REQUIRED
        return context
