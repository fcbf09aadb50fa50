"""Start of the `anywhere` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from anywhere import __version__
from anywhere.cli import auth, catalog, clusters, config, install, operations, output, services, stacks
from anywhere.cli.errors import USAGE, CliError

app = typer.Typer(
    name="anywhere", cls=TyperGroup, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False,
    help="Install and look after open-source services on your own Kubernetes clusters.",
)  # fmt: skip
app.command("login")(auth.login)
app.command("logout")(auth.logout)
app.command("install")(install.install)
app.add_typer(clusters.app, name="clusters")
app.add_typer(catalog.app, name="catalog")
app.add_typer(services.app, name="services")
app.add_typer(stacks.app, name="stacks")
app.add_typer(operations.app, name="operations")


UsageFault: type[Exception] = typer.BadParameter.__mro__[1]  # what a wrong command line raises


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"anywhere {__version__}")
        raise typer.Exit


@app.callback()
def common(
    org: Annotated[str, typer.Option(help="The organization, when you are in several.")] = "",
    server: Annotated[str, typer.Option(help="The server, when not the one you signed in to.")] = "",
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Take what holds for all commands."""
    output.options.org, output.options.server = org, server


def main() -> None:
    """Run the command; every error becomes a sentence and an exit code."""
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    output.options.json = len(arguments) != len(sys.argv) - 1
    try:
        code = app(args=arguments, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except CliError as exc:
        if output.options.json:
            output.document({"error": exc.problem})
        else:
            output.problem({"title": exc.title, "detail": exc.detail, "next": exc.problem.get("next")})
        sys.exit(exc.exit_code)
    except UsageFault as exc:
        exc.show()  # type: ignore[attr-defined]
        sys.exit(USAGE)
    except (KeyboardInterrupt, typer.Abort):
        output.err.print("Stopped watching; what was asked for goes on.")
        sys.exit(130)


__all__ = ["app", "config", "main"]

if __name__ == "__main__":
    main()
