"""Signing in and out."""

from __future__ import annotations

import socket
import sys
from typing import Annotated

import typer

from anywhere.cli import config, output
from anywhere.cli.client import Client
from anywhere.cli.errors import USAGE, CliError


def connected() -> Client:
    """Give the client for the server and organization in use."""
    current = config.load()
    current.server = output.options.server or current.server
    current.organization = output.options.org or current.organization
    return Client(current)


def login(
    server: Annotated[str, typer.Option(help="The address of the portal, such as https://anywhere.example.org")],
    email: Annotated[str, typer.Option(help="Your e-mail address.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Sign in; a token is kept for the next commands."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else typer.prompt("Password", hide_input=True)
    if not password:
        raise CliError("There is no password", "Give it on standard input with --password-stdin.", USAGE)
    if not server.startswith(("http://", "https://")):
        raise CliError("The server's address begins with https:// or http://", server, USAGE)
    fresh = config.Config(server=server.rstrip("/"))
    name = f"anywhere on {socket.gethostname()}"[:80]
    answer = Client(fresh).post("auth/tokens/", {"email": email, "password": password, "name": name})
    fresh.token = answer["token"]
    mine = Client(fresh).pages("organizations/")
    fresh.organization = output.options.org or (mine[0]["slug"] if mine else "")
    config.save(fresh)
    if output.options.json:
        shown = {k: v for k, v in answer.items() if k != "token"}
        output.document({**shown, "server": fresh.server, "organization": fresh.organization})
    else:
        output.out.print(f"Signed in to {fresh.server} as {email}; organization {fresh.organization or 'none'}.")


def logout() -> None:
    """Forget the token."""
    current = config.load()
    if current.token:
        client = Client(current)
        try:
            for token in client.pages("account/tokens/"):
                if current.token.startswith(token["prefix"]):
                    client.call("DELETE", f"account/tokens/{token['id']}/")
        except CliError:
            pass  # it may be revoked already
    config.save(config.Config(server=current.server))
    output.out.print("Signed out.")
