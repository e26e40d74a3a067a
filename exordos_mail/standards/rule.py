# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The error of a broken rule."""


class RuleError(ValueError):
    """A value breaks its rule; the text says which rule, and holds no value."""
