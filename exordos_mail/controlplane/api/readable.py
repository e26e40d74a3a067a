# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests that the platform cannot read: 400 instead of a failure of its own.

The platform reads path, query and form of a request, for its access log and for its
routes, before it looks for a plugin. What cannot be decoded there (octets that are
not UTF-8, a form without a boundary) ends in a 500 with a traceback, on every path,
whoever asks. So the same reading is tried first, in the outermost of its layers.

The platform has no place for a layer of a plugin: the guard stands before the class
whose object is the outermost layer. So it is there in each process that serves our
route, also in one that was running when the plugin was installed.
"""

import logging
import typing as tp

from restalchemy.api import middlewares
from restalchemy.api.middlewares import logging as logging_mw
import webob

LOG = logging.getLogger(__name__)

_Environ = dict[str, tp.Any]

_REFUSAL = {
    "type": "UnreadableRequest",
    "code": 400,
    "message": "path, query and form must be complete and in UTF-8",
}
# UnicodeDecodeError is a ValueError. webob raises the DeprecationWarning: for every
# `charset` but UTF-8 of the content type.
_UNREADABLE = (ValueError, LookupError, TypeError, DeprecationWarning)


def install() -> None:
    """Put the guard before the platform's outermost layer, once in a process."""
    logging_mw.LoggingMiddleware.__call__ = _guarded


def is_readable(environ: _Environ) -> bool:
    """Tell whether the platform can read a request's path, query and form.

    Args:
        environ: of WSGI (PEP 3333).
    """
    try:
        request = webob.Request(environ)
        _ = request.url, request.path, list(request.params.items())
    except _UNREADABLE:
        return False
    return True


def _guarded(self: tp.Any, environ: _Environ, start_response: tp.Any) -> tp.Any:
    if is_readable(environ):
        inherited = vars(middlewares.Middleware)["__call__"]
        return inherited.__get__(self)(environ, start_response)
    LOG.info("RESP: 400 for a request that is not readable")
    return webob.Response(status=400, json=_REFUSAL)(environ, start_response)
