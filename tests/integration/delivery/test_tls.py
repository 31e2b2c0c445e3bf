"""An endpoint's name is what TLS asks for and checks, though the connection goes to the address that was checked."""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from tests.brokers import ROOT
from tests.integration.delivery.rig import OLD


@pytest.mark.parametrize(("certified", "trusted", "code"), [("localhost", True, 0), ("other.example", True, 1),
                                                            ("localhost", False, 1)])  # fmt: skip
async def test_a_certificate_is_checked_by_the_endpoints_name(
    certified: str, trusted: bool, code: int, tmp_path: Path
) -> None:
    authority = trustme.CA()
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(certified).configure_cert(context)
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, of: asked.append(name)
    hosts: list[str] = []

    async def take(request: web.Request) -> web.Response:
        hosts.append(request.host)
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/hook", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    endpoints = f"tls:\n  url: https://localhost:{port}/hook\n  secrets: [{OLD}]\n  allow_private: true\n"
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams", "alerts", "test", "tls", cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.pem"), "TOCSIN_ENDPOINTS": endpoints},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    finally:
        await runner.cleanup()
    assert process.returncode == code, said
    assert asked == ["localhost"]
    if code:
        assert b"did not take the message: TLS failed" in said
        assert not hosts
    else:
        assert hosts == [f"localhost:{port}"]
