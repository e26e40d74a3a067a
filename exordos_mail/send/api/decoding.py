#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Bodies in JSON, and what is said about wrong ones."""

import typing as tp

import msgspec

from exordos_mail.send.api.problem import FieldProblem, Problem, invalid


def decode(how: tp.Callable[[bytes], tp.Any], body: bytes) -> tp.Any:
    """Return a decoded body.

    Raises:
        Problem: 400, not JSON; 422, not what the route takes.
    """
    try:
        return how(body)
    except msgspec.ValidationError as error:
        raise invalid([field_problem(error)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Problem(400, "too_deep", "the body is nested too deeply") from None


def field_problem(error: msgspec.ValidationError, prefix: str = "") -> FieldProblem:
    """Return msgspec's "what - at `$.path`" in parts."""
    text, _, path = str(error).partition(" - at `$")
    return FieldProblem(f"{prefix}{path.rstrip('`')}".lstrip(".") or ".", text)
