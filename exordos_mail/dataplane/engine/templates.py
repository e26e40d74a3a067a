# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Templates of the services' configuration files."""

import jinja2


def environment(
    package: str, variable: tuple[str, str] = ("[[", "]]"), **options: bool
) -> jinja2.Environment:
    """Return the environment for the templates of a package.

    Args:
        package: its directory `templates` has them.
        variable: what begins and ends a value; it must be nothing of the file's own.
        options: of jinja2.Environment, e.g. `trim_blocks`.

    Blocks are `<% … %>` and comments `<# … #>`: the files are full of braces.
    """
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        undefined=jinja2.StrictUndefined,
        # This is not HTML; what is put in is checked where it is made.
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
        variable_start_string=variable[0],
        variable_end_string=variable[1],
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        **options,  # type: ignore[arg-type]
    )
