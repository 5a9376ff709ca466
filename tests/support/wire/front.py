"""What is between the bot and a server on loopback: it can go away, come back, be cut, and change its certificate.

With a certificate the bot's side speaks TLS; the server behind it knows nothing of that.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHUNK = 1 << 16
YEAR = timedelta(days=365)
_SIGNS = x509.KeyUsage(
    key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
)  # fmt: skip
"""Since Python 3.13 certificates are checked strictly: https://docs.python.org/3/library/ssl.html#ssl.VERIFY_X509_STRICT"""


class Authority:
    """A certificate authority of one test. `file` is what SSL_CERT_FILE names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Game day authority")
        now = datetime.now(UTC)
        made = (
            _certificate(self._name, self._name, self._key.public_key(), now - YEAR, now + YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_SIGNS, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def certificate(self, *, valid_for: timedelta) -> ssl.SSLContext:
        """Return a server's side with a certificate for this machine; one with a negative `valid_for` has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        made = (
            _certificate(_named("localhost"), self._name, key.public_key(), now - YEAR, now + valid_for)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


class Front:
    """See the module; `url` is its address, of which the port stays the same."""

    def __init__(self, behind: str, certificate: ssl.SSLContext | None = None) -> None:
        """`behind` is the address of the server (http://127.0.0.1:port)."""
        self._behind = urlsplit(behind)
        self._scheme = "http" if certificate is None else "https"
        self._certificate = certificate
        self._port = 0
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None]] = set()
        self._is_whole = asyncio.Event()
        self._is_whole.set()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mend()
        await self.go_away()

    def cut(self) -> None:
        """Drop everything silently, in both directions, until `mend`: the bot's own time limits have to notice."""
        self._is_whole.clear()

    def mend(self) -> None:
        """Let everything through again, what waited first."""
        self._is_whole.set()

    async def go_away(self) -> None:
        """End all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for each in self._carried:
            each.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)

    async def come_back(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port, ssl=self._certificate)
        self._port = self._server.sockets[0].getsockname()[1]

    async def change_certificate(self, certificate: ssl.SSLContext) -> None:
        """Serve another certificate: what is connected is cut, as by a server that restarts for it."""
        await self.go_away()
        self._certificate = certificate
        await self.come_back()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._is_whole.wait()  # the kernel accepts the connection, without an answer
                there, back = await asyncio.open_connection(self._behind.hostname, self._behind.port)
                try:
                    await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()
            self._carried.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._is_whole.wait()
            writer.write(data)
            await writer.drain()
        await self._is_whole.wait()
        raise ConnectionResetError  # the other direction ends, too
