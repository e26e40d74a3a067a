# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The services of the node: one package each, found by registry.py.

To add one: a package with a module `service` and in it one class of the kind
`engine.service.Service`. Its files, templates and lookups are in the package as well;
`needs` names the services that come before it. tests/unit/dataplane/toys.py is a small
example, tests/unit/dataplane/test_services_apart.py breaks one in every way.
"""
