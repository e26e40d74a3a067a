# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Settings of the service, from options as an operator types them."""

from exordos_mail.send import main, settings


def chosen(*options: str) -> settings.Settings:
    """Return the settings of some options; the others have their defaults."""
    context = main.command.make_context("serve", list(options))
    return settings.read(context.params)
