# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the nouns are that cross a border: fields, bounds, defaults, texts, once.

The control plane's model, REST and manifests, the document of a node, the rows and the
API of the send service, and the command line are made of it. It imports nothing else
of ours.
"""
