# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Generated behaviour of SMTP servers, and what it means by RFC 5321."""

import dataclasses
import re

from hypothesis import strategies as st

from tests.unit.send.smtp_peer import Act, Peer

#: The answer reaches the client whole, in time, and as the answer to its step.
PLAIN = ("code", "split", "lines", "slow")
#: Steps of a transaction.
STEPS = ("MAIL", "RCPT", "DATA", "END")


@dataclasses.dataclass(frozen=True)
class Twist:
    """How one reply differs from the usual one."""

    kind: str
    line: bytes = b""
    seconds: float = 0.0
    octets: int = 0

    def act(self, usual: bytes) -> Act:
        """Return the reply."""
        if self.kind == "code":
            return Act(self.line)
        if self.kind == "extra":
            return Act(usual + b"\r\n" + self.line)
        if self.kind in ("absent", "closed"):
            return Act(close=self.kind == "closed")
        if self.kind in ("slow", "late"):
            return Act(usual, delay=self.seconds)
        if self.kind == "split":
            return Act(usual, packet=self.octets)
        if self.kind == "lines":
            return Act(_in_lines(usual))
        if self.kind == "malformed":
            return Act(self.line)
        assert self.kind == "answered, closed"
        return Act(usual, close=True)


def _in_lines(usual: bytes) -> bytes:
    """Return a reply in several lines, one of them empty."""
    last = usual.split(b"\r\n")[-1]
    if usual != last:
        return usual
    return last[:3] + b"-more\r\n" + last[:3] + b"-\r\n" + usual


_CODES = st.sampled_from(
    [
        *(b"421 4.3.2 closing", b"450 4.2.1 busy", b"451 4.7.1 grey", b"452 full"),
        *(b"452 4.5.3 too many", b"500 what", b"503 5.5.1 order", b"530 5.7.0 login"),
        *(
            b"550 5.1.1 nobody",
            b"552 big",
            b"553 no",
            b"554 5.7.1 spam",
            b"400",
            b"599",
        ),
    ]
)
_STRANGE = st.sampled_from(
    [
        b"220 hi",
        b"221 bye",
        b"235 in",
        b"250 ok",
        b"251 on",
        b"334 x",
        b"354 go",
        b"200",
    ]
)
_MALFORMED = st.sampled_from(
    [
        *(b"250 ok\n", b"250 o\nk\r\n", b"\r\n", b"ok\r\n", b"25\r\n", b"2500\r\n"),
        *(b"250-a\r\n550 b", b"250-" + b"x" * 9000, b"250-x\r\n" * 120, b"\0\xff\r\n"),
        *(
            b"150 soon",
            b"650 far",
            b"250_x",
            b"250 o\rk",
            b" 250 ok",
            b"354-\r\n250 ok",
        ),
    ]
)
TWISTS = st.one_of(
    st.builds(Twist, st.just("code"), _CODES),
    st.builds(Twist, st.just("code"), _STRANGE),
    st.builds(Twist, st.just("extra"), _CODES | _STRANGE),
    st.builds(Twist, st.just("malformed"), _MALFORMED),
    st.builds(Twist, st.sampled_from(["absent", "closed", "answered, closed"])),
    st.builds(Twist, st.just("slow"), seconds=st.floats(0.1, 290)),
    st.builds(Twist, st.just("late"), seconds=st.floats(601, 10_000)),
    st.builds(Twist, st.just("split"), octets=st.integers(1, 9)),
    st.builds(Twist, st.just("lines")),
)


#: Which replies differ: the step, how many of its kind came before, and how.
_ONE = st.dictionaries(
    st.tuples(st.sampled_from(["MAIL", "RCPT", "DATA", "END"]), st.just(0)),
    TWISTS,
    min_size=1,
    max_size=1,
)
_SEVERAL = st.dictionaries(
    st.one_of(
        st.tuples(st.sampled_from(["MAIL", "DATA", "END", "RCPT"]), st.integers(0, 2)),
        st.tuples(st.just("RCPT"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["CONNECT", "EHLO", "HELO", "RSET"]), st.just(0)),
    ),
    TWISTS,
    max_size=3,
)
PLANS = _ONE | _SEVERAL
Plan = dict[tuple[str, int], Twist]


@dataclasses.dataclass
class Entry:
    """One reply of the server, as it meant it."""

    step: str
    recipient: str
    code: int
    enhanced: bool
    kind: str
    #: Which connection, and which attempt.
    connection: int
    attempt: int

    @property
    def is_plain(self) -> bool:
        """Tell whether the client must take it for what it is."""
        if self.kind not in ("", *PLAIN):
            return False
        good = {
            "MAIL": (250,),
            "RCPT": (250, 251, 252),
            "DATA": (354,),
            "END": tuple(range(200, 300)),
            "CONNECT": (220,),
        }
        if self.step == "RSET":
            # It cannot be refused: what looks so is the answer to something else.
            return self.code in (250, 421)
        return self.code >= 400 or self.code in good.get(self.step, (250,))


class World:
    """All connections to one server, and everything that it has said."""

    def __init__(self, plan: Plan, offers: tuple[str, ...], most: int) -> None:
        self.entries: list[Entry] = []
        self.peers: list[Peer] = []
        self.attempt = 0
        self._plan = plan
        self._offers = offers
        self._most = most

    def new(self) -> Peer:
        """Return the server's end of a new connection."""
        number = len(self.peers)
        peer = Peer(lambda *said: self._rule(number, *said), self._offers)
        self.peers.append(peer)
        return peer

    def _rule(self, number: int, step: str, line: str, usual: bytes) -> Act:
        peer = self.peers[number]
        if step == "RCPT" and 0 < self._most <= len(peer.recipients):
            usual = b"452 4.5.3 too many"
        before = sum(one.step == step for one in self.entries)
        twist = self._plan.get((step, before))
        act = Act(usual) if twist is None else twist.act(usual)
        code = int(act.octets[:3]) if re.match(rb"[2-5]\d\d", act.octets) else 0
        found = re.search("<(.*)>", line)
        self.entries.append(
            Entry(
                step,
                found[1] if found and step == "RCPT" else "",
                code,
                b"." in act.octets.split(b" ")[1] if b" " in act.octets else False,
                twist.kind if twist else "",
                number,
                self.attempt,
            )
        )
        return act
